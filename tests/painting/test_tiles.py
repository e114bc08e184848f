"""Tiling: tiles cover the picture once, and what they make equals the whole."""

import functools

import pytest
import torch

from ccpl.config import ModelConfig
from ccpl.models import build_network
from ccpl.models.statistics import map_tensors
from ccpl.painting.tiles import Step, stylize_tiled, tile_steps, tiles

MODELS = [("lite", "photo"), ("vgg19", "artistic"), ("vgg19", "photo")]


def draw(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module", params=MODELS, ids=[".".join(m) for m in MODELS])
def network(request):
    """A network with every parameter drawn, heads that start at zero included."""
    torch.manual_seed(0)
    network = build_network(ModelConfig(*request.param)).eval().requires_grad_(False)
    for p in network.parameters():
        p.normal_(std=(1.5 / p[0].numel()) ** 0.5 if p.dim() > 1 else 0.1)
    return network.to(memory_format=torch.channels_last)


def test_tiles_cover_every_pixel_once_and_windows_hold_their_cores():
    covered = torch.zeros(200, 136)
    for size, box, core in tiles(200, 136, side=60, overlap=20, stride=8):
        assert size == (200, 136)
        core.cut(covered).add_(1)
        assert all(n % 8 == 0 for n in (*core, *box))
        assert box.top == max(core.top - 24, 0)
        assert box.bottom == min(core.bottom + 24, 200)
        assert box.left == max(core.left - 24, 0)
        assert box.right == min(core.right + 24, 136)
    assert (covered == 1).all()


@torch.inference_mode()
def test_tiled_equals_whole(network):
    side = network.reach + 8  # so two tiles do not see each other's far end
    code = network.encode_style(draw(1, 3, 40, 48, seed=1))
    for size in ((2 * side, 24), (16, 2 * side)):
        content = draw(1, 3, *size)
        whole = network(content, code)
        assert whole.std() > 0.05
        assert torch.allclose(stylize_tiled(network, content, code, side=side), whole, atol=1e-4)


@torch.inference_mode()
def test_strength_reaches_every_tile(network):
    content, code = draw(1, 3, 40, 24), network.encode_style(draw(1, 3, 40, 48, seed=1))
    half = stylize_tiled(network, content, code, side=24, strength=0.5)
    assert torch.allclose(half, network(content, code, strength=0.5), atol=1e-4)
    assert torch.equal(stylize_tiled(network, content, code, side=24, strength=0.0), content)


@torch.inference_mode()
def test_statistics_of_tiles_add_up_to_those_of_the_whole(network):
    content = draw(1, 3, 40, 24)
    windows = tiles(40, 24, side=16, overlap=network.reach, stride=network.stride)
    tiled = network.survey((w.box.cut(content), w) for w in windows)
    whole = network.content_stats(network.encode_content(content), content)
    map_tensors(functools.partial(torch.testing.assert_close, rtol=1e-5, atol=1e-5), tiled, whole)


@torch.inference_mode()
def test_nothing_farther_than_the_reach_matters(network):
    """Change everything beyond the reach of a core of one stride: the core stays."""
    reach, stride = network.reach, network.stride
    side = 2 * reach + 5 * stride
    content, code = draw(1, 3, side, 2 * stride), network.encode_style(draw(1, 3, 40, 48, seed=1))
    stats = network.content_stats(network.encode_content(content), content)
    top = reach + 2 * stride
    far = content.clone()
    far[:, :, : top - reach] = draw(1, 3, top - reach, 2 * stride, seed=2)
    far[:, :, top + stride + reach :] = 0.5
    core = slice(top, top + stride)
    before, after = (network(x, code, stats=stats)[:, :, core] for x in (content, far))
    assert torch.allclose(before, after, atol=1e-5)


@torch.inference_mode()
def test_every_tile_is_two_steps_and_work_may_be_left_in_between(network):
    content, code = draw(1, 3, 40, 24), network.encode_style(draw(1, 3, 40, 48, seed=1))
    steps = list(tile_steps(network, content, code, strength=1.0, side=24))
    assert steps == [Step(done, 4) for done in (1, 2, 3, 4)]
    begun = tile_steps(network, content, code, strength=1.0, side=24)
    next(begun)
    begun.close()
