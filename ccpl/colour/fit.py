"""One LUT for what happened to the colours of pictures: regularised least squares on its lattice.

What is fitted is the change of colour. It follows the data where there are any, bends as little as
it can between them, and fades to no change where there are none. Neutral colours keep their order.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ccpl.colour.difference import delta_e
from ccpl.colour.lut import (
    Lut,
    Weights,
    identity,
    interpolate,
    lattice_weights,
    plain_lut,
)

BINS = 64  # a side: colours nearer than that are averaged before the fit
JUDGED = 200_000  # pixels at most whose error is measured
BEND = 2.0  # weight of second differences, against data of weight 1 a bin on a lattice of 33
STRETCH = 1e-3  # of first differences
FADE = 1e-4  # of the change itself
COARSEST = 9  # points along the side that the fit begins with
ROUNDS = 60  # of conjugate gradients on every lattice
NEAR = 1.5  # lattice points around the neutral axis that move with it
WELL_FITTED = 3.0  # mean Delta E 2000 up to which a LUT counts as the look itself


class FitError(NamedTuple):
    """How far a LUT is from what it was fitted to, in Delta E 2000."""

    mean: float
    p95: float  # 95 % of the pixels are nearer than this

    def __str__(self) -> str:
        return f"Delta E 2000 mean {self.mean:.2f}, 95th percentile {self.p95:.2f}"

    @property
    def warning(self) -> str | None:
        """A sentence if the LUT is not the look."""
        if self.mean <= WELL_FITTED:
            return None
        return (
            f"A LUT cannot express this look well ({self}): it changes equal colours differently "
            "from place to place or from frame to frame."
        )


class FittedLut(NamedTuple):
    """A LUT and how well it does."""

    lut: Lut
    error: FitError


class ColourPairs:
    """Gathers colours before and after, picture by picture, in constant memory."""

    def __init__(self) -> None:
        self._sums = torch.zeros(BINS**3, 7, dtype=torch.float64)  # before, after, count
        self._kept: list[Tensor] = []

    def add(self, before: Tensor, after: Tensor) -> None:
        """Colours (M, 3) in [0, 1] and what became of them."""
        before, after = before.double(), after.double()
        key = (before * (BINS - 1)).round().long() @ torch.tensor([BINS * BINS, BINS, 1])
        ones = torch.ones(len(before), 1, dtype=torch.float64)
        self._sums.index_add_(0, key, torch.cat([before, after, ones], 1))
        pairs = torch.cat([before, after], 1).float()
        self._kept.append(pairs[:: max(1, len(pairs) // (JUDGED // 4))])
        if sum(map(len, self._kept)) > 2 * JUDGED:
            self._kept = [torch.cat(self._kept)[::2]]

    @property
    def bins(self) -> tuple[Tensor, Tensor, Tensor]:
        """Mean colours before and after, each (N, 3), and pixels (N,), of the bins in use."""
        used = self._sums[self._sums[:, 6] > 0]
        return used[:, :3] / used[:, 6:], used[:, 3:6] / used[:, 6:], used[:, 6]

    def error(self, lut: Lut) -> FitError:
        """How far the LUT is from these pairs."""
        pairs = torch.cat(self._kept)
        read = lut(pairs[:, :3, None, None])[..., 0, 0].clamp(0, 1)
        apart = delta_e(read, pairs[:, 3:])
        return FitError(float(apart.mean()), float(apart.quantile(0.95)))


def fit_lut(pairs: ColourPairs, size: int = 33, title: str = "") -> FittedLut:
    """The LUT that comes nearest to pairs of colours.

    Args:
        pairs: at least one.
        size: lattice points along a side.
    """
    before, after, count = pairs.bins
    weight = count.sqrt()  # else the sky alone would count
    weight = weight / weight.mean()
    sizes = [size]
    while sizes[0] > COARSEST:
        sizes.insert(0, (sizes[0] + 1) // 2)
    change = torch.zeros(sizes[0] ** 3, 3, dtype=torch.float64)
    for coarse, fine in zip([sizes[0], *sizes], sizes, strict=False):
        if fine != coarse:
            places = identity(fine).view(-1, 3).double()
            change = interpolate(change, lattice_weights(places, coarse))
        change = _solve(change, fine, lattice_weights(before, fine), weight, after - before)
    table = (identity(size).double() + change.view(size, size, size, 3)).clamp(0, 1)
    lut = plain_lut(_with_ordered_neutrals(table).float(), title)
    return FittedLut(lut, pairs.error(lut))


def _solve(start: Tensor, size: int, weights: Weights, weight: Tensor, goal: Tensor) -> Tensor:
    """The change (size ** 3, 3) on the lattice, by conjugate gradients from `start`."""
    index, shares = weights.index.flatten(), weights.share
    per_point = (33 / size) ** 3  # a coarse lattice has more data at every point
    bend = BEND * (size / 33) / per_point
    stretch, fade = STRETCH * (33 / size) / per_point, FADE / per_point

    def scatter(values: Tensor) -> Tensor:
        spread = (shares[..., None] * (weight[:, None] * values)[:, None]).view(-1, 3)
        return torch.zeros_like(start).index_add_(0, index, spread)

    def normal(x: Tensor) -> Tensor:
        cube = x.view(size, size, size, 3)
        out = fade * cube
        for axis in range(3):
            step = cube.diff(dim=axis)
            out = out + stretch * _undiff(step, axis)
            if size > 2:
                out = out + bend * _undiff(_undiff(step.diff(dim=axis), axis), axis)
        return scatter(interpolate(x, weights)) + out.view_as(x)

    scale = scatter(torch.ones_like(goal))[:, :1] + 18 * bend + 6 * stretch + fade
    return _conjugate_gradients(normal, scatter(goal), start, scale)


def _undiff(step: Tensor, axis: int) -> Tensor:
    """The transpose of `diff` along an axis."""
    zero = torch.zeros_like(step.narrow(axis, 0, 1))
    return -torch.cat([zero, step, zero], axis).diff(dim=axis)


def _conjugate_gradients(
    matrix: Callable[[Tensor], Tensor], goal: Tensor, x: Tensor, scale: Tensor
) -> Tensor:
    """Solve matrix(x) = goal for each of three columns; `scale` is about the matrix's diagonal."""
    rest = goal - matrix(x)
    size = rest / scale
    step, energy = size, (rest * size).sum(0)
    enough = 1e-10 * (goal.square() / scale).sum(0)
    for _ in range(ROUNDS):
        if (energy <= enough).all():
            break
        moved = matrix(step)
        length = energy / (step * moved).sum(0).clamp_min(1e-300)
        x, rest = x + length * step, rest - length * moved
        size = rest / scale
        energy, before = (rest * size).sum(0), energy
        step = size + energy / before.clamp_min(1e-300) * step
    return x


