"""VGG-19: three file layouts, one network; taps by name; activations of mean 1."""

import pytest
import torch
import torch.nn.functional as F

from ccpl.errors import InputError
from ccpl.models.vgg import (
    CONVS,
    WIDTHS,
    available_taps,
    build_vgg,
    deepest_taps,
    divide_activations,
    is_normalised,
    mean_activations,
)

TAPS = ("relu1_1", "relu2_1", "relu3_1")
DEEP = CONVS[: CONVS.index("conv3_1") + 1]
NUMBERS = {"torchvision": (0, 2, 5, 7, 10), "normalised": (2, 5, 9, 12, 16)}


@pytest.fixture(scope="module")
def named():
    """Random convolutions up to conv3_1 by name."""
    generator = torch.Generator().manual_seed(0)
    state, width = {}, 3
    for name in DEEP:
        weight = torch.randn(WIDTHS[name], width, 3, 3, generator=generator)
        state[f"{name}.weight"] = weight * (2 / (9 * width)) ** 0.5
        state[f"{name}.bias"] = 0.1 * torch.randn(WIDTHS[name], generator=generator)
        width = WIDTHS[name]
    return state


def numbered(named, layout, prefix=""):
    return {
        f"{prefix}{n}.{part}": named[f"{name}.{part}"]
        for name, n in zip(DEEP, NUMBERS[layout], strict=True)
        for part in ("weight", "bias")
    }


def plain(x, named):
    """The taps, computed in the order of the paper."""
    taps = []
    for name in DEEP:
        x = F.pad(x, (1, 1, 1, 1), mode="reflect")
        x = F.relu(F.conv2d(x, named[f"{name}.weight"], named[f"{name}.bias"]))
        taps += [x] if name.endswith("_1") else []
        if name.endswith("_2"):
            x = F.max_pool2d(x, 2, ceil_mode=True)
    return taps


def check(state, named, image, preprocessed):
    feats = build_vgg(state, TAPS)(image)
    assert tuple(feats) == TAPS
    for ours, expected in zip(feats.values(), plain(preprocessed, named), strict=True):
        assert (ours - expected).abs().max() < 1e-5 * expected.max()


@pytest.mark.parametrize("prefix", ["", "features."])
def test_torchvision_layout_normalises_by_imagenet(named, prefix):
    image = torch.rand(1, 3, 22, 17)
    mean = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
    std = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
    check(numbered(named, "torchvision", prefix), named, image, (image - mean) / std)


def test_normalised_layout_brings_its_own_colours(named):
    image, colours = torch.rand(1, 3, 13, 21), torch.randn(3, 3, 1, 1)
    state = {"0.weight": colours, "0.bias": torch.ones(3)} | numbered(named, "normalised")
    assert is_normalised(state)
    check(state, named, image, F.conv2d(image, colours, torch.ones(3)))


def test_caffe_layout_takes_bgr_in_0_to_255(named):
    image = torch.rand(2, 3, 16, 16)
    mean = torch.tensor([103.939, 116.779, 123.68]).view(3, 1, 1)
    check(named, named, image, image.flip(1) * 255 - mean)


def test_odd_sides_round_up_as_the_published_pooling_does(named):
    feats = build_vgg(named, TAPS)(torch.rand(1, 3, 33, 37))
    assert [f.shape[2:] for f in feats.values()] == [(33, 37), (17, 19), (9, 10)]


def test_features_take_the_precision_of_the_weights_and_need_no_gradient(named):
    vgg = build_vgg(named, TAPS).to(torch.bfloat16)
    assert vgg(torch.rand(1, 3, 16, 16))["relu3_1"].dtype == torch.bfloat16
    assert not any(p.requires_grad for p in vgg.parameters())
    assert not vgg.training


def test_nothing_deeper_than_the_last_wanted_tap_is_computed(named):
    vgg, image = build_vgg(named, TAPS), torch.rand(1, 3, 16, 16)
    vgg.convs["conv2_2"].forward = None  # would fail if it were called
    feats = vgg(image, "relu2_1")
    assert list(feats) == ["relu1_1", "relu2_1"]


def test_a_file_that_stops_early_offers_what_it_has(named):
    assert available_taps(named)[-1] == "relu3_1"
    wanted = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")
    assert deepest_taps(named, wanted) == TAPS
    with pytest.raises(InputError, match="stops at relu3_1, but relu4_1 is needed"):
        build_vgg(named, wanted)


def test_unknown_layouts_wrong_shapes_and_gaps_are_refused(named):
    with pytest.raises(InputError, match="no known VGG-19 file"):
        build_vgg({"weight": torch.zeros(1)}, TAPS)
    with pytest.raises(InputError, match=r"conv2_1\.weight has shape \(1, 1, 3, 3\)"):
        build_vgg(named | {"conv2_1.weight": torch.zeros(1, 1, 3, 3)}, TAPS)
    with pytest.raises(InputError, match=r"conv1_2\.bias is missing"):
        build_vgg({k: v for k, v in named.items() if k != "conv1_2.bias"}, TAPS)


def test_divided_activations_have_mean_1_and_keep_their_directions(named):
    images = [torch.rand(1, 3, 24, 24), torch.rand(1, 3, 17, 30)]
    every = [name.replace("conv", "relu") for name in DEEP]
    vgg, original = build_vgg(named, every), build_vgg(named, every)
    divide_activations(vgg, mean_activations(original, images))
    assert mean_activations(vgg, images) == pytest.approx(dict.fromkeys(DEEP, 1), abs=1e-4)
    for before, after in zip(original(images[0]).values(), vgg(images[0]).values(), strict=True):
        factor = before.sum() / after.sum()
        assert torch.allclose(after * factor, before, rtol=1e-3, atol=1e-3)
