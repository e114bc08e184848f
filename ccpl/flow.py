"""Optical flow between two frames, warping along it, and where it can be trusted.

DIS flow: Kroeger et al., ECCV 2016. Forward against backward: Sundaram et al., ECCV 2010.
A flow is (H, W, 2) float32 in pixels, x before y, and its name says where it leads:
source(p) looks like target(p + flow_to_target(p)).
"""

from functools import lru_cache
from typing import Literal

import cv2
import numpy as np

Preset = Literal["ultrafast", "fast", "medium"]
PRESETS: dict[Preset, int] = {
    "ultrafast": cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST,
    "fast": cv2.DISOPTICAL_FLOW_PRESET_FAST,
    "medium": cv2.DISOPTICAL_FLOW_PRESET_MEDIUM,
}
SMALLEST = 16  # pixels; DIS fails on frames its coarsest patches do not fit in


def optical_flow(
    source: np.ndarray, target: np.ndarray, *, preset: Preset = "medium"
) -> np.ndarray:
    """Dense flow from `source` to `target`.

    Args:
        source, target: uint8 frames of one size, (H, W, 3) RGB or (H, W) grey.
        preset: speed against accuracy.
    Returns:
        (H, W, 2) float32, pixels; zeros for frames under 16 pixels, too small to match.
    """
    if source.shape != target.shape:
        raise ValueError(f"frames must be of one size, got {source.shape} and {target.shape}")
    if min(source.shape[:2]) < SMALLEST:
        return np.zeros((*source.shape[:2], 2), np.float32)
    dis = cv2.DISOpticalFlow_create(PRESETS[preset])
    return dis.calc(to_grey(source), to_grey(target), None)


def to_grey(frame: np.ndarray) -> np.ndarray:
    """(H, W, 3) RGB or (H, W) uint8 -> (H, W) uint8."""
    return frame if frame.ndim == 2 else cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)


def warp(
    image: np.ndarray, flow_to_image: np.ndarray, *, interpolation: int = cv2.INTER_LINEAR
) -> np.ndarray:
    """Fetch `image` along a flow that leads to it: result(p) = image(p + flow(p)), edges repeated.

    Args:
        image: (H, W) or (H, W, C), any type OpenCV remaps.
        flow_to_image: (H, W, 2) float32 in pixels.
    """
    x, y = _grid(*flow_to_image.shape[:2])
    return cv2.remap(
        image,
        x + flow_to_image[..., 0],
        y + flow_to_image[..., 1],
        interpolation,
        borderMode=cv2.BORDER_REPLICATE,
    )


def valid_mask(flow_to_target: np.ndarray, flow_to_source: np.ndarray) -> np.ndarray:
    """Where a flow holds: it lands inside the frame and the flow back returns to within 1 px + 5 %.

    Args:
        flow_to_target: (H, W, 2), lives on the source frame.
        flow_to_source: (H, W, 2), lives on the target frame.
    Returns:
        (H, W) bool on the source frame; False where something is covered or uncovered.
    """
    height, width = flow_to_target.shape[:2]
    back = warp(flow_to_source, flow_to_target)
    gap = np.linalg.norm(flow_to_target + back, axis=2)
    reach = np.linalg.norm(flow_to_target, axis=2) + np.linalg.norm(back, axis=2)
    x, y = _grid(height, width)
    x, y = x + flow_to_target[..., 0], y + flow_to_target[..., 1]
    inside = (x >= 0) & (y >= 0) & (x < width) & (y < height)
    return inside & (gap < 1 + 0.05 * reach)


@lru_cache(maxsize=4)
def _grid(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Column and row of every pixel, each (H, W) float32."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    return x, y
