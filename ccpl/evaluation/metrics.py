"""How good a stylized picture is: functions on tensors, each with its definition and range.

Style and content pull against each other, so a figure means little without its partner. Changes
over time are measured in `ccpl.evaluation.temporal`.
"""

import functools
import importlib.util
import logging
from collections.abc import Callable
from typing import NamedTuple

import torch
from PIL import Image
from torch import Tensor

from ccpl.evaluation.features import MetricFeatures, own_features
from ccpl.image import Picture, split_alpha, to_tensor
from ccpl.models.statistics import Features
from ccpl.ssim import ssim

log = logging.getLogger(__name__)

EPS = 1e-5  # added to variances
SHORT_SIDE = 256  # pixels, of pictures when they are compared


class TapMoments(NamedTuple):
    """First and second moments of one tap's features over all positions, in float64."""

    mean: Tensor  # (B, C)
    cov: Tensor  # (B, C, C), centred


Moments = dict[str, TapMoments]


class Figures(NamedTuple):
    """One stylized picture, judged."""

    style: float  # 0 the style's statistics .. 1 nothing transferred; above 1: further away
    gram: float  # the same for textures
    content: float  # 0 the content's features, upwards without bound
    ssim: float  # -1 .. 1, 1: the content's structure


def moments(feats: Features) -> Moments:
    """Mean and covariance of every tap, features (B, C, H, W)."""
    result = {}
    for tap, x in feats.items():
        rows = x.permute(0, 2, 3, 1).flatten(1, 2).double()  # (B, HW, C)
        mean = rows.mean(1)
        rows = rows - mean[:, None]
        result[tap] = TapMoments(mean, rows.mT @ rows / rows.shape[1])
    return result


def style_distance(first: Moments, second: Moments) -> Tensor:
    """Distance of channel means and deviations (the style loss of Huang & Belongie, ICCV 2017).

    The mean over taps of MSE(means) + MSE(standard deviations), (B,). 0 or more, symmetric, blind
    to where things are in the picture.
    """
    return torch.stack([_tap_distance(first[t], second[t]) for t in first]).mean(0)


def _tap_distance(a: TapMoments, b: TapMoments) -> Tensor:
    stds = ((m.cov.diagonal(dim1=1, dim2=2).clamp_min(0) + EPS).sqrt() for m in (a, b))
    return (a.mean - b.mean).square().mean(1) + torch.sub(*stds).square().mean(1)


def gram_distance(first: Moments, second: Moments) -> Tensor:
    """Distance of textures: mean over taps of MSE between covariance matrices, returns (B,).

    The centred form of Gatys et al., CVPR 2016; Li et al., NIPS 2017. 0 or more, symmetric.
    """
    pairs = [(first[t].cov, second[t].cov) for t in first]
    return torch.stack([(a - b).square().mean((1, 2)) for a, b in pairs]).mean(0)


def content_distance(feats: Tensor, content: Tensor) -> Tensor:
    """MSE of features over the mean square of the content's (the content loss of Gatys et al.).

    Args:
        feats, content: one tap of both pictures, (B, C, H, W).
    Returns:
        (B,); 0 for equal pictures, 1 for features that are all zero.
    """
    content = content.double()
    gap = (feats.double() - content).square().mean((1, 2, 3))
    return gap / content.square().mean((1, 2, 3)).clamp_min(1e-12)


class Measured(NamedTuple):
    """A picture with what metrics compare."""

    image: Tensor  # (1, 3, H, W) in [0, 1]
    content_feats: Tensor  # (1, C, h, w), of the content tap
    moments: Moments


def measure(image: Tensor, features: MetricFeatures) -> Measured:
    """Encode a picture (1, 3, H, W) in [0, 1] once, to compare it with many others."""
    feats = features(image)
    return Measured(image, feats[features.content_tap], moments(feats))


def figures(content: Measured, style: Measured, stylized: Measured) -> Figures:
    """Judge one result.

    `style` and `gram` are the distances between stylized picture and style over those between
    content and style.

    Args:
        content, stylized: of one size.
        style: of any size; measured with the same features as the others.
    """
    own, goal, now = (picture.moments for picture in (content, style, stylized))
    return Figures(
        style=_ratio(style_distance, now, own, goal),
        gram=_ratio(gram_distance, now, own, goal),
        content=content_distance(stylized.content_feats, content.content_feats).item(),
        ssim=ssim(content.image, stylized.image).item(),
    )


def _ratio(distance: Callable, now: Moments, own: Moments, goal: Moments) -> float:
    return (distance(now, goal) / distance(own, goal).clamp_min(1e-12)).item()


def compare_figures(content: Picture, style: Picture, stylized: Picture) -> dict[str, float]:
    """Figures of one result, quickly: short side 256 and our own features.

    Args:
        content, style, stylized: pictures of any size; the result is fitted to the content.
    Returns:
        style, gram, content, ssim: see `Figures`.
    """
    small, features = resized(content), _own_features()
    pictures = (small, resized(style), resized(stylized, small.size))
    return figures(*(measure(to_tensor(p), features) for p in pictures))._asdict()


_own_features = functools.lru_cache(maxsize=1)(own_features)


def resized(picture: Picture, size: tuple[int, int] | None = None) -> Image.Image:
    """RGB with the short side at 256 pixels, or of exactly `size` = (width, height)."""
    image, _ = split_alpha(picture)
    scale = SHORT_SIDE / min(image.size)
    size = size or (round(image.width * scale), round(image.height * scale))
    return image if image.size == size else image.resize(size, Image.Resampling.LANCZOS)


def lpips(first: Tensor, second: Tensor) -> float | None:
    """Learned perceptual distance, AlexNet (Zhang et al., CVPR 2018): 0 equal .. about 1.

    Args:
        first, second: (1, 3, H, W) in [0, 1].
    Returns:
        None without the `lpips` package or its weights.
    """
    model = _lpips_model() if importlib.util.find_spec("lpips") else None
    if model is None:
        return None
    with torch.inference_mode():
        return model(first * 2 - 1, second * 2 - 1).item()


@functools.lru_cache(maxsize=1)
def _lpips_model() -> torch.nn.Module | None:
    import lpips as package

    try:
        return package.LPIPS(net="alex", verbose=False).eval()
    except OSError as error:  # its weights could not be fetched
        log.warning("LPIPS is left out: %s", error)
        return None
