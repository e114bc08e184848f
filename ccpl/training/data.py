"""Training pictures: a folder as an endless, seeded stream of crops.

Item k of a stream is a function of the seed and k alone, so a resumed run sees what an
uninterrupted one would have seen, with any number of workers.
"""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from ccpl.errors import InputError
from ccpl.files.sources import find_pictures
from ccpl.image import load_image, visible_part

log = logging.getLogger(__name__)

CACHE_BYTES = 4 << 30  # decoded pictures kept in memory


class CropStream(Dataset):
    """Random crops of the pictures in a folder.

    Args:
        folder: searched recursively.
        size: side of a crop in pixels.
        seed: streams of one seed are equal.
        bold: share of the crops that `embolden` changes, and that may show the picture and its
            mirror images from further away.
    Raises:
        InputError: the folder holds no readable picture.
    """

    def __init__(self, folder: str | Path, size: int, *, seed: int, bold: float = 0) -> None:
        self.size, self.seed, self.bold = size, seed, bold
        self.paths = find_pictures(folder)
        self.cache: dict[Path, np.ndarray] = {}
        self.cached_bytes = 0
        with ThreadPoolExecutor(4) as pool:
            good = list(pool.map(self._check, self.paths))
        self.skipped = good.count(False)
        self.paths = [p for p, ok in zip(self.paths, good, strict=True) if ok]
        if not self.paths:
            raise InputError(f"no readable picture in {folder}; put PNG, JPEG or WebP files there")

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
        """Read a picture as (H, W, 3) uint8 whose short side fits one to two crops."""
        picture = np.asarray(visible_part(load_image(path), str(path)))
        short = min(picture.shape[:2])
        wanted = min(max(short, self.size), 2 * self.size)
        if wanted == short:
            return picture
        height, width = (round(n * wanted / short) for n in picture.shape[:2])
        how = cv2.INTER_AREA if wanted < short else cv2.INTER_CUBIC
        return cv2.resize(picture, (width, height), interpolation=how)

    def __len__(self) -> int:
        return 1 << 62  # endless

    def __getitem__(self, k: int) -> Tensor:
        """Crop k: (3, size, size) uint8."""
        rng = np.random.default_rng((self.seed, k))
        path = self.paths[rng.integers(len(self.paths))]
        picture = self.cache.get(path)
        if picture is None:
            picture = self._decode(path)
        bold = rng.random() < self.bold
        if bold:
            margins = [n // 4 for n in picture.shape[:2] for _ in range(2)]
            picture = cv2.copyMakeBorder(picture, *margins, cv2.BORDER_REFLECT_101)
        height, width = picture.shape[:2]
        side = int(rng.integers(self.size, min(height, width) + 1))
        y, x = (int(rng.integers(n - side + 1)) for n in (height, width))
        crop = picture[y : y + side, x : x + side]
        if side != self.size:
            crop = cv2.resize(crop, (self.size, self.size), interpolation=cv2.INTER_AREA)
        if rng.random() < 0.5:
            crop = crop[:, ::-1]
        if bold:
            crop = embolden(crop, rng)
        return torch.from_numpy(np.ascontiguousarray(crop)).permute(2, 0, 1)


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
) -> Iterator[Tensor]:
    """Endless batches (batch_size, 3, size, size) uint8 of the items start, start + stride ..."""
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
