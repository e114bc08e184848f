"""Regions of a picture, each seeing all others and those of the style.

Convolutions of a short reach do not see whether a sky is above or below, nor what else is in the
picture. So a small transformer (Vaswani et al., NeurIPS 2017) looks at means over overlapping
regions and says what to add to them, smoothly from one to the next: the global stream of HDRNet
(Gharbi et al., SIGGRAPH 2017), but with places.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from ccpl.models.lite.colour import FLOOR, transfer_colours, triangular_root
from ccpl.models.lite.modulation import HIDDEN, Standardise
from ccpl.models.statistics import (
    GRID,
    ContentStats,
    CovarianceStats,
    RegionStats,
    StyleCode,
    region_weights,
)
from ccpl.models.window import Window

WIDTH = 128  # channels of the transformer
HEADS = 4
LAYERS = 4


class RegionOutputs(NamedTuple):
    """What is added to the regions of B contents."""

    feats: Tensor  # (B, outputs, GRID, GRID)
    maps: Tensor  # (B, 26, GRID, GRID): the colour maps for dark, then those for bright colours


def spread_regions(regions: Tensor, like: Tensor, window: Window) -> Tensor:
    """From regions of whole pictures to the positions of a piece of them.

    Args:
        regions: (B, C, GRID, GRID).
        like: (B, _, h, w), the piece at any resolution.
        window: of the piece.
    Returns:
        (B, C, h, w) in channels_last.
    """
    weights = region_weights(like, window.size, window.box)
    rows, columns = (part.to(regions.dtype) for part in weights)
    lines = rows @ regions.permute(0, 2, 3, 1).flatten(2)  # (B, h, GRID * C)
    return (columns @ lines.unflatten(2, (GRID, -1))).permute(0, 3, 1, 2)


class RegionNet(nn.Module):
    """From the regions of contents and styles to what is added to those of the contents.

    Colours move in units of the deviations of the style's, so nothing has to be learned colour by
    colour.

    Args:
        width: channels of the features it looks at.
        outputs: channels of the features it adds to.
    """

    def __init__(self, width: int, outputs: int) -> None:
        super().__init__()
        inputs = width + 9
        self.inputs = Standardise(inputs)
        self.embed = nn.Linear(inputs, WIDTH)
        self.place = nn.Parameter(torch.empty(GRID, GRID // 2, WIDTH))  # left; right mirrors it
        self.side = nn.Parameter(torch.empty(2, 1, WIDTH))  # content, style
        self.pair = nn.Linear(HIDDEN, WIDTH, bias=False)
        self.layers = nn.Sequential(
            *(
                nn.TransformerEncoderLayer(
                    WIDTH, HEADS, 2 * WIDTH, 0.0, "gelu", batch_first=True, norm_first=True
                )
                for _ in range(LAYERS)
            )
        )
        self.norm = nn.LayerNorm(WIDTH)
        self.sizes = [outputs, 2 * 13, 2 * 3]  # features, maps and moves of two tones
        self.outputs = nn.Linear(WIDTH, sum(self.sizes))

    def init_weights(self) -> None:
        """Nothing is added."""
        for part in (self.place, self.side):
            nn.init.normal_(part, std=0.3)
        nn.init.zeros_(self.outputs.weight)
        nn.init.zeros_(self.outputs.bias)

    def forward(
        self, code: StyleCode, stats: ContentStats, pair_embedding: Tensor
    ) -> RegionOutputs:
        """Look at the regions of contents and styles.

        Args:
            code: of B styles or of one.
            stats: of B contents or of one.
            pair_embedding: of the modulation, (B, HIDDEN).
        """
        count, goal = len(pair_embedding), code.colours
        tokens = [
            _tokens(part.regions, part.colours, goal).expand(count, -1, -1)
            for part in (stats, code)
        ]
        x = self.inputs(torch.cat(tokens, 1).flatten(0, 1)).to(pair_embedding.dtype)
        # Told left from right, it gave the right of most pictures a colour of its own.
        place = torch.cat([self.place, self.place.flip(1)], 1).flatten(0, 1)
        x = self.embed(x).unflatten(0, (count, 2, -1)) + place + self.side
        x = self.layers(x.flatten(1, 2) + self.pair(pair_embedding)[:, None])
        own, _ = self.norm(x).chunk(2, 1)
        feats, maps, moves = self.outputs(own).float().split(self.sizes, 2)
        units = triangular_root(goal.cov + FLOOR * torch.eye(3, device=x.device)).mT
        offsets = moves.unflatten(2, (2, 3)) @ units[:, None]
        matrix, offset, gain = maps.unflatten(2, (2, 13)).split([9, 3, 1], 3)
        maps = torch.cat([matrix, offset + offsets, gain], 3).flatten(2)
        return RegionOutputs(
            *(part.to(x.dtype).mT.unflatten(2, (GRID, GRID)) for part in (feats, maps))
        )


def _tokens(regions: RegionStats, own: CovarianceStats, goal: CovarianceStats) -> Tensor:
    """Of every region its features, colours, their deviations, and the colours once transferred.

    Returns:
        (B, GRID * GRID, C + 9).
    """
    mean, square = regions.colours.chunk(2, 1)
    deviation = (square - mean.square()).clamp_min(1e-6).sqrt()
    transferred = transfer_colours(mean, own, goal)
    return torch.cat([regions.feats, mean, deviation, transferred], 1).flatten(2).mT
