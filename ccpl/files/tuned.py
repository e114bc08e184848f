"""Tuned styles: files in weights/tuned that hold a network of one style, and what it is.

A file has the network in float16, the style's code where the network needs one, a thumbnail of the
style, and in its header the configuration and the settings it was made with. What SHA256SUMS of the
folder lists ships with the project; the rest is the user's own.
"""

import dataclasses
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save
from torch import Tensor

from ccpl.atomic import write_atomically
from ccpl.config import Mode
from ccpl.errors import InputError
from ccpl.files.weights import (
    CONFIG_KEY,
    WEIGHTS_DIR,
    known_hashes,
    load_state,
    read_config,
    sha256,
)
from ccpl.look import AUTO, OFF
from ccpl.models import FixedCode, FixedPainter, StyleCode, StyleTransferNet, build_network
from ccpl.models.statistics import CovarianceStats, RegionStats
from ccpl.models.transforms.sct import SCTCode

TUNED_DIR = WEIGHTS_DIR / "tuned"
SUFFIX = ".safetensors"
TUNED_KEY = "ccpl_tuned"
NETWORK, CODE, THUMBNAIL = "network.", "code.", "thumbnail"
THUMBNAIL_SIDE = 256  # pixels, the shorter one
NAME = re.compile(r"[\w][\w .-]{0,59}")
_PARTS: dict[str, type] = {"colours": CovarianceStats, "regions": RegionStats}

TunedNetwork = FixedPainter | StyleTransferNet


@dataclass(frozen=True)
class TunedFacts:
    """What a file says of itself.

    Args:
        style: of the picture, see `ccpl.image.fingerprint`.
        settings: options it was made with.
    """

    name: str
    mode: Mode
    style: str
    steps: int = 0
    seconds: float = 0.0
    settings: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Tuned:
    """A tuned style as a file holds it."""

    facts: TunedFacts
    network: TunedNetwork
    code: StyleCode | FixedCode
    thumbnail: Image.Image


def check_name(name: str) -> None:
    """Raise InputError unless a tuned style can be called so."""
    if not NAME.fullmatch(name) or name.endswith((".", " ")) or name.lower() in (AUTO, OFF):
        raise InputError(
            f"a tuned style cannot be called {name!r}; use up to 60 letters, digits, spaces, dots "
            "and dashes, begin with a letter or digit, and neither auto nor off"
        )


def find_tuned(
    name: str, folder: Path = TUNED_DIR, *, any_file: bool = False, listing: bool = True
) -> Path:
    """The file of a tuned style.

    Args:
        name: of a file in the folder, without its ending.
        any_file: whether it may be the path of a file, too.
        listing: whether the sentence of the error may list those that there are.
    Raises:
        InputError: there is none.
    """
    if any_file and (Path(name).suffix == SUFFIX or "/" in name or "\\" in name):
        path = Path(name)
        if not path.is_file():
            raise InputError(f"there is no tuned style {name}")
        return path
    names = tuned_names(folder)
    if name not in names:
        if not listing:
            raise InputError(f"there is no tuned style {name!r}; tune to a style first")
        known = f"there are {', '.join(names)}" if names else "there are none yet"
        raise InputError(f"there is no tuned style {name!r}; {known}; make one with --tune")
    return folder / f"{name}{SUFFIX}"


def tuned_names(folder: Path = TUNED_DIR) -> tuple[str, ...]:
    """Names of the tuned styles in a folder, in the order of the alphabet."""
    return tuple(sorted(path.stem for path in folder.glob(f"*{SUFFIX}")))


def own_names(folder: Path = TUNED_DIR) -> tuple[str, ...]:
    """Those of them that did not come with the project."""
    came = known_hashes(folder)
    return tuple(name for name in tuned_names(folder) if f"{name}{SUFFIX}" not in came)


def shipped(folder: Path = TUNED_DIR) -> Iterator[tuple[Path, TunedFacts]]:
    """The files that come with the project, and what they say of themselves."""
    for name in known_hashes(folder):
        if (folder / name).is_file():
            yield folder / name, read_facts(folder / name)


