"""Statistics: what they measure, pieces that merge, and structures mapped tensor by tensor."""

import pytest
import torch

from ccpl.models.statistics import (
    GRID,
    ChannelStats,
    ContentMoments,
    ContentStats,
    CovarianceStats,
    RegionStats,
    StyleCode,
    channel_moments,
    channel_stats,
    covariance_moments,
    covariance_stats,
    map_tensors,
    mix_codes,
    region_moments,
    region_stats,
    spline,
)
from ccpl.models.transforms.sct import SCTCode
from ccpl.models.window import Box, Window, whole_window

SIZE = (48, 64)  # of a picture, in pixels
PIECES = [
    Window(SIZE, Box(0, 32, 0, 64), Box(0, 24, 0, 64)),
    Window(SIZE, Box(16, 48, 0, 64), Box(24, 48, 0, 40)),
    Window(SIZE, Box(24, 48, 32, 64), Box(24, 48, 40, 64)),
]  # their cores make up the picture


def draw(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def assert_close(found, expected, atol=1e-5):
    map_tensors(
        lambda a, b: torch.testing.assert_close(a, b, rtol=1e-5, atol=atol), found, expected
    )


def test_standard_deviation_is_unbiased_with_eps_under_the_root():
    feats = torch.tensor([0.0, 2.0, 4.0, 6.0]).view(1, 1, 2, 2)
    mean, std = channel_stats(feats)
    assert mean.item() == 3
    assert std.item() == pytest.approx((20 / 3 + 1e-5) ** 0.5)
    assert channel_stats(torch.ones(1, 1, 1, 1)).std.item() == pytest.approx(1e-5**0.5)


def test_colours_have_a_mean_and_a_covariance():
    image = draw(2, 3, 12, 20)
    mean, cov = covariance_stats(image)
    assert torch.allclose(mean, image.mean((2, 3), keepdim=True), atol=1e-6)
    for i in range(2):
        assert torch.allclose(cov[i], torch.cov(image[i].flatten(1), correction=0), atol=1e-5)


def test_regions_hold_means_of_features_colours_and_their_squares():
    feats = torch.tensor([0.25, 3.0]).view(1, 2, 1, 1).expand(1, 2, 12, 20)
    image = torch.full((1, 3, 48, 80), 0.5)
    means, colours = region_stats(feats, image)
    assert torch.allclose(means, feats[:, :, :1, :1].expand(1, 2, GRID, GRID))
    assert torch.allclose(colours[:, :3], torch.tensor(0.5))
    assert torch.allclose(colours[:, 3:], torch.tensor(0.25))


@pytest.mark.parametrize("count", [1, 2, 8, 13, 64])
def test_regions_share_every_position(count):
    weights = spline(count)
    assert weights.shape == (count, GRID)
    assert (weights >= 0).all()
    assert torch.allclose(weights.sum(1), torch.ones(count))
    assert torch.allclose(weights, weights.flip(0, 1), atol=1e-5)


def test_regions_are_in_order_and_near():
    weights = spline(64)
    assert torch.equal(weights.argmax(1), torch.arange(64) // 8)
    assert not weights[:8, 3:].any()


def measure(feats, image, window):
    """All moments of the core of a window, from features at 1/4 of the picture's resolution."""
    feats, image = Box(*(n // 4 for n in window.box)).cut(feats), window.box.cut(image)
    return ContentMoments(
        {"tap": channel_moments(window.core_of(feats))},
        covariance_moments(window.core_of(image)),
        region_moments(feats, image, window),
    )


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
@pytest.mark.parametrize("offset", [0.0, 100.0])  # far from 0, sums of squares lose digits
def test_pieces_merge_into_the_whole_in_any_order(order, offset):
    feats, image = offset + draw(2, 5, 12, 16), draw(2, 3, *SIZE, seed=1)
    feats[:, :, 7:] *= 2
    parts = [measure(feats, image, PIECES[i]) for i in order]
    whole = measure(feats, image, whole_window(image)).finish()
    assert_close(parts[0].merge(parts[1]).merge(parts[2]).finish(), whole, atol=1e-4)
    assert_close(parts[0].merge(parts[1].merge(parts[2])).finish(), whole, atol=1e-4)


def test_what_was_not_measured_stays_unknown():
    part = ContentMoments({"tap": channel_moments(draw(1, 2, 3, 3))})
    stats = part.merge(part).finish()
    assert (stats.colours, stats.regions) == (None, None)


def test_eps_is_added_after_merging():
    part = ContentMoments({"tap": channel_moments(torch.ones(1, 2, 3, 3))})
    assert torch.allclose(part.merge(part).finish(eps=4.0).channels["tap"].std, torch.tensor(2.0))


def test_a_function_is_applied_to_every_tensor_and_keeps_the_structure():
    stats = ContentStats(
        {"a": ChannelStats(*draw(2, 3, 4, 1, 1)), "b": ChannelStats(*draw(2, 3, 2, 1, 1))},
        CovarianceStats(draw(3, 3, 1, 1), draw(3, 3, 3)),
    )
    first = map_tensors(lambda t: t[:1], stats)
    assert type(first) is ContentStats and type(first.channels["a"]) is ChannelStats
    assert first.channels.keys() == stats.channels.keys() and first.regions is None
    assert torch.equal(first.channels["b"].std, stats.channels["b"].std[:1])
    assert torch.equal(first.colours.cov, stats.colours.cov[:1])


def test_structures_are_mapped_together_place_by_place():
    one, other = RegionStats(*draw(2, 1, 4)), RegionStats(*draw(2, 1, 4, seed=1))
    middle = map_tensors(lambda a, b: (a + b) / 2, one, other)
    assert torch.equal(middle.feats, (one.feats + other.feats) / 2)
    assert torch.equal(middle.colours, (one.colours + other.colours) / 2)


def code(seed):
    return StyleCode({"t": SCTCode(*draw(3, 1, 2, 2, seed=seed))})


def test_blend_of_codes_depends_on_the_ratios_of_the_weights_only():
    codes = [code(0), code(1)]
    mixed, (one, other) = mix_codes(codes, [2, 6]), (c.transforms["t"] for c in codes)
    assert torch.allclose(mixed.transforms["t"].cov, 0.25 * one.cov + 0.75 * other.cov)
    assert_close(mixed, mix_codes(codes, [0.25, 0.75]))


@pytest.mark.parametrize("weights", [[1], [0, 0], [-1, 2]])
def test_blend_weights_that_mean_nothing_are_refused(weights):
    with pytest.raises(ValueError, match="expected"):
        mix_codes([code(0), code(1)], weights)
