"""The formats clips are written in: one entry of CLIP_FORMATS each, and nothing else knows them."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

from ccpl.config import Bits, Codec
from ccpl.metadata import CLIP_MARK
from ccpl.video.codecs import ENCODERS
from ccpl.video.filters import EXACT

# Of subtitles these are text; the others are pictures, which ffmpeg cannot turn into text.
TEXTS = ("subrip", "srt", "ass", "ssa", "mov_text", "webvtt", "text")
GIF_FPS = 50  # browsers slow down GIFs that ask for more


class Picture(NamedTuple):
    """What the encoder of a format has to know."""

    size: tuple[int, int]  # height, width
    aspect: Fraction  # width of a pixel over its height
    crf: int
    preset: str
    loop: int  # see VideoInfo
    grade: tuple[str, ...] = ()  # filters of ffmpeg for the RGB frames
    codec: Codec = "h264"
    bits: Bits = "8"
    timecode: str | None = None
    reel: str | None = None
    clear: bool = False  # frames have a fourth channel, opacity


@dataclass(frozen=True)
class Sound:
    """Which sound a format takes; whatever else is converted to aac."""

    played: tuple[str, ...]  # codecs that are copied, and played everywhere
    taken: tuple[str, ...]  # copied as well, but not played everywhere


@dataclass(frozen=True)
class ClipFormat:
    """How ffmpeg writes a clip, and what besides pictures it holds."""

    name: str  # for people
    encode: Callable[[Picture], list[str]]  # arguments for filters, encoder and container
    max_fps: int | None = None
    square: bool = False  # it cannot tell that pixels are oblong
    sound: Sound | None = None
    subtitles: str | None = None  # codec of text
    chapters: bool = False
    codecs: tuple[Codec, ...] = ()  # to choose from; without any it has its own
    mark: Callable[[Path], None] | None = None  # what ffmpeg cannot add to a finished file


def clip_format(path: Path) -> ClipFormat | None:
    """The format of this extension, if clips are written in it."""
    return CLIP_FORMATS.get(path.suffix.lower())


def suffix_for(codec: Codec) -> str:
    """The extension of the first format that holds a codec."""
    return next(suffix for suffix, form in CLIP_FORMATS.items() if codec in form.codecs)


def _film(picture: Picture, container: str, *options: str) -> list[str]:
    """Any of the codecs, in bt709."""
    height, width = picture.size
    encoder = ENCODERS[picture.codec]
    encoder = encoder.clear if picture.clear else encoder
    filters = [
        *picture.grade,
        f"scale=out_color_matrix=bt709:out_range=tv:{EXACT},format={encoder.pixels[picture.bits]}",
        f"setsar={picture.aspect}",
        "setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709:range=tv",
    ]
    if height % 2 or width % 2:
        even = "pad=ceil(iw/2)*2:ceil(ih/2)*2"
        filters.insert(0, f"{even},fillborders=right={width % 2}:bottom={height % 2}:mode=smear")
    args = ["-vf", ",".join(filters), *encoder.args(picture.bits, picture.crf, picture.preset)]
    args += ["-metadata:s:v:0", f"handler_name={CLIP_MARK}"]
    if picture.reel:
        args += ["-metadata:s:v:0", f"reel_name={picture.reel}"]
    return [*args, *options, "-f", container]


def _mp4(picture: Picture) -> list[str]:
    return _film(picture, "mp4", "-movflags", "+faststart")


def _mov(picture: Picture) -> list[str]:
    code = ["-timecode", picture.timecode] if picture.timecode else []
    return _film(picture, "mov", *code, "-movflags", "+faststart+write_colr")


def _mkv(picture: Picture) -> list[str]:
    code = ["-metadata", f"timecode={picture.timecode}"] if picture.timecode else []
    return _film(picture, "matroska", *code)


def _gif(picture: Picture) -> list[str]:
    # A palette for each frame: one for all of them would need all of them in memory.
    palette = "split[a][b];[a]palettegen=stats_mode=single[p];[b][p]paletteuse=new=1:dither=bayer"
    return ["-vf", ",".join([*picture.grade, palette]), "-loop", f"{picture.loop}", "-f", "gif"]


def _mark_gif(path: Path) -> None:
    """Put a comment before the last byte, which ends a GIF."""
    comment = b"\x21\xfe" + bytes([len(CLIP_MARK)]) + CLIP_MARK.encode() + b"\0"
    with path.open("r+b") as file:
        file.seek(-1, 2)
        file.write(comment + b"\x3b")


CLIP_FORMATS: dict[str, ClipFormat] = {
    ".mp4": ClipFormat(
        name="mp4",
        encode=_mp4,
        sound=Sound(
            played=("aac", "mp3", "opus", "flac"),
            taken=("mp2", "ac3", "eac3", "alac", "vorbis", "dts", "pcm_s16le", "pcm_s24le"),
        ),
        subtitles="mov_text",
        chapters=True,
        codecs=("h264", "hevc"),
    ),
    ".gif": ClipFormat("GIF", _gif, max_fps=GIF_FPS, square=True, mark=_mark_gif),
    ".mov": ClipFormat(
        name="mov",
        encode=_mov,
        sound=Sound(
            played=("aac", "mp3", "pcm_s16le", "pcm_s24le", "pcm_s16be", "pcm_s24be", "alac"),
            taken=("ac3", "eac3", "pcm_f32le", "pcm_s32le"),
        ),
        subtitles="mov_text",
        chapters=True,
        codecs=("h264", "hevc", "prores", "dnxhr"),
    ),
    ".mkv": ClipFormat(
        name="mkv",
        encode=_mkv,
        sound=Sound(
            played=("aac", "mp3", "opus", "vorbis", "flac", "ac3", "pcm_s16le", "pcm_s24le"),
            taken=("mp2", "eac3", "dts", "alac"),
        ),
        subtitles="subrip",
        chapters=True,
        codecs=("h264", "hevc", "prores", "dnxhr"),
    ),
}
