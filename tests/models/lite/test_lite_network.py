"""The small networks: what they keep of pictures, and the grain on what is painted."""

from unittest import mock

import pytest
import torch

from ccpl.config import ModelConfig
from ccpl.models import build_network
from ccpl.models.window import Box, Window


@pytest.mark.parametrize(
    ("mode", "regions"), [("artistic", False), ("perceptual", False), ("photo", True)]
)
def test_codes_and_statistics_hold_what_the_decoder_looks_at(mode, regions):
    network, pictures = build_network(ModelConfig(mode=mode)), torch.rand(2, 3, 32, 32)
    code = network.encode_style(pictures)
    stats = network.content_stats(network.encode_content(pictures), pictures)
    for known in (code, stats):
        assert known.colours.mean.shape == (2, 3, 1, 1)
        assert (known.regions is not None) == regions
    assert code.transforms.keys() == stats.channels.keys() == {"quarter", "eighth"}


def encoder_input(network, content, window=None):
    with mock.patch.object(network.encoder, "forward", wraps=lambda x: x):
        return network.encode_content(content, window)


def test_grain_is_faint_the_same_at_every_place_and_for_modes_that_paint():
    painting, photo = (build_network(ModelConfig(mode=m)) for m in ("artistic", "photo"))
    flat = torch.full((1, 3, 64, 640), 0.5)
    grained = encoder_input(painting, flat)
    assert 0 < (grained - flat).std() < 0.01 and (grained - flat).abs().max() < 0.05
    for box in (Box(8, 48, 480, 600), Box(0, 64, 520, 640)):
        piece = encoder_input(painting, box.cut(flat), Window((64, 640), box, box))
        assert torch.equal(piece, box.cut(grained))
    assert torch.equal(encoder_input(photo, flat), flat)
