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
from ccpl.models.statistics import ContentStats, StyleCode
from ccpl.models.transforms.sct import SCTCode

HIDDEN = 192  # units of the hidden layers
MOMENTUM = 0.01  # share of the newest pictures in the running statistics of the inputs
LEAST_VARIANCE = 1e-5  # of an input
LARGEST = 4.0  # deviations no input exceeds; gains multiply, so one odd style could blow them up


class Modulation(NamedTuple):
    """What is changed in one `StyledConv`, for each of B pictures."""

    gain: Tensor  # (B, C), between 0 and 2
    shift: Tensor  # (B, C)
    mix: Tensor  # (B, rank), between -1 and 1


class PairOutputs(NamedTuple):
    """What is said of B pairs of content and style."""

    maps: Tensor  # (B, maps), added to the colour maps everywhere
    layers: dict[str, Modulation]  # by the name of the layer
    pair_embedding: Tensor  # (B, HIDDEN), what both were made from


class StyledConv(Conv3x3):
    """3x3 convolution: gain * (weight + up . mix . down) * x + shift, all but x and weights given.

    It is folded into one kernel, so a picture costs no more than without; several on a GPU are not.

    Args:
        inputs, outputs: channels.
        rank: of what is added; half of `inputs` unless given.
    """

    convolve = staticmethod(conv3x3)  # x, weight, bias -> the result

    def __init__(self, inputs: int, outputs: int, *, rank: int | None = None) -> None:
        super().__init__(inputs, outputs)
        rank = rank or inputs // 2
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
        gain, shift, mix = modulation
        kernels = torch.cat([self.weight, self.down])
        own, mixed = self.convolve(x, kernels).split([len(self.weight), len(self.down)], 1)
        own = own + F.conv2d(mixed * mix[:, :, None, None], self.up[:, :, None, None])
        bias = torch.addcmul(shift, self.bias, gain)
        return torch.addcmul(bias[:, :, None, None], own, gain[:, :, None, None])

    def folded(self, x: Tensor, modulation: Modulation) -> Tensor:
        """`forward` for one modulation, with one kernel."""
        return self.convolve(x, *self.kernel(modulation))

    def kernel(self, modulation: Modulation) -> tuple[Tensor, Tensor]:
        """Weight (N, C, 3, 3) and bias (N,) of the plain convolution that one modulation makes."""
        gain, shift, mix = (part[0] for part in modulation)
        # One row for each output, its taps in the order of channels_last: no copies there.
        rows, down = (w.permute(0, 2, 3, 1).flatten(1) for w in (self.weight, self.down))
        rows = torch.addmm(rows, self.up * mix, down)
        weight = rows.unflatten(1, (3, 3, -1)).permute(0, 3, 1, 2) * gain[:, None, None, None]
        return weight, torch.addcmul(shift, self.bias, gain)


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
        self.widths = [layer.out_channels for layer in layers.values()]
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
