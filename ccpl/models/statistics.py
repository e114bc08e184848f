"""What the networks know of whole pictures and styles, and how it is measured, piece by piece.

A picture is measured at once or in pieces: their moments merge exactly (Chan, Golub & LeVeque,
1979), and statistics are made of those of the whole.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple, TypeVar

import torch
from torch import Tensor

from ccpl.models.window import Box, Window, whole_window

EPS = 1e-5  # under the square root of every standard deviation
GRID = 8  # regions along each side, whatever the size of the picture

Features = dict[str, Tensor]  # by tap of an encoder, each (B, C, H, W)
Structure = TypeVar("Structure")


class ChannelStats(NamedTuple):
    """Mean and standard deviation of every channel over all positions."""

    mean: Tensor  # (B, C, 1, 1)
    std: Tensor  # (B, C, 1, 1)


class CovarianceStats(NamedTuple):
    """Mean and covariance of the channels, or of the colours, over all positions."""

    mean: Tensor  # (B, C, 1, 1)
    cov: Tensor  # (B, C, C)


class RegionStats(NamedTuple):
    """Means over GRID x GRID overlapping regions of a picture."""

    feats: Tensor  # (B, C, GRID, GRID)
    colours: Tensor  # (B, 6, GRID, GRID): of the colours and of their squares


class StyleCode(NamedTuple):
    """All that a network keeps of styles."""

    transforms: dict[str, NamedTuple]  # what each transform keeps, by tap
    colours: CovarianceStats | None = None  # for networks that start from a colour transfer
    regions: RegionStats | None = None  # for networks that look at regions


class ContentStats(NamedTuple):
    """All that a network must know of whole contents to stylize any piece of them."""

    channels: dict[str, ChannelStats | CovarianceStats]  # by tap, what its transform needs
    colours: CovarianceStats | None = None
    regions: RegionStats | None = None


class ChannelMoments(NamedTuple):
    """What `ChannelStats` are made of."""

    count: int  # positions
    mean: Tensor  # (B, C, 1, 1)
    scatter: Tensor  # (B, C, 1, 1): sum of squared deviations from the mean

    def merge(self, other: "ChannelMoments") -> "ChannelMoments":
        """Of two disjoint pieces together."""
        count, mean, gap, weight = _merged_means(self, other)
        return ChannelMoments(count, mean, self.scatter + other.scatter + weight * gap.square())

    def finish(self, *, eps: float = EPS) -> ChannelStats:
        """With `eps` added to the unbiased variance; one position alone has deviation sqrt(eps)."""
        return ChannelStats(self.mean, (self.scatter / max(self.count - 1, 1) + eps).sqrt())


class CovarianceMoments(NamedTuple):
    """What `CovarianceStats` are made of."""

    count: int  # positions
    mean: Tensor  # (B, C, 1, 1)
    scatter: Tensor  # (B, C, C): sum of products of deviations from the mean

    def merge(self, other: "CovarianceMoments") -> "CovarianceMoments":
        """Of two disjoint pieces together."""
        count, mean, gap, weight = _merged_means(self, other)
        gap = gap[..., 0]
        return CovarianceMoments(count, mean, self.scatter + other.scatter + weight * gap @ gap.mT)

    def finish(self, *, eps: float = 0.0) -> CovarianceStats:
        """With `eps` added to the variances."""
        cov = self.scatter / self.count
        if eps:
            cov = cov + eps * torch.eye(cov.shape[1], device=cov.device)
        return CovarianceStats(self.mean, cov)


class RegionMoments(NamedTuple):
    """What a piece adds to the `RegionStats` of its picture."""

    feats: Tensor  # (B, C, GRID, GRID)
    colours: Tensor  # (B, 6, GRID, GRID)

    def merge(self, other: "RegionMoments") -> "RegionMoments":
        """Of two disjoint pieces together."""
        return RegionMoments(self.feats + other.feats, self.colours + other.colours)

    def finish(self) -> RegionStats:
        return RegionStats(*self)


class ContentMoments(NamedTuple):
    """What `ContentStats` are made of."""

    channels: dict[str, ChannelMoments | CovarianceMoments]
    colours: CovarianceMoments | None = None
    regions: RegionMoments | None = None

    def merge(self, other: "ContentMoments") -> "ContentMoments":
        """Of two disjoint pieces of the same pictures together."""
        return ContentMoments(
            {tap: part.merge(other.channels[tap]) for tap, part in self.channels.items()},
            self.colours and self.colours.merge(other.colours),
            self.regions and self.regions.merge(other.regions),
        )

    def finish(self, *, eps: float = EPS) -> ContentStats:
        """Statistics, with `eps` added to the variances of channels."""
        return ContentStats(
            {tap: part.finish(eps=eps) for tap, part in self.channels.items()},
            self.colours and self.colours.finish(),
            self.regions and self.regions.finish(),
        )


def channel_moments(feats: Tensor) -> ChannelMoments:
    """Measure (B, C, H, W) in float32, whatever the precision of the features."""
    feats = feats.float()
    mean = feats.mean((2, 3), keepdim=True)
    # Two passes: torch.var_mean is twenty times slower in channels_last.
    scatter = (feats - mean).square().sum((2, 3), keepdim=True)
    return ChannelMoments(feats.shape[2] * feats.shape[3], mean, scatter)


def covariance_moments(feats: Tensor) -> CovarianceMoments:
    """Measure channels (B, C, H, W), or colours, in float32."""
    flat = feats.float().contiguous().flatten(2)
    mean = flat.mean(2, keepdim=True)
    centred = flat - mean
    return CovarianceMoments(flat.shape[2], mean[..., None], centred @ centred.mT)


def region_moments(feats: Tensor, image: Tensor, window: Window) -> RegionMoments:
    """Measure the core of a window, from the piece (B, 3, H, W) and its features (B, C, h, w)."""
    core = window.core_of(image)
    colours = torch.cat([core, core.square()], 1)
    return RegionMoments(
        region_means(window.core_of(feats), window.size, window.core),
        region_means(colours, window.size, window.core),
    )


def channel_stats(feats: Tensor, *, eps: float = EPS) -> ChannelStats:
    """Mean and standard deviation, each (B, C, 1, 1) in float32, of features (B, C, H, W)."""
    return channel_moments(feats).finish(eps=eps)


def covariance_stats(feats: Tensor, *, eps: float = 0.0) -> CovarianceStats:
    """Mean (B, C, 1, 1) and covariance (B, C, C), in float32, of channels (B, C, H, W)."""
    return covariance_moments(feats).finish(eps=eps)


def region_stats(feats: Tensor, image: Tensor) -> RegionStats:
    """What whole pictures (B, 3, H, W) and their features (B, C, h, w) hold in every region."""
    return region_moments(feats, image, whole_window(image)).finish()


def region_means(x: Tensor, size: tuple[int, int], box: Box) -> Tensor:
    """What a piece adds to the means over the regions, which are weighted by their splines.

    Args:
        x: (B, C, h, w), the piece at any resolution.
        size: of the whole picture, in pixels.
        box: of the piece.
    Returns:
        (B, C, GRID, GRID).
    """
    rows, columns = region_weights(x, size, box, normalised=True)
    return rows.mT @ x.float() @ columns


def region_weights(
    x: Tensor, size: tuple[int, int], box: Box, *, normalised: bool = False
) -> tuple[Tensor, Tensor]:
    """How much each region counts in the rows and in the columns of a piece (B, C, h, w).

    Args:
        x, size, box: see `region_means`.
        normalised: sum to 1 over all positions of the whole picture, not over the regions.
    Returns:
        (h, GRID) and (w, GRID).
    """
    scale = (box.bottom - box.top) // x.shape[2]
    result = []
    for pixels, start, stop in ((size[0], *box[:2]), (size[1], *box[2:])):
        weights = spline(pixels // scale)
        if normalised:  # a side of one position leaves regions empty
            weights = weights / weights.sum(0).clamp_min(1e-6)
        result.append(weights[start // scale : stop // scale].to(x.device))
    return result[0], result[1]


@lru_cache(maxsize=64)
@torch.inference_mode(False)  # kept for training too
def spline(count: int) -> Tensor:
    """How much each region counts at `count` positions along a side: (count, GRID).

    Cubic B-splines, the outermost continued outwards; every row sums to 1.
    """
    place = (torch.arange(count) + 0.5) * GRID / count - 0.5
    gap = (place[:, None] - torch.arange(-2, GRID + 2)).abs()
    near, far = 2 / 3 - gap.square() * (1 - gap / 2), (2 - gap).clamp_min(0) ** 3 / 6
    weights = torch.where(gap < 1, near, far)
    first, last = weights[:, :3].sum(1, keepdim=True), weights[:, -3:].sum(1, keepdim=True)
    return torch.cat([first, weights[:, 3:-3], last], 1)


def mix_codes(codes: Sequence[StyleCode], weights: Sequence[float]) -> StyleCode:
    """Blend styles by averaging their codes.

    Args:
        codes: codes of one network.
        weights: one non-negative number each, not all zero; only their ratios matter.
    """
    if len(codes) != len(weights) or not codes:
        raise ValueError(f"expected one weight per style, got {len(weights)} for {len(codes)}")
    total = float(sum(weights))
    if min(weights) < 0 or total <= 0:
        raise ValueError(f"expected weights >= 0 that are not all zero, got {list(weights)}")
    shares = [w / total for w in weights]
    return map_tensors(
        lambda *parts: sum(s * part for s, part in zip(shares, parts, strict=True)), *codes
    )


def map_tensors(function: Callable[..., Tensor], first: Structure, *others: Structure) -> Structure:
    """Apply a function to every tensor of codes or statistics, e.g. to move, slice or blend them.

    Args:
        function: gets the tensors at the same place of all structures.
        first, others: of one kind, with the same entries.
    """
    if first is None:
        return None
    if isinstance(first, Tensor):
        return function(first, *others)
    if isinstance(first, dict):
        return {k: map_tensors(function, v, *(o[k] for o in others)) for k, v in first.items()}
    parts = zip(first, *others, strict=True)
    return type(first)(*(map_tensors(function, *part) for part in parts))


def _merged_means(
    first: ChannelMoments | CovarianceMoments, second: ChannelMoments | CovarianceMoments
) -> tuple[int, Tensor, Tensor, float]:
    """Count and mean of both, the gap of their means, and how much its square adds to a scatter."""
    count, gap = first.count + second.count, second.mean - first.mean
    share = second.count / count
    return count, first.mean + share * gap, gap, share * first.count
