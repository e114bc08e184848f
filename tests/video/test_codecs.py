"""What editors take: codecs, ten bits on all of the way, timecode."""

import subprocess
from fractions import Fraction

import numpy as np
import pytest
from imageio_ffmpeg import get_ffmpeg_exe

from ccpl.colour.lut import identity, plain_lut
from ccpl.config import VideoConfig
from ccpl.errors import InputError
from ccpl.look import Look
from ccpl.video import probe, stylize_video
from ccpl.video.codecs import check_bits, check_size
from ccpl.video.deep import shallow, to_frames, to_pixels
from ccpl.video.grade import Grade
from ccpl.video.timecode import later

SAME = (lambda frames, *_: frames, Grade([Fraction(0)], [plain_lut(identity(17))]))


def last(*args, **how):
    *_, report = stylize_video(*args, config=VideoConfig(**how))
    return report.result


@pytest.mark.parametrize(
    ("name", "codec", "bits", "said"),
    [
        ("a.mov", "prores", None, "prores (HQ) (apch"),
        ("a.mkv", "prores", "10", "yuv422p10le"),
        ("a.mov", "dnxhr", None, "dnxhd (DNXHR HQ)"),
        ("a.mov", "dnxhr", "10", "dnxhd (DNXHR HQX)"),
        ("a.mp4", "hevc", "10", "hevc (Main 10) (hvc1"),
        ("a.mkv", "h264", "10", "h264 (High 10)"),
        ("a.mov", "h264", None, "yuv420p(tv, bt709"),
    ],
)
def test_a_clip_is_written_as_asked(clips, out, describe, name, codec, bits, said):
    src = clips.make("in.mp4", picture="testsrc2=s=256x120:r=25:d=0.2", sound=0.2)
    result = last(src, out / name, SAME[0], codec=codec, bits=bits)
    text = describe(out / name)
    assert said in text and "bt709" in text and result.frames == 5
    assert probe(out / name).audio == ("aac",) and result.warnings == ()


@pytest.mark.parametrize("stylize", SAME, ids=["network", "lut"])
def test_a_smooth_ten_bit_ramp_stays_one(clips, out, stylize):
    ramp = (
        "color=black:s=1024x64:r=25:d=0.2,format=yuv444p10le,geq=lum='64+X*876/1024':cb=512:cr=512"
    )
    src = clips.make("ramp.mkv", "-c:v", "ffv1", picture=ramp)
    last(src, out / "a.mov", stylize, codec="prores")
    command = [get_ffmpeg_exe(), "-v", "error", "-i", out / "a.mov", "-frames:v", "1"]
    command += ["-f", "rawvideo", "-pix_fmt", "yuv422p10le", "-"]
    raw = subprocess.run(command, capture_output=True, check=True).stdout
    luma = np.frombuffer(raw, "<u2")[: 1024 * 64].reshape(64, 1024)
    assert len(np.unique(luma)) > 800


def test_timecode_goes_on_from_the_part_that_is_taken(clips, out, describe):
    src = clips.make("a.mov", "-timecode", "01:00:59:20", "-c:v", "mpeg4")
    assert probe(src).timecode == "01:00:59:20"
    last(src, out / "whole.mov", SAME[0], codec="prores")
    last(src, out / "part.mov", SAME[0], codec="prores", start=0.4)
    last(src, out / "whole.mkv", SAME[0])
    assert [probe(out / name).timecode for name in ("whole.mov", "part.mov", "whole.mkv")] == [
        "01:00:59:20", "01:01:00:05", "01:00:59:20",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("start", "frames", "rate", "end"),
    [
        ("00:00:59:24", 1, Fraction(25), "00:01:00:00"),
        ("23:59:59:23", 1, Fraction(24000, 1001), "00:00:00:00"),
        ("00:00:59;29", 1, Fraction(30000, 1001), "00:01:00;02"),
        ("00:09:59;29", 1, Fraction(30000, 1001), "00:10:00;00"),
        ("00:00:00;00", 107892, Fraction(30000, 1001), "01:00:00;00"),
        ("01:00:00;00", 17982, Fraction(30000, 1001), "01:10:00;00"),
        ("00:00:59;59", 1, Fraction(60000, 1001), "00:01:00;04"),
    ],
)
def test_timecode_counts_frames_and_drops_numbers(start, frames, rate, end):
    assert later(start, frames, rate) == end


