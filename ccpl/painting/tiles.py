"""Exact tiling: a large picture in pieces, equal to the whole.

All that the networks need of the whole picture is its statistics. So one pass over the tiles adds
them up, and a second stylizes each tile with them, overlapping by the reach of the network.
"""

from collections.abc import Generator, Iterator
from typing import Any, NamedTuple, TypeVar

import torch
from torch import Tensor

from ccpl.models import StyleCode, StyleTransferNet
from ccpl.models.window import Box, Window

Result = TypeVar("Result")


class Step(NamedTuple):
    """How far a picture is."""

    done: int
    total: int
    so_far: Any = None  # a result as good as it is by now, if there is one already


def finished(steps: Generator[Step, None, Result]) -> Result:
    """What a generator of steps returns in the end."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def tiles(height: int, width: int, *, side: int, overlap: int, stride: int) -> Iterator[Window]:
    """Cut a picture into cores of `side` pixels, each with a window `overlap` wider where it can.

    Args:
        side, overlap: pixels, rounded up to multiples of `stride`, as every origin is.
    """
    side, overlap = (-(-n // stride) * stride for n in (side, overlap))
    for top in range(0, height, side):
        for left in range(0, width, side):
            bottom, right = min(top + side, height), min(left + side, width)
            box = Box(
                max(top - overlap, 0), min(bottom + overlap, height),
                max(left - overlap, 0), min(right + overlap, width),
            )  # fmt: skip
            yield Window((height, width), box, Box(top, bottom, left, right))


def stylize_tiled(
    network: StyleTransferNet,
    content: Tensor,
    code: StyleCode,
    *,
    strength: float = 1.0,
    side: int = 1024,
) -> Tensor:
    """`network(content, code)` in bounded memory.

    Args:
        content: (1, 3, H, W) in [0, 1], sides multiples of the network's stride.
        code: one style.
        strength: 0 returns the content, 1 the full style.
        side: pixels of a tile's core.
    Returns:
        (1, 3, H, W).
    """
    return finished(tile_steps(network, content, code, strength=strength, side=side))


def tile_steps(
    network: StyleTransferNet, content: Tensor, code: StyleCode, *, strength: float, side: int
) -> Generator[Step, None, Tensor]:
    """`stylize_tiled`, a step after every tile that was measured or painted."""
    stride = network.stride
    windows = list(tiles(*content.shape[2:], side=side, overlap=network.reach, stride=stride))
    total = 2 * len(windows)
    moments = None
    for done, window in enumerate(windows, 1):
        own = network.survey_piece(window.box.cut(content), window)
        moments = own if moments is None else moments.merge(own)
        yield Step(done, total)
    stats = moments.finish(eps=network.eps)
    result = torch.empty_like(content)
    for done, window in enumerate(windows, len(windows) + 1):
        piece = window.box.cut(content)
        painted = network(piece, code, strength=strength, stats=stats, window=window)
        window.core.cut(result).copy_(window.core_of(painted))
        yield Step(done, total)
    return result
