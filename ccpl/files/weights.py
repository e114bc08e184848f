"""Weight files: safetensors whose header holds the model's configuration, checked by SHA-256.

The table of hashes is weights/SHA256SUMS, in the format of `sha256sum`. A file that the table does
not know is the user's own and is loaded as it is; a listed file that differs is refused. The
published CCPL files are read by `import_official`.
"""

import dataclasses
import hashlib
import json
import os
import pickle
import tempfile
from collections.abc import Callable, Collection
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save
from torch import Tensor, nn

from ccpl.config import ARCHS, MODES, Mode, ModelConfig
from ccpl.errors import InputError, check_choice
from ccpl.models import StyleTransferNet, build_network
from ccpl.models.vgg import CONVS, NORMALISED

WEIGHTS_DIR = Path(__file__).resolve().parents[2] / "weights"
CONFIG_KEY = "ccpl_config"
SUMS = "SHA256SUMS"
# How the published files number the convolutions of the encoder.
ENCODER_ENTRIES = {
    "colours": 0,
    **{f"convs.{c}": n for c, n in zip(CONVS, NORMALISED, strict=True)},
}


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
    """Names (arch.mode) of the weight files in a folder, in the order of ARCHS and MODES."""
    names = (f"{arch}.{mode}" for arch in ARCHS for mode in MODES)
    return tuple(n for n in names if (folder / f"{n}.safetensors").is_file())


def save_weights(network: StyleTransferNet, path: Path, *, half: bool = False) -> None:
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


def write_atomically(path: Path, data: bytes) -> None:
    """Write beside the target, then rename over it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(part, 0o644)
        os.replace(part, path)
    finally:
        Path(part).unlink(missing_ok=True)


def load_network(path: Path) -> StyleTransferNet:
    """Read a network, in float32 and eval mode.

    Raises:
        InputError: missing, altered, damaged, or of another layout; the sentence names the file.
    """
    shown = f"{path.parent.name}/{path.name}"  # visitors see it: no more of the path than that
    if not path.is_file():
        how = "make it with `python app.py --import-official` or `--train`"
        if not path.name.startswith("vgg19."):
            how = "restore it from the repository or train it with `python app.py --train`"
        raise InputError(f"the weight file {shown} is missing; {how}")
    expected = known_hashes(path.parent).get(path.name)
    if expected and (found := sha256(path)) != expected:
        raise InputError(
            f"the weight file {shown} was altered: its SHA-256 is {found}, expected {expected}; "
            f"restore the file"
        )
    try:
        with safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
        state = load_file(path)
    except (SafetensorError, OSError) as error:
        raise InputError(f"the weight file {shown} is damaged ({error}); restore it") from None
    network = build_network(read_config(header, path))
    load_state(network, state, path)
    return network.eval()


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


def import_official(
    vgg: str | Path, sct: str | Path, decoder: str | Path, mode: Mode | None = None
) -> StyleTransferNet:
    """Read the published CCPL files into a network, in float32 and eval mode.

    Args:
        vgg: vgg_normalised.pth.
        sct: sct_iter_*.pth.tar; tells artistic (512 channels) from photo (256).
        decoder: decoder_iter_*.pth.tar of the same mode.
        mode: needed for perceptual only, whose files have the artistic layout.
    Raises:
        InputError: unknown mode; a file is missing, damaged, of another kind or of another mode.
    """
    vgg, sct, decoder = Path(vgg), Path(sct), Path(decoder)
    states = [
        _read_published(path, kind)
        for path, kind in ((vgg, "encoder"), (sct, "SCT"), (decoder, "decoder"))
    ]
    mode = _official_mode(states[1], sct, mode)
    if mode != "photo" and _skips_deep_entries(states[2]):
        raise InputError(
            f"{decoder} is the decoder of photo mode (its entries 1, 5 and 8 were never trained), "
            f"but {sct} is of {mode} mode; give files of one mode"
        )
    network = build_network(ModelConfig(arch="vgg19", mode=mode))
    (transform,) = network.sct.values()
    deeper = {f"{n}.{part}" for n in NORMALISED for part in ("weight", "bias")}
    untrained = {f"{n}.{part}" for n in (1, 5, 8) for part in ("weight", "bias")}
    load_state(network.encoder, states[0], vgg, entry=_encoder_entry, unused=deeper)
    load_state(transform, states[1], sct)
    load_state(network.decoder, states[2], decoder, entry=_decoder_entry, unused=untrained)
    return network.eval()


def _encoder_entry(key: str) -> str:
    layer, part = key.rsplit(".", 1)
    return f"{ENCODER_ENTRIES[layer]}.{part}"


def _decoder_entry(key: str) -> str:
    return key.removeprefix("convs.")


def _read_published(path: Path, kind: str) -> dict[str, Tensor]:
    """Unpickle tensors, and nothing but tensors, of one kind of published file."""
    if not path.is_file():
        raise InputError(f"the published {kind} file {path} is missing; check the path")
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, EOFError, RuntimeError, ValueError, LookupError, TypeError, AttributeError):
        raise InputError(f"{path} is damaged or no PyTorch file; download it again") from None
    except pickle.UnpicklingError:
        raise InputError(
            f"{path} holds more than tensors, or is no PyTorch file; use a file you trust"
        ) from None
    tensors = isinstance(state, dict) and all(isinstance(v, Tensor) for v in state.values())
    if not tensors or not state:
        raise InputError(f"{path} holds no table of tensors; expected the published {kind} file")
    if (found := _published_kind(state)) != kind:
        known = f"a published {found} file" if found else f"entries such as {next(iter(state))!r}"
        raise InputError(f"{path} holds {known}; expected the published {kind} file")
    return state


def _published_kind(state: dict[str, Tensor]) -> str | None:
    """encoder, SCT or decoder by the entries that only such a file has."""
    if "uncompress.weight" in state:
        return "SCT"
    if "0.weight" in state and state["0.weight"].shape == (3, 3, 1, 1):
        return "encoder"
    return "decoder" if "28.weight" in state and state["28.weight"].shape[:1] == (3,) else None


def _official_mode(state: dict[str, Tensor], path: Path, mode: Mode | None) -> Mode:
    """The mode of a published SCT file, which must agree with the one asked for."""
    if mode is not None:
        check_choice("mode", mode, MODES)
    channels = max(state["uncompress.weight"].shape[:1], default=0)
    if channels not in (512, 256):
        raise InputError(
            f"uncompress.weight in {path} has {channels} channels; expected 512 (artistic) or "
            f"256 (photo)"
        )
    found: Mode = "artistic" if channels == 512 else "photo"
    if mode is not None and (mode == "photo") != (found == "photo"):
        raise InputError(
            f"{path} is of {found} mode ({channels} channels), but {mode} was asked for; give "
            f"the files of one mode"
        )
    return mode or found


def _skips_deep_entries(state: dict[str, Tensor]) -> bool:
    """Whether only the shallow part of a decoder was trained, as photo mode does.

    What training never touched still fills its initial range, +- 1 / sqrt(inputs).
    """

    def fills(entry: int) -> float:
        weight = state.get(f"{entry}.weight", torch.zeros(1, 1))
        return (weight.abs().max() * weight[0].numel() ** 0.5).item()

    fresh = all(0.99 < fills(entry) <= 1.001 for entry in (1, 5, 8))
    return fresh and any(fills(entry) > 1.001 for entry in (11, 14, 18, 21, 25, 28))
