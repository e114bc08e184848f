"""Where the VGG-19 weights for training come from: a file of the user, or torchvision's, once."""

import pickle
from pathlib import Path
from urllib.error import URLError

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor
from torchvision.models import VGG19_Weights

from ccpl.errors import InputError


def read_vgg(path: str | Path | None = None) -> dict[str, Tensor]:
    """Read VGG-19 weights as a state dict in the layout of the file.

    Args:
        path: safetensors, torchvision's vgg19-*.pth or vgg_normalised.pth; without it
            torchvision's ImageNet weights are taken from torch's cache or downloaded and verified.
    Raises:
        InputError: missing, damaged, or no network to download from.
    """
    path = Path(path) if path else _download()
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        state = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise InputError(f"there is no VGG-19 file {path}; check the path of --vgg") from None
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError, SafetensorError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(
            f"{path} is no readable VGG-19 file ({reason}); download it again"
        ) from None
    if not isinstance(state, dict) or not all(isinstance(v, Tensor) for v in state.values()):
        raise InputError(f"{path} holds no state dict of tensors; give a VGG-19 weight file")
    return state


def _download() -> Path:
    url = VGG19_Weights.IMAGENET1K_V1.url
    target = Path(torch.hub.get_dir()) / "checkpoints" / url.rsplit("/", 1)[1]
    if not target.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        digest = target.stem.rsplit("-", 1)[1]
        try:
            torch.hub.download_url_to_file(url, str(target), hash_prefix=digest, progress=True)
        except (URLError, OSError, RuntimeError) as error:
            raise InputError(
                f"training needs VGG-19 and it could not be downloaded ({error}); get {url} and "
                f"put it at {target} or name it with --vgg"
            ) from None
    return target
