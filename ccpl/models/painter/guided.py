"""Edges made sharp before a revision, and speckle, weave and coloured fringes taken off after it.

Both are the guided filter of He, Sun & Tang (ECCV 2010): around every place a picture is a linear
function of a guide, flat where the guide is flat, sharp where it is sharp. The coefficients are
found at half size, as in the fast guided filter (He & Sun, 2015, arXiv 1505.00996).
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from ccpl.models.painter.layers import luminance

EDGE_RADIUS, LIGHT_RADIUS, COLOUR_RADIUS = 2, 1, 2  # of the windows, at half size
EDGE_FAINT, LIGHT_FAINT, COLOUR_FAINT = 1e-3, 4e-4, 1e-3  # variances under which a guide is flat
REACH = 16  # pixels around a place that its result depends on, in either


def sharpen(picture: Tensor, content: Tensor) -> Tensor:
    """Give a picture that was enlarged the edges of the content, where they go together.

    Args:
        picture, content: (B, 3, H, W) in [0, 1]; H and W even.
    """
    light = luminance(content)
    small, by = F.avg_pool2d(picture, 2), F.avg_pool2d(light, 2)
    slope, _ = _lines(small, by, radius=EDGE_RADIUS, faint=EDGE_FAINT).split(3, 1)
    slope, coarse = _enlarged(torch.cat([slope, slope * by], 1)).split(3, 1)
    return picture + slope * light - coarse


def clean(picture: Tensor) -> Tensor:
    """Smooth (B, 3, H, W) in [0, 1] where it is nearly flat; H and W even.

    The brightness is guided by itself, the colours by the brightness.
    """
    light = luminance(picture)
    colour = picture - light
    light = _guided(light, light, radius=LIGHT_RADIUS, faint=LIGHT_FAINT)
    return light + _guided(colour, light, radius=COLOUR_RADIUS, faint=COLOUR_FAINT)


def _guided(picture: Tensor, guide: Tensor, *, radius: int, faint: float) -> Tensor:
    """Filter (B, C, H, W) by a guide (B, 1, H, W)."""
    lines = _lines(F.avg_pool2d(picture, 2), F.avg_pool2d(guide, 2), radius=radius, faint=faint)
    slope, offset = _enlarged(lines).split(picture.shape[1], 1)
    return slope * guide + offset


def _lines(picture: Tensor, guide: Tensor, *, radius: int, faint: float) -> Tensor:
    """Slopes, then offsets, by which a guide (B, 1, H, W) gives (B, C, H, W): (B, 2 C, H, W)."""
    count = picture.shape[1]
    means = box_mean(torch.cat([guide, guide * guide, picture, guide * picture], 1), radius)
    of_guide, square, mean, product = means.split([1, 1, count, count], 1)
    slope = (product - of_guide * mean) / (square - of_guide * of_guide + faint)
    return box_mean(torch.cat([slope, mean - slope * of_guide], 1), radius)


def _enlarged(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2, mode="bilinear")


def box_mean(x: Tensor, radius: int) -> Tensor:
    """Means of (B, C, H, W) over squares of 2 radius + 1, edges repeated outwards.

    As sums of shifted copies: several times as fast on CPUs as a pooling layer.
    """
    side = 2 * radius + 1
    x = F.pad(x.contiguous(), (radius,) * 4, mode="replicate")
    ends = [n - side + 1 or None for n in range(side)]
    x = sum(x[..., n:end] for n, end in enumerate(ends))
    return sum(x[..., n:end, :] for n, end in enumerate(ends)) / side**2
