"""Steadiness without a video: a picture that is moved must be stylized to the moved result.

The warping loss of ReCoNet (Gao et al., ACCV 2018) with a synthetic flow, which is exact.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from ccpl.models.lite.layers import soften

FAINT = 0.03  # differences below it are judged by their size rather than by their square


def random_flow_grid(image: Tensor, generator: torch.Generator) -> Tensor:
    """A smooth random motion: shift up to 4 % and a bicubic 3x3 field of sigma 2 %.

    Returns:
        Sampling positions (B, H, W, 2) in [-1, 1] for `grid_sample`.
    """
    count, _, height, width = image.shape
    shift = 0.16 * (torch.rand(count, 2, 1, 1, generator=generator) - 0.5)
    bumps = 0.04 * torch.randn(count, 2, 3, 3, generator=generator)
    field = F.interpolate(bumps, size=(height, width), mode="bicubic", align_corners=True) + shift
    identity = torch.eye(2, 3).expand(count, 2, 3)
    base = F.affine_grid(identity, [count, 1, height, width], align_corners=False)
    return (base + field.permute(0, 2, 3, 1)).to(image)


def warp(image: Tensor, grid: Tensor) -> Tensor:
    """Sample (B, C, H, W) at the positions (B, H, W, 2) in [-1, 1]; edges are mirrored."""
    return F.grid_sample(
        image, grid, mode="bilinear", padding_mode="reflection", align_corners=False
    )


def disturb(image: Tensor, generator: torch.Generator) -> Tensor:
    """Other brightness (up to 3 %) and noise (1.5 %), as between frames: (B, 3, H, W) in [0, 1]."""
    light = 1 + 0.06 * (torch.rand(len(image), 1, 1, 1, generator=generator) - 0.5)
    noise = 0.015 * torch.randn(image.shape, generator=generator)
    return (image * light.to(image) + noise.to(image)).clamp(0, 1)


def consistency_loss(stylized: Tensor, again: Tensor, grid: Tensor) -> Tensor:
    """Difference of the stylized moved picture to the moved stylized one, away from the border.

    Args:
        stylized: (B, 3, H, W) in [0, 1].
        again: what `disturb(warp(content, grid))` was stylized to.
        grid: see `warp`.
    Returns:
        Scalar.
    """
    edge = stylized.shape[2] // 16
    inner = (..., slice(edge, -edge), slice(edge, -edge))
    # Moving a picture blurs it; what only that blur makes a difference must not count.
    difference = soften((again - warp(stylized, grid)).float())[inner]
    # The square alone would let faint patterns stay where they are while the content moves.
    return (difference.square() + FAINT * difference.abs()).mean()
