"""Style-Swap, Chen & Schmidt, 2016 (arXiv 1612.04337): every 3x3 patch of the content's features
gives way to the style's patch most like it, by normalised cross-correlation; overlaps are averaged.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ccpl.models.statistics import EPS, ChannelMoments, ChannelStats, channel_moments

PATCH = 3  # features a side
GRID = 32  # patches that are kept along each side of a style, whatever its size
ROWS = 8  # rows of the content that are compared at once


class StyleSwapCode(NamedTuple):
    """What is kept of a style."""

    patches: Tensor  # (B, GRID * GRID, C, PATCH, PATCH)


class StyleSwap(nn.Module):
    """Swap patches; nothing is learned and nothing of the whole content is needed.

    Args:
        eps: unused but for being told, as other transforms tell theirs.
    """

    margin = PATCH - 1

    def __init__(self, *, eps: float = EPS) -> None:
        super().__init__()
        self.eps = eps

    def encode_style(self, feats: Tensor) -> StyleSwapCode:
        """Patches at a grid of places of style features (B, C, H, W), sides above `margin`."""
        places = [
            torch.linspace(0, n - PATCH, GRID, device=feats.device).round().long()
            for n in feats.shape[2:]
        ]
        taps = torch.arange(PATCH, device=feats.device)
        rows, columns = (place[:, None] + taps for place in places)  # (GRID, PATCH)
        patches = feats[:, :, rows[:, None, :, None], columns[None, :, None, :]]
        return StyleSwapCode(patches.flatten(2, 3).transpose(1, 2))  # (B, N, C, PATCH, PATCH)

    def moments(self, feats: Tensor) -> ChannelMoments:
        """See `Transform`; they are not used."""
        return channel_moments(feats)

    def forward(
        self, feats: Tensor, code: StyleSwapCode, stats: ChannelStats | None = None
    ) -> Tensor:
        """(B, C, H, W) -> the same; see `Transform`."""
        patches = code.patches.expand(len(feats), -1, -1, -1, -1)
        pairs = zip(feats.split(1), patches, strict=True)
        return torch.cat([_swap(picture, own) for picture, own in pairs])


def _swap(feats: Tensor, patches: Tensor) -> Tensor:
    """Swap the patches of (1, C, H, W) for those of (N, C, PATCH, PATCH) most like them.

    Compared a few rows and laid down one tap at a time, so no patch of the content is ever copied.
    """
    kernels = patches / patches.flatten(1).norm(dim=1).clamp_min(1e-8)[:, None, None, None]
    border = PATCH // 2
    padded = F.pad(feats, (border,) * 4, mode="replicate")
    best = [
        F.conv2d(padded[:, :, top : top + ROWS + PATCH - 1], kernels).argmax(1)
        for top in range(0, feats.shape[2], ROWS)
    ]
    chosen = torch.cat(best, 1)[0]  # (H, W), numbers of patches
    height, width = chosen.shape
    summed = feats.new_zeros(height + 2 * border, width + 2 * border, feats.shape[1])
    counts = feats.new_zeros(*summed.shape[:2], 1)
    for y in range(PATCH):
        for x in range(PATCH):
            place = (slice(y, y + height), slice(x, x + width))
            summed[place] += F.embedding(chosen, patches[:, :, y, x])
            counts[place] += 1
    mean = (summed / counts)[border : border + height, border : border + width]
    return mean.permute(2, 0, 1)[None]
