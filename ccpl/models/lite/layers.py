"""Layers of the small networks that know nothing of styles."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LEAK = 0.02  # slope of the activations below 0: a unit that lost its gradient would stay lost


def activate(x: Tensor) -> Tensor:
    """Leaky ReLU in place (Maas et al., ICML 2013)."""
    return F.leaky_relu(x, LEAK, inplace=True)


def conv3x3(x: Tensor, weight: Tensor, bias: Tensor | None = None, *, stride: int = 1) -> Tensor:
    """3x3 convolution of features whose edges are repeated outwards.

    Zeros around them would be a step that paints dots along the border, and a way off from it.
    """
    return F.conv2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), weight, bias, stride)


class Conv3x3(nn.Conv2d):
    """`conv3x3` with weights of its own."""

    def __init__(self, inputs: int, outputs: int, *, stride: int = 1) -> None:
        super().__init__(inputs, outputs, 3, stride)

    def forward(self, x: Tensor) -> Tensor:
        return conv3x3(x, self.weight, self.bias, stride=self.stride[0])


class ResidualBlock(nn.Module):
    """x + conv(activate(conv(x))), with `inner` channels between the two."""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.first = Conv3x3(width, inner)
        self.second = Conv3x3(inner, width)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(activate(self.first(x)))


def blocks_of(image: Tensor) -> Tensor:
    """`F.pixel_unshuffle` by 4 into channels_last, where convolutions want it, with one copy."""
    batch, channels, height, width = image.shape
    x = image.view(batch, channels, height // 4, 4, width // 4, 4)
    x = x.permute(0, 2, 4, 1, 3, 5).reshape(batch, height // 4, width // 4, -1)
    return x.permute(0, 3, 1, 2)


def soften(image: Tensor) -> Tensor:
    """Blur (B, C, H, W) by [1 2 1] / 4 both ways: what alternates from pixel to pixel goes."""
    sizes = image.shape
    image = F.pad(image, (1, 1, 1, 1), mode="replicate")
    for axis in (2, 3):
        before, here, after = (image.narrow(axis, k, sizes[axis]) for k in range(3))
        image = torch.add(before + after, here, alpha=2)
    return image / 16
