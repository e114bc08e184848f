"""What a step of a tuning is about: a crop of a photo, or of two frames of a shot."""

import logging
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

PICTURE_SIDE = 512  # pixels: short side of a picture when a crop is cut
MOST_PICTURES = 400  # of a folder that are kept in memory
ZOOM = (0.75, 2.0)  # times its side that a crop may show, made larger or smaller
PERMUTED = 0.4  # share of the crops whose colours are exchanged

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
    """Crops of the pictures in a folder; the k-th is a function of the seed and k alone.

    A tuning sees few pictures often, so each crop gets a zoom and colours of its own: a network
    that had learned the pictures by heart would fail on the next one.

    Args:
        size: side of a crop in pixels.
    Raises:
        InputError: the folder holds no readable picture.
    """

    def __init__(self, folder: Path, size: int, seed: int) -> None:
        self.size, self.seed = size, seed
        self.pictures: list[Tensor] = []
        paths = find_pictures(folder)
        for place in np.random.default_rng(seed).permutation(len(paths)):
            try:
                self.pictures.append(sized(load_image(paths[place]), size))
            except InputError as error:
                log.warning("skipped %s", error)
            if len(self.pictures) == MOST_PICTURES:
                break
        if not self.pictures:
            raise InputError(f"no readable picture in {folder}; put PNG, JPEG or WebP files there")

    def __getitem__(self, k: int) -> Lesson:
        rng = np.random.default_rng((self.seed, k))
        picture = self.pictures[k % len(self.pictures)]
        least, most = (round(self.size * zoom) for zoom in ZOOM)
        side = int(rng.integers(least, min(most, *picture.shape[2:]) + 1))
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


def sized(image: Image.Image, least: int) -> Tensor:
    """A picture as contents are tuned on: (1, 3, H, W) uint8, its short side PICTURE_SIDE."""
    image = visible_part(image, "a content picture").convert("RGB")
    scale = max(PICTURE_SIDE, least) / min(image.size)
    size = tuple(max(least, round(n * scale)) for n in image.size)
    return to_uint8(to_tensor(image.resize(size, Image.Resampling.LANCZOS))).permute(0, 3, 1, 2)
