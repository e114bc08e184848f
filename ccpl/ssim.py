"""Structural similarity, as a figure and as a loss."""

import torch
import torch.nn.functional as F
from torch import Tensor

from ccpl.image import LUMA


def ssim(first: Tensor, second: Tensor) -> Tensor:
    """Structural similarity of the brightness (Wang et al., IEEE TIP 2004).

    Gaussian window 11x11, sigma 1.5, K1 = 0.01, K2 = 0.03, population moments, windows that lie
    inside only: the mean that scikit-image gives with `gaussian_weights=True`.

    Differentiable.

    Args:
        first, second: (B, 3, H, W) or (B, 1, H, W) in [0, 1], sides of 11 pixels at least.
    Returns:
        (B,) in -1 .. 1; 1 for equal pictures.
    """
    if first.shape != second.shape or min(first.shape[2:]) < 11:
        shapes = f"{tuple(first.shape)} and {tuple(second.shape)}"
        raise ValueError(f"expected two pictures of one size from 11x11 on, got {shapes}")
    x, y = _grey(first), _grey(second)
    window = torch.exp(-((torch.arange(11, device=x.device) - 5.0) ** 2) / (2 * 1.5**2)).to(x)
    window = window / window.sum()
    planes = torch.cat([x, y, x * x, y * y, x * y], 1).flatten(0, 1)[:, None]
    planes = F.conv2d(F.conv2d(planes, window[None, None, None]), window[None, None, :, None])
    mean_x, mean_y, xx, yy, xy = planes.unflatten(0, (len(x), 5))[:, :, 0].unbind(1)
    c1, c2 = 0.01**2, 0.03**2
    var_x, var_y, cov = xx - mean_x**2, yy - mean_y**2, xy - mean_x * mean_y
    light = (2 * mean_x * mean_y + c1) / (mean_x**2 + mean_y**2 + c1)
    return (light * (2 * cov + c2) / (var_x + var_y + c2)).mean((1, 2))


def _grey(image: Tensor) -> Tensor:
    """(B, 1 | 3, H, W) -> (B, 1, H, W), ITU-R BT.601 brightness in float64."""
    image = image.double()
    weights = image.new_tensor(LUMA).view(1, 3, 1, 1)
    return image if image.shape[1] == 1 else (image * weights).sum(1, keepdim=True)
