"""The photo decoder: where it starts, and what of the colour transfer it can take back."""

import torch

from ccpl.config import ModelConfig
from ccpl.models import build_network
from ccpl.models.lite.context import Context
from ccpl.models.window import whole_window


def decode(network, content, base, code):
    """What the decoder makes of contents that start in the colours `base`."""
    feats = network.encode_content(content)
    stats = network.content_stats(feats, content)
    return network.decoder(feats, Context(content, base, code, stats, whole_window(content)))


def test_untrained_it_returns_the_picture_it_starts_from():
    network = build_network(ModelConfig(mode="photo"))
    content, base = torch.rand(2, 1, 3, 32, 32)
    result = decode(network, content, base, network.encode_style(torch.rand(1, 3, 64, 64)))
    assert torch.allclose(result, base, atol=1e-6)


def test_it_can_take_the_colour_transfer_back():
    network = build_network(ModelConfig(mode="photo"))
    network.decoder.recolour.bias.data[[12, 25]] = 1.0
    content, base = torch.rand(2, 1, 3, 32, 32)
    result = decode(network, content, base, network.encode_style(torch.rand(1, 3, 64, 64)))
    assert torch.allclose(result, content, atol=1e-6)


def test_dark_and_bright_colours_have_maps_of_their_own():
    network = build_network(ModelConfig(mode="photo"))
    network.decoder.recolour.bias.data[9] = -0.5  # red of the dark
    network.decoder.recolour.bias.data[13 + 9] = 0.5  # red of the bright
    base = torch.tensor([0.2, 0.8]).repeat_interleave(16).expand(1, 3, 32, 32)
    result = decode(network, base, base, network.encode_style(torch.rand(1, 3, 64, 64)))
    expected = base.clone()
    expected[:, 0, :, :16] -= 0.3
    expected[:, 0, :, 16:] += 0.3
    assert torch.allclose(result, expected, atol=1e-5)
