"""Modulation: kernels and colour maps changed by the style and by what the content is like."""

import pytest
import torch
from torch import nn

from ccpl.config import ModelConfig
from ccpl.models import build_network, mix_codes
from ccpl.models.lite.layers import conv3x3
from ccpl.models.lite.modulation import (
    LARGEST,
    Modulation,
    Standardise,
    StyledConv,
    styled_layers,
)


def draw_modulation(layer, count=1, seed=0):
    torch.manual_seed(seed)
    width = layer.out_channels
    return Modulation(*(torch.randn(count, n) for n in (width, width, len(layer.down))))


@pytest.mark.parametrize("count", [1, 3])
def test_folded_kernels_are_what_the_definition_says(count):
    layer, x = StyledConv(4, 6), torch.randn(3, 4, 8, 8)
    modulation = draw_modulation(layer, count)
    low_rank = conv3x3(x, layer.down) * modulation.mix[..., None, None]
    added = nn.functional.conv2d(low_rank, layer.up[..., None, None])
    plain = conv3x3(x, layer.weight, layer.bias)
    expected = (
        modulation.gain[..., None, None] * (plain + added) + modulation.shift[..., None, None]
    )
    assert torch.allclose(layer(x, modulation), expected, atol=1e-4)


def test_pictures_together_come_out_as_one_by_one():
    layer, x = StyledConv(4, 8), torch.randn(3, 4, 8, 8)
    modulation = draw_modulation(layer, 3)
    assert torch.allclose(layer.at_once(x, modulation), layer(x, modulation), atol=1e-5)


def trained(seed):
    """A network whose modulation says something."""
    torch.manual_seed(seed)
    network = build_network(ModelConfig(mode="photo")).eval()
    with torch.no_grad():
        network.decoder.modulation.outputs.weight.normal_(0, 0.1)
    return network


def stats_of(network, pictures):
    return network.content_stats(network.encoder(pictures), pictures)


def test_it_starts_at_nothing_and_depends_on_the_style():
    fresh, network = build_network(ModelConfig(mode="photo")), trained(0)
    codes = [network.encode_style(torch.rand(1, 3, 64, 64) * k) for k in (0.3, 1)]
    stats = stats_of(network, torch.rand(1, 3, 32, 32))
    outputs = fresh.decoder.modulation(codes[0], stats)
    assert not outputs.maps.any()
    for gain, shift, mix in outputs.layers.values():
        assert torch.equal(gain, torch.ones_like(gain)) and not shift.any() and not mix.any()
    dark, light = (network.decoder.modulation(c, stats) for c in codes)
    assert not torch.equal(dark.maps, light.maps)
    for name, one in dark.layers.items():
        assert not any(map(torch.equal, one, light.layers[name])), name


def test_what_the_content_is_like_counts_once_it_is_learned():
    network = trained(0)
    modulation = network.decoder.modulation
    code = network.encode_style(torch.rand(1, 3, 64, 64))
    both = stats_of(network, torch.rand(2, 3, 32, 32) * torch.tensor([0.3, 1.0]).view(2, 1, 1, 1))
    maps = modulation(code, both).maps
    assert torch.equal(maps[0], maps[1])
    with torch.no_grad():
        modulation.embed_content.weight.normal_(0, 0.1)
    maps, layers, _ = modulation(code, both)
    assert not torch.allclose(maps[0], maps[1])
    assert all(len(part) == 2 for modulation in layers.values() for part in modulation)


def test_every_styled_layer_has_its_width_and_rank():
    network = trained(0)
    pictures = torch.rand(2, 3, 64, 64)
    maps, layers, _ = network.decoder.modulation(
        network.encode_style(pictures), stats_of(network, pictures)
    )
    assert maps.shape == (2, 26)
    assert layers.keys() == styled_layers(network.decoder).keys()
    found = {name: (m.gain.shape[1], m.mix.shape[1]) for name, m in layers.items()}
    for i in range(3):
        assert (found[f"blocks.{i}.first"], found[f"blocks.{i}.second"]) == ((16, 48), (96, 48))
    assert found["narrow"] == (48, 48)
    assert (found["merge.0.first"], found["merge.1.first"]) == ((96, 24), (16, 24))


def test_statistics_of_the_inputs_are_followed_in_training_only():
    layer = Standardise(5)
    before = layer.mean.clone(), layer.variance.clone()
    x = 1 + torch.rand(2, 5)
    layer.eval()(x)
    assert torch.equal(layer.mean, before[0]) and torch.equal(layer.variance, before[1])
    layer.train()
    for _ in range(1200):
        layer(x)
    known = x.log1p()
    assert torch.allclose(layer.mean, known.mean(0), atol=1e-3)
    assert torch.allclose(layer.variance, known.var(0, correction=0), atol=1e-3)


def test_what_all_pictures_share_does_not_count_and_odd_ones_are_bounded():
    layer = Standardise(300).eval()
    x = 10 + 0.5 * torch.randn(200, 300)
    layer.mean.copy_(x.log1p().mean(0))
    layer.variance.copy_(x.log1p().var(0))
    standard = layer(x)
    assert standard.mean().abs() < 0.01 and 0.7 < standard.std() < 1
    assert layer(x + 1000).max() <= LARGEST
    assert layer(-x - 1000).min() >= -LARGEST


def test_no_picture_multiplies_by_more_than_two():
    network = trained(0)
    picture = 1000 * torch.rand(1, 3, 64, 64)
    code, stats = network.encode_style(picture), stats_of(network, picture)
    for gain, _, mix in network.decoder.modulation(code, stats).layers.values():
        assert gain.min() >= 0 and gain.max() <= 2 and mix.abs().max() <= 1


def test_a_batch_of_pairs_equals_each_alone():
    network = trained(1)
    network.decoder.modulation.embed_content.weight.data.normal_(0, 0.1)
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
