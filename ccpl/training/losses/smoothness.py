"""What pictures look like from pixel to pixel: total variation, and colours that can be shown."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ccpl.models.painter.layers import luminance

FLAT = 0.02  # contrast of neighbours at which a place counts a third as flat
PLAIN = 0.03  # deviation of brightness around a place at which it counts a third as plain
THREAD = 13  # pixels along which a line must go on to be a thread
SPACINGS = (1, 2, 3, 4)  # pixels from a thread to the gaps beside it


def tv_loss(image: Tensor) -> Tensor:
    """Total variation: mean absolute difference of neighbours, (B, C, H, W) -> scalar."""
    return image.diff(dim=2).abs().mean() + image.diff(dim=3).abs().mean()


def chroma_tv_loss(image: Tensor) -> Tensor:
    """Total variation of what a colour is besides the mean of its channels: sees coloured fringes.

    (B, 3, H, W) -> scalar.
    """
    return tv_loss(image - image.mean(1, keepdim=True))


def smooth_loss(image: Tensor, guide: Tensor, *, scale: int = 1) -> Tensor:
    """Total variation where the guide has none: what is flat there should be flat here.

    The edge-aware smoothness of depth estimation (Godard et al., CVPR 2017).

    Args:
        image, guide: (B, 3, H, W) in [0, 1].
        scale: compare means of squares this large, in pixels: 1 sees grain, 8 sees blotches.
    Returns:
        Scalar.
    """
    if scale > 1:
        image, guide = (F.avg_pool2d(x, scale) for x in (image, guide))
    total = 0.0
    for axis in (2, 3):
        edge = guide.diff(dim=axis).abs().amax(1, keepdim=True)
        total = total + (image.diff(dim=axis).abs() * (-edge / FLAT).exp()).mean()
    return total


def plainness(image: Tensor) -> Tensor:
    """How plain every place is, without edges or texture: (B, 3, H, W) -> (B, 1, H, W) to 1."""
    light = F.avg_pool2d(luminance(image), 3, 1, 1, count_include_pad=False)

    def mean(x: Tensor) -> Tensor:
        return F.avg_pool2d(x, THREAD, 1, THREAD // 2, count_include_pad=False)

    variance = mean(light.square()) - mean(light).square()
    return (-variance.clamp_min(1e-8).sqrt() / PLAIN).exp()


def threads(image: Tensor, plain: Tensor) -> Tensor:
    """Amplitude of straight lines along the axes where it should be plain.

    A weave comes from the grid of the network: second differences that stay the same along a whole
    row or column. Brush marks do not, so they cost nothing.

    Args:
        image: (B, 3, H, W) in [0, 1].
        plain: weight of every place, (B, 1, H, W).
    Returns:
        (B,).
    """
    energies = []
    for light, weight in ((luminance(image), plain), (luminance(image).mT, plain.mT)):
        for gap in SPACINGS:
            ridge = light[..., 2 * gap :] + light[..., : -2 * gap] - 2 * light[..., gap:-gap]
            line = F.avg_pool2d(ridge, (THREAD, 1), 1).square()
            inner = weight[..., THREAD // 2 : -(THREAD // 2), gap:-gap]
            energies.append((line * inner).sum((1, 2, 3)) / (inner.sum((1, 2, 3)) + 1))
    return (torch.stack(energies).mean(0) + 1e-7).sqrt()


def thread_loss(image: Tensor, guide: Tensor, style: Tensor) -> Tensor:
    """Threads on what is plain in the guide, as far as plain places of the style have none.

    Args:
        image, guide, style: (B, 3, H, W) in [0, 1].
    Returns:
        Scalar.
    """
    with torch.no_grad():
        allowed = threads(style, plainness(style))
        plain = plainness(guide)
    return F.relu(threads(image, plain) - allowed).mean()


def range_loss(image: Tensor) -> Tensor:
    """Mean square of how far colours lie outside [0, 1], (B, 3, H, W) -> scalar."""
    return (image - image.clamp(0, 1)).square().mean()


def shown(image: Tensor) -> Tensor:
    """Colours as a screen shows them, clamped to [0, 1]; the gradient lets them come back in."""
    return _Clamp.apply(image)


class _Clamp(torch.autograd.Function):
    """Clamp to [0, 1] whose gradient lets what is outside come back in, but not leave further."""

    @staticmethod
    def forward(ctx: Any, image: Tensor) -> Tensor:
        ctx.save_for_backward(image)
        return image.clamp(0, 1)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        (image,) = ctx.saved_tensors
        outwards = ((image < 0) & (grad > 0)) | ((image > 1) & (grad < 0))
        return grad.masked_fill(outwards, 0)
