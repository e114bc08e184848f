"""Style-dependent gains and shifts for the decoder's layers, found once per style.

SCT gives the features the style's statistics; what the decoder makes of them may depend on the
style too (FiLM, Perez et al., AAAI 2018; for style transfer MicroAST, Wang et al., AAAI 2023).
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ccpl.models.sct import SCTCode, StyleCode

HIDDEN = 96  # units of the hidden layer
COLOUR_GAIN = 10  # covariances of colours in [0, 1] are small


class Modulation(NamedTuple):
    """x -> gain * x + shift, channel by channel."""

    gain: Tensor  # (B, C)
    shift: Tensor  # (B, C)

    def after(self, conv: nn.Conv2d, x: Tensor, *, repeat: int = 1) -> Tensor:
        """The convolution of (B, C', H, W), then this, without a pass of its own for one style.

        Args:
            repeat: neighbouring output channels that share an entry: the sub-pixels of a shuffle.
        """
        gain, shift = (part.repeat_interleave(repeat, 1) for part in self)
        if len(gain) == 1:
            weight = conv.weight * gain[0, :, None, None, None]
            bias = torch.addcmul(shift[0], conv.bias, gain[0])
            return F.conv2d(x, weight, bias, padding=conv.padding)
        return torch.addcmul(shift[..., None, None], conv(x), gain[..., None, None])


class StyleModulation(nn.Module):
    """A small network from style codes to one `Modulation` for every modulated layer.

    Args:
        taps: channels and rank of the SCTNet, by tap.
        widths: channels of the modulated layers.
    """

    def __init__(self, taps: dict[str, tuple[int, int]], widths: Sequence[int]) -> None:
        super().__init__()
        self.taps, self.widths = tuple(taps), tuple(widths)
        inputs = sum(2 * c + k * (k + 1) // 2 for c, k in taps.values()) + 3 + 6
        self.look = nn.Linear(inputs, HIDDEN)
        self.think = nn.Linear(HIDDEN, HIDDEN)
        self.tell = nn.Linear(HIDDEN, 2 * sum(widths))

    def start(self) -> None:
        """Initialise: every gain 1 and every shift 0."""
        for layer in (self.look, self.think):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)
        nn.init.zeros_(self.tell.weight)
        nn.init.zeros_(self.tell.bias)

    def forward(self, code: StyleCode) -> list[Modulation]:
        """One modulation for each layer, from a code with the entry "image"."""
        parts = [part for tap in self.taps for part in _flat(code[tap])]
        colours = code["image"]
        parts += [colours.mean.flatten(1), COLOUR_GAIN * _upper(colours.cov)]
        x = torch.cat(parts, 1)
        x = x.sign() * x.abs().log1p()  # the entries differ by orders of magnitude
        x = F.relu(self.look(x.to(self.look.weight.dtype)))
        told = self.tell(F.relu(self.think(x)))
        gains, shifts = (half.split(self.widths, 1) for half in told.chunk(2, 1))
        return [Modulation(1 + g, s) for g, s in zip(gains, shifts, strict=True)]


def _flat(code: SCTCode) -> list[Tensor]:
    return [code.mean.flatten(1), code.std.flatten(1), _upper(code.cov)]


def _upper(matrix: Tensor) -> Tensor:
    """The upper triangles of symmetric matrices: (B, K, K) -> (B, K (K + 1) / 2)."""
    rows, columns = torch.triu_indices(*matrix.shape[1:], device=matrix.device)
    return matrix[:, rows, columns]
