"""What cameras, editors and browsers write besides plain H.264 in MP4, shown as it is meant."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ccpl.video import preview_frame, probe
from ccpl.video.reader import VideoReader
from tests.video.conftest import numbered

FILES = Path(__file__).parent / "files"  # what no encoder at hand makes
FIELDS = ("-flags", "+ildct+ilme")


def read(path):
    with VideoReader(probe(path)) as reader:
        return np.stack(list(reader)), reader


def bar_in_fields(frames=10, step=8):
    """(T, 64, 192, 3): a bar that is `step` pixels further in every field."""
    clip = np.zeros((frames, 64, 192, 3), np.uint8)
    for n in range(2 * frames):
        clip[n // 2, n % 2 :: 2, n * step : n * step + 16] = 255
    return clip


def combs(frames):
    """How much rows differ from both their neighbours alike, 0 to 255."""
    rows = frames[..., 0].astype(int)
    up, down = rows[:, 1:-1] - rows[:, :-2], rows[:, 1:-1] - rows[:, 2:]
    return np.where(up * down > 0, np.minimum(abs(up), abs(down)), 0).mean()


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("a.mp4", ("-c:v", "libx264", "-x264-params", "tff=1", "-pix_fmt", "yuv420p")),
        ("a.mts", ("-c:v", "libx264", "-x264-params", "tff=1", "-pix_fmt", "yuv420p")),
        ("a.mpg", ("-c:v", "mpeg2video", "-q:v", "2", *FIELDS)),
        ("a.mov", ("-c:v", "prores_ks", *FIELDS)),
        ("a.mkv", ("-c:v", "huffyuv", "-pix_fmt", "yuv422p")),
    ],
)
def test_interlaced_clips_are_deinterlaced_and_it_is_said(clips, out, run, decode, name, args):
    fields = ("-vf", "setfield=tff", "-field_order", "tt")
    src = clips.of_frames(name, bar_in_fields(), *fields, *args)
    assert combs(decode(src)) > 10
    result = run(src, out / "a.mp4")
    assert combs(decode(out / "a.mp4")[1:-1]) < 1
    assert result.frames == 10 and "deinterlaced" in result.warnings[0]


def test_progressive_film_is_left_alone(clips, out, run):
    src = clips.make("a.mpg", "-c:v", "mpeg2video")
    assert probe(src).deinterlace == ""
    assert run(src, out / "a.mp4").warnings == ()


def test_dv_as_it_comes_from_tape_is_read(clips, out, run, timing):
    src = clips.make("a.dv", picture="testsrc2=s=720x576:r=25:d=0.4,format=yuv420p,setsar=16/15")
    assert run(src, out / "a.mp4").frames == 10
    assert timing(out / "a.mp4")[0] == 25


@pytest.fixture
def cover(clips):
    """A red picture of 64 x 64 in full-range colours."""
    return clips.make("cover.jpg", "-frames:v", "1", picture="color=red:s=64x64")


def test_a_cover_before_the_picture_changes_nothing(clips, cover):
    green = "color=0x20C040:s=1280x720:r=10:d=0.2,format=gbrp"
    untagged = (
        "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p,setparams=colorspace=unknown"
    )
    plain = clips.make("plain.mp4", "-vf", untagged, picture=green)
    attach = ["-i", cover, "-map", "1", "-map", "0", "-c", "copy"]
    attach += ["-disposition:v:0", "attached_pic", "-disposition:v:1", "default"]
    for src in (clips.remake("a.mkv", plain, *attach), FILES / "cover-first.mp4"):
        frames, reader = read(src)
        assert reader.info.stream == 1 and reader.info.matrix == "bt709"
        assert np.abs(frames[0, 0, 0].astype(int) - (32, 192, 64)).max() <= 2


def test_hdr_behind_a_cover_is_tone_mapped(clips, cover, out, run):
    tags = "format=yuv420p10le,setparams=color_primaries=bt2020:color_trc=arib-std-b67"
    hdr = clips.make("hdr.mp4", "-vf", f"{tags}:colorspace=bt2020nc", "-c:v", "libx265",
                     "-x265-params", "log-level=none")  # fmt: skip
    attach = ["-i", cover, "-map", "1", "-map", "0", "-c", "copy"]
    src = clips.remake("a.mp4", hdr, *attach, "-disposition:v:0", "attached_pic")
    assert "HDR" in run(src, out / "a.mp4").warnings[0]


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_the_default_of_two_videos_is_taken(clips, name):
    small = clips.make("small.mp4", picture="testsrc=s=64x48:r=1:d=1")
    large = clips.make("large.mp4", picture="testsrc2=s=160x120:r=25:d=1")
    both = ["-i", large, "-map", "0", "-map", "1", "-c", "copy"]
    both += ["-disposition:v:0", "0", "-disposition:v:1", "default"]
    info = probe(clips.remake(name, small, *both))
    assert (info.stream, info.width, info.rate) == (1, 160, 25)


# An orange, as its code values in each gamut are worked out by hand in linear light.
ORANGE = (224, 72, 40)
GAMUTS = {
    ("smpte432", "bt709"): (207, 85, 57),
    ("smpte432", "iec61966-2-1"): (207, 83, 54),
    ("bt2020", "bt709"): (187, 96, 56),
}


@pytest.mark.parametrize("gamut", GAMUTS)
def test_wide_gamuts_are_converted(clips, out, run, decode, gamut):
    primaries, transfer = gamut
    matrix = "bt2020nc" if primaries == "bt2020" else "bt709"
    shown = "0x{:02x}{:02x}{:02x}".format(*GAMUTS[gamut])
    args = ["-vf", f"scale=out_color_matrix={matrix[:6]}:out_range=tv,format=yuv420p10le,setparams="
            f"color_primaries={primaries}:color_trc={transfer}:colorspace={matrix}",
            "-c:v", "libx265", "-x265-params", "lossless=1:log-level=none"]  # fmt: skip
    src = clips.make("a.mp4", *args, picture=f"color={shown}:s=64x48:r=10:d=0.3,format=gbrp")
    run(src, out / "a.mp4")
    assert np.abs(decode(out / "a.mp4").astype(int) - ORANGE).max() <= 3


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("vp9.webm", ("-c:v", "libvpx-vp9", "-lossless", "1", "-pix_fmt", "yuva420p")),
        ("vp8.webm", ("-c:v", "libvpx", "-pix_fmt", "yuva420p", "-auto-alt-ref", "0")),
        ("prores.mov", ("-c:v", "prores_ks", "-pix_fmt", "yuva444p10le")),
        ("qtrle.mov", ("-c:v", "qtrle", "-pix_fmt", "argb")),
        ("a.apng", ("-f", "apng", "-pix_fmt", "rgba")),
    ],
)
def test_transparent_places_are_white_and_it_is_said(clips, out, run, decode, name, args):
    picture = "color=blue@1.0:s=64x48:r=10:d=0.3,format=rgba,"
    picture += "drawbox=w=32:color=lime@0.0:thickness=fill:replace=1"  # green hides on the left
    result = run(clips.make(name, *args, picture=picture), out / "a.mp4")
    frame = decode(out / "a.mp4")[0].astype(int)
    assert frame[:, :28].min() > 245
    assert np.abs(frame[:, 36:] - (0, 0, 255)).max() < 10
    assert "Transparent places are shown on white." in result.warnings


def bars(count, colour, size=(96, 64)):
    """Pictures of a bar that moves to the right over nothing."""
    frames = [Image.new("RGBA", size, (0, 255, 0, 0)) for _ in range(count)]
    for n, frame in enumerate(frames):
        frame.paste(colour, (12 * n, 0, 12 * n + 12, size[1]))
    return frames


@pytest.mark.parametrize("transparent", [False, True])
def test_an_animated_avif_moves_and_keeps_its_transparency(tmp_path, out, run, decode, transparent):
    frames = bars(6, (0, 0, 255, 255))
    if not transparent:
        white = Image.new("RGBA", frames[0].size, "white")
        frames = [Image.alpha_composite(white, frame).convert("RGB") for frame in frames]
    path = tmp_path / "a.avif"
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=200, quality=100)
    result = run(path, out / "a.mp4")
    assert ("Transparent places are shown on white." in result.warnings) == transparent
    seen = decode(out / "a.mp4").astype(int)
    assert len(seen) == 6 and probe(out / "a.mp4").rate == 5
    middles = seen[:, 32, 6::12]
    for n, row in enumerate(middles[:, :6]):
        wanted = np.where(np.arange(6)[:, None] == n, (0, 0, 255), 255)
        assert np.abs(row - wanted).max() < 30


def test_a_part_of_a_transparent_clip_keeps_it(clips):
    picture = "color=lime@0.0:s=64x48:r=10:d=6,format=rgba"
    src = clips.make("a.webm", "-c:v", "libvpx-vp9", "-pix_fmt", "yuva420p", picture=picture)
    with VideoReader(probe(src), start=4, seconds=0.1) as reader:
        assert next(iter(reader)).min() > 245


def test_opaque_animations_are_not_called_transparent(clips, out, run):
    assert (
        run(clips.make("a.gif", picture="testsrc=s=64x48:r=10:d=1"), out / "a.mp4").warnings == ()
    )


def change_size(clips, name, args, sizes=("96x48", "48x24", "192x96"), count=60):
    """A stream whose size changes with every third of its frames."""
    parts = []
    for n, size in enumerate(sizes):
        frames = numbered(count)[n * 20 : n * 20 + 20]
        scale = ["-vf", f"scale={size.replace('x', ':')}:flags=neighbor"]
        part = clips.of_frames(f"{n}{name}", frames, *scale, *args)
        parts.append(f"file 'file:{part}'")
    listed = clips.folder / "parts.txt"
    listed.write_text("\n".join(parts))
    return clips.remake(name, listed, "-c", "copy", before=["-f", "concat", "-safe", "0"])


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("vp8.webm", ("-c:v", "libvpx", "-q:v", "4")),
        ("a.ts", ("-c:v", "libx264", "-pix_fmt", "yuv420p")),
    ],
)
def test_a_size_that_changes_on_the_way_costs_no_frame(
    clips, out, run, decode, numbers, name, args
):
    run(change_size(clips, name, args), out / "a.mp4")
    frames = decode(out / "a.mp4")
    assert numbers(frames) == list(range(60)) and frames.shape[1:3] == (48, 96)


@pytest.mark.parametrize(
    ("aspect", "seen"), [("64/45", (120, 228)), ("3/4", (160, 160)), ("1", (120, 160))]
)
def test_where_no_aspect_can_be_told_pixels_are_square(clips, out, run, decode, aspect, seen):
    src = clips.make("a.mp4", "-vf", f"setsar={aspect}", picture="testsrc2=s=160x120:r=25:d=0.2")
    run(src, out / "a.gif")
    assert decode(out / "a.gif").shape[1:3] == seen
    shown = preview_frame(src, lambda frames, *_: frames)
    assert shown.content.shape[:2] == shown.stylized.shape[:2] == seen
    run(src, out / "a.mp4")
    assert probe(out / "a.mp4").fit(None, square=True) == seen
    assert probe(out / "a.mp4").width == 160


def test_the_largest_size_counts_square_pixels(clips):
    info = probe(clips.make("a.mp4", "-vf", "setsar=2", picture="testsrc2=s=96x64:r=25:d=0.2"))
    assert info.fit(96, square=True) == (32, 96)
