"""Stroke sizes that vary over a picture: fine where one looks, broad elsewhere.

Where that is tells self-attention, as in attention-aware multi-stroke transfer (Yao et al., CVPR
2019, arXiv 1901.05127, section 3), or a picture. It is quantised softly into a few sizes; each has
its draft, and where levels of the pyramid meet, the finer one goes on from there.
"""

import functools
from collections.abc import Callable, Generator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from ccpl.files.features import load_features
from ccpl.image import Picture
from ccpl.look import STROKE_SIZES, Look
from ccpl.models.features import FeatureNet
from ccpl.models.painter.network import Painter, pyramid, resize, working_size
from ccpl.painting.tiles import Step

OCTAVES = 1.0  # at contrast 1 the finest and the broadest strokes lie so far from the middle
COUNT = 3  # stroke sizes
SOFTNESS = 0.25  # of the steps between them, of the whole range of a map
ATTENTION_SIDE = 128  # short side at which a picture is looked at, in pixels
TEMPERATURE = 0.1  # of the attention
BLUR = 7  # places that a map is averaged over, each four pixels of the above
LEAST_RANGE = 1.0  # of log attention; less is no difference worth showing
ENDS = (0.05, 0.95)  # quantiles that become 0 and 1


class Strokes(NamedTuple):
    """Stroke sizes and where they are."""

    sizes: tuple[float, ...]  # the broadest first
    map: Tensor | None = None  # (B or 1, 1, h, w): 1 is where the finest are, 0 the broadest

    def share(self, number: int, size: tuple[int, int]) -> Tensor:
        """How far a place has strokes at least as fine as a size: (B or 1, 1, *size) in [0, 1]."""
        fine = F.interpolate(self.map, size=size, mode="bilinear", antialias=True)
        share = ((fine - number / len(self.sizes)) / SOFTNESS + 0.5).clamp(0, 1)
        return share.square() * (3 - 2 * share)

    def join(self, picture: Tensor, draft: Tensor, number: int) -> Tensor:
        """The picture, and the draft of a size, enlarged, where its strokes are wanted."""
        size = picture.shape[2:]
        return torch.lerp(picture, resize(draft, size), self.share(number, size))


def strokes_of(look: Look, contents: Tensor, stroke_map: Tensor | None = None) -> Strokes:
    """The strokes that a look asks for.

    Args:
        contents: (B, 3, H, W) in [0, 1].
        stroke_map: (B or 1, 1, h, w); None: it is found where one looks.
    """
    if not look.stroke_contrast:
        return Strokes((look.stroke_size,))
    octaves = torch.linspace(1, -1, COUNT).mul(OCTAVES * look.stroke_contrast).tolist()
    low, high = STROKE_SIZES
    sizes = tuple(min(max(look.stroke_size * 2**octave, low), high) for octave in octaves)
    return Strokes(sizes, attention(contents) if stroke_map is None else stroke_map)


def with_map(look: Look, stroke_map: Picture | None) -> Look:
    """The look that asks for several sizes where there is a map of them."""
    if stroke_map is None or look.stroke_contrast:
        return look
    return replace(look, stroke_contrast=1.0)


def read_map(picture: Picture) -> Tensor:
    """A grey picture as a map (1, 1, H, W): white has the finest strokes."""
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    return torch.from_numpy(np.array(image.convert("L")))[None, None].float() / 255


Revise = Callable[[Tensor, Tensor, int], Tensor]  # see `Painter.revise`


def paint_levels(
    content: Tensor, painter: Painter, strokes: Strokes, revise: Revise
) -> Generator[Step, None, Tensor]:
    """Draft and revise; a step after every level of revision.

    Drafts of finer strokes join, where they are wanted, the broader ones' picture at the first
    level that is larger than they are, and are revised with it from there on.

    Args:
        content: (B, 3, H, W) in [0, 1].
        revise: one level, which may be cut into pieces.
    Returns:
        (B, 3, H, W), not clamped.
    """
    full = content.shape[2:]
    sizes = [working_size(full, stroke_size) for stroke_size in strokes.sizes]
    levels = pyramid(content, sizes[0])
    enters = [len(levels) - len(pyramid(content, size)) for size in sizes]
    drafts = [
        painter.draft_at(size, levels[enter] if enter < len(levels) else content)
        for size, enter in zip(sizes, enters, strict=True)
    ]
    picture = drafts[0]

    def joined(picture: Tensor, index: int) -> Tensor:
        for number in range(1, len(drafts)):
            if enters[number] == index:
                picture = strokes.join(picture, drafts[number], number)
        return picture

    for index, level in enumerate(levels):
        picture = joined(resize(picture, level.shape[2:]), index)
        revised = revise(picture, level, index - enters[0])
        if index > enters[0] and index in enters:  # what has just joined is revised as a draft is
            first = enters.index(index)
            fresh = revise(picture, level, 0)
            revised = torch.lerp(revised, fresh, strokes.share(first, level.shape[2:]))
        picture = revised
        yield Step(index + 1, len(levels))
    return joined(resize(picture, full), len(levels))


@torch.inference_mode()
def attention(images: Tensor) -> Tensor:
    """Where one looks first: places whose features few others share.

    Every place attends to all others by the likeness of their features; what finds its like
    everywhere, as a sky does, spreads its attention thin. The measure is the sum of its squares.

    Args:
        images: (B, 3, H, W) in [0, 1].
    Returns:
        (B, 1, h, w) in [0, 1], smooth; 0.5 throughout if no place differs from the others.
    """
    scale = min(1.0, ATTENTION_SIDE / min(images.shape[2:]))
    size = [max(16, round(n * scale)) for n in images.shape[2:]]
    small = F.interpolate(images, size=size, mode="bilinear", antialias=True)
    feats = _features().to(images.device)(small)["relu3_4"].float()
    found = [_concentration(one) for one in feats]
    return torch.stack(found)


def _concentration(feats: Tensor) -> Tensor:
    """Of the attention from every place, (C, h, w) -> (1, h, w) in [0, 1]."""
    height, width = feats.shape[1:]
    flat = feats.flatten(1)
    flat = F.normalize(flat - flat.mean(1, keepdim=True), dim=0)
    weights = (flat.mT @ flat / TEMPERATURE).softmax(1)
    log = weights.square().sum(1).log().view(1, 1, height, width)
    reach = BLUR // 2
    smooth = F.avg_pool2d(F.pad(log, (reach,) * 4, mode="replicate"), BLUR, 1)[0]
    low, high = torch.quantile(smooth, torch.tensor(ENDS, device=smooth.device)).tolist()
    middle, span = (low + high) / 2, max(high - low, LEAST_RANGE)
    return ((smooth - middle) / span + 0.5).clamp(0, 1)


@functools.cache
def _features() -> FeatureNet:
    return load_features()