def save_tuned(tuned: Tuned, path: Path) -> None:
    """Write a tuned style, whole or not at all.

    Raises:
        InputError: a value is too large for float16, or the place cannot be written to.
    """
    state = {f"{NETWORK}{k}": v for k, v in tuned.network.state_dict().items()}
    half = {k: v.detach().to("cpu", torch.float16).contiguous() for k, v in state.items()}
    if not all(v.isfinite().all() for v in half.values()):
        raise InputError(f"the weights of {path.name} do not fit float16; tune it again")
    # The code stays float32: its covariances may be small.
    code = {f"{CODE}{k}": v.detach().cpu().float() for k, v in _flat(tuned.code)}
    buffer = io.BytesIO()
    tuned.thumbnail.save(buffer, "JPEG", quality=88)
    picture = torch.from_numpy(np.frombuffer(buffer.getvalue(), np.uint8).copy())
    header = {
        CONFIG_KEY: json.dumps(dataclasses.asdict(tuned.network.config)),
        TUNED_KEY: json.dumps(dataclasses.asdict(tuned.facts)),
    }
    write_atomically(path, save({**half, **code, THUMBNAIL: picture}, metadata=header))


def read_facts(path: Path) -> TunedFacts:
    """What a file says of itself, without reading its network.

    Raises:
        InputError: it is no tuned style.
    """
    return _facts(_header(path), path)


def read_thumbnail(path: Path) -> Image.Image:
    """The picture of a tuned style."""
    try:
        with safe_open(path, framework="pt") as file:
            return _picture(file.get_tensor(THUMBNAIL), path)
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path.name} is no tuned style ({error})") from None


def load_tuned(path: Path) -> Tuned:
    """Read a tuned style; its network in float32 and eval mode.

    Raises:
        InputError: missing, altered, damaged, or no tuned style; the sentence names the file.
    """
    header = _header(path)
    expected = known_hashes(path.parent).get(path.name)
    if expected and sha256(path) != expected:
        raise InputError(f"the tuned style {path.name} was altered; restore the file")
    facts, config = _facts(header, path), read_config(header, path)
    try:
        state = load_file(path)
    except (SafetensorError, OSError) as error:
        raise InputError(f"the tuned style {path.name} is damaged ({error})") from None
    network = build_network(config) if config.mode == "photo" else FixedPainter(config)
    own = {k.removeprefix(NETWORK): v for k, v in state.items() if k.startswith(NETWORK)}
    load_state(network, own, path)
    code = {k.removeprefix(CODE): v for k, v in state.items() if k.startswith(CODE)}
    thumbnail = _picture(state.get(THUMBNAIL), path)
    return Tuned(facts, network.eval(), _joined(code, path), thumbnail)


def _header(path: Path) -> dict[str, str]:
    try:
        with safe_open(path, framework="pt") as file:
            return file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path.name} is no tuned style ({error})") from None


def _facts(header: dict[str, str], path: Path) -> TunedFacts:
    try:
        return TunedFacts(**json.loads(header[TUNED_KEY]))
    except (KeyError, TypeError, ValueError):
        raise InputError(f"{path.name} is no tuned style; expected a file of --tune") from None


def _picture(data: Tensor | None, path: Path) -> Image.Image:
    try:
        return Image.open(io.BytesIO(bytes(data.numpy()))).convert("RGB")
    except (AttributeError, OSError, ValueError):
        raise InputError(f"{path.name} has no thumbnail; it is no file of --tune") from None


def _flat(code: StyleCode | FixedCode) -> Iterator[tuple[str, Tensor]]:
    """The tensors of a code and their names."""
    if isinstance(code, FixedCode):
        return
    for tap, part in code.transforms.items():
        yield from ((f"transforms.{tap}.{name}", x) for name, x in part._asdict().items())
    for place in _PARTS:
        for name, x in getattr(code, place)._asdict().items():
            yield f"{place}.{name}", x


def _joined(tensors: dict[str, Tensor], path: Path) -> StyleCode | FixedCode:
    """The code that `_flat` took apart."""
    if not tensors:
        return FixedCode()
    taps: dict[str, dict[str, Tensor]] = {}
    parts: dict[str, dict[str, Tensor]] = {}
    for name, x in tensors.items():
        place, _, entry = name.rpartition(".")
        kind, _, tap = place.partition(".")
        group = taps.setdefault(tap, {}) if tap else parts.setdefault(kind, {})
        group[entry] = x
    try:
        transforms = {tap: SCTCode(**entries) for tap, entries in taps.items()}
        return StyleCode(transforms, **{k: _PARTS[k](**entries) for k, entries in parts.items()})
    except (TypeError, KeyError):
        raise InputError(f"the code in {path.name} is of another version; tune it again") from None
