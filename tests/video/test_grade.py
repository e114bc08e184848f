"""LUTs applied by ffmpeg while it encodes: the same frames, each scene in its own."""

from fractions import Fraction

import numpy as np
import pytest

from ccpl.colour.lut import identity, plain_lut
from ccpl.config import VideoConfig
from ccpl.video import stylize_video
from ccpl.video.grade import Grade

LUTS = (plain_lut(identity(3)), plain_lut(1 - identity(2)), plain_lut(0.5 * identity(9)))


def test_every_scene_is_graded_from_its_first_frame_to_its_last(clips, out, decode):
    src = clips.of_frames("grey.mkv", np.full((30, 32, 48, 3), 60, np.uint8))
    grade = Grade([Fraction(0), Fraction(10, 25), Fraction(17, 25)], LUTS)
    reports = list(stylize_video(src, out / "a.mp4", grade))
    assert reports[-1].result.frames == 30
    means = decode(out / "a.mp4").mean((1, 2, 3))
    assert np.abs(means[:10] - 60).max() < 2
    assert np.abs(means[10:17] - 195).max() < 2 and np.abs(means[17:] - 30).max() < 2
    shown = [report.newest.stylized.mean() for report in reports if report.newest]
    assert shown[0] == 60 and shown[-1] == pytest.approx(30, abs=1)


def test_it_is_what_a_callable_gives_to_the_last_code(clips, out, decode):
    src = clips.make("a.mp4")
    lut = plain_lut(0.1 + 0.8 * identity(17) ** 1.5)
    config = VideoConfig(crf=0)
    for name, stylize in (("grade", Grade([Fraction(0)], [lut])), ("call", lambda x, *_: lut(x))):
        *_, last = stylize_video(src, out / f"{name}.mp4", stylize, config=config)
    first, second = (decode(out / f"{name}.mp4").astype(int) for name in ("grade", "call"))
    assert np.abs(first - second).mean() < 0.1 and np.abs(first - second).max() <= 4


def test_the_frame_that_is_shown_is_the_scenes_and_small():
    grade = Grade([Fraction(0), Fraction(1)], LUTS[:2])
    frame = np.full((400, 1600, 3), 255, np.uint8)
    before, after = grade.preview(frame, Fraction(24, 25))
    assert before.shape == after.shape == (160, 640, 3) and after.min() == 255
    assert grade.preview(frame[:4, :4], Fraction(1))[1].max() == 0
