"""PainterNet: a draft of the whole picture, revised at every doubling up to full size.

Strokes belong to the picture, not to the pixel: whatever its size, a picture is drafted at the same
working size, and every doubling only adds what the smaller one could not show.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import NamedTuple, Protocol

import torch.nn.functional as F
from torch import Tensor, nn

from ccpl.config import ModelConfig
from ccpl.models.network import blend
from ccpl.models.painter.draft import STRIDE, DraftCode, DraftNet
from ccpl.models.painter.revision import Revision

WORKING_SIDE = 160  # short side, in pixels, at which pictures are drafted at stroke size 1
LONGEST = 4  # no draft is longer than this many working sides
LEAST_SIDE = 16  # of a draft, in pixels
STYLE_SIDE = 512  # short side at which styles are encoded


class PainterCode(NamedTuple):
    """All that the network keeps of styles."""

    draft: DraftCode
    fine: dict[str, Tensor]  # (B, N) by revision: what the style is like in detail


class PainterNet(nn.Module):
    """Draft and revise.

    Args:
        config: what built it.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        encoder_blocks, decoder_blocks = config.draft_blocks
        self.draft = DraftNet(
            config.draft_widths,
            encoder_blocks=encoder_blocks,
            decoder_blocks=decoder_blocks,
            rank=config.draft_rank,
            transform=config.transform,
        )
        strokes, grain = config.revision_widths
        size = self.draft.embedding_size
        self.revisions = nn.ModuleDict(
            {
                "strokes": Revision(size, strokes, deep=True),  # the first doubling
                "grain": Revision(size, grain, deep=False),  # all others
            }
        )

    def encode_style(self, style: Tensor) -> PainterCode:
        """Reduce style pictures (B, 3, H, W) in [0, 1] to codes.

        Their short side should be STYLE_SIDE, and the sides even.
        """
        half = F.avg_pool2d(style, 2)
        views = {"strokes": half, "grain": style}
        fine = {name: self.revisions[name].encode_style(view) for name, view in views.items()}
        size = working_size(style.shape[2:], 1)
        return PainterCode(self.draft.encode_style(resize(half, size)), fine)

    def forward(
        self,
        content: Tensor,
        code: PainterCode,
        *,
        strength: Tensor | float = 1.0,
        stroke_size: float = 1.0,
    ) -> Tensor:
        """Stylize.

        Args:
            content: (B, 3, H, W) in [0, 1], of any size.
            code: from `encode_style`, of B styles or of one.
            strength: scalar or (B, 1, 1, 1); 0 is the content, 1 the full style.
            stroke_size: 1 is natural, 0.5 half as large, 2 twice.
        Returns:
            (B, 3, H, W), meant for [0, 1] but not clamped.
        """
        painter = StyledPainter(self, code)
        return paint(painter, content, strength=strength, stroke_size=stroke_size)

    def draft_at(self, size: tuple[int, int], content: Tensor, code: PainterCode) -> Tensor:
        """The draft of contents (B, 3, H, W) at height and width `size`, in [0, 1]."""
        return self.draft(resize(content, size), code.draft).clamp(0, 1)

    def revise(self, picture: Tensor, content: Tensor, code: PainterCode, index: int) -> Tensor:
        """One level of revision.

        Args:
            picture: (B, 3, H, W), what there is so far, enlarged to this size.
            content: the same shape.
            code: of B styles or of one.
            index: of the level, counted from the draft on; all but the first are revised alike.
        """
        name = revision_at(index)
        revision = self.revisions[name]
        changes = revision.modulations(code.draft.embedding, code.fine[name])
        return revise_evenly(partial(revision, changes=changes), picture, content)


class StyledPainter(NamedTuple):
    """A network and the styles that it paints in."""

    network: PainterNet
    code: PainterCode

    def draft_at(self, size: tuple[int, int], content: Tensor) -> Tensor:
        return self.network.draft_at(size, content, self.code)

    def revise(self, picture: Tensor, content: Tensor, index: int) -> Tensor:
        return self.network.revise(picture, content, self.code, index)


class Painter(Protocol):
    """Paints in styles that are settled; see `PainterNet` for the steps."""

    def draft_at(self, size: tuple[int, int], content: Tensor) -> Tensor:
        """The draft of contents (B, 3, H, W) at height and width `size`, in [0, 1]."""

    def revise(self, picture: Tensor, content: Tensor, index: int) -> Tensor:
        """One level of revision, of pictures (B, 3, H, W) enlarged to the size of the contents."""


def paint(
    painter: Painter,
    content: Tensor,
    *,
    strength: Tensor | float = 1.0,
    stroke_size: float = 1.0,
) -> Tensor:
    """A draft, then every level of revision; see `PainterNet.forward`."""
    size = working_size(content.shape[2:], stroke_size)
    levels = pyramid(content, size)
    picture = painter.draft_at(size, levels[0] if levels else content)
    for index, level in enumerate(levels):
        picture = painter.revise(resize(picture, level.shape[2:]), level, index)
    return blend(content, resize(picture, content.shape[2:]), strength)


def revision_at(index: int) -> str:
    """The name of the revision at a level, counted from the draft on."""
    return "grain" if index else "strokes"


def revise_evenly(
    revision: Callable[[Tensor, Tensor], Tensor], picture: Tensor, content: Tensor
) -> Tensor:
    """Call a revision with sides made even, and cut what it returns to the size it had."""
    height, width = content.shape[2:]
    odd = (0, width % 2, 0, height % 2)
    if any(odd):
        picture, content = (F.pad(x, odd, mode="replicate") for x in (picture, content))
    return revision(picture, content)[..., :height, :width]


def working_size(size: tuple[int, int], stroke_size: float) -> tuple[int, int]:
    """Height and width of the draft of a picture of that size, multiples of STRIDE."""
    side = WORKING_SIDE / stroke_size
    scale = min(side / min(size), LONGEST * side / max(size))
    return tuple(max(LEAST_SIDE, round(n * scale / STRIDE) * STRIDE) for n in size)


def pyramid(content: Tensor, draft_size: tuple[int, int]) -> list[Tensor]:
    """The content at every level of revision, the smallest first; none if the draft is as large.

    Args:
        content: (B, 3, H, W).
        draft_size: height and width; the first level is at most about twice as large.
    """
    ratio = max(n / d for n, d in zip(content.shape[2:], draft_size, strict=True))
    count = max(1, math.ceil(math.log2(ratio) - 0.1)) if ratio > 1.02 else 0  # sides are rounded
    levels = [content][:count]
    while len(levels) < count:
        levels.append(F.avg_pool2d(levels[-1], 2, ceil_mode=True, count_include_pad=False))
    return levels[::-1]


def resize(image: Tensor, size: tuple[int, int]) -> Tensor:
    """Stretch (B, C, H, W) to that height and width, bilinearly; not below half."""
    return image if image.shape[2:] == size else F.interpolate(image, size=size, mode="bilinear")
