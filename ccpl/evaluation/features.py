"""The features that metrics compare pictures by: VGG-19 if its weights are at hand, else ours.

Ours were trained to answer as VGG-19 does (see `ccpl.models.features`). Figures by them rank
results of this project as VGG-19's do, but are not to be set beside published ones; every output
carries the name of the features it is based on.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from ccpl.files.features import load_features
from ccpl.files.vgg import find_vgg, load_vgg
from ccpl.models.features import FEATURE_TAPS
from ccpl.models.statistics import Features


@dataclass(frozen=True)
class MetricFeatures:
    """An encoder for metrics.

    Args:
        name: what a table says below its figures.
        encode: pictures (B, 3, H, W) in [0, 1] -> features by tap, each of mean 1 on photos.
        content_tap: the tap whose distance counts as content.
    """

    name: str
    encode: Callable[[Tensor], Features]
    content_tap: str

    @torch.inference_mode()
    def __call__(self, image: Tensor) -> Features:
        """Features of (B, 3, H, W) in [0, 1], as the encoder gives them."""
        return self.encode(image)


def metric_features(vgg: str | Path | None = None) -> MetricFeatures:
    """VGG-19 from `vgg`, from $CCPL_VGG or from torch's cache; without any of them our own.

    Raises:
        InputError: a file was named that does not exist or is no VGG-19 file.
    """
    path = find_vgg(vgg)
    return vgg_features(path) if path else own_features()


def vgg_features(path: Path) -> MetricFeatures:
    """VGG-19 (Simonyan & Zisserman, ICLR 2015) up to relu3_4, each layer scaled to mean 1."""
    encode = load_vgg(path, FEATURE_TAPS).to(memory_format=torch.channels_last)
    return MetricFeatures(f"VGG-19 ({path.name})", encode, FEATURE_TAPS[-1])


def own_features() -> MetricFeatures:
    """The feature network that ships with the project."""
    encode = load_features().to(memory_format=torch.channels_last)
    return MetricFeatures("our own, distilled from VGG-19", encode, FEATURE_TAPS[-1])
