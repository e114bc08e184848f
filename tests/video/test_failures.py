"""A run that is cancelled or goes wrong: one sentence, no process and no half-written file left."""

import os
import signal

import numpy as np
import pytest

from ccpl.config import VideoConfig
from ccpl.errors import InputError
from ccpl.video import pipeline, stylize_video

LONG = "testsrc2=s=96x64:r=25:d=40"


def identity(frames, strengths, cuts):
    return frames


def ended(processes):
    """Whether every process is gone, not even a zombie left."""
    for process in processes:
        with pytest.raises(ProcessLookupError):
            os.kill(process.pid, 0)
    return bool(processes)


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
    monkeypatch.setattr(pipeline, "STALL", 2.5)  # seconds
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
