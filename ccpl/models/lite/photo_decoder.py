"""The photo decoder: colours and light move, edges stay.

It starts from the contents in the colours of the styles and finds smooth maps of local colour
transforms: one set for dark and one for bright colours, each with a gain that takes the colour
transfer back. A look at the regions of the whole picture moves the maps too.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ccpl.models.lite.colour import apply_colour_maps
from ccpl.models.lite.context import Context
from ccpl.models.lite.layers import Conv3x3, activate, blocks_of
from ccpl.models.lite.modulation import PairModulation, StyledBlock, StyledConv, styled_layers
from ccpl.models.lite.regions import RegionNet, spread_regions
from ccpl.models.statistics import Features

MAPS = 2 * 13  # of dark and of bright colours: nine of a matrix, three offsets, one gain


class PhotoDecoder(nn.Module):
    """From stylized features and the picture to the stylized picture.

    Args:
        widths: channels at 1/4 and at 1/8, as in the encoder.
        blocks: inner channels of the residual blocks at 1/8 and at 1/4.
        ranks: of the SCTNets at 1/4 and at 1/8.
    """

    def __init__(
        self, widths: Sequence[int], blocks: Sequence[Sequence[int]], ranks: Sequence[int]
    ) -> None:
        super().__init__()
        (quarter, eighth), (deep, shallow) = widths, blocks
        taps = dict(zip(("quarter", "eighth"), zip(widths, ranks, strict=True), strict=True))
        self.blocks = nn.ModuleList(StyledBlock(eighth, inner) for inner in deep)
        self.narrow = StyledConv(eighth, quarter)
        self.embed_base = nn.Conv2d(2 * 48, quarter, 1)
        self.merge = nn.ModuleList(StyledBlock(quarter, inner) for inner in shallow)
        self.recolour = Conv3x3(quarter, MAPS)
        self.regions = RegionNet(eighth, quarter)
        self.modulation = PairModulation(taps, styled_layers(self), MAPS)

    def init_weights(self) -> None:
        """No change of the picture it starts from."""
        self.modulation.init_weights()
        self.regions.init_weights()
        nn.init.zeros_(self.embed_base.weight)
        nn.init.zeros_(self.recolour.weight)

    def forward(self, feats: Features, context: Context) -> Tensor:
        """Decode stylized features "quarter" and "eighth".

        Returns:
            (B, 3, H, W), meant for [0, 1] but not clamped.
        """
        return self.recolour_by(self.colour_maps(feats, context), context)

    def recolour_by(self, maps: Tensor, context: Context) -> Tensor:
        """Apply maps as `colour_maps` makes them; returns (B, 3, H, W)."""
        content, base = context.content, context.base
        tone = base.mean(1, keepdim=True).clamp(0, 1)
        return base + apply_colour_maps(maps, base, [content - base], tone=tone)

    def colour_maps(self, feats: Features, context: Context) -> Tensor:
        """Maps of local colour transforms, (B, MAPS, H/4, W/4), from stylized features."""
        content, base, code, stats, window = context
        global_maps, layers, pair_embedding = self.modulation(code, stats)
        region_feats, region_maps = self.regions(code, stats, pair_embedding)
        x = feats["eighth"]
        for i, block in enumerate(self.blocks):
            x = block(x, layers[f"blocks.{i}.first"], layers[f"blocks.{i}.second"])
        x = self.narrow(x, layers["narrow"])
        x = F.interpolate(x, scale_factor=2, mode="nearest") + feats["quarter"]
        back = content - base  # stylized features do not hold how far the transfer went
        pixels = torch.cat([base - 0.5, back], 1)
        x = x + self.embed_base(blocks_of(pixels).to(x.dtype))
        x = x + spread_regions(region_feats, x, window)
        for i, block in enumerate(self.merge):
            x = block(x, layers[f"merge.{i}.first"], layers[f"merge.{i}.second"])
        maps = self.recolour(activate(x)) + global_maps[..., None, None]
        return maps + spread_regions(region_maps, x, window)
