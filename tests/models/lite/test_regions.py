"""Regions: what is spread from them, and the transformer that says what to add to each."""

import pytest
import torch

from ccpl.config import ModelConfig
from ccpl.models import build_network
from ccpl.models.lite.modulation import HIDDEN
from ccpl.models.lite.regions import RegionNet, spread_regions
from ccpl.models.statistics import (
    GRID,
    ContentStats,
    StyleCode,
    covariance_stats,
    region_stats,
    spline,
)
from ccpl.models.window import Box, Window, whole_window

SIZE = (48, 64)  # of a picture, in pixels
HALVES = [Box(0, 24, 0, 64), Box(24, 48, 0, 64)]


def test_what_is_spread_over_a_piece_is_a_piece_of_the_whole():
    regions, like = torch.randn(2, 5, GRID, GRID), torch.empty(2, 1, 12, 16)
    whole = spread_regions(regions, like, whole_window(torch.empty(SIZE)))
    assert whole.shape == (2, 5, 12, 16)
    assert whole.is_contiguous(memory_format=torch.channels_last)
    for box in HALVES:
        rows = slice(box.top // 4, box.bottom // 4)
        piece = spread_regions(regions, like[:, :, rows], Window(SIZE, box, box))
        assert torch.allclose(piece, whole[:, :, rows], atol=1e-6)


def test_spreading_is_smooth_and_keeps_to_its_range():
    regions = torch.zeros(1, 1, GRID, GRID)
    regions[..., ::2] = 1
    like = torch.empty(1, 1, 1, 256)
    line = spread_regions(regions, like, whole_window(like))[0, 0, 0]
    assert line.min() >= 0 and line.max() <= 1
    assert line.diff().abs().max() < 0.03
    assert line.diff().diff().abs().max() < 0.004  # bilinear weights have kinks there


def known_of(images):
    """Colours and regions of pictures, the channels of their features being the colours twice."""
    return covariance_stats(images), region_stats(images.repeat(1, 2, 1, 1), images)


def added(net, contents, styles, pair_embedding=None):
    """What is added to regions, features and maps in one: (B, 4 + 26, GRID, GRID)."""
    if pair_embedding is None:
        pair_embedding = torch.zeros(len(contents), HIDDEN)
    code, stats = StyleCode({}, *known_of(styles)), ContentStats({}, *known_of(contents))
    return torch.cat(net(code, stats, pair_embedding), 1)


@pytest.fixture
def fresh():
    torch.manual_seed(0)
    net = RegionNet(6, 4).eval().requires_grad_(False)
    net.init_weights()
    return net


@pytest.fixture
def trained(fresh):
    fresh.outputs.weight.normal_()
    return fresh


def test_it_starts_at_nothing(fresh):
    result = added(fresh, torch.rand(2, 3, 32, 32), torch.rand(2, 3, 48, 32))
    assert result.shape == (2, 30, GRID, GRID)
    assert not result.any()


def test_places_tell_equal_regions_apart(trained):
    result = added(trained, torch.full((1, 3, 32, 32), 0.5), torch.rand(1, 3, 32, 32))
    assert result.flatten(2).std(2).min() > 0.05


def test_left_and_right_are_the_same_to_it(trained):
    content, style = torch.rand(1, 3, 64, 64), torch.rand(1, 3, 64, 64)
    result = added(trained, content, style)
    for styles in (style, style.flip(3)):
        mirrored = added(trained, content.flip(3), styles).flip(3)
        assert torch.allclose(mirrored, result, atol=1e-3)
    assert not torch.allclose(added(trained, content.flip(2), style).flip(2), result, atol=0.1)


def test_every_region_sees_all_of_content_and_style(trained):
    content, style = torch.rand(1, 3, 64, 64), torch.rand(1, 3, 64, 64)
    result = added(trained, content, style)
    for changed in (content, style):
        before = changed[:, :, -8:].clone()
        changed[:, :, -8:] = 1  # the last rows; the first regions are far away
        other = added(trained, content, style)
        assert not torch.allclose(other[:, :, 0], result[:, :, 0], atol=1e-3)
        changed[:, :, -8:] = before
    assert not torch.allclose(added(trained, content, style, torch.ones(1, HIDDEN)), result)


def test_one_style_serves_a_batch(trained):
    contents, style = torch.rand(3, 3, 32, 32), torch.rand(1, 3, 32, 32)
    pairs = torch.randn(3, HIDDEN)
    together = added(trained, contents, style, pairs)
    for i in range(3):
        alone = added(trained, contents[i : i + 1], style, pairs[i : i + 1])
        assert torch.allclose(together[i : i + 1], alone, atol=1e-4)


def offsets(result):
    """The offsets of the maps for dark and for bright colours."""
    return result[:, 4 + 9 : 4 + 12], result[:, 4 + 22 : 4 + 25]


def test_a_move_is_in_deviations_of_the_style(fresh):
    fresh.outputs.bias[-6:] = torch.tensor([1.0, 0, 0, 0, 0, 2.0])
    noise = torch.rand(1, 3, 64, 64) - 0.5
    style = 0.5 + noise * torch.tensor([0.4, 1.0, 0.8]).view(3, 1, 1)  # uncorrelated
    dark, bright = offsets(added(fresh, torch.rand(1, 3, 32, 32), style))
    deviations = style.std((0, 2, 3))
    assert torch.allclose(dark[0, 0], deviations[0].expand(GRID, GRID), rtol=0.1)
    assert torch.allclose(bright[0, 2], 2 * deviations[2].expand(GRID, GRID), rtol=0.1)
    assert dark[0, 2].abs().max() < 0.05 and not bright[0, :2].any()


def test_weights_kept_by_inference_serve_training():
    spline.cache_clear()
    network = build_network(ModelConfig(mode="photo"))
    pictures = torch.rand(1, 3, 32, 32)
    with torch.inference_mode():
        network(pictures, network.encode_style(pictures))
    network(pictures, network.encode_style(pictures)).mean().backward()
    assert network.decoder.regions.outputs.weight.grad.any()
