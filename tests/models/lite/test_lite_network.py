"""The network for photos: what it keeps of pictures."""

import torch

from ccpl.config import ModelConfig
from ccpl.models import build_network


def test_codes_and_statistics_hold_what_the_decoder_looks_at():
    network, pictures = build_network(ModelConfig(mode="photo")), torch.rand(2, 3, 32, 32)
    code = network.encode_style(pictures)
    stats = network.content_stats(network.encode_content(pictures), pictures)
    for known in (code, stats):
        assert known.colours.mean.shape == (2, 3, 1, 1)
        assert known.regions.feats.shape[:1] == (2,)
    assert code.transforms.keys() == stats.channels.keys() == {"quarter", "eighth"}
