"""The small network for photos as it is used.

It starts from the contents in the colours of the styles, so codes and statistics hold colours.
"""

from torch import Tensor

from ccpl.models.lite.context import make_context
from ccpl.models.network import StyleTransferNet
from ccpl.models.statistics import (
    ContentMoments,
    ContentStats,
    Features,
    StyleCode,
    covariance_moments,
    covariance_stats,
    region_moments,
    region_stats,
)
from ccpl.models.window import Window


class PhotoNet(StyleTransferNet):
    """Moves colours and light, by places of the whole picture too."""

    def encode_style(self, style: Tensor) -> StyleCode:
        feats = self.encoder(style)
        regions = region_stats(feats["eighth"], style)
        return StyleCode(self.transform_codes(feats), covariance_stats(style), regions)

    def measure(self, feats: Features, content: Tensor, window: Window) -> ContentMoments:
        return (
            super()
            .measure(feats, content, window)
            ._replace(
                colours=covariance_moments(window.core_of(content)),
                regions=region_moments(feats["eighth"], content, window),
            )
        )

    def paint(
        self, feats: Features, content: Tensor, code: StyleCode, stats: ContentStats, window: Window
    ) -> Tensor:
        return self.decoder(feats, make_context(content, code, stats, window))
