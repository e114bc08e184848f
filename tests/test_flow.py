import cv2
import numpy as np
import pytest

from ccpl.flow import PRESETS, optical_flow, valid_mask, warp


@pytest.fixture
def texture():
    noise = np.random.default_rng(0).integers(0, 255, (96, 128, 3), dtype=np.uint8)
    return cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 3), None, 0, 255, cv2.NORM_MINMAX)


@pytest.mark.parametrize("preset", PRESETS)
def test_flow_finds_a_shift_in_x_before_y(texture, preset):
    source, target = texture[8:88, 8:120], texture[6:86, 3:115]  # target(p + (5, 2)) = source(p)
    flow_to_target = optical_flow(source, target, preset=preset)
    assert flow_to_target.shape == (80, 112, 2)
    assert np.abs(np.median(flow_to_target, axis=(0, 1)) - (5, 2)).max() < 0.3


def test_warping_the_target_gives_the_source(texture):
    source, target = texture[8:88, 8:120], texture[6:86, 3:115]
    warped = warp(target, optical_flow(source, target))
    assert np.abs(warped.astype(int) - source)[10:-10, 10:-10].mean() < 3


def test_warp_fetches_from_where_the_flow_leads():
    image = np.arange(12, dtype=np.float32).reshape(3, 4)
    flow = np.zeros((3, 4, 2), np.float32)
    flow[..., 0] = 1
    assert warp(image, flow).tolist() == [[1, 2, 3, 3], [5, 6, 7, 7], [9, 10, 11, 11]]


def test_equal_frames_do_not_move_and_are_valid(texture):
    flow = optical_flow(texture, texture)
    assert np.abs(flow).max() < 0.1
    assert valid_mask(flow, flow).all()


def test_what_leaves_the_frame_is_not_valid():
    right, left = np.zeros((2, 20, 30, 2), np.float32)
    right[..., 0], left[..., 0] = 4, -4
    mask = valid_mask(right, left)
    assert mask[:, :26].all() and not mask[:, 26:].any()


def test_flows_that_disagree_are_not_valid():
    flow_to_target = np.full((20, 30, 2), 3, np.float32)
    assert not valid_mask(flow_to_target, flow_to_target).any()


@pytest.mark.parametrize("size", [(1, 1), (7, 40), (15, 15)])
def test_frames_too_small_to_match_stand_still(size):
    frame = np.zeros((*size, 3), np.uint8)
    assert not optical_flow(frame, frame).any()


def test_grey_frames_are_taken_as_they_are(texture):
    grey = cv2.cvtColor(texture, cv2.COLOR_RGB2GRAY)
    assert np.array_equal(optical_flow(grey, grey), optical_flow(texture, texture))


def test_frames_of_two_sizes_are_refused():
    with pytest.raises(ValueError, match="one size"):
        optical_flow(np.zeros((20, 20), np.uint8), np.zeros((20, 30), np.uint8))
