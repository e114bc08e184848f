from dataclasses import replace

import numpy as np
import pytest

from ccpl.config import HOSTED, LOCAL, VideoConfig
from ccpl.errors import InputError
from ccpl.look import Look
from ccpl.video.probe import probe


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


@pytest.mark.parametrize(
    ("end", "notes"),
    [(9, ("The clip is 1 s long: it was taken to its end, not to 9 s.",)), (1.03, ())],
)
def test_an_end_past_the_clip_means_the_whole_of_it_and_is_said(clips, out, run, end, notes):
    result = run(clips.make("a.mp4"), out / "a.mp4", config=VideoConfig(end=end))
    assert (result.frames, result.warnings) == (25, notes)


def test_the_longest_side_is_kept_to(clips, out, run):
    run(clips.make("a.mp4"), out / "a.mp4", look=Look(max_side=48))
    assert probe(out / "a.mp4").fit(None) == (32, 48)


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
