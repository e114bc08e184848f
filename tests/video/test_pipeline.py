import os
import signal
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import torch

from ccpl.config import HOSTED, LOCAL, VideoConfig
from ccpl.errors import InputError
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


def ended(processes):
    """Whether every process is gone, not even a zombie left."""
    for process in processes:
        with pytest.raises(ProcessLookupError):
            os.kill(process.pid, 0)
    return bool(processes)


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


# What is asked for


def test_a_part_has_the_frames_and_the_sound_of_its_seconds(
    clips, out, run, decode, levels, timing
):
    silent = clips.of_frames("a.mkv", levels(*range(0, 200, 4)))
    tone = ["-f", "lavfi", "-i", "sine=d=2", "-c:v", "copy", "-c:a", "aac"]
    src = clips.remake("b.mkv", silent, *tone)
    result = run(src, out / "a.mp4", config=VideoConfig(start=0.4, end=1.2))
    assert result.frames == 20
    assert np.abs(decode(out / "a.mp4")[:, 0, 0, 0].astype(int) - range(40, 120, 4)).max() <= 2
    assert timing(out / "a.mp4")[1] == pytest.approx(0.8, abs=0.04)


@pytest.mark.parametrize(("start", "end"), [(5, None), (0.5, 0.5), (0.8, 0.2), (-1, None), (5, 6)])
def test_an_empty_part_is_refused(clips, out, run, start, end):
    with pytest.raises(InputError, match="within the clip's 1 s"):
        run(clips.make("a.mp4"), out / "a.mp4", config=VideoConfig(start=start, end=end))


def test_an_end_past_the_clip_means_the_whole_of_it(clips, out, run):
    assert run(clips.make("a.mp4"), out / "a.mp4", config=VideoConfig(end=9)).frames == 25


def test_the_longest_side_is_kept_to(clips, out, run):
    run(clips.make("a.mp4"), out / "a.mp4", config=VideoConfig(max_side=48))
    assert probe(out / "a.mp4").fit(None) == (32, 48)


def test_strength_goes_from_first_to_last_frame_in_even_steps(clips, out, run):
    stylize = Recorder()
    run(clips.make("a.mp4"), out / "a.mp4", stylize, strength=(0.2, 1.0))
    assert stylize.strengths == pytest.approx(np.linspace(0.2, 1, 25))


@pytest.mark.parametrize("strength", [(-0.1, 1), (0, 1.1), (float("nan"), 1)])
def test_a_strength_outside_its_range_is_refused(clips, out, run, strength):
    with pytest.raises(InputError, match="between 0 and 1"):
        run(clips.make("a.mp4"), out / "a.mp4", strength=strength)


# How it is done


def test_a_run_of_equal_frames_is_painted_once(clips, out, run, decode, levels):
    stylize = Recorder()
    values = [30] * 7 + [90] + [150] * 9 + [30] * 2
    run(clips.of_frames("a.mkv", levels(*values)), out / "a.mp4", stylize)
    assert stylize.levels == [30, 90, 150, 30]
    assert np.abs(decode(out / "a.mp4")[:, 0, 0, 0].astype(int) - values).max() <= 2


def test_equal_frames_of_another_strength_are_painted_anew(clips, out, run, levels):
    stylize = Recorder()
    run(clips.of_frames("a.mkv", levels(9, 9, 9)), out / "a.mp4", stylize, strength=(0.0, 1.0))
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

    before, after = unrest(), unrest(config=VideoConfig(stabilize="flow"))
    assert after < 0.4 * before
    assert unrest(config=VideoConfig(stabilize="flow"), strength=(0.0, 0.0)) < 0.3


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
    shown = preview_frame(src, lambda *args: 1 - stylize(*args), at=1.0, strength=(0.0, 0.98))
    assert shown.content[0, 0, 0] == 100 and shown.stylized[0, 0, 0] == 155
    assert stylize.strengths == pytest.approx([0.5]) and stylize.cuts == [True]


@pytest.mark.parametrize(("at", "level"), [(None, 40), (0.0, 0), (-3, 0), (1.96, 196), (99, 196)])
def test_a_preview_is_never_beyond_the_clip(clips, levels, at, level):
    src = clips.of_frames("a.mkv", levels(*range(0, 200, 4)))
    shown = preview_frame(src, identity, at=at, config=VideoConfig(start=0.4))
    assert shown.content[0, 0, 0] == level


# What goes wrong


def test_cancelling_ends_ffmpeg_and_leaves_nothing(clips, out, names, processes):
    running = stylize_video(clips.make("a.mp4", picture=LONG, sound=40), out / "a.mp4", identity)
    next(running)
    running.close()
    assert len(processes) == 2 and ended(processes)
    assert names(out) == []


@pytest.mark.parametrize("victim", [0, 1], ids=["encoder", "decoder"])
def test_cancelling_works_when_ffmpeg_hangs(clips, out, names, processes, victim):
    running = stylize_video(clips.make("a.mp4", picture=LONG), out / "a.mp4", identity)
    next(running)
    os.kill(processes[victim].pid, signal.SIGSTOP)
    running.close()
    assert ended(processes) and names(out) == []


@pytest.mark.parametrize("victim", [0, 1], ids=["encoder", "decoder"])
def test_a_hanging_ffmpeg_is_given_up(clips, out, names, processes, monkeypatch, victim):
    monkeypatch.setattr(pipeline, "STALL", 1.5)  # seconds
    running = stylize_video(clips.make("a.mp4", picture=LONG), out / "a.mp4", identity)
    next(running)
    os.kill(processes[victim].pid, signal.SIGSTOP)
    with pytest.raises(InputError, match="stood still"):
        list(running)
    assert ended(processes) and names(out) == []


