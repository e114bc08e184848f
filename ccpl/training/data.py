"""Training pictures: a folder as an endless, seeded stream of crops.

Item k of a stream is a function of the seed and k alone, so a resumed run sees what an
uninterrupted one would have seen, with any number of workers.
"""

import copy
import logging
import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from ccpl.errors import InputError
from ccpl.files.sources import find_pictures
from ccpl.image import load_image
from ccpl.training import processes
from ccpl.training.config import TrainConfig

log = logging.getLogger(__name__)

CACHE_BYTES = 4 << 30  # decoded pictures kept in memory
SAMPLE_ITEMS = 1 << 40  # crops from here on are for the contact sheets
SAMPLES = (4, 6)  # contents and styles on them


class Batch(NamedTuple):
    """What one step trains on, float32 in [0, 1]."""

    content: Tensor  # (B, 3, S, S)
    style: Tensor  # (B, 3, S, S), what the result is compared with
    style_picture: Tensor  # (B, 3, V, V), what the network is shown of the style


@dataclass(frozen=True)
class Samples:
    """What the contact sheets show, each (N, 3, S, S) in [0, 1]."""

    contents: Tensor
    styles: Tensor
    style_pictures: Tensor  # what the network is shown of them, of another size


class Crop(NamedTuple):
    """One item of a stream."""

    crop: Tensor  # (3, S, S) uint8
    picture: Tensor  # (3, V, V) uint8: the square of the picture that the crop was cut from, or it


