"""Convolutions whose kernels depend on the style and on what the content is like.

SCT gives the features the style's statistics and takes the content's away; what the decoder makes
of them may depend on both: gains and shifts of channels (FiLM, Perez et al., AAAI 2018; MicroAST,
Wang et al., AAAI 2023), and kernels of low rank on top (hypernetworks, Ha et al., ICLR 2017).
"""

from collections.abc import Mapping
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ccpl.models.lite.colour import transfer_matrix
from ccpl.models.lite.layers import LEAK, Conv3x3, activate, conv3x3
from ccpl.models.statistics import ContentStats, SCTCode, StyleCode

HIDDEN = 192  # units of the hidden layers
MOMENTUM = 0.01  # share of the newest pictures in the running statistics of the inputs
LEAST_VARIANCE = 1e-5  # of an input
LARGEST = 4.0  # deviations no input exceeds; gains multiply, so one odd style could blow them up


class Modulation(NamedTuple):
    """What is changed in one `StyledConv`, for each of B pictures."""

    gain: Tensor  # (B, C / shuffle ** 2), between 0 and 2
    shift: Tensor  # (B, C / shuffle ** 2)
    mix: Tensor  # (B, rank), between -1 and 1


class PairOutputs(NamedTuple):
    """What is said of B pairs of content and style."""

    maps: Tensor  # (B, maps), added to the colour maps everywhere
    layers: dict[str, Modulation]  # by the name of the layer
    pair_embedding: Tensor  # (B, HIDDEN), what both were made from


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


class StyledConv(Conv3x3):
    """3x3 convolution: gain * (weight + up . mix . down) * x + shift, all but x and weights given.

    It is folded into one kernel, so a picture costs no more than without; several on a GPU are not.

    Args:
        inputs, outputs: channels.
        rank: of what is added; half of `inputs` unless given.
        shuffle: of the pixel shuffle that follows; its sub-pixels share gain and shift, and their
            kernels are level.
    """

    convolve = staticmethod(conv3x3)  # x, weight, bias -> the result

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

    def forward(self, x: Tensor, modulation: Modulation) -> Tensor:
        """(B, inputs, H, W) -> (B, outputs, H, W), for B modulations or for one."""
        if len(modulation.gain) == 1:
            return self.folded(x, modulation)
        if x.is_cuda:  # many small kernels, one picture after the other, leave a GPU idle
            return self.at_once(x, modulation)
        each = zip(*(part.split(1) for part in modulation), strict=True)
        pictures = zip(x.split(1), each, strict=True)
        return torch.cat([self.folded(picture, Modulation(*one)) for picture, one in pictures])

    def at_once(self, x: Tensor, modulation: Modulation) -> Tensor:
        """`forward` for all pictures together: what they share, and what each mixes, apart."""
        gain, shift = (part.repeat_interleave(self.shared, 1) for part in modulation[:2])
        down, up, mix = self.down, self.up, modulation.mix
        if self.shared > 1:  # `level`, apart: means over taps are the block's, the rest its own
            mean = down.mean((2, 3), keepdim=True).expand_as(down)
            shared = up.unflatten(0, (-1, self.shared)).mean(1).repeat_interleave(self.shared, 0)
            down, up = torch.cat([down - mean, mean]), torch.cat([up, shared], 1)
            mix = mix.repeat(1, 2)
        kernels = torch.cat([level(self.weight, self.shared), down])
        own, mixed = self.convolve(x, kernels).split([len(self.weight), len(down)], 1)
        own = own + F.conv2d(mixed * mix[:, :, None, None], up[:, :, None, None])
        bias = torch.addcmul(shift, level(self.bias, self.shared), gain)
        return torch.addcmul(bias[:, :, None, None], own, gain[:, :, None, None])

    def folded(self, x: Tensor, modulation: Modulation) -> Tensor:
        """`forward` for one modulation, with one kernel."""
        gain, shift = (part[0].repeat_interleave(self.shared) for part in modulation[:2])
        # One row for each output, its taps in the order of channels_last: no copies there.
        rows, down = (w.permute(0, 2, 3, 1).flatten(1) for w in (self.weight, self.down))
        rows = torch.addmm(rows, self.up * modulation.mix, down)
        weight = rows.unflatten(1, (3, 3, -1)).permute(0, 3, 1, 2)
        weight = level(weight, self.shared) * gain[:, None, None, None]
        bias = torch.addcmul(shift, level(self.bias, self.shared), gain)
        return self.convolve(x, weight, bias)


