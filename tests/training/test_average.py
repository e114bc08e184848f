"""Means of weight files, and parts of a network scaled."""

import pytest
import torch

from ccpl.config import ModelConfig
from ccpl.errors import InputError
from ccpl.files.weights import save_weights
from ccpl.models import build_network
from ccpl.training.average import average_weights, parse_factors, scale_weights

SMALL = {"draft_widths": (8, 12, 16), "draft_rank": 4, "revision_widths": (8, 8)}


@pytest.fixture
def files(tmp_path):
    """Two files of one configuration, and their states."""
    paths, states = [], []
    for seed in (0, 1):
        torch.manual_seed(seed)
        network = build_network(ModelConfig(**SMALL))
        paths.append(tmp_path / f"{seed}.safetensors")
        save_weights(network, paths[-1])
        states.append(network.state_dict())
    return paths, states


@pytest.mark.parametrize(
    ("weights", "shares"),
    [(None, (0.5, 0.5)), ((3.0, 1.0), (0.75, 0.25)), ((1.2, -0.2), (1.2, -0.2))],
)
def test_the_mean_is_that_of_every_weight(files, weights, shares):
    paths, (one, other) = files
    mean = average_weights(paths, weights)
    assert mean.config == ModelConfig(**SMALL) and not mean.training
    for name, value in mean.state_dict().items():
        expected = shares[0] * one[name] + shares[1] * other[name]
        assert torch.allclose(value, expected, atol=1e-6), name


def test_one_file_alone_comes_back_bit_for_bit(files):
    paths, states = files
    mean = average_weights(paths[:1]).state_dict()
    assert all(torch.equal(mean[name], value) for name, value in states[0].items())


def test_files_and_weights_that_do_not_go_together_are_refused(files, tmp_path):
    paths, _ = files
    with pytest.raises(InputError, match="2 files need as many weights, got 1"):
        average_weights(paths, [1.0])
    for weights in ([1.0, -1.0], [float("nan"), 1.0], [float("inf"), 1.0]):
        with pytest.raises(InputError, match="must have a sum other than 0"):
            average_weights(paths, weights)
    save_weights(build_network(ModelConfig(mode="photo")), tmp_path / "photo.safetensors")
    with pytest.raises(InputError, match=r"photo.safetensors is of another network than .*0\.safe"):
        average_weights([*paths, tmp_path / "photo.safetensors"])
    with pytest.raises(InputError, match="is missing"):
        average_weights([*paths, tmp_path / "none.safetensors"])


def test_only_what_is_named_or_lies_below_is_scaled(files):
    network = average_weights(files[0])
    before = {name: p.clone() for name, p in network.named_parameters()}
    scale_weights(network, {"draft.modulator": 0.5, "draft.stem.bias": 3.0})
    for name, p in network.named_parameters():
        factor = 0.5 if name.startswith("draft.modulator.") else 1.0
        factor = 3.0 if name == "draft.stem.bias" else factor
        assert torch.equal(p, factor * before[name]), name


@pytest.mark.parametrize("name", ["draft.modu", "", "stem"])
def test_a_name_that_is_not_there_lists_those_that_are(files, name):
    network = average_weights(files[0])
    with pytest.raises(InputError, match=r"try draft.*draft.stem"):
        scale_weights(network, {name: 2.0})


def test_factors_are_read_or_refused_in_a_sentence():
    assert parse_factors(["a.b=0.9", "c=-2"]) == {"a.b": 0.9, "c": -2}
    for word in ("a", "a=", "a=b", "=2x"):
        with pytest.raises(InputError, match="expected NAME=FACTOR"):
            parse_factors([word])
    with pytest.raises(InputError, match="must be a finite number"):
        scale_weights(build_network(ModelConfig(**SMALL)), parse_factors(["draft=inf"]))