class CropStream(Dataset):
    """Random crops of the pictures in a folder, at random zoom.

    Without `picture_side` a picture keeps its pixels if its short side fits one to two crops, else
    it is resized to that. So a crop of a small picture shows more of it than a crop of a large one.
    With `picture_side` it shows the same share of any picture.

    Args:
        folder: searched recursively.
        size: side of a crop in pixels.
        seed: streams of one seed are equal.
        bold: share of the crops that `embolden` changes, and that may show the picture and its
            mirror images from further away.
        picture_side: pixels of the short side when crops are cut.
        zoom_out: a crop shows one to this many times its side, shrunk; None: 1 with a
            `picture_side`, else up to the whole picture.
        view_side: side of the view of the whole picture that goes with a crop; None: the crop.
    Raises:
        InputError: the folder holds no readable picture.
    """

    def __init__(
        self,
        folder: str | Path,
        size: int,
        *,
        seed: int,
        bold: float = 0,
        picture_side: int | None = None,
        zoom_out: float | None = None,
        view_side: int | None = None,
    ) -> None:
        self.size, self.seed, self.bold = size, seed, bold
        self.picture_side, self.view_side = picture_side, view_side
        self.zoom_out = zoom_out or (1 if picture_side else math.inf)
        self.cache: dict[Path, np.ndarray] = {}
        self.cached_bytes, self.enlarged = 0, set[Path]()
        paths = find_pictures(folder)
        with ThreadPoolExecutor(4) as pool:
            good = list(pool.map(self._check, paths))
        self.paths = [path for path, ok in zip(paths, good, strict=True) if ok]
        self.skipped = len(paths) - len(self.paths)
        if not self.paths:
            raise InputError(f"no readable picture in {folder}; put PNG, JPEG or WebP files there")
        if self.enlarged:
            log.warning(
                "%d of %d pictures in %s are smaller than %d pixels and were enlarged",
                len(self.enlarged), len(self.paths), folder, picture_side or size,
            )  # fmt: skip

    def _check(self, path: Path) -> bool:
        try:
            picture = self._decode(path)
        except InputError as error:
            log.warning("skipped %s", error)
            return False
        if self.cached_bytes + picture.nbytes <= CACHE_BYTES:
            self.cached_bytes += picture.nbytes
            self.cache[path] = picture
        return True

    def _decode(self, path: Path) -> np.ndarray:
        """Read a picture as (H, W, 3) uint8 at the size crops are cut from."""
        picture = _opaque(path)
        short = min(picture.shape[:2])
        wanted = self.picture_side or min(max(short, self.size), 2 * self.size)
        if wanted > short:
            self.enlarged.add(path)
        height, width = (round(n * wanted / short) for n in picture.shape[:2])
        return _resize(picture, height, width)

    def __len__(self) -> int:
        return 1 << 62  # endless

    def __getitem__(self, k: int) -> Crop:
        """Item k."""
        rng = np.random.default_rng((self.seed, k))
        path = self.paths[rng.integers(len(self.paths))]
        picture = self.cache.get(path)
        if picture is None:
            picture = self._decode(path)
        bold = rng.random() < self.bold
        if bold:
            margins = [n // 4 for n in picture.shape[:2] for _ in range(2)]
            picture = cv2.copyMakeBorder(picture, *margins, cv2.BORDER_REFLECT_101)
        short = min(picture.shape[:2])
        side = int(rng.integers(self.size, int(min(short, self.size * self.zoom_out)) + 1))
        y, x = (int(rng.integers(n - side + 1)) for n in picture.shape[:2])
        mirrored = rng.random() < 0.5
        views = [_cut(picture, y, x, side, self.size)]
        if self.view_side:
            # A square as large as the picture allows, that holds the crop.
            y, x = (
                int(rng.integers(max(0, at + side - short), min(at, n - short) + 1))
                for at, n in zip((y, x), picture.shape[:2], strict=True)
            )
            views.append(_cut(picture, y, x, short, self.view_side))
        if mirrored:
            views = [view[:, ::-1] for view in views]
        if bold:
            views = [embolden(view, copy.deepcopy(rng)) for view in views]
        crop, *whole = map(_to_tensor, views)
        return Crop(crop, whole[0] if whole else crop)


def _opaque(path: Path) -> np.ndarray:
    """A picture as people see it, (H, W, 3) uint8, transparent ones on white.

    Raises:
        InputError: it cannot be read, or nothing of it can be seen.
    """
    image = load_image(path)
    if image.mode == "RGBA":
        if not image.getchannel("A").getbbox():
            raise InputError(f"{path}: nothing of it can be seen, it is transparent throughout")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return np.asarray(image.convert("RGB"))


def _resize(picture: np.ndarray, height: int, width: int) -> np.ndarray:
    if picture.shape[:2] == (height, width):
        return picture
    smaller = height < picture.shape[0]
    how = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
    return cv2.resize(picture, (width, height), interpolation=how)


def _cut(picture: np.ndarray, y: int, x: int, side: int, size: int) -> np.ndarray:
    """A square of the picture, resized to (size, size, 3)."""
    return _resize(picture[y : y + side, x : x + side], size, size)


def _to_tensor(picture: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(picture)).permute(2, 0, 1)


def embolden(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Other hues, more saturation, contrast and edge: (H, W, 3) uint8 -> the same.

    The pictures people choose as styles are bolder than most paintings; a network that has only
    seen quiet ones falls short on them.
    """
    x = picture.astype(np.float32)
    if rng.random() < 0.3:
        x = x[..., rng.permutation(3)]
    grey = x.mean(2, keepdims=True)
    x = grey + (x - grey) * rng.uniform(1, 1.8)
    mean = x.mean((0, 1))
    x = mean + (x - mean) * rng.uniform(1, 1.8)
    x += rng.uniform(0, 1.5) * (x - cv2.GaussianBlur(x, (0, 0), 1))
    return x.clip(0, 255).round().astype(np.uint8)


def batches(
    stream: CropStream, batch_size: int, *, start: int = 0, stride: int = 1, workers: int = 0
) -> Iterator[Crop]:
    """Endless batches of the items start, start + stride ...: fields of (batch_size, 3, ...)."""
    loader = DataLoader(
        stream,
        batch_sampler=_Batches(batch_size, start, stride),
        num_workers=workers,
        persistent_workers=workers > 0,
        pin_memory=torch.cuda.is_available(),
    )
    yield from loader


class _Batches:
    """A batch sampler without an end."""

    def __init__(self, size: int, start: int, stride: int) -> None:
        self.size, self.start, self.stride = size, start, stride

    def __iter__(self) -> Iterator[range]:
        for first in count(self.start, self.size * self.stride):
            yield range(first, first + self.size * self.stride, self.stride)


class Pairs:
    """Contents and styles of a training run, on a device; each process has its own.

    Args:
        config: folders, sizes, seed.
    Raises:
        InputError: a folder holds no readable picture.
    """

    def __init__(self, config: TrainConfig, device: torch.device) -> None:
        self.config, self.device = config, device
        zoom = {"picture_side": config.picture_side, "zoom_out": config.zoom_out}
        self.contents = CropStream(config.content_dir, config.crop_size, seed=config.seed, **zoom)
        self.styles = CropStream(
            config.style_dir,
            config.crop_size,
            seed=config.seed + 1,
            bold=config.bold_styles,
            view_side=config.style_side,
            **zoom,
        )

    def batches(self, step: int) -> Iterator[Batch]:
        """The batches of this process from a step on, without an end."""
        config, world = self.config, processes.world_size()
        start = step * config.batch_size * world + processes.rank()
        contents, styles = (
            batches(s, config.batch_size, start=start, stride=world, workers=config.workers)
            for s in (self.contents, self.styles)
        )
        for content, style in zip(contents, styles, strict=True):
            yield Batch(*map(self._to_device, (content.crop, style.crop, style.picture)))

    def samples(self) -> Samples:
        """The same pictures whenever they are asked for."""
        contents, styles = (
            [stream[SAMPLE_ITEMS + k] for k in range(count)]
            for stream, count in zip((self.contents, self.styles), SAMPLES, strict=True)
        )
        stacks = [[item.crop for item in contents], *zip(*styles, strict=True)]
        return Samples(*(self._to_device(torch.stack(list(stack))) for stack in stacks))

    def _to_device(self, images: Tensor) -> Tensor:
        """(N, 3, S, S) uint8 -> float32 in [0, 1]."""
        images = images.to(self.device, non_blocking=True, memory_format=torch.channels_last)
        return images.float() / 255
