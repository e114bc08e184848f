"""A painter for one style: all that the style changes in a PainterNet is folded into its kernels.

No modulator, no style encoder and no matrix of the SCT is left, so it is smaller and a little
faster, and it may be tuned to the style by itself.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ccpl.config import ModelConfig
from ccpl.models.lite.layers import Conv3x3, activate
from ccpl.models.lite.modulation import Modulation
from ccpl.models.painter import guided
from ccpl.models.painter.draft import EPS, Affine, DraftBlock, DraftEncoder, DraftNet
from ccpl.models.painter.layers import UpConv3x3, normalise
from ccpl.models.painter.network import (
    PainterCode,
    PainterNet,
    paint,
    resize,
    revise_evenly,
    revision_at,
)
from ccpl.models.painter.revision import INPUTS, Revision, finished, revision_input


class FixedCode(NamedTuple):
    """What a FixedPainter needs to know of its style: nothing, it is in the kernels."""


class FixedDraft(DraftEncoder):
    """A DraftNet in one style.

    Args:
        widths: channels at 1/1, 1/2 and 1/4 of the working size.
        encoder_blocks, decoder_blocks: at 1/4.
    """

    def __init__(self, widths: Sequence[int], *, encoder_blocks: int, decoder_blocks: int) -> None:
        super().__init__(widths, encoder_blocks)
        full, half, quarter = widths
        self.transform = nn.Conv2d(quarter, quarter, 1)  # of normalised features
        self.decoder_blocks = nn.ModuleList(DraftBlock(quarter) for _ in range(decoder_blocks))
        self.gains = nn.Parameter(torch.ones(decoder_blocks, 1, quarter))
        self.shifts = nn.Parameter(torch.zeros(decoder_blocks, 1, quarter))
        self.up_half = UpConv3x3(quarter, half)
        self.up_full = UpConv3x3(half, full)
        self.head = Conv3x3(full, 3)

    def forward(self, content: Tensor) -> Tensor:
        """Draft contents (B, 3, H, W) in [0, 1], sides multiples of STRIDE; not clamped."""
        x = self.transform(normalise(self.encode(content)[-1], eps=EPS))
        for block, gain, shift in zip(self.decoder_blocks, self.gains, self.shifts, strict=True):
            x = block(x, Affine(gain, shift))
        x = F.relu(self.up_half(x), inplace=True)
        x = F.relu(self.up_full(x), inplace=True)
        return self.head(x).to(content.dtype) + 0.5


class FixedRevision(nn.Module):
    """A Revision in one style.

    Args:
        width, deep: see `Revision`.
    """

    def __init__(self, width: int, *, deep: bool) -> None:
        super().__init__()
        self.enter = Conv3x3(INPUTS, width)
        self.first = Conv3x3(width, width)
        self.second = Conv3x3(width, width)
        self.last = Conv3x3(width, width) if deep else None
        self.head = UpConv3x3(width, 3)

    def forward(self, picture: Tensor, content: Tensor) -> Tensor:
        """Revise (B, 3, H, W), enlarged to the size of the contents; H and W even."""
        picture = guided.sharpen(picture, content)
        x = activate(self.enter(revision_input(picture, content).to(self.enter.weight.dtype)))
        x = activate(x + self.second(activate(self.first(x))))
        if self.last is not None:
            x = activate(self.last(x))
        return finished(picture + self.head(x).to(picture.dtype), deep=self.last is not None)


class FixedPainter(nn.Module):
    """Draft and revise in one style; `fold` makes it from a PainterNet.

    Args:
        config: of the PainterNet.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        encoder_blocks, decoder_blocks = config.draft_blocks
        self.draft = FixedDraft(
            config.draft_widths, encoder_blocks=encoder_blocks, decoder_blocks=decoder_blocks
        )
        strokes, grain = config.revision_widths
        self.revisions = nn.ModuleDict(
            {
                "strokes": FixedRevision(strokes, deep=True),
                "grain": FixedRevision(grain, deep=False),
            }
        )

    def forward(
        self, content: Tensor, *, strength: Tensor | float = 1.0, stroke_size: float = 1.0
    ) -> Tensor:
        """Stylize; see `PainterNet.forward`."""
        return paint(self, content, strength=strength, stroke_size=stroke_size)

    def draft_at(self, size: tuple[int, int], content: Tensor) -> Tensor:
        """The draft of contents (B, 3, H, W) at height and width `size`, in [0, 1]."""
        return self.draft(resize(content, size)).clamp(0, 1)

    def revise(self, picture: Tensor, content: Tensor, index: int) -> Tensor:
        """One level of revision; see `PainterNet.revise`."""
        return revise_evenly(self.revisions[revision_at(index)], picture, content)


@torch.no_grad()
def fold(network: PainterNet, code: PainterCode) -> FixedPainter:
    """The painter that paints as `network` does in one style.

    Args:
        network: with float32 weights and the SCT.
        code: of one style.
    """
    painter = FixedPainter(network.config)
    _fold_draft(network.draft, painter.draft, code)
    for name, revision in network.revisions.items():
        changes = revision.modulations(code.draft.embedding, code.fine[name])
        _fold_revision(revision, painter.revisions[name], changes)
    return painter.eval()


def _fold_draft(draft: DraftNet, fixed: FixedDraft, code: PainterCode) -> None:
    for name in ("stem", "to_half", "to_quarter", "encoder_blocks", "decoder_blocks", "head"):
        getattr(fixed, name).load_state_dict(getattr(draft, name).state_dict())
    weight, bias = draft.transform.matrix(code.draft.transform)
    own = draft.transform.gain * code.draft.transform.std
    fixed.transform.weight.copy_((weight + own.flatten(1).diag_embed())[0, :, :, None, None])
    fixed.transform.bias.copy_(bias[0, :, 0])
    changes = draft.modulator(code.draft.embedding)
    for place, (gain, shift) in enumerate(changes.blocks):
        fixed.gains[place].copy_(gain)
        fixed.shifts[place].copy_(shift)
    for name in ("up_half", "up_full"):
        _fill(getattr(fixed, name), *getattr(draft, name).kernel(getattr(changes, name)))


def _fold_revision(
    revision: Revision, fixed: FixedRevision, changes: dict[str, Modulation]
) -> None:
    for name, change in changes.items():
        _fill(getattr(fixed, name), *getattr(revision, name).kernel(change))
    fixed.head.load_state_dict(revision.head.state_dict())


def _fill(conv: nn.Conv2d, weight: Tensor, bias: Tensor) -> None:
    conv.weight.copy_(weight)
    conv.bias.copy_(bias)
