"""The small networks as they are used: one that paints, one for photos.

Both start from the contents in the colours of the styles, so codes and statistics hold colours.
"""

import functools

import torch
from torch import Tensor

from ccpl.models.lite.context import make_context
from ccpl.models.network import StyleTransferNet
from ccpl.models.statistics import (
    ContentMoments,
    ContentStats,
    Features,
    StyleCode,
    colour_moments,
    colour_stats,
    region_moments,
    region_stats,
)
from ccpl.models.window import Box, Window, whole_window

GRAIN = 0.008  # deviation of the noise on contents that are painted


class PaintingNet(StyleTransferNet):
    """Paints: of artistic and perceptual mode.

    Its encoder sees contents with a faint grain. Where one is perfectly flat, nothing else tells
    the strokes where to go but the grid of the network.
    """

    def encode_style(self, style: Tensor) -> StyleCode:
        codes = self.transform_codes(self.encoder(style))
        return StyleCode(codes, colour_stats(style))

    def encode_content(self, content: Tensor, window: Window | None = None) -> Features:
        grain = GRAIN * grain_of(window or whole_window(content))
        return self.encoder(content + grain.to(content))

    def measure(self, feats: Features, content: Tensor, window: Window) -> ContentMoments:
        moments = super().measure(feats, content, window)
        return moments._replace(colours=colour_moments(window.core_of(content)))

    def paint(
        self, feats: Features, content: Tensor, code: StyleCode, stats: ContentStats, window: Window
    ) -> Tensor:
        return self.decoder(feats, make_context(content, code, stats, window))


class PhotoNet(StyleTransferNet):
    """Moves colours and light, by places of the whole picture too."""

    def encode_style(self, style: Tensor) -> StyleCode:
        feats = self.encoder(style)
        regions = region_stats(feats["eighth"], style)
        return StyleCode(self.transform_codes(feats), colour_stats(style), regions)

    def measure(self, feats: Features, content: Tensor, window: Window) -> ContentMoments:
        return (
            super()
            .measure(feats, content, window)
            ._replace(
                colours=colour_moments(window.core_of(content)),
                regions=region_moments(feats["eighth"], content, window),
            )
        )

    def paint(
        self, feats: Features, content: Tensor, code: StyleCode, stats: ContentStats, window: Window
    ) -> Tensor:
        return self.decoder(feats, make_context(content, code, stats, window))


def grain_of(window: Window) -> Tensor:
    """Normal noise for a piece of any picture, (1, 3, h, w): the same at every place."""
    tile, (top, bottom, left, right) = _grain_tile(), window.box
    side = tile.shape[2]
    above, before = top // side * side, left // side * side  # where tiles begin
    times = -(-(bottom - above) // side), -(-(right - before) // side)
    box = Box(top - above, bottom - above, left - before, right - before)
    return box.cut(tile.repeat(1, 1, *times))


@functools.lru_cache(maxsize=1)
@torch.inference_mode(False)  # kept for training too
def _grain_tile() -> Tensor:
    """(1, 3, 512, 512), repeated over larger pictures."""
    return torch.randn(1, 3, 512, 512, generator=torch.Generator().manual_seed(0))
