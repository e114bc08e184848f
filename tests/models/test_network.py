"""StyleTransferNet: every architecture and mode; strength from the original to the full style."""

import copy

import pytest
import torch
import torch.nn.functional as F

from ccpl.config import ModelConfig
from ccpl.models import build_network
from ccpl.models.statistics import map_tensors

# Perceptual vgg19 is built as artistic; what paints in lite is of another kind, tested in painter/.
ALL = [("lite", "photo"), ("vgg19", "artistic"), ("vgg19", "photo")]


def draw(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module", params=ALL, ids=[".".join(m) for m in ALL])
def network(request):
    """Every network with every parameter drawn, none left at zero."""
    torch.manual_seed(0)
    network = build_network(ModelConfig(*request.param)).eval().requires_grad_(False)
    for p in network.parameters():
        p.normal_(std=(2 / p[0].numel()) ** 0.5 if p.dim() > 1 else 0.1)
    return network.to(memory_format=torch.channels_last)


def test_one_style_or_one_for_each_content(network):
    network = copy.deepcopy(network).double()  # results are in the hundreds, so float32 is rough
    content, style = draw(2, 3, 24, 32).double(), draw(2, 3, 40, 48, seed=1).double()
    codes = network.encode_style(style)
    together = network(content, codes)
    assert together.shape == content.shape
    for i in range(2):
        alone = network(content[i : i + 1], network.encode_style(style[i : i + 1]))
        assert torch.allclose(together[i : i + 1], alone, atol=1e-5)
    shared = network(content, network.encode_style(style[:1]))
    assert torch.allclose(shared[0], together[0], atol=1e-5)


def test_strength_0_is_the_original_and_1_the_full_style_exactly(network):
    content, code = draw(2, 3, 24, 24), network.encode_style(draw(1, 3, 40, 40, seed=1))
    full = network(content, code)
    assert torch.equal(network(content, code, strength=0.0), content)
    assert torch.equal(network(content, code, strength=1.0), full)
    both = network(content, code, strength=torch.tensor([0.0, 1.0]).view(2, 1, 1, 1))
    assert torch.equal(both[0], content[0])
    assert torch.allclose(both[1], full[1], atol=1e-5)


def test_strength_moves_monotonically_and_smoothly(network):
    content, code = draw(1, 3, 24, 24), network.encode_style(draw(1, 3, 40, 40, seed=1))
    results = [network(content, code, strength=i / 10) for i in range(11)]
    distances = [(r - content).square().mean().sqrt().item() for r in results]
    steps = [b - a for a, b in zip(distances, distances[1:], strict=False)]
    assert min(steps) > 0
    assert max(steps) < 0.25 * distances[-1]


def test_bfloat16_keeps_statistics_and_stays_within_40_decibels(network):
    half = copy.deepcopy(network).to(torch.bfloat16)
    content, style = (F.interpolate(draw(1, 3, 8, 8, seed=s), scale_factor=8) for s in (0, 1))
    code = half.encode_style(style)
    dtypes = set()
    map_tensors(lambda t: dtypes.add(t.dtype), code)
    assert dtypes == {torch.float32}
    assert torch.equal(half(content, code, strength=0.0), content)
    exact = network(content, network.encode_style(style))
    error = (half(content, code) - exact).square().mean()
    spread = 0.25**2 / exact.var()  # as if the random network painted pictures in [0, 1]
    assert -10 * (error * spread).log10() > 40


def test_features_and_statistics_at_hand_give_the_same_result(network):
    content, code = draw(1, 3, 24, 24), network.encode_style(draw(1, 3, 40, 40, seed=1))
    feats = network.encode_content(content)
    stats = network.content_stats(feats, content)
    again = network.decode(feats, content, code, stats=stats)
    assert torch.equal(again, network(content, code))
