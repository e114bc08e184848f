"""The reference network: its decoder, its taps and what of it learns."""

import pytest
import torch
import torch.nn.functional as F

from ccpl.config import MODES, ModelConfig
from ccpl.errors import InputError
from ccpl.models import build_network
from ccpl.models.reference import DECODER_START, VGGDecoder, reference_taps


@pytest.mark.parametrize("tap, channels, scale", [("relu4_1", 512, 8), ("relu3_1", 256, 4)])
def test_pictures_are_as_large_as_the_features_were_pooled(tap, channels, scale):
    feats = torch.randn(2, channels, 3, 5)
    assert VGGDecoder(tap)(feats).shape == (2, 3, 3 * scale, 5 * scale)


def test_the_photo_decoder_is_the_tail_of_the_artistic_one():
    whole, tail = VGGDecoder("relu4_1"), VGGDecoder("relu3_1")
    assert tuple(whole.convs) == ("1", "5", "8", "11", "14", "18", "21", "25", "28")
    assert tuple(tail.convs) == tuple(whole.convs)[3:]
    assert tail.convs["11"].in_channels == 256


def test_last_convolution_has_no_relu_and_the_others_have():
    torch.manual_seed(0)
    decoder = VGGDecoder("relu3_1")
    x = torch.randn(1, 256, 4, 4)
    out = decoder(x)
    for name, conv in decoder.convs.items():
        x = conv(F.pad(x, (1, 1, 1, 1), mode="reflect"))
        x = x if name == "28" else x.clamp_min(0)
        if name in ("14", "21"):
            x = x.repeat_interleave(2, 2).repeat_interleave(2, 3)
    assert torch.allclose(out, x, atol=1e-6)
    assert (out < 0).any()


def test_an_unknown_tap_lists_the_choices():
    with pytest.raises(ValueError, match="expected one of relu4_1, relu3_1"):
        VGGDecoder("relu5_1")


@pytest.mark.parametrize("mode", MODES)
def test_the_reference_learns_all_but_its_encoder(mode):
    network = build_network(ModelConfig("vgg19", mode))
    assert not any(p.requires_grad for p in network.encoder.parameters())
    assert all(
        p.requires_grad for p in (*network.transforms.parameters(), *network.decoder.parameters())
    )
    assert network.encoder.taps == (DECODER_START[mode],) == tuple(network.transforms)


def test_training_the_reference_needs_a_deep_enough_vgg_file():
    early = {f"conv{b}_1.weight": torch.zeros(1) for b in (1, 2, 3)}
    assert reference_taps(early, "photo") == ("relu1_1", "relu2_1", "relu3_1")
    with pytest.raises(InputError, match=r"stops at relu3_1, so only photo mode .* needs relu4_1"):
        reference_taps(early, "artistic")
