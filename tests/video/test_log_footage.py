"""Clips in the log of a camera: graded as Rec.709, and back in their log to the code."""

from fractions import Fraction

import numpy as np
import pytest
import torch

from ccpl.colour.lut import identity, plain_lut
from ccpl.config import Limits, VideoConfig
from ccpl.errors import InputError
from ccpl.look import Look
from ccpl.video import preview_frame, probe, stylize_video
from ccpl.video.grade import Grade
from ccpl.video.plan import plan_clip
from ccpl.video.scenes import scan_scenes
from tests.video.conftest import ffmpeg

WIDTH = 1024
SAME = (lambda frames, *_: frames, Grade([Fraction(0)], [plain_lut(identity(2))]))


@pytest.fixture
def ramp(clips):
    """A grey ramp whose code of 10 bits is the number of the column, from 64 to 940 of them."""
    picture = f"color=black:s={WIDTH}x64:r=25:d=0.12,format=yuv444p10le,"
    picture += "geq=lum='clip(X,64,940)':cb=512:cr=512"
    tags = ["-color_primaries", "bt2020", "-colorspace", "bt709", "-color_range", "tv"]
    return clips.make("ramp.mov", "-c:v", "libx264", "-qp", "0", *tags, picture=picture)


def luma(path):
    raw = ffmpeg("-i", path, "-frames:v", 1, "-f", "rawvideo", "-pix_fmt", "yuv444p10le", "-")
    return np.frombuffer(raw, "<u2")[: WIDTH * 64].reshape(64, WIDTH)[30].astype(int)


def result(src, dst, stylize, **how):
    *_, report = stylize_video(src, dst, stylize, config=VideoConfig(codec="prores", **how))
    return report.result


@pytest.mark.parametrize("stylize", SAME, ids=["network", "lut"])
def test_what_is_not_changed_has_its_codes_again(ramp, out, stylize):
    before = luma(ramp)
    assert np.array_equal(before, np.clip(np.arange(WIDTH), 64, 940))
    for log in ("slog3", "logc3", "logc4"):
        assert result(ramp, out / "a.mov", stylize, input_transform=log).warnings == ()
        assert np.abs(luma(out / "a.mov") - before).max() <= 2, log


@pytest.mark.parametrize("stylize", SAME, ids=["network", "lut"])
def test_it_becomes_rec709(ramp, out, stylize):
    how = {"input_transform": "slog3", "output_transform": "rec709"}
    result(ramp, out / "a.mov", stylize, **how)
    codes = luma(out / "a.mov")
    assert abs(codes[420] - (64 + 876 * 0.409)) <= 3  # 18 % grey
    assert abs(codes[95] - 64) <= 2  # black
    assert 820 < codes[598] < 860 and codes[900] > 920 and (np.diff(codes[95:900]) >= 0).all()


def test_a_network_sees_the_picture_and_what_it_does_comes_out_in_log(ramp, out):
    seen = []

    def half_the_light(frames, strengths, cuts):
        seen.append(frames)
        return ((frames + 0.0993) / 1.0993).pow(1 / 0.45).div(2).pow(0.45) * 1.0993 - 0.0993

    result(ramp, out / "a.mov", half_the_light, input_transform="slog3")
    assert float(seen[0][0, 0, 30, 420]) == pytest.approx(0.409, abs=0.005)
    codes = luma(out / "a.mov")
    before, after = (round(420 + 261.5 * np.log10(shade / 0.19)) for shade in (0.21, 0.11))
    assert codes[before] == pytest.approx(after, abs=4)


def test_a_clip_of_full_range_is_read_as_such(clips):
    picture = "color=gray:s=64x64:r=25:d=0.12"
    tagged = ("-c:v", "libx264", "-qp", "0", "-color_range", "pc", "-vf", "format=yuvj420p")
    assert probe(clips.make("full.mp4", *tagged, picture=picture)).full_range
    assert not probe(clips.make("narrow.mp4", picture=picture)).full_range


def test_scenes_and_previews_are_of_the_picture(ramp):
    config = VideoConfig(input_transform="slog3")
    plan = plan_clip(ramp, Look(), config, Limits(99, 99, None, None, 1))
    found = []
    for _ in scan_scenes(plan, lambda scene: found.append(scene.frames[0])):
        pass
    content, stylized = preview_frame(ramp, SAME[0], config=config)
    for picture in (found[0], content, stylized):
        assert picture.dtype == np.uint8 and abs(int(picture[30, 420, 1]) - 104) <= 2


def test_a_lut_of_log_is_for_log(ramp):
    darker = plain_lut(0.5 * identity(3))
    coded = Grade([Fraction(0)], [darker]).coded(
        plan_clip(
            ramp, Look(), VideoConfig(input_transform="vlog"), Limits(99, 99, None, None, 1)
        ).space
    )
    shades = torch.linspace(0.2, 0.9, 20).expand(1, 3, 1, -1)
    (lut,) = coded.luts
    assert lut.size == 65 and (lut(shades) < shades - 0.05).all()


def test_what_cannot_be_is_refused(ramp, clips, out):
    with pytest.raises(InputError, match="output transform is for log footage"):
        VideoConfig(output_transform="rec709")
    flow = {"look": Look(stabilize="flow"), "config": VideoConfig(input_transform="vlog")}
    with pytest.raises(InputError, match="more than the 8 bits of stabilization flow"):
        next(stylize_video(ramp, out / "a.mp4", SAME[0], **flow))
    clear = clips.make("a.mov", "-c:v", "qtrle", "-vf", "format=argb")
    with pytest.raises(InputError, match="more than the 8 bits of transparency"):
        next(stylize_video(clear, out / "a.mp4", SAME[0], config=flow["config"]))
