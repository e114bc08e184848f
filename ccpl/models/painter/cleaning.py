"""What speckle, weave and coloured fringes a revision leaves goes: a guided filter by itself.

The guided filter of He, Sun & Tang (ECCV 2010): around every place the result is a linear function
of a guide, flat where the guide is flat, sharp where it is sharp. The brightness is guided by
itself, the colours by the brightness. The coefficients are found at half size, as in the fast
guided filter (He & Sun, 2015, arXiv 1505.00996).
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from ccpl.models.painter.layers import luminance

LIGHT_RADIUS, COLOUR_RADIUS = 1, 2  # of the windows, at half size
LIGHT_FAINT, COLOUR_FAINT = 4e-4, 1e-3  # variances of the guide under which it counts as flat
REACH = 16  # pixels around a place that its result depends on


def clean(picture: Tensor) -> Tensor:
    """Smooth (B, 3, H, W) in [0, 1] where it is nearly flat; H and W even."""
    light = luminance(picture)
    colour = picture - light
    light = _guided(light, light, radius=LIGHT_RADIUS, faint=LIGHT_FAINT)
    return light + _guided(colour, light, radius=COLOUR_RADIUS, faint=COLOUR_FAINT)


def _guided(picture: Tensor, guide: Tensor, *, radius: int, faint: float) -> Tensor:
    """Filter (B, C, H, W) by a guide (B, 1, H, W)."""
    count = picture.shape[1]
    small, by = F.avg_pool2d(picture, 2), F.avg_pool2d(guide, 2)
    means = box_mean(torch.cat([by, by * by, small, by * small], 1), radius)
    mean_by, square, mean, product = means.split([1, 1, count, count], 1)
    slope = (product - mean_by * mean) / (square - mean_by * mean_by + faint)
    lines = box_mean(torch.cat([slope, mean - slope * mean_by], 1), radius)
    slope, offset = F.interpolate(lines, scale_factor=2, mode="bilinear").split(count, 1)
    return slope * guide + offset


def box_mean(x: Tensor, radius: int) -> Tensor:
    """Means of (B, C, H, W) over squares of 2 radius + 1, edges repeated outwards.

    As sums of shifted copies: several times as fast on CPUs as a pooling layer.
    """
    side = 2 * radius + 1
    x = F.pad(x.contiguous(), (radius,) * 4, mode="replicate")
    ends = [n - side + 1 or None for n in range(side)]
    x = sum(x[..., n:end] for n, end in enumerate(ends))
    return sum(x[..., n:end, :] for n, end in enumerate(ends)) / side**2
