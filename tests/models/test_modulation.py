"""Modulation: the style's gains and shifts, folded into a convolution or not."""

import torch
from torch import nn

from ccpl.config import ModelConfig
from ccpl.models import build_network, mix_codes
from ccpl.models.modulation import Modulation


def test_one_style_folded_equals_many_unfolded():
    conv, x = nn.Conv2d(4, 6, 3, padding=1), torch.randn(3, 4, 8, 8)
    gain, shift = torch.randn(1, 6), torch.randn(1, 6)
    folded = Modulation(gain, shift).after(conv, x)
    spread = Modulation(gain.expand(3, -1), shift.expand(3, -1)).after(conv, x)
    expected = gain[..., None, None] * conv(x) + shift[..., None, None]
    assert torch.allclose(folded, expected, atol=1e-5)
    assert torch.allclose(spread, expected, atol=1e-5)


def test_sub_pixels_of_a_shuffle_share_an_entry():
    conv, x = nn.Conv2d(4, 8, 1), torch.randn(1, 4, 5, 5)
    style = Modulation(torch.tensor([[2.0, 3.0]]), torch.tensor([[0.5, -1.0]]))
    before = nn.functional.pixel_shuffle(style.after(conv, x, repeat=4), 2)
    plain = nn.functional.pixel_shuffle(conv(x), 2)
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
    for gain, shift in fresh.decoder.modulation(codes[0]):
        assert torch.equal(gain, torch.ones_like(gain)) and not shift.any()
    dark, light = (network.decoder.modulation(code) for code in codes)
    assert all(not torch.equal(a.gain, b.gain) for a, b in zip(dark, light, strict=True))


def test_every_modulated_layer_has_its_width():
    decoder = trained(0).decoder
    code = trained(0).encode_style(torch.rand(2, 3, 64, 64))
    found = [m.gain.shape for m in decoder.modulation(code)]
    assert found == [(2, c) for c in (96, 96, 96, 48, 48, 48, 16, 16)]


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
