"""The painting decoder: colours move, and a layer of paint lies on top.

It starts from the contents in the colours of the styles and finds smooth maps of local colour
transforms, each with a gain of how much fine detail of the picture shows; the paint is finished at
1/2 resolution.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ccpl.models.lite.colour import apply_colour_maps
from ccpl.models.lite.context import Context
from ccpl.models.lite.layers import Conv3x3, activate, blocks_of, conv3x3, pixels_of, soften
from ccpl.models.lite.modulation import (
    Modulation,
    PairModulation,
    StyledBlock,
    StyledConv,
    level,
    styled_layers,
)
from ccpl.models.statistics import Features

MAPS = 13  # nine of a matrix, three offsets, one gain


class PaintingDecoder(nn.Module):
    """From stylized features and the picture to the stylized picture.

    Args:
        widths: channels at 1/4 and at 1/8, as in the encoder.
        blocks: inner channels of the residual blocks at 1/8 and at 1/4.
        ranks: of the SCTNets at 1/4 and at 1/8.
        paint_width: channels at 1/2 resolution of the paint head.
    """

    def __init__(
        self,
        widths: Sequence[int],
        blocks: Sequence[Sequence[int]],
        ranks: Sequence[int],
        paint_width: int,
    ) -> None:
        super().__init__()
        (quarter, eighth), (deep, shallow) = widths, blocks
        taps = dict(zip(("quarter", "eighth"), zip(widths, ranks, strict=True), strict=True))
        self.blocks = nn.ModuleList(StyledBlock(eighth, inner) for inner in deep)
        self.narrow = StyledConv(eighth, quarter)
        self.embed_base = nn.Conv2d(48, quarter, 1)
        self.merge = nn.ModuleList(StyledBlock(quarter, inner) for inner in shallow)
        self.recolour = Conv3x3(quarter, MAPS)
        self.paint = PaintHead(quarter, paint_width)
        self.spread = nn.Parameter(torch.zeros(3, 3))
        self.modulation = PairModulation(taps, styled_layers(self), MAPS)

    def init_weights(self) -> None:
        """No change of the picture it starts from."""
        self.modulation.init_weights()
        nn.init.zeros_(self.embed_base.weight)
        nn.init.zeros_(self.recolour.weight)
        self.paint.init_weights()

    def forward(self, feats: Features, context: Context) -> Tensor:
        """Decode stylized features "quarter" and "eighth".

        Returns:
            (B, 3, H, W), meant for [0, 1] but not clamped.
        """
        base, code = context.base, context.code
        global_maps, layers, _ = self.modulation(code, context.stats)
        x = feats["eighth"]
        for i, block in enumerate(self.blocks):
            x = block(x, layers[f"blocks.{i}.first"], layers[f"blocks.{i}.second"])
        x = self.narrow(x, layers["narrow"])
        x = F.interpolate(x, scale_factor=2, mode="nearest") + feats["quarter"]
        x = x + self.embed_base(blocks_of(base - 0.5).to(x.dtype))
        for i, block in enumerate(self.merge):
            x = block(x, layers[f"merge.{i}.first"], layers[f"merge.{i}.second"])
        x = activate(x)
        maps = self.recolour(x) + global_maps[..., None, None]
        maps = maps + self.spread_maps(code.colours.mean)[..., None, None]
        detail = base - soften(base, step=2)
        recoloured = base + apply_colour_maps(maps, base, [detail])
        return recoloured + self.paint(x, layers["paint.expand"], layers["paint.smooth"])

    def spread_maps(self, centre: Tensor) -> Tensor:
        """Maps (B, MAPS) that move colours by `spread` about the styles' means (B, 3, 1, 1)."""
        centre = centre.flatten(1).to(self.spread.dtype)
        matrix = self.spread.flatten().expand(len(centre), -1)
        return torch.cat([matrix, -centre @ self.spread.mT, torch.zeros_like(centre[:, :1])], 1)


class PaintHead(nn.Module):
    """A layer of paint: finished at 1/2 resolution, because a shuffle of 4 leaves a grid.

    The kernels before both shuffles are level: a flat place is painted without any grid.
    """

    def __init__(self, quarter: int, width: int) -> None:
        super().__init__()
        self.expand = StyledConv(quarter, 4 * width, shuffle=2)
        self.smooth = StyledConv(width, width)
        self.finish = Conv3x3(width, 12)

    @torch.no_grad()
    def init_weights(self) -> None:
        """ICNR: equal weights for the sub-pixels of a block, so no grid; and no paint yet."""
        for weight in (self.expand.weight, self.expand.up):
            weight.copy_(weight[::4].repeat_interleave(4, 0))
        self.finish.weight.zero_()

    def forward(self, x: Tensor, expand: Modulation, smooth: Modulation) -> Tensor:
        """(B, quarter, H / 4, W / 4) -> (B, 3, H, W)."""
        x = F.relu(F.pixel_shuffle(self.expand(x, expand), 2), inplace=True)
        x = F.relu(self.smooth(x, smooth), inplace=True)
        finish = self.finish
        x = conv3x3(x, level(finish.weight, 4), level(finish.bias, 4))
        return soften(pixels_of(x))
