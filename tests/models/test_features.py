"""The feature network: shapes of VGG-19's taps, at a sixth of its products."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from ccpl.models.features import FEATURE_TAPS, FeatureNet, hypercolumns
from ccpl.models.vgg import VGG19


@pytest.mark.parametrize("height, width", [(64, 48), (33, 30), (8, 9)])
def test_shapes_are_those_of_vgg19(height, width):
    image = torch.rand(2, 3, height, width)
    own, vgg = FeatureNet()(image), VGG19(FEATURE_TAPS)(image)
    assert {t: x.shape for t, x in own.items()} == {t: x.shape for t, x in vgg.items()}
    assert all(x.min() >= 0 for x in own.values())


@pytest.mark.parametrize("last", FEATURE_TAPS)
def test_no_tap_beyond_the_last_one_is_computed(last):
    network, image = FeatureNet(), torch.rand(1, 3, 16, 16)
    every = network(image)
    asked = network(image, last)
    assert list(asked) == list(FEATURE_TAPS[: FEATURE_TAPS.index(last) + 1])
    assert all(torch.equal(x, every[tap]) for tap, x in asked.items())


def test_it_costs_less_than_a_sixth_of_vgg19():
    image, products = torch.rand(1, 3, 64, 64), []
    for network in (FeatureNet(), VGG19(FEATURE_TAPS)):
        with FlopCounterMode(display=False) as counter:
            network(image)
        products.append(counter.get_total_flops())
    assert products[0] <= products[1] / 6


def test_hypercolumns_have_every_tap_but_the_shallowest_at_the_deepest_size():
    feats = {name: torch.full((2, c, s, s), c**0.5) for name, c, s in
             (("relu1_1", 4, 16), ("relu2_1", 9, 8), ("relu3_1", 16, 4))}  # fmt: skip
    columns = hypercolumns(feats)
    assert columns.shape == (2, 16, 25)
    assert torch.allclose(columns, torch.ones(()))
