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
COLOUR_GAIN = 10  # covariances of colours in [0, 1] are small


class Modulation(NamedTuple):
    """What a style changes in one `StyledConv`."""

    gain: Tensor  # (B, C / shuffle ** 2)
    shift: Tensor  # (B, C / shuffle ** 2)
    mix: Tensor  # (B, rank)


class StyledConv(nn.Conv2d):
    """3x3 convolution: gain * (weight + up . mix . down) * x + shift, all but x given by the style.

    For one style everything is folded into one kernel, so a picture costs no more than without.

    Args:
        inputs, outputs: channels; the rank of what is added is half of `inputs`.
        shuffle: of the pixel shuffle that follows; its sub-pixels share gain and shift.
    """

    def __init__(self, inputs: int, outputs: int, *, shuffle: int = 1) -> None:
        super().__init__(inputs, outputs, 3, padding=1)
        rank = inputs // 2
        self.shared = shuffle**2
        self.down = nn.Parameter(torch.empty(rank, inputs, 3, 3))
        self.up = nn.Parameter(torch.empty(outputs, rank))
        for part in (self.down, self.up):
            nn.init.kaiming_normal_(part, nonlinearity="linear")

    def forward(self, x: Tensor, style: Modulation) -> Tensor:
        """(B, inputs, H, W) -> (B, outputs, H, W), for B styles or for one."""
        gain, shift = (part.repeat_interleave(self.shared, 1) for part in style[:2])
        if len(gain) == 1:
            added = (self.up * style.mix) @ self.down.flatten(1)
            weight = (self.weight + added.view_as(self.weight)) * gain[0, :, None, None, None]
            bias = torch.addcmul(shift[0], self.bias, gain[0])
            return F.conv2d(x, weight, bias, padding=self.padding)
        hidden = F.conv2d(x, self.down, padding=self.padding) * style.mix[..., None, None]
        result = super().forward(x) + F.conv2d(hidden, self.up[..., None, None])
        return torch.addcmul(shift[..., None, None], result, gain[..., None, None])


class StyleModulation(nn.Module):
    """A small network from style codes to one `Modulation` for every styled layer.

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
        self.look = nn.Linear(inputs, HIDDEN)
        self.think = nn.Linear(HIDDEN, HIDDEN)
        self.tell = nn.Linear(HIDDEN, sum(self.sizes))

    def start(self) -> None:
        """Initialise: every gain 1, every shift and mix 0."""
        for layer in (self.look, self.think):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)
        nn.init.zeros_(self.tell.weight)
        nn.init.zeros_(self.tell.bias)

    def forward(self, code: StyleCode) -> Iterator[Modulation]:
        """One modulation for each layer, from a code with the entry "image"."""
        parts = [part for tap in self.taps for part in _flat(code[tap])]
        colours = code["image"]
        parts += [colours.mean.flatten(1), COLOUR_GAIN * _upper(colours.cov)]
        x = torch.cat(parts, 1)
        x = x.sign() * x.abs().log1p()  # the entries differ by orders of magnitude
        x = F.relu(self.look(x.to(self.look.weight.dtype)))
        told = self.tell(F.relu(self.think(x))).split(self.sizes, 1)
        count = len(told) // 3
        for gain, shift, mix in zip(*(told[i * count :][:count] for i in range(3)), strict=True):
            yield Modulation(1 + gain, shift, mix)


def _flat(code: SCTCode) -> list[Tensor]:
    return [code.mean.flatten(1), code.std.flatten(1), _upper(code.cov)]


def _upper(matrix: Tensor) -> Tensor:
    """The upper triangles of symmetric matrices: (B, K, K) -> (B, K (K + 1) / 2)."""
    rows, columns = torch.triu_indices(*matrix.shape[1:], device=matrix.device)
    return matrix[:, rows, columns]
