"""Frames of 8 and of 16 bits a colour, to tensors and back."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor


def to_frames(contents: Sequence[np.ndarray]) -> Tensor:
    """Frames (H, W, 3), uint8 or uint16 -> (B, 3, H, W) float32 in [0, 1]."""
    stacked = np.stack(contents)
    largest = np.iinfo(stacked.dtype).max
    if stacked.dtype != np.uint8:
        stacked = stacked.astype(np.float32)
    return torch.from_numpy(stacked).permute(0, 3, 1, 2).float().div_(largest)


def to_pixels(frames: Tensor, kind: np.dtype) -> np.ndarray:
    """(B, 3, H, W) in [0, 1] -> (B, H, W, 3) of uint8 or uint16, rounded."""
    largest = np.iinfo(kind).max
    whole = frames.float().mul(largest).round_().clamp_(0, largest).permute(0, 2, 3, 1)
    if kind == np.uint8:
        return whole.to(torch.uint8).contiguous().cpu().numpy()
    return np.ascontiguousarray(whole.cpu().numpy()).astype(kind)


def shallow(frame: np.ndarray) -> np.ndarray:
    """A frame in uint8, to look at."""
    return frame if frame.dtype == np.uint8 else (frame >> 8).astype(np.uint8)
