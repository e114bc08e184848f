"""VGG-19 for training, evaluation and the reference: found, read, its activations of mean 1.

Every layer is divided by a constant, never by statistics of the user's pictures, so a weight of a
loss means the same on every data set.
"""

import logging
import os
from collections.abc import Sequence
from pathlib import Path
from urllib.error import URLError

import torch
from PIL import Image
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from ccpl.errors import InputError
from ccpl.files.sources import find_pictures
from ccpl.files.unpickle import load_state_dict
from ccpl.image import load_image, to_tensor
from ccpl.models.vgg import (
    VGG19,
    available_taps,
    build_vgg,
    divide_activations,
    is_normalised,
    mean_activations,
)

log = logging.getLogger(__name__)

VARIABLE = "CCPL_VGG"  # environment variable that names a VGG-19 file
# Mean activations of the original (Caffe) weights on photos, BGR in 0..255 before the first layer.
ORIGINAL_MEANS = {
    "conv1_1": 21.3, "conv1_2": 98.3, "conv2_1": 124.3, "conv2_2": 111.9,
    "conv3_1": 126.5, "conv3_2": 163.2, "conv3_3": 343.6, "conv3_4": 499.6,
}  # fmt: skip
# For layers and files whose means nobody has published: pictures of the repository, at one size.
EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "contents"
EXAMPLE_SIDE = 256  # pixels, the shorter one
PHOTOS_TO_EXAMPLES = 1.14  # of mean activations, by the original weights: 1.08 to 1.19 by layer


def load_vgg(path: str | Path | None, taps: Sequence[str]) -> VGG19:
    """`read_vgg`, then `prepare_vgg`."""
    return prepare_vgg(read_vgg(path), taps)


def prepare_vgg(state: dict[str, Tensor], taps: Sequence[str]) -> VGG19:
    """Build VGG-19 up to the last tap, frozen, in float32, activations of mean 1 on photos.

    The published vgg_normalised.pth has them already. The original weights are divided by constants
    that are known; other files by what they measure on the pictures in `examples/`.

    Args:
        state: in any layout that `build_vgg` knows.
        taps: relu1_1 ... relu5_4.
    Raises:
        InputError: see `build_vgg`.
    """
    vgg = build_vgg(state, taps)
    if not is_normalised(state):
        divide_activations(vgg, _photo_means(state, tuple(vgg.convs)))
    return vgg


def _photo_means(state: dict[str, Tensor], convs: Sequence[str]) -> dict[str, float]:
    known = ORIGINAL_MEANS if "conv1_1.weight" in state else {}
    if set(convs) <= set(known):
        return known
    log.info("VGG-19 activations are scaled by their means on the pictures in %s", EXAMPLES)
    every = build_vgg(state, available_taps(state)[: len(convs)])
    measured = mean_activations(every, map(_example, find_pictures(EXAMPLES)))
    return {name: max(m * PHOTOS_TO_EXAMPLES, 1e-8) for name, m in measured.items()} | known


def _example(path: Path) -> Tensor:
    image = load_image(path).convert("RGB")
    scale = EXAMPLE_SIDE / min(image.size)
    return to_tensor(image.resize([round(n * scale) for n in image.size], Image.Resampling.LANCZOS))


def find_vgg(path: str | Path | None = None) -> Path | None:
    """The VGG-19 file to use: `path`, $CCPL_VGG, or torchvision's in torch's cache; else None.

    Raises:
        InputError: a file was named that does not exist.
    """
    named = path or os.environ.get(VARIABLE)
    if named:
        if not Path(named).is_file():
            raise InputError(f"there is no VGG-19 file {named}; check --vgg or ${VARIABLE}")
        return Path(named)
    return next(iter(sorted(_cache().glob("vgg19-*.pth"))), None)


def read_vgg(path: str | Path | None = None) -> dict[str, Tensor]:
    """Read VGG-19 weights as a state dict in the layout of the file.

    Args:
        path: safetensors, torchvision's vgg19-*.pth or vgg_normalised.pth; without it the one that
            `find_vgg` finds, or torchvision's ImageNet weights, downloaded once and verified.
    Raises:
        InputError: missing, damaged, or no network to download from.
    """
    path = find_vgg(path) or _download()
    if path.suffix != ".safetensors":
        return load_state_dict(path, "VGG-19 file")
    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise InputError(f"{path} is no readable VGG-19 file ({error}); get it again") from None


def _cache() -> Path:
    return Path(torch.hub.get_dir()) / "checkpoints"


def _download() -> Path:
    from torchvision.models import VGG19_Weights  # takes a second

    url = VGG19_Weights.IMAGENET1K_V1.url
    target = _cache() / url.rsplit("/", 1)[1]
    digest = target.stem.rsplit("-", 1)[1]
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        torch.hub.download_url_to_file(url, str(target), hash_prefix=digest, progress=True)
    except (URLError, OSError, RuntimeError) as error:
        raise InputError(
            f"training needs VGG-19 and it could not be downloaded ({error}); get {url} and put it "
            f"at {target} or name it with --vgg"
        ) from None
    return target
