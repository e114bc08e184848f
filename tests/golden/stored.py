"""The stored results: where they are, what made them, and how close is close enough."""

import json
import os
import platform
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image

from ccpl.config import MODES, model_name
from tests.golden.cases import FOLDER

ORIGIN = FOLDER / "origin.json"
SUMS = FOLDER.parent.parent / "weights" / "SHA256SUMS"


class Difference(NamedTuple):
    """Of two pictures, in levels of 255."""

    mean: float
    largest: int

    def __str__(self) -> str:
        return f"{self.mean:.4f} levels in the mean, {self.largest} at most"


def difference(a: np.ndarray, b: np.ndarray) -> Difference:
    """Compare pictures (H, W, C) uint8 of one shape."""
    if a.shape != b.shape:
        raise ValueError(f"expected one shape, got {a.shape} and {b.shape}")
    gap = np.abs(a.astype(int) - b)
    return Difference(float(gap.mean()), int(gap.max()))


def result_path(mode: str, case: str) -> Path:
    """Of the stored result, a PNG."""
    return FOLDER / "results" / f"{mode}.{case}.png"


def load_result(mode: str, case: str) -> np.ndarray:
    """(H, W, 3 | 4) uint8."""
    return np.asarray(Image.open(result_path(mode, case)))


def load_origin() -> dict[str, dict[str, str]]:
    """Fingerprint and weights the stored results were made with."""
    return json.loads(ORIGIN.read_text(encoding="utf-8"))


def save_origin() -> None:
    """Note this machine and the weights as those of the stored results."""
    origin = {"fingerprint": fingerprint(), "weights": weight_sums()}
    _replace(ORIGIN, lambda part: part.write_text(json.dumps(origin, indent=2) + "\n"))


def save_result(pixels: np.ndarray, mode: str, case: str) -> None:
    """Write a result whole or not at all."""
    path = result_path(mode, case)
    path.parent.mkdir(exist_ok=True)
    _replace(path, lambda part: Image.fromarray(pixels).save(part, "PNG", optimize=True))


def _replace(path: Path, write: Callable[[Path], object]) -> None:
    part = path.with_suffix(".part")
    write(part)
    os.replace(part, path)


def fingerprint() -> dict[str, str]:
    """What decides which kernels run, and so in which order they sum."""
    return {
        "machine": platform.machine(),
        "capability": torch.backends.cpu.get_cpu_capability(),
        "torch": torch.__version__,
    }


def weight_sums() -> dict[str, str]:
    """SHA-256 by file of the networks of the modes, those that results are stored of."""
    rows = (line.split() for line in SUMS.read_text(encoding="utf-8").splitlines())
    files = {f"{model_name('lite', mode)}.safetensors" for mode in MODES}
    return {name: digest for digest, name in rows if name in files}


class Tolerance(NamedTuple):
    """What a result may differ from the stored one, in levels of 255."""

    mean: float
    largest: int

    def allows(self, found: Difference) -> bool:
        return found.mean <= self.mean and found.largest <= self.largest


# Where the same kernels run, sums can still be split otherwise among threads or cache sizes, and a
# value beside a rounding border falls on the other side: measured in one of 8000 values at most.
SAME_MACHINE = Tolerance(mean=0.001, largest=1)
# Other instruction sets and versions of torch sum in another order, and the roots of matrices by
# which colours are moved magnify that. Still far below what is seen.
OTHER_MACHINE = Tolerance(mean=0.02, largest=2)


def tolerance(origin: dict[str, str]) -> Tolerance:
    """By whether the stored results were painted on such a machine."""
    return SAME_MACHINE if fingerprint() == origin else OTHER_MACHINE
