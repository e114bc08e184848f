"""The small encoder: what it sees."""

import torch

from ccpl.models.lite.encoder import LiteEncoder


def test_encoder_sees_a_quarter_and_an_eighth():
    feats = LiteEncoder((12, 20), (6,))(torch.rand(2, 3, 32, 48))
    assert {tap: f.shape for tap, f in feats.items()} == {
        "quarter": (2, 12, 8, 12),
        "eighth": (2, 20, 4, 6),
    }