class StyledBlock(nn.Module):
    """A residual block with modulated kernels: x + conv(activate(conv(x)))."""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.first = StyledConv(width, inner)
        self.second = StyledConv(inner, width, rank=width // 2)

    def forward(self, x: Tensor, first: Modulation, second: Modulation) -> Tensor:
        return x + self.second(activate(self.first(x, first)), second)


def styled_layers(module: nn.Module) -> dict[str, StyledConv]:
    """Every layer to be modulated in a module by its name there, e.g. blocks.0.first."""
    return {name: m for name, m in module.named_modules() if isinstance(m, StyledConv)}


class Standardise(nn.Module):
    """Inputs (B, N) about their mean, in deviations, none as large as `LARGEST`.

    By running statistics, in training too, where batches are too small for their own.
    """

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(inputs))
        self.register_buffer("variance", torch.ones(inputs))

    def forward(self, x: Tensor) -> Tensor:
        x = x.sign() * x.abs().log1p()  # bold pictures have far larger entries
        if self.training:
            self.follow(x.detach())
        x = (x - self.mean) * (self.variance + LEAST_VARIANCE).rsqrt()
        return LARGEST * F.softsign(x / LARGEST)

    def follow(self, x: Tensor) -> None:
        """Move the running statistics a little towards those of inputs (B, N)."""
        self.mean.lerp_(x.mean(0), MOMENTUM)
        self.variance.lerp_((x - self.mean).square().mean(0), MOMENTUM)


class PairModulation(nn.Module):
    """A small network from style codes and content statistics to what the decoder changes.

    The entries of a code differ by orders of magnitude and lie close to their means, so they are
    standardised, and so is what is said of the content.

    Args:
        taps: channels and rank of the SCTNet, by tap.
        layers: the layers it modulates by name; their order is that of the outputs' rows.
        maps: channels of the colour maps, which it moves as a whole.
    """

    def __init__(
        self, taps: Mapping[str, tuple[int, int]], layers: Mapping[str, StyledConv], maps: int
    ) -> None:
        super().__init__()
        self.taps, self.names = tuple(taps), tuple(layers)
        self.widths = [layer.out_channels // layer.shared for layer in layers.values()]
        self.ranks = [len(layer.down) for layer in layers.values()]
        self.sizes = [maps, sum(self.widths), sum(self.widths), sum(self.ranks)]
        of_style = sum(2 * c + k * (k + 1) // 2 for c, k in taps.values()) + 3 + 6
        of_content = sum(2 * c for c, _ in taps.values()) + 3 + 6 + 6
        self.style, self.content = Standardise(of_style), Standardise(of_content)
        self.embed_style = nn.Linear(of_style, HIDDEN)
        self.embed_content = nn.Linear(of_content, HIDDEN, bias=False)
        self.hidden = nn.Linear(HIDDEN, HIDDEN)
        self.outputs = nn.Linear(HIDDEN, sum(self.sizes))

    def init_weights(self) -> None:
        """Every gain 1, every shift and mix 0, maps unmoved; blind to the content."""
        for layer in (self.embed_style, self.hidden):
            nn.init.kaiming_normal_(layer.weight, a=LEAK)
            nn.init.zeros_(layer.bias)
        for layer in (self.embed_content, self.outputs):
            nn.init.zeros_(layer.weight)
        nn.init.zeros_(self.outputs.bias)

    def forward(self, code: StyleCode, stats: ContentStats) -> PairOutputs:
        """One modulation for each layer.

        Args:
            code: of B styles or of one.
            stats: of B contents or of one.
        """
        dtype = self.hidden.weight.dtype
        x = self.embed_style(self.style(self.style_inputs(code)).to(dtype))
        x = x + self.embed_content(self.content(self.content_inputs(code, stats)).to(dtype))
        pair_embedding = activate(self.hidden(activate(x)))
        maps, gains, shifts, mixes = self.outputs(pair_embedding).split(self.sizes, 1)
        parts = zip(
            (1 + F.softsign(gains)).split(self.widths, 1),
            shifts.split(self.widths, 1),
            F.softsign(mixes).split(self.ranks, 1),
            strict=True,
        )
        layers = {name: Modulation(*part) for name, part in zip(self.names, parts, strict=True)}
        return PairOutputs(maps, layers, pair_embedding)

    def style_inputs(self, code: StyleCode) -> Tensor:
        """What is said of B styles: (B, N)."""
        parts = [part for tap in self.taps for part in _flat(code.transforms[tap])]
        return torch.cat(
            [*parts, code.colours.mean.flatten(1), upper_triangle(code.colours.cov)], 1
        )

    def content_inputs(self, code: StyleCode, stats: ContentStats) -> Tensor:
        """What is said of B contents, and of how far their colours are transferred: (B, M)."""
        own, goal = stats.colours, code.colours
        transfer = upper_triangle(transfer_matrix(own.cov, goal.cov))
        parts = [part.flatten(1) for tap in self.taps for part in stats.channels[tap]]
        parts = [*parts, own.mean.flatten(1), upper_triangle(own.cov), transfer]
        return torch.cat([part.expand(len(transfer), -1) for part in parts], 1)


def _flat(code: SCTCode) -> list[Tensor]:
    return [code.mean.flatten(1), code.std.flatten(1), upper_triangle(code.cov)]


def upper_triangle(matrix: Tensor) -> Tensor:
    """The upper triangles of symmetric matrices: (B, K, K) -> (B, K (K + 1) / 2)."""
    sizes = map(int, matrix.shape[1:])  # numbers, in traced graphs too
    rows, columns = torch.triu_indices(*sizes, device=matrix.device)
    return matrix[:, rows, columns]