def test_what_a_codec_or_a_format_cannot_hold_is_refused(clips, out):
    src = clips.make("a.mp4")
    with pytest.raises(InputError, match=r"a mp4 does not hold prores; end the name in .mov or"):
        last(src, out / "a.mp4", SAME[0], codec="prores")
    with pytest.raises(InputError, match="codec prores has 10 bits, not 8"):
        check_bits("prores", "8")
    with pytest.raises(InputError, match="a GIF has 8 bits, not 10"):
        last(src, out / "a.gif", SAME[0], bits="10")
    with pytest.raises(InputError, match="codec dnxhr needs 256x120 pixels or more, not 254x120"):
        check_size("dnxhr", (120, 254))
    check_size("dnxhr", (120, 256))
    assert list(out.iterdir()) == []


def test_deep_frames_survive_the_way_through_tensors():
    deep = np.arange(4 * 4 * 3, dtype="<u2").reshape(4, 4, 3) * 1365
    assert np.array_equal(to_pixels(to_frames([deep]), deep.dtype)[0], deep)
    assert np.array_equal(shallow(deep), deep // 256)


def rgba(path, frames=1):
    command = [get_ffmpeg_exe(), "-v", "error", "-i", path, "-frames:v", f"{frames}"]
    command += ["-f", "rawvideo", "-pix_fmt", "rgba64le", "-"]
    raw = subprocess.run(command, capture_output=True, check=True).stdout
    return np.frombuffer(raw, "<u2").reshape(frames, 64, 96, 4).astype(int)


@pytest.fixture
def clear(clips):
    """Colours that are opaque on the left, half so in the middle, gone on the right."""
    frames = "testsrc2=s=96x64:r=25:d=0.2,format=rgba,geq=r='r(X,Y)':g='g(X,Y)':b='b(X,Y)':"
    frames += "a='255*lt(X,32)+128*between(X,32,63)'"
    return clips.make("clear.mov", "-c:v", "prores_ks", "-profile:v", "4444",
                      "-pix_fmt", "yuva444p10le", "-alpha_bits", "16", picture=frames)  # fmt: skip


@pytest.mark.parametrize("name", ["a.mov", "a.mkv"])
@pytest.mark.parametrize("stylize", SAME, ids=["network", "lut"])
def test_prores_keeps_transparency(clear, out, describe, name, stylize):
    result = last(clear, out / name, stylize, codec="prores")
    assert result.warnings == () and "yuva444p" in describe(out / name)
    before, after = rgba(clear), rgba(out / name)
    assert np.abs(after[..., 3] - before[..., 3]).max() <= 300
    assert np.abs(after[..., :32, :3] - before[..., :32, :3]).mean() < 400
    assert len(np.unique(after[0, :, :32, 0])) > 256


def test_what_hides_where_nothing_is_seen_neither_counts_nor_changes(clear, out):
    seen = []

    def invert(frames, *_):
        seen.append(frames)
        return 1 - frames

    last(clear, out / "a.mov", invert, codec="prores")
    right = seen[0][0, :, :, 70:]
    assert float(right.std(dim=(1, 2)).max()) < 1e-3
    before, after = rgba(clear), rgba(out / "a.mov")
    assert np.abs(after[..., 70:, :3] - before[..., 70:, :3]).mean() < 700
    assert np.abs(after[..., :30, :3] + before[..., :30, :3] - 65535).mean() < 700


@pytest.mark.parametrize(
    ("name", "codec", "look"),
    [("a.mov", "h264", Look()), ("a.mkv", "prores", Look(stabilize="flow"))],
)
def test_elsewhere_what_is_transparent_is_shown_on_white(clear, out, name, codec, look):
    how = {"config": VideoConfig(codec=codec)}
    *_, report = stylize_video(clear, out / name, SAME[0], look, **how)
    assert any("shown on white" in warning for warning in report.result.warnings)
    after = rgba(out / name)
    assert after[..., 3].min() == 65535 and after[..., 70:, :3].min() > 64000


@pytest.mark.parametrize("name", ["a.mov", "a.mkv"])
def test_reel_and_date_stay(clips, out, describe, name):
    tags = ["-metadata:s:v:0", "reel_name=A001C002", "-metadata"]
    tags += ["creation_time=2024-05-06T07:08:09Z", "-timecode", "10:00:00:00"]
    src = clips.make("a.mov", *tags, "-c:v", "mpeg4")
    assert probe(src).reel == "A001C002"
    last(src, out / name, SAME[0], codec="prores")
    assert probe(out / name).reel == "A001C002" and "2024-05-06T07:08:09" in describe(out / name)
    assert probe(clips.make("b.mp4")).reel is None
