"""The networks cut into pieces without branches, which `compose` joins to graphs.

A style's code is one vector: of painting networks all that the style changes, of photo networks its
statistics.
"""

from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ccpl.models import FixedPainter, PainterCode, PainterNet, StyleCode, StyleTransferNet
from ccpl.models.lite.modulation import Modulation
from ccpl.models.painter.draft import Affine, DraftModulations
from ccpl.models.statistics import map_tensors
from ccpl.models.transforms import TransformCode


class PainterChanges(NamedTuple):
    """All that a style changes in a painting network."""

    transform: TransformCode
    blocks: dict[str, Affine]  # of the draft's decoder, by their place
    up_half: Modulation
    up_full: Modulation
    revisions: dict[str, dict[str, Modulation]]  # by revision and layer


class Piece(NamedTuple):
    """A module, tensors to trace it with, and which of their sides may differ."""

    module: nn.Module
    inputs: dict[str, Tensor]
    free: dict[str, dict[int, str]]  # axes by input, each with a name
    output: str


@torch.no_grad()
def painter_changes(network: PainterNet, code: PainterCode) -> PainterChanges:
    """What one style changes."""
    embedding = code.draft.embedding
    drafting = network.draft.modulator(embedding)
    return PainterChanges(
        code.draft.transform,
        {str(place): affine for place, affine in enumerate(drafting.blocks)},
        drafting.up_half,
        drafting.up_full,
        {
            name: revision.modulations(embedding, code.fine[name])
            for name, revision in network.revisions.items()
        },
    )


@torch.no_grad()
def to_vector(network: nn.Module, code: PainterCode | StyleCode) -> Tensor:
    """The code of one style as graphs take it: (1, N), float32."""
    return pack(painter_changes(network, code) if isinstance(network, PainterNet) else code)


def pack(structure: Any) -> Tensor:
    """All tensors of a structure, of one picture, side by side: (1, N)."""
    parts: list[Tensor] = []
    map_tensors(lambda part: parts.append(part.flatten(1).float()) or part, structure)
    return torch.cat(parts, 1)


def unpack(vector: Tensor, like: Any) -> Any:
    """What was packed, in the structure and the shapes of `like`."""
    sizes: list[int] = []
    map_tensors(lambda part: sizes.append(part[0].numel()) or part, like)
    parts = iter(vector.split(sizes, 1))
    return map_tensors(lambda part: next(parts).reshape(1, *part.shape[1:]), like)


class StylePiece(nn.Module):
    """Style pictures -> the code as one vector; see `PainterNet.encode_style`."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, style: Tensor, small: Tensor | None = None) -> Tensor:
        """Encode.

        Args:
            style: (1, 3, H, W) in [0, 1], sides multiples of 8.
            small: the same at the working size of a draft, for painting networks.
        """
        if small is None:
            return pack(self.network.encode_style(style))
        views = {"strokes": F.avg_pool2d(style, 2), "grain": style}
        revisions = self.network.revisions
        fine = {name: revisions[name].encode_style(view) for name, view in views.items()}
        code = PainterCode(self.network.draft.encode_style(small), fine)
        return pack(painter_changes(self.network, code))


class DraftPiece(nn.Module):
    """Contents at the working size, and a code -> the draft, in [0, 1]."""

    def __init__(self, network: PainterNet, like: PainterChanges) -> None:
        super().__init__()
        self.draft, self.like = network.draft, like

    def forward(self, content: Tensor, code: Tensor) -> Tensor:
        changes = unpack(code, self.like)
        blocks = list(changes.blocks.values())
        modulations = DraftModulations(blocks, changes.up_half, changes.up_full)
        return self.draft.paint(content, changes.transform, modulations).clamp(0, 1)


class RevisionPiece(nn.Module):
    """A picture and the content of one even size, and a code -> the revised picture."""

    def __init__(self, network: PainterNet, like: PainterChanges, name: str) -> None:
        super().__init__()
        self.revision, self.like, self.name = network.revisions[name], like, name

    def forward(self, picture: Tensor, content: Tensor, code: Tensor) -> Tensor:
        return self.revision(picture, content, unpack(code, self.like).revisions[self.name])


class PhotoPiece(nn.Module):
    """Contents whose sides are multiples of the stride, and a code -> the result."""

    def __init__(self, network: StyleTransferNet, like: StyleCode) -> None:
        super().__init__()
        self.network, self.like = network, like

    def forward(self, content: Tensor, code: Tensor) -> Tensor:
        return self.network(content, unpack(code, self.like))


class FixedDraftPiece(nn.Module):
    """Contents at the working size -> the draft in the one style of a network, in [0, 1]."""

    def __init__(self, network: FixedPainter) -> None:
        super().__init__()
        self.draft = network.draft

    def forward(self, content: Tensor) -> Tensor:
        return self.draft(content).clamp(0, 1)


def pieces_of(network: nn.Module) -> dict[str, Piece]:
    """All pieces of a network by name; "style" makes a code, if it takes one, the others paint."""
    network = network.eval()
    content, style, small = (torch.rand(1, 3, *size) for size in ((48, 72), (64, 96), (40, 60)))
    free = {name: {2: "rows", 3: "columns"} for name in ("picture", "content", "small")}
    free["style"] = {2: "height", 3: "width"}

    def piece(module: nn.Module, output: str, **inputs: Tensor) -> Piece:
        return Piece(module, inputs, {k: v for k, v in free.items() if k in inputs}, output)

    if isinstance(network, FixedPainter):
        pair = {"picture": content, "content": content.flip(3)}
        revisions = {
            name: piece(revision, "revised", **pair) for name, revision in network.revisions.items()
        }
        return {"draft": piece(FixedDraftPiece(network), "draft", content=content), **revisions}
    with torch.no_grad():
        code = network.encode_style(style)
        vector = to_vector(network, code)
        if not isinstance(network, PainterNet):
            return {
                "style": piece(StylePiece(network), "code", style=style),
                "photo": piece(PhotoPiece(network, code), "painted", content=content, code=vector),
            }
        like = painter_changes(network, code)
    revised = {"picture": content, "content": content.flip(3), "code": vector}
    return {
        "style": piece(StylePiece(network), "code", style=style, small=small),
        "draft": piece(DraftPiece(network, like), "draft", content=content, code=vector),
        **{
            name: piece(RevisionPiece(network, like, name), "revised", **revised)
            for name in network.revisions
        },
    }
