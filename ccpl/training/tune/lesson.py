"""What a step of a tuning is about: a square of a photo, or of two frames of a shot.

It shows most of its picture: what the draft makes of a place depends on all that is around it.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

from ccpl.errors import InputError
from ccpl.files.sources import find_pictures
from ccpl.image import load_image, to_tensor, to_uint8, visible_part

log = logging.getLogger(__name__)

PICTURE_SIDE = 512  # pixels: short side of the pictures that are kept
MOST_PICTURES = 400  # of a folder that are kept in memory
LEAST_SHARE = 0.6  # of a picture's short side that a square shows
PERMUTED = 0.2  # share of the crops whose colours are exchanged

Extractor = nn.Module  # (B, 3, H, W) in [0, 1] -> features by layer, as VGG19 answers


@dataclass(frozen=True)
class Motion:
    """The frame before that of a lesson, and where its places are."""

    before: Tensor  # (1, 3, S, S) in [0, 1]
    flow: Tensor  # (1, S, S, 2) in pixels: leads from the frame to the one before
    mask: Tensor  # (1, 1, S, S), 1 where the flow holds


@dataclass(frozen=True)
class Lesson:
    """What one step learns from."""

    content: Tensor  # (1, 3, S, S) in [0, 1]
    motion: Motion | None = None

    def to(self, device: torch.device) -> "Lesson":
        """Moved there, as convolutions want it."""
        how = {"device": device, "memory_format": torch.channels_last}
        motion = self.motion and Motion(
            self.motion.before.to(**how), self.motion.flow.to(device), self.motion.mask.to(device)
        )
        return Lesson(self.content.to(**how), motion)


class PhotoLessons:
    """Squares of the pictures in folders; the k-th is a function of the seed and k alone.

    A tuning sees few pictures often, so each square gets a zoom and colours of its own: a network
    that had learned the pictures by heart would fail on the next one.

    Args:
        size: side of a square in pixels.
    Raises:
        InputError: the folders hold no readable picture.
    """

    def __init__(self, folders: Sequence[Path], size: int, seed: int) -> None:
        self.size, self.seed = size, seed
        self.pictures: list[Tensor] = []
        paths = [path for folder in folders for path in find_pictures(folder)]
        for place in np.random.default_rng(seed).permutation(len(paths)):
            try:
                self.pictures.append(sized(load_image(paths[place])))
            except InputError as error:
                log.warning("skipped %s", error)
            if len(self.pictures) == MOST_PICTURES:
                break
        if not self.pictures:
            named = " or ".join(map(str, folders))
            raise InputError(f"no readable picture in {named}; put PNG, JPEG or WebP files there")

    @property
    def sample(self) -> Image.Image:
        """A whole picture, as it is."""
        return Image.fromarray(self.pictures[0][0].permute(1, 2, 0).numpy())

    def __getitem__(self, k: int) -> Lesson:
        rng = np.random.default_rng((self.seed, k))
        picture = self.pictures[k % len(self.pictures)]
        short = min(picture.shape[2:])
        side = int(rng.integers(round(LEAST_SHARE * short), short + 1))
        top, left = (int(rng.integers(n - side + 1)) for n in picture.shape[2:])
        crop = picture[..., top : top + side, left : left + side].float() / 255
        crop = F.interpolate(crop, size=(self.size,) * 2, mode="bilinear", antialias=True)
        return Lesson(recoloured(crop.flip(3) if rng.random() < 0.5 else crop, rng))


def recoloured(image: Tensor, rng: np.random.Generator) -> Tensor:
    """Other hues, saturation, contrast and brightness: (1, 3, H, W) in [0, 1] -> the same."""
    if rng.random() < PERMUTED:
        image = image[:, rng.permutation(3).tolist()]
    grey = image.mean(1, keepdim=True)
    image = grey + (image - grey) * rng.uniform(0.3, 1.5)
    mean = image.mean((1, 2, 3), keepdim=True)
    return (mean + rng.uniform(-0.1, 0.1) + (image - mean) * rng.uniform(0.6, 1.4)).clamp(0, 1)


def sized(image: Image.Image) -> Tensor:
    """A picture as contents are kept: (1, 3, H, W) uint8, its short side PICTURE_SIDE."""
    image = visible_part(image, "a content picture").convert("RGB")
    scale = PICTURE_SIDE / min(image.size)
    size = tuple(round(n * scale) for n in image.size)
    return to_uint8(to_tensor(image.resize(size, Image.Resampling.LANCZOS))).permute(0, 3, 1, 2)
