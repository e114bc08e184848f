"""Weight files: safetensors whose header holds the model's configuration, checked by SHA-256.

The table of hashes is weights/SHA256SUMS, in the format of `sha256sum`. A file that the table does
not know is the user's own and is loaded as it is; a listed file that differs is refused.
"""

import dataclasses
import hashlib
import json
from collections.abc import Callable, Collection
from itertools import product
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save
from torch import Tensor, nn

from ccpl.atomic import write_atomically
from ccpl.config import ARCHS, MODES, TRANSFORM_NAMES, ModelConfig, model_name
from ccpl.errors import InputError
from ccpl.models import Network, build_network

WEIGHTS_DIR = Path(__file__).resolve().parents[2] / "weights"
CONFIG_KEY = "ccpl_config"
SUMS = "SHA256SUMS"


def sha256(path: Path) -> str:
    """Hex SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def known_hashes(folder: Path) -> dict[str, str]:
    """The table of a weight folder: file name -> SHA-256; empty if it has none."""
    table = folder / SUMS
    if not table.is_file():
        return {}
    rows = (line.split() for line in table.read_text().splitlines() if line.strip())
    return {name.lstrip("*"): digest for digest, name in rows}


def available_models(folder: Path = WEIGHTS_DIR) -> tuple[str, ...]:
    """Names of the models in a folder, see `model_name`, by architecture, mode and transform."""
    names = (model_name(*each) for each in product(ARCHS, MODES, TRANSFORM_NAMES))
    return tuple(n for n in names if (folder / f"{n}.safetensors").is_file())


def save_weights(network: Network, path: Path, *, half: bool = False) -> None:
    """Write a network and its configuration, whole or not at all.

    Args:
        half: store float16 instead of float32.
    Raises:
        InputError: a value is too large for float16.
    """
    dtype = torch.float16 if half else torch.float32
    state = {k: v.detach().to("cpu", dtype).contiguous() for k, v in network.state_dict().items()}
    if half and not all(v.isfinite().all() for v in state.values()):
        raise InputError(f"the weights of {path.name} do not fit float16; save them in float32")
    header = {CONFIG_KEY: json.dumps(dataclasses.asdict(network.config))}
    write_atomically(path, save(state, metadata=header))


def load_network(path: Path) -> Network:
    """Read a network, in float32 and eval mode.

    Raises:
        InputError: missing, altered, damaged, or of another layout; the sentence names the file.
    """
    how = "make it with `python app.py --import-official` or `--train`"
    if not path.name.startswith("vgg19."):
        how = "restore it from the repository or train it with `python app.py --train`"
    header, state = read_tensors(path, how)
    network = build_network(read_config(header, path))
    load_state(network, state, path)
    return network.eval()


def read_tensors(path: Path, how: str) -> tuple[dict[str, str], dict[str, Tensor]]:
    """The header and the entries of a weight file, its hash checked if the table lists it.

    Args:
        how: what to do if it is missing.
    Raises:
        InputError: missing, altered or damaged; the sentence names the file.
    """
    shown = f"{path.parent.name}/{path.name}"  # visitors see it: no more of the path than that
    if not path.is_file():
        raise InputError(f"the weight file {shown} is missing; {how}")
    expected = known_hashes(path.parent).get(path.name)
    if expected and (found := sha256(path)) != expected:
        raise InputError(
            f"the weight file {shown} was altered: its SHA-256 is {found}, expected {expected}; "
            f"restore the file or, if it is your own, take its line out of {SUMS}"
        )
    try:
        with safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
        return header, load_file(path)
    except (SafetensorError, OSError) as error:
        raise InputError(f"the weight file {shown} is damaged ({error}); restore it") from None


def read_config(header: dict[str, str], path: Path) -> ModelConfig:
    """The ModelConfig in the header of a weight file."""
    try:
        values = json.loads(header[CONFIG_KEY])
        return ModelConfig(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})
    except (KeyError, TypeError, ValueError, AttributeError):
        raise InputError(
            f"{path} holds no model of this project; expected a file written by --train"
        ) from None


def load_state(
    module: nn.Module,
    state: dict[str, Tensor],
    path: Path,
    *,
    entry: Callable[[str], str] = str,
    unused: Collection[str] = (),
) -> None:
    """Fill a module from the entries of a file: exactly its keys and shapes, and finite values.

    Args:
        path: named in the errors.
        entry: our key -> the key in the file.
        unused: what else the file may hold.
    """
    wanted = {entry(key): key for key in module.state_dict()}
    for name, key in wanted.items():
        expected = tuple(module.state_dict()[key].shape)
        if name not in state:
            raise InputError(f"{path} lacks {name}; it belongs to another network or version")
        if (found := tuple(state[name].shape)) != expected:
            raise InputError(f"{name} in {path} has shape {found}, expected {expected}")
        if not state[name].isfinite().all():
            raise InputError(f"{name} in {path} is not finite; the file is damaged, restore it")
    if extra := sorted(set(state) - set(wanted) - set(unused), key=str):
        raise InputError(f"{path} has {extra[0]}, which this network does not know")
    module.load_state_dict({key: state[name].float() for name, key in wanted.items()})
