"""LUTs that ffmpeg itself applies while it encodes: a clip is graded as fast as it is written."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import torch

from ccpl.colour.cube import save_cube
from ccpl.colour.log import LogSpace
from ccpl.colour.lut import Lut
from ccpl.image import to_uint8

SHOWN = 640  # pixels: longest side of a frame that is shown while the clip is graded


@dataclass(frozen=True)
class Grade:
    """One LUT for each scene.

    Args:
        starts: of the scenes, in seconds of the part that is taken; the first is 0.
        luts: without curves.
    """

    starts: Sequence[Fraction]
    luts: Sequence[Lut]

    def filters(self, rate: Fraction) -> list[str]:
        """Filters of ffmpeg, which finds the files of `save` in its working folder.

        Args:
            rate: frames a second.
        """
        first = [round(start * rate) for start in self.starts]
        if len(first) == 1:
            return [_filter(0)]
        ends = [f"*lt(n,{end})" for end in first[1:]] + [""]
        return [
            f"{_filter(number)}:enable='gte(n,{begin}){end}'"
            for number, (begin, end) in enumerate(zip(first, ends, strict=True))
        ]

    def coded(self, space: LogSpace) -> "Grade":
        """The same for frames in the codes of log footage."""
        return replace(self, luts=[space.baked(lut) for lut in self.luts])

    def save(self, folder: Path, *, deep: bool = False) -> None:
        """Write the files for `filters`, of 16 bits a colour or 8."""
        for number, lut in enumerate(self.luts):
            # ffmpeg's lut3d rounds down.
            rounded = replace(lut, table=lut.table + 0.5 / (65535 if deep else 255))
            save_cube(rounded, folder / _name(number))

    def preview(self, content: np.ndarray, seconds: Fraction) -> tuple[np.ndarray, np.ndarray]:
        """A frame (H, W, 3) uint8 and what ffmpeg makes of it, both small enough to be quick."""
        height, width = content.shape[:2]
        scale = min(1.0, SHOWN / max(height, width))
        size = max(1, round(width * scale)), max(1, round(height * scale))
        small = cv2.resize(content, size, interpolation=cv2.INTER_AREA)
        number = sum(start <= seconds for start in self.starts) - 1
        image = torch.from_numpy(small).permute(2, 0, 1)[None].float().div_(255)
        return small, to_uint8(self.luts[number](image))[0].numpy()


def _name(number: int) -> str:
    return f"{number}.cube"


def _filter(number: int) -> str:
    return f"lut3d=file={_name(number)}:interp=tetrahedral"
