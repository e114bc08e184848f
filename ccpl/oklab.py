"""Lightness and colour apart: OKLab, Ottosson, "A perceptual color space for image processing",
2020. Equal steps look equal, and a change of lightness alone turns no hue."""

import torch
from torch import Tensor

TO_CONES = (
    (0.4122214708, 0.5363325363, 0.0514459929),
    (0.2119034982, 0.6806995451, 0.1073969566),
    (0.0883024619, 0.2817188376, 0.6299787005),
)  # from linear sRGB
TO_LAB = (
    (0.2104542553, 0.7936177850, -0.0040720468),
    (1.9779984951, -2.4285922050, 0.4505937099),
    (0.0259040371, 0.7827717662, -0.8086757660),
)  # from the cube roots of the cones


def keep_colors(content: Tensor, stylized: Tensor) -> Tensor:
    """The lightness of the stylized picture in the hues of the content.

    What is neutral in the content stays neutral. Where a colour does not exist at the new
    lightness it is made paler until it does; cut off, its hue would turn.

    Args:
        content, stylized: (B, 3, H, W), sRGB in [0, 1].
    Returns:
        The same.
    """
    return from_oklab(torch.cat([to_oklab(stylized)[:, :1], to_oklab(content)[:, 1:]], 1))


def from_oklab(lab: Tensor) -> Tensor:
    """(B, 3, H, W), OKLab -> sRGB in [0, 1]; what it does not hold is made paler."""
    grey = lab[:, :1].clamp(0, 1).pow(3)
    colour = _linear_from_oklab(lab) - grey
    room = torch.where(colour > 0, 1 - grey, grey)
    share = (room / colour.abs().clamp_min(1e-6)).amin(1, keepdim=True).clamp(0, 1)
    return _from_linear((grey + share * colour).clamp(0, 1))


def to_oklab(image: Tensor) -> Tensor:
    """(B, 3, H, W), sRGB in [0, 1] -> lightness in [0, 1], green-red and blue-yellow."""
    linear = torch.where(image <= 0.04045, image / 12.92, ((image + 0.055) / 1.055).pow(2.4))
    cones = _mix(linear, image.new_tensor(TO_CONES)).clamp_min(0)
    return _mix(cones.pow(1 / 3), image.new_tensor(TO_LAB))


def _linear_from_oklab(lab: Tensor) -> Tensor:
    roots = _mix(lab, torch.linalg.inv(lab.new_tensor(TO_LAB)))
    return _mix(roots.pow(3), torch.linalg.inv(lab.new_tensor(TO_CONES)))


def _from_linear(linear: Tensor) -> Tensor:
    return torch.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear.pow(1 / 2.4) - 0.055)


def _mix(image: Tensor, matrix: Tensor) -> Tensor:
    """Every pixel's channels through a (3, 3) matrix."""
    return torch.einsum("ij,bjhw->bihw", matrix, image)
