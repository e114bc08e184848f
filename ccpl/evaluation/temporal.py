"""How steady a stylized clip is: warping error along measured flow, and against a known motion.

Both are 0 for the identity; neither says whether the picture is any good.
"""

import functools
from collections.abc import Callable, Sequence

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ccpl.flow import optical_flow

Clip = Sequence[np.ndarray]  # frames (H, W, 3) uint8


def warping_errors(content: Clip, clips: Sequence[Clip], *, interval: int = 1) -> np.ndarray:
    """Temporal warping error over time (Lai et al., ECCV 2018).

    Frame t - interval is moved along the DIS flow of the content; the error is the root mean square
    of RGB differences in 0 .. 1 to frame t, where flow forth and back agree (within 1 px + 5 %).
    Over the content's own error (`flicker_ratio`), 1 means: no more flicker than noise, light and
    bad flow make in the content itself.

    Args:
        content: the clip before stylization.
        clips: stylized versions of it, of the same size.
        interval: frames between the two that are compared.
    Returns:
        (frames - interval, 1 + number of clips), the content's own error first, 0 .. 1; NaN where
        no pixel could be followed.
    """
    if len(content) <= interval:
        raise ValueError(f"expected more than {interval} frames, got {len(content)}")
    rows = []
    for t in range(interval, len(content)):
        now, before = content[t], content[t - interval]
        places, mask = _follow(optical_flow(now, before), optical_flow(before, now))
        fetched = [_fetch(clip[t - interval], places) for clip in (content, *clips)]
        pairs = zip((content, *clips), fetched, strict=True)
        rows.append([_masked_rmse(clip[t], moved, mask) for clip, moved in pairs])
    return np.array(rows)


def _follow(flow_to_prev: np.ndarray, flow_to_next: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where each pixel came from, (H, W, 2) columns and rows, and where that holds, (H, W) bool.

    `flow.valid_mask` with one difference: beyond the last pixel lies black and no motion, not the
    edge repeated. The figures this project is compared with are defined so.
    """
    height, width = flow_to_prev.shape[:2]
    grid = np.stack(np.meshgrid(np.arange(width), np.arange(height)), 2).astype(np.float32)
    places = grid + flow_to_prev
    back = _fetch(flow_to_next, places)
    reach = np.linalg.norm(flow_to_prev, axis=2) + np.linalg.norm(back, axis=2)
    agree = np.linalg.norm(flow_to_prev + back, axis=2) < 1 + 0.05 * reach
    return places, agree & ((places >= 0) & (places < (width, height))).all(2)


def _fetch(image: np.ndarray, places: np.ndarray) -> np.ndarray:
    return cv2.remap(image, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)


def _masked_rmse(first: np.ndarray, second: np.ndarray, mask: np.ndarray) -> float:
    gap = (first[mask].astype(np.float32) - second[mask].astype(np.float32)) / 255
    return float(np.sqrt(np.square(gap).mean(dtype=np.float64))) if gap.size else float("nan")


def flicker_ratio(errors: np.ndarray) -> np.ndarray:
    """Mean error of every clip over the content's own, from `warping_errors`: (clips,)."""
    means = np.nanmean(errors, 0)
    return means[1:] / max(means[0], 1e-6)


def smooth_motion(height: int, width: int, *, shift: float = 0.02, seed: int = 0) -> Tensor:
    """A known smooth motion: a shift and a bend, each some `shift` times the sides.

    Returns:
        Sampling positions (1, H, W, 2) in -1 .. 1 for `grid_sample`.
    """
    generator = torch.Generator().manual_seed(seed)
    bumps = shift * torch.randn(1, 2, 4, 4, generator=generator)
    field = F.interpolate(bumps, size=(height, width), mode="bicubic", align_corners=True)
    field = field + 2 * shift * torch.randn(1, 2, 1, 1, generator=generator).sign()
    base = F.affine_grid(torch.eye(2, 3)[None], [1, 1, height, width], align_corners=False)
    return base + field.permute(0, 2, 3, 1)


@torch.inference_mode()
def synthetic_motion_error(
    stylize: Callable[[Tensor], Tensor], content: Tensor, *, shift: float = 0.02, seed: int = 0
) -> float:
    """What a stylizer changes that does not move with the picture, measured with exact flow.

    Root mean square difference between the stylized moved picture and the moved stylized picture,
    away from the border: 0 for the identity, 1 at most. After the temporal loss of ReCoNet (Gao et
    al., ACCV 2018), with a made-up flow instead of a measured one.

    Args:
        stylize: (1, 3, H, W) in [0, 1] -> the same.
        content: (1, 3, H, W).
        shift: size of the motion over the sides of the picture.
        seed: of the motion.
    """
    grid = smooth_motion(*content.shape[2:], shift=shift, seed=seed)
    sample = functools.partial(F.grid_sample, grid=grid, padding_mode="border", align_corners=False)
    gap = stylize(sample(content)) - sample(stylize(content))
    seen = (grid.abs() < 1).all(3)[:, None].expand_as(gap)
    return gap[seen].square().mean().sqrt().item()
