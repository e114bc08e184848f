"""Lessons of a shot: frames spread over it, each with the one before it and the flow between."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from ccpl.config import LOCAL, VideoConfig
from ccpl.errors import InputError
from ccpl.flow import optical_flow, valid_mask
from ccpl.look import Look
from ccpl.training.tune.lesson import LEAST_SHARE, PICTURE_SIDE, Lesson, Motion
from ccpl.video import VideoReader
from ccpl.video.plan import plan_clip
from ccpl.video.stabilize import detect_cut

SPREAD = 16  # pairs of frames at least, where there are as many; fewer than twice as many
OPENINGS = 12  # scenes whose beginning is seen besides


class Pair(NamedTuple):
    """Two consecutive frames, (H, W, 3) uint8."""

    frame: np.ndarray
    before: np.ndarray


class ShotLessons:
    """Squares of the frames of a clip; the k-th is a function of the seed and k alone.

    Args:
        clip: the file.
        config: which part of it.
        size: side of a square in pixels.
    Raises:
        InputError: no frame can be decoded, or the part is empty.
    """

    def __init__(self, clip: Path, config: VideoConfig, size: int, seed: int) -> None:
        self.size, self.seed = size, seed
        self.pairs = spread_pairs(clip, config)
        self._flows: dict[int, tuple[Tensor, Tensor]] = {}

    @property
    def sample(self) -> Image.Image:
        """A whole frame."""
        return Image.fromarray(self.pairs[0].frame)

    def __getitem__(self, k: int) -> Lesson:
        rng = np.random.default_rng((self.seed, k))
        number = k % len(self.pairs)
        frame, before = map(_to_tensor, self.pairs[number])
        flow, mask = self._flow(number)
        short = min(frame.shape[2:])
        side = int(rng.integers(round(LEAST_SHARE * short), short + 1))
        top, left = (int(rng.integers(n - side + 1)) for n in frame.shape[2:])

        def square(image: Tensor) -> Tensor:
            part = image[..., top : top + side, left : left + side].float()
            return F.interpolate(part, size=(self.size,) * 2, mode="bilinear", antialias=True)

        motion = Motion(
            square(before) / 255,
            square(flow).permute(0, 2, 3, 1) * (self.size / side),
            (square(mask) > 0.99).float(),
        )
        return Lesson(square(frame) / 255, motion)

    def _flow(self, number: int) -> tuple[Tensor, Tensor]:
        """From a frame to the one before it, (1, 2, H, W), and where it holds, (1, 1, H, W)."""
        if number not in self._flows:
            frame, before = self.pairs[number]
            to_before, to_frame = optical_flow(frame, before), optical_flow(before, frame)
            holds = valid_mask(to_before, to_frame).astype(np.float32)
            self._flows[number] = (
                torch.from_numpy(to_before).permute(2, 0, 1)[None],
                torch.from_numpy(holds)[None, None],
            )
        return self._flows[number]


def spread_pairs(clip: Path, config: VideoConfig) -> list[Pair]:
    """Pairs of frames spread over a part of a clip, and one more at the beginning of each scene.

    Raises:
        InputError: no frame can be decoded, or the part is empty.
    """
    plan = plan_clip(clip, Look(), config, LOCAL)
    height, width = plan.size
    scale = PICTURE_SIDE / min(height, width)
    size = (round(height * scale), round(width * scale))
    pairs: list[Pair] = []
    openings: list[Pair] = []
    before = state = None
    every, since, seen = 1, 0, 0
    with VideoReader(plan.info, **{**plan.to_read, "size": size}) as reader:
        for frame in reader:
            cut, state = detect_cut(frame, state)
            since = 0 if cut else since + 1
            if before is not None and not cut:
                pair = Pair(frame, before)
                if since == 1 and len(openings) < OPENINGS:
                    openings.append(pair)
                elif seen % every == 0:
                    pairs.append(pair)
                seen += 1
            if len(pairs) == 2 * SPREAD:
                del pairs[1::2]
                every *= 2
            before = frame
    if before is None:
        raise InputError(f"no frame of {clip.name!r} could be decoded; choose another clip")
    return [*openings, *pairs] or [Pair(before, before)]  # a clip of one frame stands still


def _to_tensor(frame: np.ndarray) -> Tensor:
    return torch.from_numpy(frame).permute(2, 0, 1)[None]
