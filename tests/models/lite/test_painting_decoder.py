"""The painting decoder: where it starts, and how colours are spread."""

import pytest
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


@pytest.mark.parametrize("mode", ["artistic", "perceptual"])
def test_untrained_it_returns_the_picture_it_starts_from(mode):
    network = build_network(ModelConfig(mode=mode))
    content, base = torch.rand(2, 1, 3, 32, 32)
    result = decode(network, content, base, network.encode_style(torch.rand(1, 3, 64, 64)))
    assert torch.allclose(result, base, atol=1e-6)


def test_spread_moves_colours_about_the_mean_of_the_style():
    network = build_network(ModelConfig())
    network.decoder.spread.data = torch.eye(3) / 2
    content, base = torch.rand(2, 2, 3, 32, 32)
    for count in (1, 2):  # one style for both, or one for each
        code = network.encode_style(torch.rand(count, 3, 64, 64) * torch.rand(count, 3, 1, 1))
        mean = code.colours.mean
        expected = mean + 1.5 * (base - mean)
        assert torch.allclose(decode(network, content, base, code), expected, atol=1e-5)
