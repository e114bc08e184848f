"""The shipped networks paint what is stored, by every route; `renew` tells how to change that."""

import functools
from unittest import mock

import numpy as np
import pytest

from tests.golden.cases import (
    CASES,
    MODES,
    clip,
    load,
    paint_clip,
    paint_large,
    paint_tiled,
)
from tests.golden.stored import (
    OTHER_MACHINE,
    SAME_MACHINE,
    difference,
    load_origin,
    load_result,
    tolerance,
    weight_sums,
)

RENEW = "if that was meant: python -m tests.golden.renew"


@functools.cache
def painted(mode, paint):
    return paint(load(mode))


def assert_same(found, expected, limit):
    gap = difference(found, expected)
    assert limit.allows(gap), f"{gap}; {limit} is allowed; {RENEW}"


def test_the_stored_results_are_of_the_weights_that_ship():
    assert load_origin()["weights"] == weight_sums(), f"other weights; {RENEW}"


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("mode", MODES)
def test_a_network_paints_what_is_stored(mode, case):
    limit = tolerance(load_origin()["fingerprint"])
    assert_same(painted(mode, CASES[case]), load_result(mode, case), limit)


@pytest.mark.parametrize("mode", MODES)
def test_the_whole_is_what_is_stored_for_tiles(mode):
    whole = painted(mode, paint_large)
    assert_same(whole, load_result(mode, "tiled"), tolerance(load_origin()["fingerprint"]))
    assert_same(painted(mode, paint_tiled), whole, SAME_MACHINE)


@pytest.mark.parametrize(("paint", "calls"), [(paint_large, 1), (paint_tiled, 9)])
def test_only_the_tiled_route_cuts_the_picture(paint, calls):
    network = load("photo")
    with mock.patch.object(network.network, "forward", wraps=network.network.forward) as forward:
        paint(network)
    assert forward.call_count == calls


@pytest.mark.parametrize("mode", MODES)
def test_a_clip_is_the_same_however_it_is_cut_into_batches(mode):
    for batches in ((4,), (1, 1, 1, 1), (2, 2)):
        frames = paint_clip(load(mode), batches=batches)
        assert_same(frames, painted(mode, paint_clip), SAME_MACHINE)


def test_smoothing_changes_only_the_frames_that_follow_one_of_their_scene():
    smooth, alone = (
        np.split(paint_clip(load("photo"), stabilize=s), len(clip()[0]))
        for s in ("statistics", "off")
    )
    for with_history, without, cut in zip(smooth, alone, clip()[2].tolist(), strict=True):
        gap = difference(with_history, without)
        assert SAME_MACHINE.allows(gap) == cut, gap


@pytest.mark.parametrize("mode", MODES)
def test_no_two_stored_results_are_alike(mode):
    """Else an option that is parsed and ignored would pass."""
    plain = load_result(mode, "whole")
    for case in ("half-strength", "large-strokes", "kept-colours", "blend", "masked"):
        assert difference(load_result(mode, case), plain).mean > 100 * OTHER_MACHINE.mean, case
    for other in set(MODES) - {mode}:
        assert difference(load_result(other, "whole"), plain).mean > 100 * OTHER_MACHINE.mean
