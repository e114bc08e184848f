"""The file of the feature network, weights/features.safetensors."""

from pathlib import Path

import torch
from safetensors.torch import save

from ccpl.atomic import write_atomically
from ccpl.errors import InputError
from ccpl.files.weights import WEIGHTS_DIR, load_state, read_tensors
from ccpl.models.features import FeatureNet

FEATURES = WEIGHTS_DIR / "features.safetensors"


def load_features(path: Path = FEATURES) -> FeatureNet:
    """Read a feature network, frozen, in float32 and eval mode.

    Raises:
        InputError: missing, altered, damaged, or of another layout; the sentence names the file.
    """
    _, state = read_tensors(path, "make it with `python app.py --distill`")
    network = FeatureNet()
    load_state(network, state, path)
    return network.eval().requires_grad_(False)


def save_features(network: FeatureNet, path: Path) -> None:
    """Write a feature network in float16, whole or not at all.

    Raises:
        InputError: a value is too large for float16, or the place cannot be written to.
    """
    state = {
        k: v.detach().to("cpu", torch.float16).contiguous() for k, v in network.state_dict().items()
    }
    if not all(v.isfinite().all() for v in state.values()):
        raise InputError(f"the weights of {path.name} do not fit float16")
    write_atomically(path, save(state))
