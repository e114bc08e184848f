"""Modulation: kernels changed by the style, folded into one convolution or not."""

import pytest
import torch
from torch import nn

from ccpl.config import ModelConfig
from ccpl.models import build_network, mix_codes
from ccpl.models.modulation import BOLD, Conv3x3, Modulation, StyledConv, conv3x3, level


def draw_style(layer, count=1, seed=0):
    torch.manual_seed(seed)
    width = layer.out_channels // layer.shared
    return Modulation(*(torch.randn(count, n) for n in (width, width, len(layer.down))))


@pytest.mark.parametrize("stride", [1, 2])
def test_edges_are_repeated_outwards(stride):
    layer, x = Conv3x3(2, 3, stride=stride), torch.randn(1, 2, 4, 6)
    rows, columns = torch.tensor([0, *range(4), 3]), torch.tensor([0, *range(6), 5])
    wide = x[:, :, rows][..., columns]
    expected = nn.functional.conv2d(wide, layer.weight, layer.bias, stride)
    assert torch.allclose(layer(x), expected, atol=1e-5)


def test_one_style_folded_equals_many_unfolded_and_the_definition():
    layer, x = StyledConv(4, 6), torch.randn(3, 4, 8, 8)
    style = draw_style(layer)
    folded = layer(x, style)
    spread = layer(x, Modulation(*(part.expand(3, -1) for part in style)))
    low_rank = conv3x3(x, layer.down) * style.mix[..., None, None]
    added = nn.functional.conv2d(low_rank, layer.up[..., None, None])
    plain = conv3x3(x, layer.weight, layer.bias)
    expected = style.gain[..., None, None] * (plain + added) + style.shift[..., None, None]
    assert torch.allclose(folded, expected, atol=1e-4)
    assert torch.allclose(spread, expected, atol=1e-4)


def test_before_a_shuffle_folded_equals_unfolded_too():
    layer, x = StyledConv(4, 8, shuffle=2), torch.randn(3, 4, 8, 8)
    style = draw_style(layer)
    spread = layer(x, Modulation(*(part.expand(3, -1) for part in style)))
    assert torch.allclose(layer(x, style), spread, atol=1e-4)


def test_sub_pixels_of_a_shuffle_answer_alike_to_a_constant():
    layer, x = StyledConv(4, 8, shuffle=2), torch.randn(1, 4, 1, 1).expand(1, 4, 6, 6)
    shuffled = nn.functional.pixel_shuffle(layer(x, draw_style(layer)), 2)
    assert shuffled.std((2, 3)).max() < 1e-5
    plain = conv3x3(x, layer.weight, layer.bias)
    assert nn.functional.pixel_shuffle(plain, 2).std((2, 3)).min() > 0.01


def test_level_changes_means_only():
    weight = torch.randn(8, 3, 3, 3)
    levelled = level(weight, 4)
    change = levelled - weight
    assert torch.allclose(change, change[..., :1, :1].expand_as(change), atol=1e-6)
    assert torch.allclose(levelled.view(2, 4, -1).mean(1), weight.view(2, 4, -1).mean(1), atol=1e-6)
    assert level(weight, 1) is weight


def test_sub_pixels_of_a_shuffle_share_gain_and_shift():
    layer, x = StyledConv(4, 8, shuffle=2), torch.randn(1, 4, 5, 5)
    style = Modulation(torch.tensor([[2.0, 3.0]]), torch.tensor([[0.5, -1.0]]), torch.zeros(1, 2))
    before = nn.functional.pixel_shuffle(layer(x, style), 2)
    plain = conv3x3(x, level(layer.weight, 4), level(layer.bias, 4))
    plain = nn.functional.pixel_shuffle(plain, 2)
    assert torch.allclose(before[:, 0], 2 * plain[:, 0] + 0.5, atol=1e-5)
    assert torch.allclose(before[:, 1], 3 * plain[:, 1] - 1, atol=1e-5)


def trained(seed):
    """A network whose modulation says something."""
    torch.manual_seed(seed)
    network = build_network(ModelConfig()).eval()
    with torch.no_grad():
        network.decoder.modulation.tell.weight.normal_(0, 0.1)
    return network


def test_it_starts_at_nothing_and_depends_on_the_style():
    fresh, network = build_network(ModelConfig()), trained(0)
    codes = [network.encode_style(torch.rand(1, 3, 64, 64) * k) for k in (0.3, 1)]
    for gain, shift, mix in fresh.decoder.modulation(codes[0]):
        assert torch.equal(gain, torch.ones_like(gain)) and not shift.any() and not mix.any()
    for dark, light in zip(*map(network.decoder.modulation, codes), strict=True):
        assert not any(torch.equal(a, b) for a, b in zip(dark, light, strict=True))


def test_every_styled_layer_has_its_width_and_rank():
    decoder = trained(0).decoder
    code = trained(0).encode_style(torch.rand(2, 3, 64, 64))
    found = [(m.gain.shape, m.mix.shape) for m in decoder.modulation(code)]
    widths = [16, 96] * 3 + [48] + [96, 48, 16, 48] + [16, 16]
    ranks = [48] * 6 + [48] + [24] * 4 + [24, 8]
    assert found == [((2, c), (2, k)) for c, k in zip(widths, ranks, strict=True)]


def test_statistics_of_the_codes_are_followed_in_training_only():
    network = trained(0)
    modulation = network.decoder.modulation
    code = network.encode_style(torch.rand(2, 3, 64, 64))
    before = modulation.mean.clone(), modulation.variance.clone()
    list(modulation(code))
    assert torch.equal(modulation.mean, before[0])
    assert torch.equal(modulation.variance, before[1])
    network.train()
    for _ in range(600):
        modulation.follow(modulation.inputs(code))
    spread = modulation.inputs(code).std(0, correction=0)
    assert torch.allclose(modulation.mean, modulation.inputs(code).mean(0), atol=1e-2)
    assert torch.allclose(modulation.variance, spread**2, atol=1e-2)
    seen = modulation.mean.clone()
    list(modulation(code))
    assert not torch.equal(modulation.mean, seen)


def test_what_all_codes_share_does_not_count_and_odd_ones_are_bounded():
    modulation = trained(0).decoder.modulation
    x = 100 + 0.5 * torch.randn(200, len(modulation.mean))
    modulation.mean.copy_(x.mean(0))
    modulation.variance.copy_(x.var(0))
    standard = modulation.standardised(x)
    assert standard.mean().abs() < 0.01 and 0.7 < standard.std() < 1
    assert modulation.standardised(x + 1000).max() <= BOLD


def test_no_style_multiplies_by_more_than_two():
    network = trained(0)
    code = network.encode_style(1000 * torch.rand(1, 3, 64, 64))
    for gain, _, mix in network.decoder.modulation(code):
        assert gain.min() >= 0 and gain.max() <= 2 and mix.abs().max() <= 1


def test_a_batch_of_styles_equals_each_alone():
    network = trained(1)
    content, styles = torch.rand(2, 3, 32, 32), torch.rand(2, 3, 64, 64)
    with torch.no_grad():
        together = network(content, network.encode_style(styles))
        alone = [
            network(content[i : i + 1], network.encode_style(styles[i : i + 1])) for i in (0, 1)
        ]
    assert torch.allclose(together, torch.cat(alone), atol=1e-4)


def test_mixed_codes_can_be_modulated_with():
    network = trained(2)
    codes = [network.encode_style(torch.rand(1, 3, 64, 64)) for _ in range(2)]
    with torch.no_grad():
        result = network(torch.rand(1, 3, 32, 32), mix_codes(codes, [1, 3]))
    assert result.isfinite().all()