def test_a_killed_encoder_is_reported(clips, out, names, processes):
    running = stylize_video(clips.make("a.mp4", picture=LONG), out / "a.mp4", identity)
    next(running)
    os.kill(processes[0].pid, signal.SIGKILL)
    with pytest.raises(InputError, match="encoder was ended by SIGKILL"):
        list(running)
    assert ended(processes) and names(out) == []


def test_an_error_of_the_stylizer_passes_through(clips, out, names, processes):
    def fail(frames, strengths, cuts):
        raise RuntimeError("out of memory")

    with pytest.raises(RuntimeError, match="out of memory"):
        list(stylize_video(clips.make("a.mp4"), out / "a.mp4", fail))
    assert ended(processes) and names(out) == []


def test_a_stylizer_that_changes_the_size_is_refused(clips, out, run, names):
    with pytest.raises(ValueError, match="must keep"):
        run(clips.make("a.mp4"), out / "a.mp4", lambda frames, *_: frames[..., 1:])
    assert names(out) == []


def cut_short(clips, *args, **options):
    path = clips.make("a.mp4", "-g", "5", "-movflags", "+faststart", *args, **options)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


def test_a_clip_cut_short_gives_its_beginning_and_a_warning(clips, out, run, timing):
    src = cut_short(clips, picture="testsrc2=s=96x64:r=25:d=4", sound=4)
    result = run(src, out / "a.mp4")
    assert 20 < result.frames < 80
    assert result.warnings == (
        f"The clip is damaged or cut short: {result.frames} of 100 frames could be read.",
    )
    assert timing(out / "a.mp4")[1] == pytest.approx(result.frames / 25, abs=0.2)


def test_a_clip_cut_short_is_refused_if_strict(clips, out, run, names):
    with pytest.raises(InputError, match="cut short"):
        run(cut_short(clips), out / "a.mp4", config=VideoConfig(strict=True))
    assert names(out) == []


def test_a_picture_shorter_than_its_sound_is_no_damage(clips, out, run):
    src = clips.make("a.mp4", sound=3)
    assert run(src, out / "a.mp4", config=VideoConfig(strict=True)).warnings == ()


def test_broken_bytes_in_the_middle_are_said(clips, out, run):
    src = clips.make("a.mp4", "-g", "50", "-movflags", "+faststart", picture="testsrc2=d=2")
    data = bytearray(src.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 3000] = bytes(3000)
    src.write_bytes(data)
    assert "damaged" in run(src, out / "a.mp4").warnings[0]


def test_a_clip_is_never_replaced_by_its_own_result(clips, run, names):
    src = clips.make("a.mp4")
    before = src.read_bytes()
    (clips.folder / "link.mp4").symlink_to(src)
    for target in (src, clips.folder / "link.mp4", clips.folder / ".." / "in" / "a.mp4"):
        with pytest.raises(InputError, match="replace its source"):
            run(src, target)
    assert src.read_bytes() == before and names(clips.folder) == ["a.mp4", "link.mp4"]


def test_bad_input_is_found_before_a_file_is_made(clips, out, run, names):
    (clips.folder / "a.mp4").write_text("no video")
    with pytest.raises(InputError, match="no decodable video stream"):
        run(clips.folder / "a.mp4", out / "a.mp4")
    assert names(out) == []


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (replace(HOSTED, seconds=0.5), "longer than the 0.5 s allowed"),
        (replace(HOSTED, megapixels=0.001), "megapixels"),
        (replace(HOSTED, upload_mb=0), "MB"),
    ],
)
def test_what_a_hosted_app_does_not_take_is_refused(clips, out, run, names, limits, message):
    with pytest.raises(InputError, match=message):
        run(clips.make("a.mp4"), out / "a.mp4", limits=limits)
    assert names(out) == []


def test_a_short_part_of_a_long_clip_is_within_the_limits(clips, out, run):
    part = VideoConfig(start=0.2, end=0.6)
    limits = replace(HOSTED, seconds=0.5)
    assert run(clips.make("a.mp4"), out / "a.mp4", config=part, limits=limits).frames == 10


def test_a_header_that_promises_less_does_not_evade_the_limit(clips, out, run, names, monkeypatch):
    src = clips.make("a.mp4", picture="testsrc2=s=96x64:r=25:d=4")
    lying = replace(probe(src), seconds=0.5)
    monkeypatch.setattr("ccpl.video.plan.probe", lambda path: lying)
    with pytest.raises(InputError, match="longer than the 1 s allowed"):
        run(src, out / "a.mp4", limits=replace(LOCAL, seconds=1))
    assert names(out) == []


def test_a_result_too_large_for_a_hosted_app_is_reduced_and_said(clips, out, run):
    result = run(clips.make("a.mp4"), out / "a.mp4", limits=replace(HOSTED, longest_side=48))
    assert probe(out / "a.mp4").width == 48
    assert "48 pixels" in result.warnings[0]


def test_two_jobs_at_once_do_not_disturb_each_other(clips, out, decode, names, levels):
    ways = list(range(20, 220, 8)), list(range(220, 20, -8))
    jobs = [
        stylize_video(clips.of_frames(f"{n}.mkv", levels(*values)), out / f"{n}.mp4", identity)
        for n, values in enumerate(ways)
    ]
    for _ in zip(*jobs, strict=True):
        pass
    assert names(out) == ["0.mp4", "1.mp4"]
    for n, values in enumerate(ways):
        assert np.abs(decode(out / f"{n}.mp4")[:, 0, 0, 0].astype(int) - values).max() <= 2
