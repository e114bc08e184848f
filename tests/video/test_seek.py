"""Parts of clips as cameras and recorders make them: the right frames, with their own sound."""

from fractions import Fraction

import numpy as np
import pytest

from ccpl.config import VideoConfig
from ccpl.video import preview_frame, probe
from ccpl.video.reader import VideoReader
from tests.video.conftest import ffmpeg, numbered

H264 = ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-preset", "ultrafast", "-bf", "2")
MPEG2 = ("-c:v", "mpeg2video", "-q:v", "2", "-bf", "2")
HEVC = ("-c:v", "libx265", "-pix_fmt", "yuv420p", "-preset", "ultrafast", "-x265-params")
TONE = ("-f", "lavfi", "-i", "sine=d=10:r=48000")

CAMERAS = {
    "key every 2 s.mts": (*H264, "-g", "50"),
    "one key.ts": (*H264, "-g", "9999"),
    "no key.ts": (*H264, "-x264-params", "keyint=50:intra-refresh=1:bframes=0"),
    "open groups.ts": (*HEVC, "keyint=75:min-keyint=75:open-gop=1:log-level=none"),
    "at 10 h.ts": (*H264, "-g", "60", "-c:a", "aac", "-output_ts_offset", "36000"),
    "at 10 h.mkv": (*H264, "-g", "60", "-output_ts_offset", "36000"),
    "mpeg2.mpg": (*MPEG2, "-g", "100"),
    "mpeg2.mxf": (*MPEG2, "-g", "15", "-ar", "48000"),
    "b.avi": ("-c:v", "mpeg4", "-q:v", "2", "-g", "100", "-bf", "2"),
    "a.mp4": (*H264, "-g", "100"),
    "a.webm": ("-c:v", "libvpx", "-q:v", "8", "-g", "128"),
}


@pytest.mark.parametrize("name", CAMERAS)
def test_a_part_has_the_frames_asked_for(clips, out, run, decode, numbers, name):
    src = clips.of_frames(name, numbered(250), *CAMERAS[name], inputs=TONE)
    assert probe(src).seconds == pytest.approx(10, abs=0.15)
    for start, end in ((1, 1.4), (7.51, 8.01)):
        result = run(src, out / "a.mp4", config=VideoConfig(start=start, end=end))
        wanted = [n for n in range(250) if start <= n / 25 < end]
        assert numbers(decode(out / "a.mp4")) == wanted
        assert not any("damaged" in warning for warning in result.warnings)


@pytest.mark.parametrize("at", [1.0, 6.5, 10.02])
def test_a_preview_shows_the_frame_of_its_second(clips, numbers, at):
    src = clips.of_frames("a.mts", numbered(250), *H264, "-g", "75", inputs=TONE)
    shown = preview_frame(src, lambda frames, *_: frames, at=at)
    assert numbers([shown.content]) == [min(int(at * 25), 249)]


@pytest.mark.parametrize(
    ("rate", "start", "end"),
    [("24", 2.51, 3.01), ("25", 0.03, 0.05), ("24000/1001", 1.0, 2.002), ("30", 0.667, 1.333)],
)
def test_a_cut_between_two_frames_takes_those_that_begin_within(
    clips, out, run, decode, numbers, rate, start, end
):
    src = clips.of_frames("a.mp4", numbered(100), *H264, "-g", "30", rate=rate)
    result = run(src, out / "a.mp4", config=VideoConfig(start=start, end=end))
    begin, close = ((time - 0.001) * Fraction(rate) for time in (start, end))
    wanted = [n for n in range(100) if begin <= n < close]
    assert numbers(decode(out / "a.mp4")) == wanted and result.frames == len(wanted)


def test_a_part_shorter_than_a_frame_is_the_frame_it_lies_in(clips, out, run, decode, numbers):
    src = clips.of_frames("a.mp4", numbered(50), *H264, rate=10)
    run(src, out / "a.mp4", config=VideoConfig(start=1.53, end=1.57))
    assert numbers(decode(out / "a.mp4")) == [15]


def clicks(path):
    """When the sound of a file jumps up, in seconds."""
    rate = 48000
    form = ["-af", "aresample=async=1:first_pts=0", "-ac", "1", "-ar", rate, "-f", "f32le", "-"]
    loud = np.abs(np.frombuffer(ffmpeg("-i", path, *form), np.float32)) > 0.2
    at = np.flatnonzero(loud) / rate
    return at[np.diff(at, prepend=-1) > 0.1]


@pytest.mark.parametrize("name", ["a.ts", "a.mpg", "a.mkv"])
@pytest.mark.parametrize("start", [None, 6.0])
def test_sound_that_begins_after_the_picture_stays_in_time(clips, out, run, name, start):
    beeps = "aevalsrc='0.9*sin(6000*t)*lt(mod(t,1),0.05)':d=9:s=48000"
    codec = ("-c:a", "mp2") if name == "a.mpg" else ("-c:a", "aac")
    inputs = ("-itsoffset", "0.7", "-f", "lavfi", "-i", beeps)
    src = clips.of_frames(name, numbered(250), *H264, "-g", "50", *codec, inputs=inputs)
    run(src, out / "a.mp4", config=VideoConfig(start=start))
    found = clicks(out / "a.mp4")
    wanted = np.arange(9) + 0.7 - (start or 0)
    assert found == pytest.approx(wanted[wanted >= 0], abs=0.045)


def test_damage_before_the_part_is_not_told_of_it(clips):
    args = (*HEVC, "keyint=75:min-keyint=75:open-gop=1:log-level=none")
    src = clips.of_frames("a.ts", numbered(250), *args)
    with VideoReader(probe(src), start=7.6, seconds=0.4) as reader:
        assert len(list(reader)) == 10
    assert reader.damage is None
