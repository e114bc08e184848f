"""Less flicker: a stylized frame is blended with the last stable one, carried along the flow.

After Ruder et al., GCPR 2016 (flow of the content, forward-backward mask) and Lai et al., ECCV 2018
(a pixel counts as far as the content agrees). A scene cut is a change both large and sudden.
"""

from typing import NamedTuple

import cv2
import numpy as np

from ccpl.flow import optical_flow, valid_mask, warp

THUMBNAIL = (48, 27)  # width, height of the pictures cuts are looked for in
CUT = 0.1  # mean absolute difference of two thumbnails, 0 .. 1


class CutState(NamedTuple):
    """What the next frame is compared with."""

    thumbnail: np.ndarray  # (27, 48, 3) uint8
    difference: float  # of that thumbnail to the one before


def detect_cut(content: np.ndarray, state: CutState | None) -> tuple[bool, CutState]:
    """Whether a frame begins a new scene: it differs much more from the last than that did.

    Args:
        content: (H, W, 3) uint8.
        state: what the last call returned; None for the first frame, which is a cut.
    """
    thumbnail = cv2.resize(content, THUMBNAIL, interpolation=cv2.INTER_AREA)
    if state is None:
        return True, CutState(thumbnail, 0.0)
    difference = float(cv2.absdiff(thumbnail, state.thumbnail).mean()) / 255
    return difference - state.difference > CUT, CutState(thumbnail, difference)


class StableState(NamedTuple):
    """The last frame as the stabilizer saw and left it."""

    content: np.ndarray  # (h, w, 3) uint8, reduced to the size flow is computed at
    stable: np.ndarray  # (H, W, 3) uint8


class Stabilizer:
    """Keeps a stylized clip still where its content is still or moves in a way flow can follow.

    Args:
        memory: share of the last stable frame where flow is trusted, 0 <= memory < 1.
        tolerance: difference of content and warped content, 0 .. 1, where that share falls to 1/e.
        flow_side: longer side in pixels at which flow is computed; frames may have any size.
    """

    def __init__(
        self, *, memory: float = 0.84, tolerance: float = 0.12, flow_side: int = 384
    ) -> None:
        if not 0 <= memory < 1:
            raise ValueError(f"memory must lie in 0 <= memory < 1, got {memory}")
        self.memory, self.tolerance, self.flow_side = memory, tolerance, flow_side

    def step(
        self, content: np.ndarray, stylized: np.ndarray, state: StableState | None
    ) -> tuple[np.ndarray, StableState]:
        """Stabilize one frame.

        Args:
            content, stylized: (H, W, 3) uint8, the frame before and after stylization.
            state: what the last step returned; None for a clip's first frame and after a scene cut.
        Returns:
            The stable frame, (H, W, 3) uint8, and the state for the next step.
        """
        if content.shape != stylized.shape:
            raise ValueError(
                f"content and stylized must have one shape, got {content.shape}, {stylized.shape}"
            )
        small = self._reduce(content)
        if state is None or state.stable.shape != stylized.shape:
            return stylized, StableState(small, stylized)
        height, width = content.shape[:2]
        flow_to_prev, trust = self._follow(small, state.content)
        to_pixels = np.float32((width / small.shape[1], height / small.shape[0]))
        flow_to_prev = cv2.resize(flow_to_prev, (width, height)) * to_pixels
        weight = cv2.resize(trust, (width, height)) * self.memory
        # Cubic: what is fetched was fetched before, and bilinear blur would add up.
        previous = warp(state.stable, flow_to_prev, interpolation=cv2.INTER_CUBIC)
        stable = cv2.blendLinear(previous, stylized, weight, 1 - weight)
        return stable, StableState(small, stable)

    def _reduce(self, content: np.ndarray) -> np.ndarray:
        height, width = content.shape[:2]
        scale = min(1.0, self.flow_side / max(height, width))
        size = max(1, round(width * scale)), max(1, round(height * scale))
        return cv2.resize(content, size, interpolation=cv2.INTER_AREA)

    def _follow(self, content: np.ndarray, previous: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Flow to the previous frame, (h, w, 2), and the trust in it, (h, w) float32, 0 .. 1."""
        flow_to_prev = optical_flow(content, previous, preset="fast")
        flow_to_next = optical_flow(previous, content, preset="fast")
        gap = cv2.absdiff(content, warp(previous, flow_to_prev)).max(axis=2)
        gap = cv2.blur(gap.astype(np.float32) / 255, (3, 3))  # sensor noise is no mismatch
        trust = np.exp(-((gap / self.tolerance) ** 2)) * valid_mask(flow_to_prev, flow_to_next)
        # Erode: a border of motion, enlarged to full size, must not leak into the trusted side.
        return flow_to_prev, cv2.erode(trust.astype(np.float32), np.ones((3, 3), np.uint8))
