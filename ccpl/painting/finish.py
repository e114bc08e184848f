"""What of the content is kept in the result: its colours, or what lies outside of a region."""

import numpy as np
import torch
from PIL import Image, ImageFilter
from torch import Tensor

from ccpl.image import Picture
from ccpl.look import Look
from ccpl.oklab import keep_colors


def finish(contents: Tensor, painted: Tensor, look: Look, mask: Picture | None = None) -> Tensor:
    """Put back what the look keeps of the contents.

    Args:
        contents, painted: (B, 3, H, W) in [0, 1] on the CPU.
        mask: a grey picture of any size.
    Returns:
        The same shape.
    """
    if look.keep_colors:
        painted = keep_colors(contents, painted)
    if mask is None:
        return painted
    height, width = contents.shape[2:]
    return torch.lerp(contents, painted, region_share(mask, (width, height), look))


def region_share(mask: Picture, size: tuple[int, int], look: Look) -> Tensor:
    """How much of every pixel is stylized.

    Args:
        mask: a grey picture, white inside the region.
        size: width and height of the result.
    Returns:
        (1, 1, H, W) in [0, 1].
    """
    image = mask if isinstance(mask, Image.Image) else Image.fromarray(mask)
    grey = image.convert("L").resize(size, Image.Resampling.BILINEAR)
    if look.feather:
        grey = grey.filter(ImageFilter.GaussianBlur(look.feather * max(size) / 20))
    inside = torch.from_numpy(np.array(grey))[None, None].float() / 255
    return inside if look.region == "inside" else 1 - inside
