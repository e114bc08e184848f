"""Weight files: what is saved comes back; anything else is refused with a sentence."""

import json

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from ccpl.config import MODES, ModelConfig
from ccpl.errors import InputError
from ccpl.files.weights import (
    CONFIG_KEY,
    WEIGHTS_DIR,
    available_models,
    known_hashes,
    load_network,
    save_weights,
    sha256,
)
from ccpl.models import build_network

SMALL = {"draft_widths": (8, 12, 16), "draft_rank": 4, "revision_widths": (8, 8)}


@pytest.fixture
def saved(tmp_path):
    """A small network and its file."""
    network = build_network(ModelConfig(**SMALL))
    path = tmp_path / "lite.artistic.safetensors"
    save_weights(network, path)
    return network, path


@pytest.mark.parametrize("mode", MODES)
def test_a_network_comes_back_equal_with_its_configuration(tmp_path, mode):
    network = build_network(ModelConfig(mode=mode, **SMALL))
    path = tmp_path / "new" / "mine.safetensors"
    save_weights(network, path)
    again = load_network(path)
    assert again.config == network.config
    assert not again.training
    assert all(torch.equal(v, again.state_dict()[k]) for k, v in network.state_dict().items())


def test_half_precision_halves_the_file_and_loads_as_float32(saved, tmp_path):
    network, whole = saved
    path = tmp_path / "half.safetensors"
    save_weights(network, path, half=True)
    assert path.stat().st_size < 0.6 * whole.stat().st_size
    for key, value in load_network(path).state_dict().items():
        assert value.dtype == torch.float32
        assert torch.allclose(value, network.state_dict()[key], rtol=1e-3, atol=1e-6)


def test_values_too_large_for_half_precision_are_refused(saved, tmp_path):
    network = saved[0]
    with torch.no_grad():
        network.draft.stem.bias.fill_(1e6)
    with pytest.raises(InputError, match="do not fit float16"):
        save_weights(network, tmp_path / "half.safetensors", half=True)
    assert not (tmp_path / "half.safetensors").exists()


def test_missing_files_say_how_to_get_them(tmp_path):
    with pytest.raises(InputError, match=r"lite\.photo\.safetensors is missing; restore it"):
        load_network(tmp_path / "lite.photo.safetensors")
    with pytest.raises(InputError, match=r"vgg19\.photo.* is missing; .* --import-official"):
        load_network(tmp_path / "vgg19.photo.safetensors")


def test_a_listed_file_must_have_its_hash(saved):
    path = saved[1]
    table = path.parent / "SHA256SUMS"
    table.write_text(f"{sha256(path)}  {path.name}\n")
    load_network(path)
    table.write_text(f"{'0' * 64} *{path.name}\n")
    with pytest.raises(InputError, match="was altered.*take its line out of SHA256SUMS"):
        load_network(path)


@pytest.mark.parametrize("keep", [0, 5, 500])
def test_damaged_files_are_refused(saved, keep):
    path = saved[1]
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(InputError, match="is damaged"):
        load_network(path)


@pytest.mark.parametrize(
    "header", [None, {"other": "1"}, {CONFIG_KEY: "[]"}, {CONFIG_KEY: '{"arch": "big"}'}]
)
def test_files_of_other_projects_are_refused(saved, header):
    path = saved[1]
    save_file(load_file(path), path, metadata=header)
    with pytest.raises(InputError, match="holds no model of this project"):
        load_network(path)


@pytest.mark.parametrize(
    "value, message",
    [
        (None, r"lacks draft\.stem\.bias"),
        (torch.zeros(3), r"draft\.stem\.bias .* has shape \(3,\), expected \(8,\)"),
        (torch.full((8,), torch.inf), r"draft\.stem\.bias .* is not finite"),
    ],
)
def test_other_layouts_and_values_are_refused(saved, value, message):
    path = saved[1]
    with safe_open(path, framework="pt") as file:
        header = file.metadata()
    state = load_file(path)
    del state["draft.stem.bias"]
    save_file(state | ({} if value is None else {"draft.stem.bias": value}), path, header)
    with pytest.raises(InputError, match=message):
        load_network(path)


def test_additional_tensors_are_refused(saved):
    path = saved[1]
    with safe_open(path, framework="pt") as file:
        header = file.metadata()
    save_file(load_file(path) | {"extra": torch.zeros(1)}, path, header)
    with pytest.raises(InputError, match="has extra"):
        load_network(path)


def test_the_header_is_readable_json(saved):
    with safe_open(saved[1], framework="pt") as file:
        values = json.loads(file.metadata()[CONFIG_KEY])
    assert (values["arch"], values["mode"]) == ("lite", "artistic")


def test_models_are_listed_lite_first_and_only_if_present(tmp_path):
    for name in ("vgg19.photo", "lite.photo", "lite.artistic", "other"):
        (tmp_path / f"{name}.safetensors").touch()
    assert available_models(tmp_path) == ("lite.artistic", "lite.photo", "vgg19.photo")


def test_every_shipped_model_is_listed_small_and_loads():
    listed = known_hashes(WEIGHTS_DIR)
    for name in (f"lite.{mode}" for mode in MODES):
        path = WEIGHTS_DIR / f"{name}.safetensors"
        assert listed[path.name] == sha256(path)
        assert path.stat().st_size < 10_000_000
        assert load_network(path).config.name == name
