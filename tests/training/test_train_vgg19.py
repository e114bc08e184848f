"""Training the reference: the published defaults, and a frozen encoder taken from the file."""

from dataclasses import fields

import pytest
import torch

from ccpl.config import MODES
from ccpl.errors import InputError
from ccpl.files.weights import load_network
from ccpl.models.vgg import CONVS, NORMALISED, WIDTHS
from ccpl.training.config import train_config
from ccpl.training.optimizer import learning_rate
from ccpl.training.run import train


def draw_vgg(last):
    """The layout of vgg_normalised.pth up to a convolution, random weights."""
    generator = torch.Generator().manual_seed(0)
    state, width = {"0.weight": torch.eye(3)[..., None, None], "0.bias": torch.zeros(3)}, 3
    for name, number in zip(CONVS[: CONVS.index(last) + 1], NORMALISED, strict=False):
        weight = torch.randn(WIDTHS[name], width, 3, 3, generator=generator)
        state[f"{number}.weight"] = weight * (2 / (9 * width)) ** 0.5
        state[f"{number}.bias"] = torch.zeros(WIDTHS[name])
        width = WIDTHS[name]
    return state


@pytest.fixture
def config(picture_folder, tmp_path):
    """A function (mode, **changes) -> a tiny run with the published weights of the terms."""
    folders = {
        "content_dir": str(picture_folder("content", count=2)),
        "style_dir": str(picture_folder("styles", count=2)),
        "output_dir": str(tmp_path / "run"),
    }
    tiny = {"steps": 2, "batch_size": 1, "crop_size": 64, "device": "cpu", "sample_every": 0}
    return lambda mode, **changes: train_config(mode, "vgg19", **{**folders, **tiny, **changes})


@pytest.mark.parametrize("mode", MODES)
def test_defaults_are_the_published_ones(mode):
    config = train_config(mode, "vgg19")
    weights = {f.name: getattr(config, f.name) for f in fields(config) if "_weight" in f.name}
    taps = 3 if mode == "photo" else 4  # the published style term is a sum over them, ours a mean
    used = {"content_weight": 1, "style_weight": 10 * taps, "ccp_weight": 5}
    used |= {"perceptual_weight": 3} if mode == "perceptual" else {}
    assert {name: weight for name, weight in weights.items() if weight} == used
    assert (config.steps, config.batch_size, config.crop_size) == (160_000, 8, 256)
    assert (config.tau, config.anchors, config.ccp_layers) == (0.07, 8, 3)
    for step in (0, 1, 20_000):
        assert learning_rate(config, step) == pytest.approx(1e-4 / (1 + 5e-5 * step))


@pytest.mark.parametrize("mode, last", [("photo", "conv3_1"), ("artistic", "conv4_1")])
def test_only_sct_and_decoder_learn(config, tmp_path, mode, last):
    state = draw_vgg(last)
    reports = train(config(mode, checkpoint_every=1), state)
    losses = next(reports).losses
    taps = 3 if mode == "photo" else 4
    expected = losses["content"] + 10 * taps * losses["style"] + 5 * losses["ccp"]
    assert losses["total"] == pytest.approx(expected, rel=1e-4)
    first = load_network(tmp_path / "run" / f"vgg19.{mode}.safetensors")
    for name, number in zip(CONVS, NORMALISED, strict=False):
        if name in first.encoder.convs:
            assert torch.equal(first.encoder.convs[name].weight, state[f"{number}.weight"])
    assert next(reports).step == 2
    after = load_network(tmp_path / "run" / f"vgg19.{mode}.safetensors").state_dict()
    for key, value in first.state_dict().items():
        assert torch.equal(value, after[key]) == key.startswith("encoder."), key


def test_a_file_that_stops_at_relu3_trains_photo_mode_only(config):
    with pytest.raises(InputError, match=r"stops at relu3_1, so only photo mode .* needs relu4_1"):
        next(train(config("artistic"), draw_vgg("conv3_1")))


@pytest.mark.parametrize("transform", ["adain", "linear"])
def test_the_reference_learns_other_transforms(config, tmp_path, transform):
    list(train(config("photo", transform=transform, steps=1), draw_vgg("conv3_1")))
    trained = load_network(tmp_path / "run" / f"vgg19.photo.{transform}.safetensors")
    assert trained.config.transform == transform
