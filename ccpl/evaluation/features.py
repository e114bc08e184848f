"""The features that metrics compare pictures by: VGG-19 if its weights are at hand or a stand-in.

The stand-in is the encoder of lite.artistic. It is good for ranking results of this project, not to
set beside published figures; every output carries the name of the features it is based on.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from ccpl.errors import InputError
from ccpl.files.weights import WEIGHTS_DIR, load_network
from ccpl.image import pad_to_multiple
from ccpl.models.statistics import Features
from ccpl.models.vgg import is_normalised, load_vgg

VGG_VARIABLE = "CCPL_VGG"  # environment variable that names a VGG-19 file
STAND_IN = "lite.artistic"
TAPS = ("relu1_1", "relu2_1", "relu3_1", "relu3_4")
# Mean activation of the original (Caffe) weights on photos, RGB in 0..255 before the first layer.
CAFFE_MEANS = {"relu1_1": 21.3, "relu2_1": 124.29, "relu3_1": 126.48, "relu3_4": 499.61}


@dataclass(frozen=True)
class MetricFeatures:
    """An encoder for metrics.

    Args:
        name: what a table says below its figures.
        encode: pictures (B, 3, H, W) in [0, 1] -> features by tap.
        content_tap: the tap whose distance counts as content.
        means: mean activation of every tap, to divide by; None: the mean over the two pictures
            that are compared.
    """

    name: str
    encode: Callable[[Tensor], Features]
    content_tap: str
    means: dict[str, float] | None

    @torch.inference_mode()
    def __call__(self, image: Tensor) -> Features:
        """Features of (B, 3, H, W) in [0, 1], as the encoder gives them."""
        return self.encode(image)


def metric_features(vgg: str | Path | None = None) -> MetricFeatures:
    """VGG-19 from `vgg`, from $CCPL_VGG or from torch's cache; without any of them the stand-in.

    Raises:
        InputError: a file was named that does not exist or is no VGG-19 file.
    """
    path = find_vgg(vgg)
    return vgg_features(path) if path else stand_in_features()


def find_vgg(path: str | Path | None = None) -> Path | None:
    """The VGG-19 file to use: `path`, $CCPL_VGG, or torchvision's in torch's cache; else None."""
    named = path or os.environ.get(VGG_VARIABLE)
    if named:
        if not Path(named).is_file():
            raise InputError(f"there is no VGG-19 file {named}; check --vgg or ${VGG_VARIABLE}")
        return Path(named)
    cached = (Path(torch.hub.get_dir()) / "checkpoints").glob("vgg19-*.pth")
    return next(iter(sorted(cached)), None)


def vgg_features(path: Path) -> MetricFeatures:
    """VGG-19 (Simonyan & Zisserman, ICLR 2015) up to relu3_4, each layer scaled to mean 1."""
    from ccpl.files.vgg import read_vgg  # imports torchvision, which takes a second

    state = read_vgg(path)
    means = None
    if is_normalised(state):
        means = dict.fromkeys(TAPS, 1.0)
    elif "conv1_1.weight" in state:
        means = CAFFE_MEANS
    encode = load_vgg(state, TAPS).to(memory_format=torch.channels_last)
    return MetricFeatures(f"VGG-19 ({path.name})", encode, TAPS[-1], means)


def stand_in_features(folder: Path = WEIGHTS_DIR) -> MetricFeatures:
    """The encoder of lite.artistic at 1/4 and 1/8 of the picture's resolution."""
    network = load_network(folder / f"{STAND_IN}.safetensors")
    encoder = network.encoder.to(memory_format=torch.channels_last)

    def encode(image: Tensor) -> Features:
        return encoder(pad_to_multiple(image, network.stride))

    return MetricFeatures(f"stand-in (encoder of {STAND_IN})", encode, "eighth", None)
