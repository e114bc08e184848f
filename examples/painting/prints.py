"""What block prints share: wood grain, firs, smooth curves and the drawing of waves."""

import cv2
import numpy as np
from painting.noise import (
    Array,
    fbm,
    grid,
    mix,
    polygon,
    rgb,
    strokes_mask,
)


def wood_grain(size: int, seed: int) -> Array:
    """Grain of a plank with a few knots, (H, H) in [0, 1]."""
    x, y = grid(size, size)
    bend = fbm(size, size, 2.5, seed=seed, octaves=3, stretch=2.5)
    rings = np.sin((y * 26 + bend * 11 + 0.4 * np.sin(x * 3)) * 2 * np.pi)
    fibre = fbm(size, size, 120, seed=seed + 1, octaves=2, stretch=14)
    return np.clip(0.5 + 0.22 * rings + 0.75 * (fibre - 0.5), 0, 1)


def pine(shape: tuple[int, int], cx: float, base: float, tall: float, seed: int) -> Array:
    """Mask (H, H) of a fir with ragged boughs."""
    rng = np.random.default_rng(seed)
    points = []
    boughs = int(9 + tall * 18)
    for side in (-1, 1):
        edge = []
        for k in range(boughs):
            t = (k + 1) / boughs
            reach = tall * 0.24 * t**0.9 * rng.uniform(0.75, 1.15)
            edge.append((cx + side * reach, base - tall * (1 - t) * 0.94 + tall * 0.015))
            edge.append((cx + side * reach * 0.42, base - tall * (1 - t) * 0.94 - tall * 0.012))
        points.append(edge)
    outline = [(cx, base - tall), *points[0], (cx, base + 0.02), *points[1][::-1]]
    return polygon(shape, np.float32(outline))


def bezier(knots: Array | list[tuple[float, float]], n: int = 60) -> Array:
    """Smooth curve (N, 2) through knots (K, 2) by Catmull-Rom pieces."""
    p = np.float32([knots[0], *knots, knots[-1]])
    t = np.linspace(0, len(knots) - 1, n, dtype=np.float32)
    k = np.minimum(t.astype(int), len(knots) - 2)
    u = (t - k)[:, None]
    a, b, c, d = p[k], p[k + 1], p[k + 2], p[k + 3]
    return 0.5 * (
        2 * b + (c - a) * u + (2 * a - 5 * b + 4 * c - d) * u**2 + (3 * b - a - 3 * c + d) * u**3
    )


class Swell:
    """Layers of a printed sea, drawn in place at (H, H, 3) with Prussian blue outlines."""

    def __init__(self, image: Array, seed: int):
        self.image, self.shape = image, image.shape[:2]
        self.rng = np.random.default_rng(seed)

    def fill(self, points: Array, colour: Array) -> None:
        """Lay flat colour inside an outline (N, 2)."""
        self.image[:] = mix(self.image, colour, polygon(self.shape, points))

    def line(self, paths: list[Array], colour: Array, width: float) -> None:
        """Draw lines of one width in heights."""
        self.image[:] = mix(self.image, colour, strokes_mask(self.shape, paths, width))

    def body(self, back: Array, front: Array, codes: list[str]) -> None:
        """A wave between its back and its hollow front, striped along the flow."""
        self.fill(np.concatenate([back, front[::-1]]), rgb(codes[0]))
        n = len(back)
        for k, (a, b) in enumerate(
            [(0.10, 0.19), (0.27, 0.38), (0.46, 0.55), (0.63, 0.74), (0.82, 0.90)]
        ):
            swing = 0.02 * np.sin(np.linspace(0, 9, n) + k)[:, None]
            one, two = (
                mix(back, front, np.float32(a + swing)),
                mix(back, front, np.float32(b + swing * 0.6)),
            )
            cut = int(n * (0.97 - 0.05 * (k % 3)))
            self.fill(np.concatenate([one[:cut], two[:cut][::-1]]), rgb(codes[1 + k % 2]))
            fine = mix(back, front, np.float32((a + b) / 2 + swing))
            self.line([fine[:cut]], rgb("#12294f"), 0.0016)
        self.line([back, front], rgb("#12294f"), 0.0034)

    def foam(self, edge: Array, size: float, reach: float) -> None:
        """Claws and beads of foam along the end of a crest (N, 2)."""
        tangent = np.gradient(edge, axis=0)
        tangent /= np.linalg.norm(tangent, axis=1, keepdims=True) + 1e-6
        side = np.stack([-tangent[:, 1], tangent[:, 0]], 1)
        spots = []
        for i, at in enumerate(edge):
            for _ in range(5):
                push = self.rng.uniform(-0.2, 1.0) * reach
                spots.append(
                    (
                        at + side[i] * push,
                        size * self.rng.uniform(0.5, 1.15) * (1.2 - abs(push) / reach * 0.6),
                    )
                )
        for i in range(0, len(edge) - 1, 2):
            at, turn = edge[i] + side[i] * reach * 0.9, np.arctan2(*tangent[i][::-1])
            bow = self.rng.uniform(0.25, 0.4) * np.sign(reach)
            for k in range(9):
                turn += bow
                at = at + size * 0.62 * np.float32([np.cos(turn - bow * 4), np.sin(turn - bow * 4)])
                spots.append((at, size * 0.62 * (1 - k / 10)))
        for pad, code in [(0.0032, "#12294f"), (0.0, "#f6efdc")]:
            for at, r in spots:
                self.disc(at, r + pad, code)
        for at, r in spots[::3]:
            self.disc(at + r * np.float32([0.3, 0.4]), r * 0.3, "#a9c9d2")
        for at, _ in spots[::2]:
            drop = at + self.rng.normal(0, abs(reach) * 0.9, 2)
            self.disc(drop, self.rng.uniform(0.0018, 0.0042), "#f6efdc")

    def disc(self, at: Array, r: float, code: str) -> None:
        """A flat round spot."""
        fixed = np.round(np.float64(at) * self.shape[0] * 16).astype(int)
        cv2.circle(
            self.image,
            fixed.tolist(),
            max(int(r * self.shape[0] * 16), 8),
            rgb(code).tolist(),
            -1,
            cv2.LINE_8,
            4,
        )
