"""Exact tiling: a large picture in pieces, equal to the whole.

All that the networks need of the whole picture is its statistics. So one pass over the tiles adds
them up, and a second stylizes each tile with them, overlapping by the reach of the network.
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from ccpl.models import StyleCode, StyleTransferNet
from ccpl.models.window import Box, Window


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
    stride = network.stride
    windows = list(tiles(*content.shape[2:], side=side, overlap=network.reach, stride=stride))
    stats = network.survey((window.box.cut(content), window) for window in windows)
    result = torch.empty_like(content)
    for window in windows:
        piece = window.box.cut(content)
        painted = network(piece, code, strength=strength, stats=stats, window=window)
        window.core.cut(result).copy_(window.core_of(painted))
    return result
