from fractions import Fraction

import numpy as np
import pytest
import torch

from ccpl.config import VideoConfig
from ccpl.errors import InputError
from ccpl.look import Look
from ccpl.video import pipeline, preview_frame, stylize_video
from ccpl.video.probe import probe

LONG = "testsrc2=s=96x64:r=25:d=40"


def identity(frames, strengths, cuts):
    return frames


class Recorder:
    """The identity, remembering what it was given."""

    def __init__(self):
        self.levels, self.strengths, self.cuts, self.batches = [], [], [], []

    def __call__(self, frames, strengths, cuts):
        self.levels += (frames.mean(dim=(1, 2, 3)) * 255).round().int().tolist()
        self.strengths += strengths.tolist()
        self.cuts += cuts.tolist()
        self.batches.append(len(frames))
        return frames


# What is kept


@pytest.mark.parametrize("rate", ["25", "24000/1001", "30000/1001", "60"])
def test_rate_length_and_sound_are_kept(clips, out, run, timing, packets, rate):
    src = clips.make("a.mp4", picture=f"testsrc2=s=96x64:r={rate}:d=2", sound=2)
    assert run(src, out / "a.mp4").warnings == ()
    written, seconds = timing(out / "a.mp4")
    assert written == Fraction(rate)
    assert seconds == pytest.approx(timing(src)[1], abs=1 / float(written))
    assert packets(out / "a.mp4") == packets(src)


def test_every_frame_comes_out_in_order(clips, out, run, decode, levels):
    values = list(range(20, 220, 4))
    run(clips.of_frames("a.mkv", levels(*values)), out / "a.mp4")
    assert np.abs(decode(out / "a.mp4")[:, 16, 24, 0].astype(int) - values).max() <= 2


@pytest.mark.parametrize("size", ["64x48", "1280x720"])
def test_colours_of_a_tagged_clip_come_back(clips, out, run, decode, size):
    tags = "scale=out_color_matrix=bt709,format=yuv420p,setparams=colorspace=bt709"
    picture = f"color=0xC83C28:s={size}:r=10:d=0.3,format=rgb24"
    run(clips.make("a.mp4", "-vf", tags, picture=picture), out / "a.mp4")
    assert np.abs(decode(out / "a.mp4").astype(int) - (200, 60, 40)).max() <= 3


def test_colours_of_an_untagged_small_clip_come_back(clips, out, run, decode):
    picture = "color=0xC83C28:s=64x48:r=10:d=0.3,format=rgb24"
    run(clips.make("a.mp4", "-pix_fmt", "yuv420p", picture=picture), out / "a.mp4")
    assert np.abs(decode(out / "a.mp4").astype(int) - (200, 60, 40)).max() <= 3


def test_a_turned_clip_comes_out_upright_and_is_not_turned_again(clips, out, run, decode):
    turn = ["-display_rotation", 90]
    src = clips.remake("b.mp4", clips.make("a.mp4"), "-c", "copy", before=turn)
    run(src, out / "a.mp4")
    assert decode(out / "a.mp4").shape == (25, 96, 64, 3)
    assert np.median(np.abs(decode(out / "a.mp4").astype(int) - decode(src))) <= 3


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "webm"])
def test_a_variable_rate_becomes_constant_and_keeps_its_length(clips, out, run, timing, suffix):
    vary = ["-vf", "select='lt(n,20)+not(mod(n,3))'", "-fps_mode", "vfr"]
    src = clips.make(f"a.{suffix}", *vary, picture="testsrc2=s=96x64:r=30:d=2")
    run(src, out / "a.mp4")  # the last of the frames is number 57
    rate, seconds = timing(out / "a.mp4")
    assert rate == 30
    assert seconds == pytest.approx(58 / 30, abs=1 / 30)


@pytest.mark.parametrize(
    ("name", "args"),
    [("a.gif", []), ("a.webp", ["-c:v", "libwebp_anim"]), ("a.png", ["-f", "apng"])],
)
@pytest.mark.parametrize("target", ["a.mp4", "a.gif"])
def test_animations_come_in_and_go_out(clips, out, run, decode, timing, name, args, target):
    src = clips.make(name, *args, picture="testsrc=s=64x48:r=10:d=1")
    assert run(src, out / target).frames == 10
    assert decode(out / target).shape == (10, 48, 64, 3)
    assert timing(out / target)[1] == pytest.approx(1.0, abs=0.1)


def test_ten_bit_and_full_range_come_in(clips, out, run, decode):
    for name, pixels in (("a.mkv", "yuv422p10le"), ("b.mkv", "yuvj444p")):
        src = clips.make(name, "-pix_fmt", pixels, "-c:v", "libx264", "-crf", "1")
        assert run(src, out / "a.mp4").warnings == ()
        assert np.median(np.abs(decode(out / "a.mp4").astype(int) - decode(src))) <= 3


def test_hdr_comes_in_and_is_said(clips, out, run):
    tags = "setparams=color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc"
    args = [
        "-vf",
        f"format=yuv420p10le,{tags}",
        "-c:v",
        "libx265",
        "-x265-params",
        "log-level=none",
    ]
    assert "HDR" in run(clips.make("a.mp4", *args), out / "a.mp4").warnings[0]
    assert not probe(out / "a.mp4").is_hdr


def test_a_rate_above_the_cap_is_lowered_and_said(clips, out, run, timing):
    src = clips.make("a.mp4", picture="testsrc2=s=96x64:r=120:d=1")
    assert run(src, out / "a.mp4").warnings == (
        "The frame rate was lowered from 120 to 60 a second.",
    )
    assert timing(out / "a.mp4") == (60, 1.0)


