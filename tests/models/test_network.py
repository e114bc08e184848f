"""StyleTransferNet: every architecture and mode; strength from the original to the full style."""

import copy
from unittest import mock

import pytest
import torch
import torch.nn.functional as F

from ccpl.config import MODES, ModelConfig
from ccpl.errors import InputError
from ccpl.models import BUILDERS, build_network
from ccpl.models.network import DECODER_START, reference_taps
from ccpl.models.statistics import map_tensors
from ccpl.models.window import Box, Window

# Perceptual vgg19 is built as artistic.
ALL = [(a, m) for a in BUILDERS for m in MODES if (a, m) != ("vgg19", "perceptual")]


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


@pytest.mark.parametrize("mode", MODES)
def test_the_reference_learns_all_but_its_encoder(mode):
    network = build_network(ModelConfig("vgg19", mode))
    assert not any(p.requires_grad for p in network.encoder.parameters())
    assert all(p.requires_grad for p in (*network.sct.parameters(), *network.decoder.parameters()))
    assert network.encoder.taps == (DECODER_START[mode],) == tuple(network.sct)


def test_training_the_reference_needs_a_deep_enough_vgg_file():
    early = {f"conv{b}_1.weight": torch.zeros(1) for b in (1, 2, 3)}
    assert reference_taps(early, "photo") == ("relu1_1", "relu2_1", "relu3_1")
    with pytest.raises(InputError, match=r"stops at relu3_1, so only photo mode .* needs relu4_1"):
        reference_taps(early, "artistic")


def seen_by_the_encoder(network, content, window=None):
    with mock.patch.object(network.encoder, "forward", wraps=lambda x: x):
        return network.encode_content(content, window)


def test_grain_is_faint_the_same_at_every_place_and_for_modes_that_paint():
    painting, photo = (build_network(ModelConfig(mode=m)) for m in ("artistic", "photo"))
    flat = torch.full((1, 3, 64, 640), 0.5)
    grained = seen_by_the_encoder(painting, flat)
    assert 0 < (grained - flat).std() < 0.01 and (grained - flat).abs().max() < 0.05
    box = Box(8, 48, 480, 600)
    piece = seen_by_the_encoder(painting, box.cut(flat), Window((64, 640), box, box))
    assert torch.equal(piece, box.cut(grained))
    assert torch.equal(seen_by_the_encoder(photo, flat), flat)
