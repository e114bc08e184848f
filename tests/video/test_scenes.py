"""Scenes of a clip, found before it is stylized."""

from fractions import Fraction

import numpy as np
import torch

from ccpl.config import LOCAL, VideoConfig
from ccpl.look import Look
from ccpl.video import stylize_video
from ccpl.video.plan import plan_clip
from ccpl.video.scenes import SAMPLES, scan_scenes


def three_scenes():
    """100 frames of three flat colours; the second one brightens slowly."""
    frames = np.zeros((100, 32, 48, 3), np.uint8)
    frames[:40], frames[90:] = (200, 30, 30), (30, 200, 30)
    frames[40:90] = (np.arange(50) + 20)[:, None, None, None]
    return frames


def scan(path, begins=(), **part):
    plan = plan_clip(path, Look(), VideoConfig(**part), LOCAL)
    run = scan_scenes(plan, lambda scene: (scene.number, len(scene.frames)), begins)
    while True:
        try:
            seen = next(run)
        except StopIteration as end:
            return seen, end.value


def test_every_scene_is_found_with_samples_from_all_of_it(clips):
    seen, found = scan(clips.of_frames("three.mkv", three_scenes()))
    assert seen == 100
    assert [start for start, _ in found] == [0, Fraction(40, 25), Fraction(90, 25)]
    assert [number for _, (number, _) in found] == [0, 1, 2]
    assert all(min(SAMPLES, 10) <= count < 2 * SAMPLES for _, (_, count) in found)


def test_scenes_can_be_made_to_begin_and_are_counted_from_the_part(clips):
    path = clips.of_frames("three.mkv", three_scenes())
    _, found = scan(path, begins=[2.0], start=1.0)
    assert [start for start, _ in found] == [0, Fraction(15, 25), 1, Fraction(65, 25)]


def test_frames_come_with_the_cuts_that_are_known(clips, out):
    path = clips.of_frames("still.mkv", np.full((10, 32, 48, 3), 90, np.uint8))
    cuts = []

    def stylize(frames, strengths, begins):
        cuts.extend(begins.tolist())
        return torch.zeros_like(frames)

    starts = [Fraction(0), Fraction(4, 25)]
    *_, last = stylize_video(path, out / "a.mp4", stylize, scenes=starts)
    assert last.result.frames == 10 and cuts == [True, True]
