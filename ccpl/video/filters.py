"""The ffmpeg filters between a decoder and frames that are all alike: one size, one rate, RGB.

RGB is full range in the primaries of bt709, which are those of sRGB.
"""

from fractions import Fraction

from ccpl.video.probe import VideoInfo

EXACT = "flags=bicubic+accurate_rnd+full_chroma_int"  # else flat colours shift by 4 / 255
# Only wide gamuts are converted, as mpv does: those of SD are close to bt709 and often tagged so
# by habit.
WIDE = ("bt2020", "smpte431", "smpte432", "smpte428", "film", "bt470m")
_TONE_MAP = (
    "zscale=transfer=linear:npl=100,format=gbrpf32le,zscale=primaries=bt709,"
    "tonemap=hable:desat=0,zscale=transfer=bt709,format=gbrp"
)
# The fourth channel only tells where the clip is transparent.
_ON_WHITE = (
    "format=rgba,split=3[over][under][clear];"
    "[under]drawbox=color=white:thickness=fill:replace=1[white];"
    "[white][over]overlay=format=rgb[shown];[clear]alphaextract[opacity];[shown][opacity]alphamerge"
)


def frame_filters(
    info: VideoInfo,
    *,
    size: tuple[int, int],
    rate: Fraction,
    begin: Fraction | float,
    deep: bool = False,
    coded: bool = False,
    clear: bool = False,
) -> str:
    """The chain that makes frames (H, W, 3), or (H, W, 4) of a clip that may be transparent.

    Args:
        info: the clip.
        size: (height, width) of the frames.
        rate: frames a second; frames are repeated or dropped to keep time.
        begin: timestamp of the first frame wanted, in seconds.
        deep: 16 bits a colour, for a clip that is not transparent or left so.
        coded: primaries and brightness stay as they are.
        clear: what may be transparent is left so; else it is shown on white.
    """
    chain = [f"scale={info.width}:{info.height}:{EXACT}"]  # some streams change their size
    if info.deinterlace:
        chain.append(f"bwdif=mode=send_frame:deint={info.deinterlace}")
    chain.append(f"fps={rate}:start_time={float(begin):.6f}")
    to_rgb = f"in_color_matrix={info.matrix}:out_range=pc:"
    if info.has_alpha:
        chain += [f"scale={to_rgb}{EXACT}", "format=rgba64le" if clear else _ON_WHITE]
        to_rgb = ""
    if not coded and (info.is_hdr or info.colour.primaries in WIDE):
        chain += [_tags(info), *_to_bt709(info)]
        to_rgb = ""
    height, width = size
    chain.append(f"scale={width}:{height}:{to_rgb}{EXACT}")
    opaque = "format=rgb48le" if deep else "format=rgb24"
    transparent = "format=rgba64le" if deep else "format=rgba"
    return ",".join([*chain, transparent if info.has_alpha else opaque])


def _tags(info: VideoInfo) -> str:
    """Say what the clip leaves unsaid, for zscale asks."""
    usual = ("bt2020nc", "bt2020", "bt709")
    matrix, primaries, transfer = (
        given if given != "unknown" else default
        for given, default in zip(info.colour, usual, strict=True)
    )
    if info.has_alpha or info.is_rgb:
        matrix = "gbr"
    return f"setparams=colorspace={matrix}:color_primaries={primaries}:color_trc={transfer}"


def _to_bt709(info: VideoInfo) -> list[str]:
    if info.is_hdr:
        return [_TONE_MAP]
    return ["zscale=primaries=bt709:matrix=gbr:range=full", "format=gbrp"]
