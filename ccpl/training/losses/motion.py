"""Steadiness without a video: a picture that is moved must be stylized to the moved result.

The warping loss of ReCoNet (Gao et al., ACCV 2018) with a synthetic flow, which is exact.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from ccpl.models.lite.layers import soften
from ccpl.models.painter.layers import luminance

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


def noisy(image: Tensor, generator: torch.Generator, *, reach: float, count: int) -> Tensor:
    """Move random pixels of (B, 3, H, W) in [0, 1] by up to `reach`, each channel on its own.

    What flickers in a camera's picture must not change strokes.
    """
    batch, _, height, width = image.shape
    noise = torch.zeros(batch, 3, height * width)
    places = torch.randint(height * width, (batch, 1, count), generator=generator)
    moves = reach * (2 * torch.rand(batch, 3, count, generator=generator) - 1)
    noise.scatter_(2, places.expand(-1, 3, -1), moves)
    return (image + noise.view(image.shape).to(image)).clamp(0, 1)


def flow_grid(flow: Tensor) -> Tensor:
    """Sampling positions (B, H, W, 2) in [-1, 1] of a flow in pixels, (B, H, W, 2), x before y."""
    height, width = flow.shape[1:3]
    identity = torch.eye(2, 3, device=flow.device).expand(len(flow), 2, 3)
    base = F.affine_grid(identity, [len(flow), 1, height, width], align_corners=False)
    return base + flow * flow.new_tensor([2 / width, 2 / height])


def output_warping_loss(
    stylized: Tensor, before: Tensor, content: Tensor, content_before: Tensor, mask: Tensor
) -> Tensor:
    """ReCoNet's temporal loss of outputs, with luminance warping (Gao et al., ACCV 2018, 3.3).

    The result may change as much as the brightness of the content does.

    Args:
        stylized, content: of a frame, (B, 3, H, W) in [0, 1].
        before, content_before: of the frame before, warped to it.
        mask: 1 where the flow holds, (B, 1, H, W).
    Returns:
        Scalar.
    """
    change = luminance(content - content_before)
    difference = ((stylized - before).float() - change) * mask
    return (difference.square() + FAINT * difference.abs()).sum() / (3 * mask.sum() + 1)


def feature_warping_loss(feats: Tensor, before: Tensor, mask: Tensor) -> Tensor:
    """ReCoNet's temporal loss of features, relative to their mean square.

    Args:
        feats: of a frame, (B, C, H, W).
        before: of the frame before, warped to it.
        mask: 1 where the flow holds, (B, 1, H, W).
    Returns:
        Scalar.
    """
    error = ((feats - before).float().square() * mask).mean()
    return error / (feats.detach().float().square().mean() + 1e-3)
