"""Frames of 8 and of 16 bits a colour, with and without opacity, to tensors and back."""

from collections.abc import Callable, Sequence

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


def visible(frame: np.ndarray) -> np.ndarray:
    """A frame (H, W, 3 | 4) without its opacity.

    Where it is transparent throughout it takes the mean of what is seen, so that what hides there
    does not count.
    """
    if frame.shape[2] == 3:
        return frame
    seen, colours = frame[..., 3] > 0, frame[..., :3].copy()
    if seen.any() and not seen.all():
        colours[~seen] = colours[seen].mean(0).round()
    return colours


def with_opacity(pixels: np.ndarray, contents: Sequence[np.ndarray]) -> np.ndarray:
    """Put back what `visible` took of frames; what is hidden stays as it was.

    Args:
        pixels: (B, H, W, 3).
        contents: each (H, W, 3 | 4).
    """
    if contents[0].shape[2] == 3:
        return pixels
    before = np.stack(contents)
    colours = np.where(before[..., 3:] > 0, pixels, before[..., :3])
    return np.concatenate([colours, before[..., 3:]], 3)


def stylize_batch(
    stylize: Callable[[Tensor, Tensor, Tensor], Tensor],
    contents: Sequence[np.ndarray],
    strengths: Sequence[float],
    cuts: Sequence[bool],
) -> np.ndarray:
    """Frames (H, W, 3 | 4) through a callable, see `stylize_video`; as many, alike."""
    frames = to_frames([visible(content) for content in contents])
    stylized = stylize(frames, torch.tensor(strengths), torch.tensor(cuts))
    if stylized.shape != frames.shape:
        raise ValueError(f"stylize must keep {tuple(frames.shape)}, got {tuple(stylized.shape)}")
    return with_opacity(to_pixels(stylized, contents[0].dtype), contents)


def to_pixels(frames: Tensor, kind: np.dtype) -> np.ndarray:
    """(B, 3, H, W) in [0, 1] -> (B, H, W, 3) of uint8 or uint16, rounded."""
    largest = np.iinfo(kind).max
    whole = frames.float().mul(largest).round_().clamp_(0, largest).permute(0, 2, 3, 1)
    if kind == np.uint8:
        return whole.to(torch.uint8).contiguous().cpu().numpy()
    return np.ascontiguousarray(whole.cpu().numpy()).astype(kind)


def shallow(frame: np.ndarray) -> np.ndarray:
    """A frame (H, W, 3 | 4) in uint8 without opacity, to look at."""
    frame = frame[..., :3]
    return frame if frame.dtype == np.uint8 else (frame >> 8).astype(np.uint8)