def _with_ordered_neutrals(table: Tensor) -> Tensor:
    """The table, its diagonal made to rise in every channel; what is near goes along."""
    size = len(table)
    points = torch.arange(size)
    neutral = table[points, points, points]
    move = torch.stack([_rising(neutral[:, i]) for i in range(3)], 1) - neutral
    if not move.any():
        return table
    place = identity(size).double() * (size - 1)
    along = place.mean(-1)
    away = (place - along[..., None]).square().sum(-1)
    below = along.floor().clamp_max(size - 2).long()
    moves = torch.lerp(move[below], move[below + 1], (along - below)[..., None])
    return (table + moves * torch.exp(-away / (2 * NEAR**2))[..., None]).clamp(0, 1)


def _rising(values: Tensor) -> Tensor:
    """The nearest sequence that never falls (pool adjacent violators)."""
    pools: list[list[float]] = []  # sum, count
    for value in values.tolist():
        pools.append([value, 1])
        while len(pools) > 1 and pools[-2][0] / pools[-2][1] > pools[-1][0] / pools[-1][1]:
            total, count = pools.pop()
            pools[-1][0] += total
            pools[-1][1] += count
    sums, counts = np.array(pools).T
    return torch.from_numpy(np.repeat(sums / counts, counts.astype(int)))
