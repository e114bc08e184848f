"""The published CCPL files (Wu et al., ECCV 2022), read into a network of this project."""

from pathlib import Path

import torch
from torch import Tensor

from ccpl.config import MODES, Mode, ModelConfig
from ccpl.errors import InputError, check_choice
from ccpl.files.unpickle import load_state_dict
from ccpl.files.weights import load_state
from ccpl.models import StyleTransferNet, build_network
from ccpl.models.vgg import CONVS, NORMALISED

# How the published files number the convolutions of the encoder.
ENCODER_ENTRIES = {
    "colours": 0,
    **{f"convs.{c}": n for c, n in zip(CONVS, NORMALISED, strict=True)},
}


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
    (transform,) = network.transforms.values()
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
    """One kind of published file."""
    state = load_state_dict(path, f"published {kind} file")
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
