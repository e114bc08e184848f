"""Training pictures: a folder as an endless, seeded stream of crops.

Item k of a stream is a function of the seed and k alone, so a resumed run sees what an
uninterrupted one would have seen, with any number of workers.
"""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from ccpl.errors import InputError
from ccpl.image import find_pictures, load_image

log = logging.getLogger(__name__)

CACHE_BYTES = 4 << 30  # decoded pictures kept in memory


class CropStream(Dataset):
    """Random crops of the pictures in a folder.

    Args:
        folder: searched recursively.
        size: side of a crop in pixels.
        seed: streams of one seed are equal.
        side: pictures are kept with this short side, so a crop covers 1x to side / size of it.
    Raises:
        InputError: the folder holds no readable picture.
    """

    def __init__(
        self, folder: str | Path, size: int, *, seed: int, side: int | None = None
    ) -> None:
        self.size, self.seed, self.side = size, seed, max(side or 2 * size, size)
        self.paths = find_pictures(folder)
        self.cache: dict[Path, np.ndarray] = {}
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
        if len(self.cache) * 3 * self.side * self.side * 1.5 < CACHE_BYTES:
            self.cache[path] = picture
        return True

    def _decode(self, path: Path) -> np.ndarray:
        """Read a picture as (H, W, 3) uint8 with the short side `self.side` at most."""
        picture = np.asarray(load_image(path).convert("RGB"))
        scale = max(self.side / min(picture.shape[:2]), self.size / min(picture.shape[:2]))
        if scale >= 1 and min(picture.shape[:2]) >= self.size:
            return picture
        height, width = (max(self.size, round(s * scale)) for s in picture.shape[:2])
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
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
        height, width = picture.shape[:2]
        side = int(rng.integers(self.size, min(height, width) + 1))
        y, x = (int(rng.integers(n - side + 1)) for n in (height, width))
        crop = picture[y : y + side, x : x + side]
        if side != self.size:
            crop = cv2.resize(crop, (self.size, self.size), interpolation=cv2.INTER_AREA)
        if rng.random() < 0.5:
            crop = crop[:, ::-1]
        return torch.from_numpy(np.ascontiguousarray(crop)).permute(2, 0, 1)


def batches(
    stream: CropStream, batch_size: int, *, start: int = 0, stride: int = 1, workers: int = 0
) -> Iterator[Tensor]:
    """Endless batches (batch_size, 3, size, size) uint8 from the items `start`, start + stride ..."""

    def indices() -> Iterator[list[int]]:
        first = start
        while True:
            yield list(range(first, first + batch_size * stride, stride))
            first += batch_size * stride

    loader = DataLoader(
        stream,
        batch_sampler=_Endless(indices),
        num_workers=workers,
        persistent_workers=workers > 0,
        pin_memory=torch.cuda.is_available(),
    )
    yield from loader


class _Endless:
    """A batch sampler without a length."""

    def __init__(self, make: "object") -> None:
        self.make = make

    def __iter__(self) -> Iterator[list[int]]:
        return self.make()
