"""The lite encoder and decoder: shapes, and a start at nothing."""

import pytest
import torch

from ccpl.config import MODES, ModelConfig
from ccpl.models import build_network
from ccpl.models.lite import LiteEncoder, apply_colour_maps


def test_encoder_sees_a_quarter_and_an_eighth():
    feats = LiteEncoder((12, 20), 1)(torch.rand(2, 3, 32, 48))
    assert {tap: f.shape for tap, f in feats.items()} == {
        "quarter": (2, 12, 8, 12),
        "eighth": (2, 20, 4, 6),
    }


@pytest.mark.parametrize("mode", MODES)
def test_an_untrained_decoder_returns_the_picture_it_starts_from(mode):
    network = build_network(ModelConfig(mode=mode))
    base = torch.rand(1, 3, 32, 32)
    feats = network.encoder(torch.rand(1, 3, 32, 32))
    code = network.encode_style(torch.rand(1, 3, 64, 64))
    assert torch.allclose(network.decoder(feats, base, code), base, atol=1e-6)


def test_photo_mode_has_no_paint_head():
    assert build_network(ModelConfig(mode="photo")).decoder.paint is None
    assert build_network(ModelConfig(mode="artistic")).decoder.paint is not None


def test_colour_maps_are_a_matrix_and_an_offset_at_every_place():
    matrix, offset = torch.randn(3, 3), torch.randn(3)
    maps = torch.cat([matrix.flatten(), offset]).view(1, 12, 1, 1).expand(1, 12, 2, 2)
    image = torch.rand(1, 3, 8, 8)
    expected = torch.einsum("ij,bjhw->bihw", matrix, image) + offset.view(3, 1, 1)
    assert torch.allclose(apply_colour_maps(maps, image), expected, atol=1e-6)
