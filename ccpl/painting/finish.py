"""What of the content is kept in the result: its colours, or what lies outside of a region."""

from dataclasses import replace

import numpy as np
import torch
from PIL import Image, ImageFilter
from torch import Tensor

from ccpl.colour.kept import keep_exposure, keep_white_balance, skin_likelihood
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
    if look.keep_colors or look.transfer == "light":
        painted = keep_colors(contents, painted)
    if look.transfer == "colour":
        painted = keep_colors(painted, contents)
    if look.keep_exposure:
        painted = keep_exposure(contents, painted)
    if look.keep_white_balance:
        painted = keep_white_balance(contents, painted)
    if look.protect_skin:
        painted = torch.lerp(painted, contents, look.protect_skin * skin_likelihood(contents))
    if mask is None:
        return painted
    height, width = contents.shape[2:]
    return torch.lerp(contents, painted, region_share(mask, (width, height), look))


def colours_done(look: Look) -> Look:
    """The look without what `finish` does to colours, for results that have it in them."""
    return replace(
        look,
        keep_colors=False,
        transfer="both",
        keep_exposure=False,
        keep_white_balance=False,
        protect_skin=0.0,
    )


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
