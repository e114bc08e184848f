import cv2
import numpy as np
import pytest
import torch

from ccpl.evaluation.temporal import (
    flicker_ratio,
    smooth_motion,
    synthetic_motion_error,
    warping_errors,
)


def texture(height: int = 64, width: int = 96) -> np.ndarray:
    image = np.random.default_rng(0).integers(0, 256, (height, width, 3)).astype(np.uint8)
    return cv2.GaussianBlur(image, (0, 0), 3)


def panning_clip(frames: int = 4, step: int = 2) -> list[np.ndarray]:
    wide = texture(64, 96 + frames * step)
    return [np.ascontiguousarray(wide[:, t * step : t * step + 96]) for t in range(frames)]


def test_still_clip_has_no_warping_error():
    clip = [texture()] * 3
    assert warping_errors(clip, [clip]).tolist() == [[0, 0], [0, 0]]


def test_warping_error_follows_motion():
    clip = panning_clip()
    still = np.mean(
        [np.abs(a / 255 - b / 255).mean() for a, b in zip(clip, clip[1:], strict=False)]
    )
    assert warping_errors(clip, []).mean() < still


def test_flickering_clip_has_a_ratio_above_one():
    clip = panning_clip(6)
    flickering = [
        np.clip(f.astype(int) + 40 * (t % 2), 0, 255).astype(np.uint8) for t, f in enumerate(clip)
    ]
    errors = warping_errors(clip, [clip, flickering])
    assert errors.shape == (5, 3)
    same, worse = flicker_ratio(errors)
    assert same == pytest.approx(1)
    assert worse > 1.5


def test_longer_interval_sees_what_is_slow():
    still = [texture()] * 6
    drift = [(f * 0.5 + 10 * t).astype(np.uint8) for t, f in enumerate(still)]
    short = warping_errors(still, [drift])[:, 1].mean()
    assert warping_errors(still, [drift], interval=4)[:, 1].mean() == pytest.approx(
        4 * short, rel=0.1
    )


def test_clip_shorter_than_the_interval_is_refused():
    with pytest.raises(ValueError, match="more than 10 frames"):
        warping_errors([texture()] * 10, [], interval=10)


def test_frames_that_share_nothing_give_nan_or_a_large_error():
    frames = [np.zeros((64, 96, 3), np.uint8), np.full((64, 96, 3), 255, np.uint8)]
    assert not warping_errors(frames, [])[0, 0] < 0.9


def test_motion_is_known_smooth_and_repeatable():
    grid = smooth_motion(20, 30, shift=0.02, seed=3)
    assert grid.shape == (1, 20, 30, 2)
    assert torch.equal(grid, smooth_motion(20, 30, shift=0.02, seed=3))
    assert smooth_motion(20, 30, shift=0.0).amin() == pytest.approx(-1 + 1 / 30)


@pytest.mark.parametrize("change", [lambda x: x, lambda x: 0.5 * x + 0.1, lambda x: x.flip(1)])
def test_changes_of_single_colours_move_with_the_picture(change):
    content = torch.rand(1, 3, 48, 64, generator=torch.Generator().manual_seed(0))
    assert synthetic_motion_error(change, content) == pytest.approx(0, abs=1e-6)


def test_pattern_fixed_to_the_frame_does_not_move_with_the_picture():
    content = torch.rand(1, 3, 48, 64, generator=torch.Generator().manual_seed(0))
    dirt = torch.rand(1, 3, 48, 64, generator=torch.Generator().manual_seed(1))
    assert synthetic_motion_error(lambda x: (x + dirt) / 2, content) > 0.05
