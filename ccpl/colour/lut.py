"""Colour look-up tables: a 3D lattice of colours, read by tetrahedral interpolation.

A curve for each channel may come before it, as in .cube files that hold both.
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

STRIP = 1 << 18  # colours interpolated at once: they stay in the cache


class Weights(NamedTuple):
    """The lattice points whose mean a colour is read as."""

    index: Tensor  # (M, 4) int64, red first: (r * size + g) * size + b
    share: Tensor  # (M, 4), each row sums to 1


@dataclass(frozen=True, eq=False)
class Curves:
    """One curve a channel.

    Args:
        table: (N, 3), evenly spaced from `low` to `high`.
        low, high: (3,), where the curves begin and end.
    """

    table: Tensor
    low: Tensor
    high: Tensor

    def apply(self, colours: Tensor) -> Tensor:
        """(M, 3) -> the same, linearly interpolated; what lies outside takes the end's value."""
        last = len(self.table) - 1
        place = _placed(colours, self.low, self.high) * last
        below = place.floor().clamp_max(last - 1)
        index, share = below.long(), place - below
        table = self.table.to(colours)
        return torch.lerp(table.gather(0, index), table.gather(0, index + 1), share)


@dataclass(frozen=True, eq=False)
class Lut:
    """A look as a table.

    Args:
        table: (N, N, N, 3) by red, green and blue; values may lie beyond [0, 1].
        low, high: (3,), the colours of the first and of the last lattice point.
        curves: what channels go through first.
        title: its name, "" if it has none.
    """

    table: Tensor
    low: Tensor
    high: Tensor
    curves: Curves | None = None
    title: str = ""

    @property
    def size(self) -> int:
        """Lattice points along a side."""
        return len(self.table)

    def __call__(self, images: Tensor) -> Tensor:
        """(B, 3, H, W), sRGB or whatever it is for -> the same shape, not clamped."""
        flat = images.movedim(1, -1).reshape(-1, 3)
        out = torch.cat([self._read(part) for part in flat.split(STRIP)])
        return out.view(*images.movedim(1, -1).shape).movedim(-1, 1)

    def _read(self, colours: Tensor) -> Tensor:
        if self.curves:
            colours = self.curves.apply(colours)
        weights = lattice_weights(_placed(colours, self.low, self.high), self.size)
        return interpolate(self.table.to(colours).view(-1, 3), weights)


def identity(size: int) -> Tensor:
    """The table (size, size, size, 3) that changes nothing."""
    steps = torch.linspace(0, 1, size)
    return torch.stack(torch.meshgrid(steps, steps, steps, indexing="ij"), -1)


def plain_lut(table: Tensor, title: str = "") -> Lut:
    """A table over [0, 1]."""
    return Lut(table, torch.zeros(3), torch.ones(3), title=title)


def lattice_weights(colours: Tensor, size: int) -> Weights:
    """Where colours (M, 3) in [0, 1] lie among size ** 3 lattice points.

    Of the cube around a colour only the tetrahedron counts that holds it: from the corner below,
    along the axis with the largest rest first, to the corner above. Neutral colours so depend on
    neutral points alone.
    """
    place = colours * (size - 1)
    corner = place.floor().clamp(0, size - 2)
    rest, order = (place - corner).sort(-1, descending=True)
    stride = torch.tensor([size * size, size, 1], device=colours.device)
    first = (corner.long() * stride).sum(-1, keepdim=True)
    index = torch.cat([first, first + stride[order].cumsum(-1)], -1)
    edges = torch.cat([torch.ones_like(rest[:, :1]), rest, torch.zeros_like(rest[:, :1])], -1)
    return Weights(index, edges[:, :-1] - edges[:, 1:])


def interpolate(table: Tensor, weights: Weights) -> Tensor:
    """The colours (M, 3) that a flat table (size ** 3, 3) has there."""
    corners = table[weights.index.flatten()].view(-1, 4, table.shape[-1])
    return (weights.share[:, None] @ corners)[:, 0]


def _placed(colours: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """Colours by their share of the way from `low` to `high`, in [0, 1]."""
    return ((colours - low.to(colours)) / (high - low).to(colours)).clamp(0, 1)
