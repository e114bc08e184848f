"""Files of torch.save, read without running any code that hides in them."""

import pickle
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ccpl.errors import InputError


def load_torch_file(path: Path, what: str) -> Any:
    """Unpickle tensors, numbers, strings and containers of them, on the CPU, and nothing else.

    Args:
        what: names the file in errors, e.g. "VGG-19 file".
    Raises:
        InputError: missing, damaged, or it holds other objects.
    """
    if not path.is_file():
        raise InputError(f"the {what} {path} is missing; check the path")
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:
        raise InputError(
            f"{path} holds more than tensors, or is no PyTorch file; give a {what} you trust"
        ) from None
    except (OSError, EOFError, RuntimeError, ValueError, LookupError, TypeError, AttributeError):
        raise InputError(
            f"{path} is damaged or no PyTorch file; expected a {what}, get it again"
        ) from None


def load_state_dict(path: Path, what: str) -> dict[str, Tensor]:
    """A file of named tensors; see `load_torch_file`."""
    state = load_torch_file(path, what)
    tensors = isinstance(state, dict) and all(isinstance(v, Tensor) for v in state.values())
    if not tensors or not state:
        raise InputError(f"{path} holds no table of tensors; expected a {what}")
    return state
