"""The features that metrics compare pictures by: VGG-19 if its weights are at hand or a stand-in.

The stand-in is the encoder of lite.photo. It is good for ranking results of this project, not to
set beside published figures; every output carries the name of the features it is based on.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from ccpl.files.vgg import find_vgg, load_vgg
from ccpl.files.weights import WEIGHTS_DIR, load_network
from ccpl.image import pad_to_multiple
from ccpl.models.statistics import Features

STAND_IN = "lite.photo"
TAPS = ("relu1_1", "relu2_1", "relu3_1", "relu3_4")


@dataclass(frozen=True)
class MetricFeatures:
    """An encoder for metrics.

    Args:
        name: what a table says below its figures.
        encode: pictures (B, 3, H, W) in [0, 1] -> features by tap.
        content_tap: the tap whose distance counts as content.
        scaled: whether every tap has mean activation 1 on photos; if not, taps are divided by their
            mean over content and style.
    """

    name: str
    encode: Callable[[Tensor], Features]
    content_tap: str
    scaled: bool

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


def vgg_features(path: Path) -> MetricFeatures:
    """VGG-19 (Simonyan & Zisserman, ICLR 2015) up to relu3_4, each layer scaled to mean 1."""
    encode = load_vgg(path, TAPS).to(memory_format=torch.channels_last)
    return MetricFeatures(f"VGG-19 ({path.name})", encode, TAPS[-1], scaled=True)


def stand_in_features(folder: Path = WEIGHTS_DIR) -> MetricFeatures:
    """The encoder of lite.photo at 1/4 and 1/8 of the picture's resolution."""
    network = load_network(folder / f"{STAND_IN}.safetensors")
    encoder = network.encoder.to(memory_format=torch.channels_last)

    def encode(image: Tensor) -> Features:
        return encoder(pad_to_multiple(image, network.stride))

    return MetricFeatures(f"stand-in (encoder of {STAND_IN})", encode, "eighth", scaled=False)
