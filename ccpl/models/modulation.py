"""Convolutions whose kernels depend on the style; what changes them is found once per style.

SCT gives the features the style's statistics; what the decoder makes of them may depend on the
style too: gains and shifts of channels (FiLM, Perez et al., AAAI 2018; for style transfer MicroAST,
Wang et al., AAAI 2023), and kernels of low rank on top (hypernetworks, Ha et al., ICLR 2017).
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ccpl.models.sct import SCTCode, StyleCode

HIDDEN = 192  # units of the hidden layers
LEAK = 0.02  # slope of the activations below 0: a unit that lost its gradient would stay lost
MOMENTUM = 0.01  # share of the newest codes in the running statistics of the inputs
LEAST_VARIANCE = 1e-5  # of an input
BOLD = 4.0  # deviations that no input exceeds; gains multiply, so one odd style could blow them up


class Modulation(NamedTuple):
    """What a style changes in one `StyledConv`."""

    gain: Tensor  # (B, C / shuffle ** 2), between 0 and 2
    shift: Tensor  # (B, C / shuffle ** 2)
    mix: Tensor  # (B, rank), between -1 and 1


def activate(x: Tensor) -> Tensor:
    """Leaky ReLU in place (Maas et al., ICML 2013)."""
    return F.leaky_relu(x, LEAK, inplace=True)


def level(weight: Tensor, shared: int) -> Tensor:
    """Kernels or biases with which all sub-pixels of a shuffle answer alike to a constant input.

    With sums of their own they would paint the same grid on every flat place of every picture.

    Args:
        weight: (C * shared, ...); of four dimensions if kernels, whose taps are the last two.
        shared: sub-pixels of a block.
    Returns:
        The same kernels, moved to the block's mean over taps; the block's mean bias for each.
    """
    if shared == 1:
        return weight
    blocks = weight.unflatten(0, (-1, shared))
    means = blocks.mean((3, 4), keepdim=True) if weight.ndim == 4 else blocks
    return (blocks - means + means.mean(1, keepdim=True)).flatten(0, 1)


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


class StyledConv(Conv3x3):
    """3x3 convolution: gain * (weight + up . mix . down) * x + shift, all but x given by the style.

    For one style everything is folded into one kernel, so a picture costs no more than without.

    Args:
        inputs, outputs: channels.
        rank: of what is added; half of `inputs` unless given.
        shuffle: of the pixel shuffle that follows; its sub-pixels share gain and shift, and their
            kernels are level.
    """

    def __init__(
        self, inputs: int, outputs: int, *, rank: int | None = None, shuffle: int = 1
    ) -> None:
        super().__init__(inputs, outputs)
        rank = rank or inputs // 2
        self.shared = shuffle**2
        self.down = nn.Parameter(torch.empty(rank, inputs, 3, 3))
        self.up = nn.Parameter(torch.empty(outputs, rank))
        for part in (self.down, self.up):
            nn.init.kaiming_normal_(part, nonlinearity="linear")

    def forward(self, x: Tensor, style: Modulation) -> Tensor:
        """(B, inputs, H, W) -> (B, outputs, H, W), for B styles or for one."""
        gain, shift = (part.repeat_interleave(self.shared, 1) for part in style[:2])
        bias = level(self.bias, self.shared)
        if len(gain) == 1:
            added = (self.up * style.mix) @ self.down.flatten(1)
            weight = level(self.weight + added.view_as(self.weight), self.shared)
            bias = torch.addcmul(shift[0], bias, gain[0])
            return conv3x3(x, weight * gain[0, :, None, None, None], bias)
        result = conv3x3(x, level(self.weight, self.shared), bias)
        result = result + self._added(x, self.down, self.up, style.mix)
        if self.shared > 1:  # what `level` takes from a folded kernel
            uneven = self.up - level(self.up, self.shared)
            means = self.down.mean((2, 3), keepdim=True).expand_as(self.down)
            result = result - self._added(x, means, uneven, style.mix)
        return torch.addcmul(shift[..., None, None], result, gain[..., None, None])

    def _added(self, x: Tensor, down: Tensor, up: Tensor, mix: Tensor) -> Tensor:
        hidden = conv3x3(x, down) * mix[..., None, None]
        return F.conv2d(hidden, up[..., None, None])


class StyleModulation(nn.Module):
    """A small network from style codes to one `Modulation` for every styled layer.

    The entries of a code differ by orders of magnitude and lie close to their means, so they are
    standardised: by running statistics, in training too, where batches are too small for their own.

    Args:
        taps: channels and rank of the SCTNet, by tap.
        layers: the layers it modulates, in order.
    """

    def __init__(self, taps: dict[str, tuple[int, int]], layers: Sequence[StyledConv]) -> None:
        super().__init__()
        self.taps = tuple(taps)
        widths = [layer.out_channels // layer.shared for layer in layers]
        self.sizes = widths + widths + [len(layer.down) for layer in layers]
        inputs = sum(2 * c + k * (k + 1) // 2 for c, k in taps.values()) + 3 + 6
        self.register_buffer("mean", torch.zeros(inputs))
        self.register_buffer("variance", torch.ones(inputs))
        self.look = nn.Linear(inputs, HIDDEN)
        self.think = nn.Linear(HIDDEN, HIDDEN)
        self.tell = nn.Linear(HIDDEN, sum(self.sizes))

    def start(self) -> None:
        """Initialise: every gain 1, every shift and mix 0."""
        for layer in (self.look, self.think):
            nn.init.kaiming_normal_(layer.weight, a=LEAK)
            nn.init.zeros_(layer.bias)
        nn.init.zeros_(self.tell.weight)
        nn.init.zeros_(self.tell.bias)

    def forward(self, code: StyleCode) -> Iterator[Modulation]:
        """One modulation for each layer, from a code with the entry "image"."""
        x = self.inputs(code)
        if self.training:
            self.follow(x.detach())
        x = activate(self.look(self.standardised(x).to(self.look.weight.dtype)))
        told = self.tell(activate(self.think(x))).split(self.sizes, 1)
        count = len(told) // 3
        for gain, shift, mix in zip(*(told[i * count :][:count] for i in range(3)), strict=True):
            yield Modulation(1 + F.softsign(gain), shift, F.softsign(mix))

    def inputs(self, code: StyleCode) -> Tensor:
        """What is said of B styles: (B, N)."""
        parts = [part for tap in self.taps for part in _flat(code[tap])]
        colours = code["image"]
        x = torch.cat([*parts, colours.mean.flatten(1), _upper(colours.cov)], 1)
        return x.sign() * x.abs().log1p()  # bold styles have far larger entries

    def standardised(self, x: Tensor) -> Tensor:
        """Inputs (B, N) about their running mean, in deviations, none as large as `BOLD`."""
        x = (x - self.mean) * (self.variance + LEAST_VARIANCE).rsqrt()
        return BOLD * F.softsign(x / BOLD)

    def follow(self, x: Tensor) -> None:
        """Move the running statistics a little towards those of inputs (B, N)."""
        self.mean.lerp_(x.mean(0), MOMENTUM)
        self.variance.lerp_((x - self.mean).square().mean(0), MOMENTUM)


def _flat(code: SCTCode) -> list[Tensor]:
    return [code.mean.flatten(1), code.std.flatten(1), _upper(code.cov)]


def _upper(matrix: Tensor) -> Tensor:
    """The upper triangles of symmetric matrices: (B, K, K) -> (B, K (K + 1) / 2)."""
    rows, columns = torch.triu_indices(*matrix.shape[1:], device=matrix.device)
    return matrix[:, rows, columns]
