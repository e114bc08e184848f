"""Layers of the painting network: normalisation, and upsampling convolutions in one product."""

import torch.nn.functional as F
from torch import Tensor

from ccpl.models.lite.layers import Conv3x3
from ccpl.models.lite.modulation import StyledConv
from ccpl.models.statistics import channel_stats


def normalise(x: Tensor, *, eps: float) -> Tensor:
    """Instance normalisation of (B, C, H, W): every channel's mean 0, deviation 1."""
    mean, std = channel_stats(x, eps=eps)
    return ((x - mean) / std).to(x.dtype)


def up_conv3x3(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """3x3 convolution of the nearest-neighbour enlargement by 2, edges repeated outwards.

    Computed as one transposed convolution: 16 products for every input instead of 36.

    Args:
        x: (B, C, H, W).
        weight: (N, C, 3, 3); bias: (N,).
    Returns:
        (B, N, 2 H, 2 W).
    """
    ones = weight.new_ones(1, 1, 2, 2)  # the four equal pixels that every input becomes
    spread = F.conv2d(F.pad(weight.flatten(0, 1)[:, None], (1, 1, 1, 1)), ones)
    kernel = spread.view(*weight.shape[:2], 4, 4).flip(2, 3).transpose(0, 1)
    return F.conv_transpose2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), kernel, bias, 2, 3)


class UpConv3x3(Conv3x3):
    """`up_conv3x3` with weights of its own."""

    def forward(self, x: Tensor) -> Tensor:
        return up_conv3x3(x, self.weight, self.bias)


class StyledUpConv(StyledConv):
    """A StyledConv of the nearest-neighbour enlargement."""

    convolve = staticmethod(up_conv3x3)


def luminance(image: Tensor) -> Tensor:
    """Brightness (B, 1, H, W) of (B, 3, H, W) by the weights of Rec. 601."""
    red, green, blue = image.split(1, 1)
    return 0.299 * red + 0.587 * green + 0.114 * blue