# How it is done


def test_a_run_of_equal_frames_is_painted_once(clips, out, run, decode, levels):
    stylize = Recorder()
    values = [30] * 7 + [90] + [150] * 9 + [30] * 2
    run(clips.of_frames("a.mkv", levels(*values)), out / "a.mp4", stylize)
    assert stylize.levels == [30, 90, 150, 30]
    assert np.abs(decode(out / "a.mp4")[:, 0, 0, 0].astype(int) - values).max() <= 2


def test_equal_frames_of_another_strength_are_painted_anew(clips, out, run, levels):
    stylize = Recorder()
    run(
        clips.of_frames("a.mkv", levels(9, 9, 9)),
        out / "a.mp4",
        stylize,
        look=Look(strength=0.0, end_strength=1.0),
    )
    assert stylize.strengths == [0.0, 0.5, 1.0]


def test_the_first_frame_of_each_scene_is_marked(clips, out, run, levels):
    stylize = Recorder()
    values = [10, 12, 14, 200, 202, 204, 90]
    run(clips.of_frames("a.mkv", levels(*values)), out / "a.mp4", stylize)
    assert stylize.cuts == [True, False, False, True, False, False, True]


def test_batches_are_as_large_as_asked_or_as_quick(clips, out, run, monkeypatch):
    stylize = Recorder()
    run(clips.make("a.mp4"), out / "a.mp4", stylize, config=VideoConfig(batch_size=6))
    assert stylize.batches == [1, 6, 6, 6, 6]
    monkeypatch.setattr(pipeline, "BATCH_SECONDS", 0.0)
    run(clips.make("a.mp4"), out / "a.mp4", slow := Recorder(), config=VideoConfig(batch_size=6))
    assert slow.batches == [1] * 25


def test_flow_calms_a_flickering_style_and_leaves_strength_zero_alone(clips, out, run, decode):
    texture = np.random.default_rng(0).integers(60, 180, (48, 64, 3), dtype=np.uint8)
    frames = np.stack([texture] * 12)
    frames[:, 0, 0, 0] += np.arange(12, dtype=np.uint8)  # no two are equal
    src = clips.of_frames("a.mkv", frames)

    def flicker(frames, strengths, cuts):
        light = 0.2 * torch.rand(len(frames), 1, 1, 1) * strengths[:, None, None, None]
        return frames + light

    def unrest(**options):
        torch.manual_seed(0)
        run(src, out / "a.mp4", flicker, **options)
        return np.diff(decode(out / "a.mp4").mean(axis=(1, 2, 3))).std()

    before, after = unrest(), unrest(look=Look(stabilize="flow"))
    assert after < 0.4 * before
    assert unrest(look=Look(stabilize="flow", strength=0.0)) < 0.3


def test_reading_ahead_is_bounded(clips, out, monkeypatch):
    readers = []
    start = pipeline.VideoReader.__enter__
    monkeypatch.setattr(
        pipeline.VideoReader, "__enter__", lambda self: readers.append(self) or start(self)
    )
    running = stylize_video(clips.make("a.mp4", picture=LONG), out / "a.mp4", identity)
    for report in running:
        assert readers[0].count <= report.done + pipeline.WAITING + 2
        if report.done > 300:
            break
    running.close()


def test_reports_count_up_and_only_the_last_has_the_result(clips, out):
    reports = list(stylize_video(clips.make("a.mp4"), out / "a.mp4", identity))
    assert [r.done for r in reports] == sorted(r.done for r in reports)
    assert all(r.total == 25 and r.fps > 0 and r.seconds_left >= 0 for r in reports)
    assert [r for r in reports if r.result] == reports[-1:]
    assert reports[-1].done == 25 and reports[-1].seconds_left == 0
    assert reports[-1].result.path == out / "a.mp4"


def test_a_preview_is_the_frame_of_the_run(clips, levels):
    src, stylize = clips.of_frames("a.mkv", levels(*range(0, 200, 4))), Recorder()
    look = Look(strength=0.0, end_strength=0.98)
    shown = preview_frame(src, lambda *args: 1 - stylize(*args), look, at=1.0)
    assert shown.content[0, 0, 0] == 100 and shown.stylized[0, 0, 0] == 155
    assert stylize.strengths == pytest.approx([0.5]) and stylize.cuts == [True]


@pytest.mark.parametrize(("at", "level"), [(None, 40), (0.0, 0), (-3, 0), (1.96, 196), (2.03, 196)])
def test_a_preview_is_never_beyond_the_clip(clips, levels, at, level):
    src = clips.of_frames("a.mkv", levels(*range(0, 200, 4)))
    shown = preview_frame(src, identity, at=at, config=VideoConfig(start=0.4))
    assert shown.content[0, 0, 0] == level


@pytest.mark.parametrize("at", [2.05, 99])
def test_a_preview_past_the_end_is_refused_with_the_length(clips, levels, at):
    src = clips.of_frames("a.mkv", levels(*range(0, 200, 4)))
    with pytest.raises(InputError, match=f"the clip is 2 s long: there is no frame at {at:g} s"):
        preview_frame(src, identity, at=at)


def test_strength_goes_from_first_to_last_frame_in_even_steps(clips, out, run):
    stylize = Recorder()
    run(clips.make("a.mp4"), out / "a.mp4", stylize, look=Look(strength=0.2, end_strength=1.0))
    assert stylize.strengths == pytest.approx(np.linspace(0.2, 1, 25))
