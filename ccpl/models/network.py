"""StyleTransferNet: encoder, transform at every tap, decoder; one forward for all uses.

Its public steps: `encode_style`; a pass over whole contents, `content_stats` or, piece by piece,
`survey`; and `forward`, which stylizes contents or any window of them given both.
"""

import functools
from collections.abc import Iterable, Mapping

import torch
from torch import Tensor, nn

from ccpl.config import ModelConfig
from ccpl.models.statistics import (
    ContentMoments,
    ContentStats,
    Features,
    StyleCode,
)
from ccpl.models.transforms import Transform, TransformCode
from ccpl.models.window import Window, whole_window


class StyleTransferNet(nn.Module):
    """What all networks share; each says in `paint` how its decoder is called.

    Args:
        config: what built it.
        encoder: pictures (B, 3, H, W) -> features by tap.
        transforms: by tap.
        decoder: stylized features -> picture.
        reach: pixels around a place that its result depends on, apart from the statistics.
    """

    stride = 8  # the sides of every picture must be multiples of it

    def __init__(
        self,
        config: ModelConfig,
        encoder: nn.Module,
        transforms: Mapping[str, Transform],
        decoder: nn.Module,
        *,
        reach: int,
    ) -> None:
        super().__init__()
        self.config = config
        self.encoder = encoder
        self.transforms = nn.ModuleDict(transforms)
        self.decoder = decoder
        self.reach = reach
        (self.eps,) = {transform.eps for transform in transforms.values()}

    def encode_style(self, style: Tensor) -> StyleCode:
        """Reduce style pictures (B, 3, H, W) in [0, 1] to codes.

        The sides are multiples of `stride` for lite; vgg19 takes any size.
        """
        return StyleCode(self.transform_codes(self.encoder(style)))

    def transform_codes(self, feats: Features) -> dict[str, TransformCode]:
        """What every transform keeps of style features."""
        return {tap: t.encode_style(feats[tap]) for tap, t in self.transforms.items()}

    def encode_content(self, content: Tensor, window: Window | None = None) -> Features:
        """Features of contents (B, 3, H, W) in [0, 1], or of the piece `window` of them."""
        return self.encoder(content)

    def measure(self, feats: Features, content: Tensor, window: Window) -> ContentMoments:
        """What the core of a piece adds to the statistics of the whole contents."""
        return ContentMoments(
            {tap: t.moments(window.core_of(feats[tap])) for tap, t in self.transforms.items()}
        )

    def content_stats(self, feats: Features, content: Tensor) -> ContentStats:
        """Statistics of whole contents (B, 3, H, W), from them and from their features."""
        return self.measure(feats, content, whole_window(content)).finish(eps=self.eps)

    def survey(self, pieces: Iterable[tuple[Tensor, Window]]) -> ContentStats:
        """The same from pieces (B, 3, h, w), each with its window; their cores make up the whole.

        Only one piece is held at a time.
        """
        moments = (self.survey_piece(*piece) for piece in pieces)
        return functools.reduce(ContentMoments.merge, moments).finish(eps=self.eps)

    def survey_piece(self, piece: Tensor, window: Window) -> ContentMoments:
        """What the core of one piece (B, 3, h, w) adds."""
        return self.measure(self.encode_content(piece, window), piece, window)

    def forward(
        self,
        content: Tensor,
        code: StyleCode,
        *,
        strength: Tensor | float = 1.0,
        stats: ContentStats | None = None,
        window: Window | None = None,
    ) -> Tensor:
        """Stylize.

        Args:
            content: (B, 3, H, W) in [0, 1], sides multiples of `stride`.
            code: from `encode_style`, of B styles or of one.
            strength: scalar or (B, 1, 1, 1); 0 is the content, 1 the full style.
            stats: of the whole contents; measured here unless given.
            window: the piece of the whole that the contents are, if `stats` are of the whole.
        Returns:
            (B, 3, H, W), meant for [0, 1] but not clamped.
        """
        feats = self.encode_content(content, window)
        return self.decode(feats, content, code, strength=strength, stats=stats, window=window)

    def decode(
        self,
        feats: Features,
        content: Tensor,
        code: StyleCode,
        *,
        strength: Tensor | float = 1.0,
        stats: ContentStats | None = None,
        window: Window | None = None,
    ) -> Tensor:
        """`forward` from features that are at hand already."""
        content = content.contiguous()  # sums of mixed memory formats are ten times slower
        stats = stats or self.content_stats(feats, content)
        styled = self.transform(feats, code, stats)
        painted = self.paint(styled, content, code, stats, window or whole_window(content))
        return blend(content, painted, strength)

    def transform(self, feats: Features, code: StyleCode, stats: ContentStats) -> Features:
        """Stylized features from those of contents."""
        return {
            tap: transform(feats[tap], code.transforms[tap], stats.channels[tap])
            for tap, transform in self.transforms.items()
        }

    def paint(
        self, feats: Features, content: Tensor, code: StyleCode, stats: ContentStats, window: Window
    ) -> Tensor:
        """Pictures (B, 3, H, W) at full strength from stylized features and what else is known."""
        raise NotImplementedError


def blend(start: Tensor, end: Tensor, share: Tensor | float) -> Tensor:
    """Exactly `start` at share 0 and `end` at 1, in the precision of `start`."""
    if isinstance(share, float) and share == 1:
        return end.to(start.dtype)
    share = share.to(start.dtype) if isinstance(share, Tensor) else share
    return torch.lerp(start, end.to(start.dtype), share)
