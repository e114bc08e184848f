"""Exact tiling: a large picture in pieces, equal to the whole.

All that the networks need of the whole picture is its statistics. So one pass over the tiles adds
them up, and a second stylizes each tile with them, overlapping by the reach of the network.
"""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from ccpl.models.colour import colour_stats
from ccpl.models.network import StyleTransferNet
from ccpl.models.regions import Window, region_stats
from ccpl.models.sct import ChannelStats, ContentStats, RegionStats, StyleCode


class Tile(NamedTuple):
    """A piece of the picture and its larger window, each (top, bottom, left, right) in pixels."""

    core: tuple[int, int, int, int]
    window: tuple[int, int, int, int]


def tiles(height: int, width: int, *, side: int, overlap: int, stride: int) -> Iterator[Tile]:
    """Cut a picture into cores of `side` pixels, each with a window `overlap` wider where it can.

    Args:
        side, overlap: pixels, rounded up to multiples of `stride`, as every origin is.
    """
    side, overlap = (-(-n // stride) * stride for n in (side, overlap))
    for top in range(0, height, side):
        for left in range(0, width, side):
            bottom, right = min(top + side, height), min(left + side, width)
            yield Tile(
                (top, bottom, left, right),
                (
                    max(top - overlap, 0), min(bottom + overlap, height),
                    max(left - overlap, 0), min(right + overlap, width),
                ),
            )  # fmt: skip


def tiled_stats(
    network: StyleTransferNet, content: Tensor, plan: list[Tile], *, seen: Tensor | None = None
) -> ContentStats:
    """`network.content_stats` of the whole picture (1, 3, H, W), from tiles, summed in float64."""
    seen = content if seen is None else seen
    size = content.shape[2:]
    sums: dict[str, list[Tensor]] = {}
    regions: list[RegionStats] = []
    count: dict[str, int] = {}
    for core, window in plan:
        feats = network.encoder(_cut(seen, window))
        for tap in network.sct:
            part = _core_of(feats[tap], core, window).double()
            total = [part.sum((2, 3), keepdim=True), part.square().sum((2, 3), keepdim=True)]
            old = sums.get(tap)
            sums[tap] = total if old is None else [a + b for a, b in zip(old, total, strict=True)]
            count[tap] = count.get(tap, 0) + part.shape[2] * part.shape[3]
        if network.region_tap:
            part = _core_of(feats[network.region_tap], core, window)
            regions.append(region_stats(part, _cut(content, core), Window(size, core)))
    stats: ContentStats = {"image": colour_stats(content)} if network.recolour else {}
    if regions:
        stats["regions"] = RegionStats(*map(sum, zip(*regions, strict=True)))
    for tap, (first, second) in sums.items():
        n, mean = count[tap], first / count[tap]
        var = (second / n - mean.square()).clamp_min(0) * (n / max(n - 1, 1))
        stats[tap] = ChannelStats(mean.float(), (var + network.sct[tap].eps).sqrt().float())
    return stats


def stylize_tiled(
    network: StyleTransferNet,
    content: Tensor,
    code: StyleCode,
    *,
    strength: float = 1.0,
    side: int = 1024,
    seen: Tensor | None = None,
) -> Tensor:
    """`network(content, code, seen=seen)` in bounded memory.

    Args:
        content: (1, 3, H, W) in [0, 1], sides multiples of the network's stride.
        code: one style.
        side: pixels of a tile's core.
        seen: what the encoder looks at, of the content's shape; the content unless given.
    Returns:
        (1, 3, H, W).
    """
    size = content.shape[2:]
    plan = list(tiles(*size, side=side, overlap=network.reach, stride=network.stride))
    seen = content if seen is None else seen
    stats = tiled_stats(network, content, plan, seen=seen)
    result = torch.empty_like(content)
    for core, window in plan:
        piece = network(
            _cut(content, window),
            code,
            strength=strength,
            stats=stats,
            seen=_cut(seen, window),
            window=Window(size, window),
        )
        _cut(result, core).copy_(_core_of(piece, core, window))
    return result


def _cut(image: Tensor, box: tuple[int, int, int, int]) -> Tensor:
    return image[..., box[0] : box[1], box[2] : box[3]]


def _core_of(feats: Tensor, core: tuple[int, ...], window: tuple[int, ...]) -> Tensor:
    """The part of a window's features (at any resolution) that belongs to the core."""
    scale = (window[1] - window[0]) // feats.shape[2]
    top, bottom = ((n - window[0]) // scale for n in core[:2])
    left, right = ((n - window[2]) // scale for n in core[2:])
    return feats[..., top:bottom, left:right]
