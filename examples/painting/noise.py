"""Seeded noise and small maths shared by every picture.

Pictures are float32 arrays (H, W, 3), RGB in [0, 1]; fields are float32 (H, W).
Random grids depend on the seed alone, so a picture keeps its composition at every size.
"""

from collections.abc import Sequence

import cv2
import numpy as np

Array = np.ndarray
LUMA = np.float32([0.299, 0.587, 0.114])


def grid(height: int, width: int) -> tuple[Array, Array]:
    """Return x and y, each (H, W): pixel centres, with 1 the picture's height."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    return (x + 0.5) / height, (y + 0.5) / height


def mix(a: Array | float, b: Array | float, t: Array | float) -> Array:
    """Blend a into b by t in [0, 1]; a field t blends pictures too."""
    a, b, t = np.float32(a), np.float32(b), np.float32(t)
    if t.ndim == 2 and t.shape[1] > 1 and max(a.ndim, b.ndim) != 2:
        t = t[..., None]
    return a + (b - a) * t


def smooth(low: float, high: float, x: Array) -> Array:
    """Hermite step from 0 at low to 1 at high (low may be the larger)."""
    t = np.clip((np.float32(x) - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def rgb(code: str) -> Array:
    """'#rrggbb' as (3,) in [0, 1]."""
    return np.float32([int(code[i : i + 2], 16) for i in (1, 3, 5)]) / 255


def ramp(t: Array, codes: Sequence[str], stops: Sequence[float] | None = None) -> Array:
    """Colour t in [0, 1], any shape (...), with a gradient of hex codes: (..., 3)."""
    stops = np.linspace(0, 1, len(codes)) if stops is None else stops
    table = np.stack([rgb(code) for code in codes])
    return np.stack([np.interp(t, stops, table[:, c]) for c in range(3)], -1).astype(np.float32)


def fbm(
    height: int,
    width: int,
    cells: float = 4,
    *,
    seed: int,
    octaves: int = 5,
    gain: float = 0.5,
    stretch: float = 1.0,
) -> Array:
    """Fractal value noise (H, W) in [0, 1].

    Args:
        cells: cells of the coarsest octave along the height.
        stretch: how many times longer a cell is along x than along y.
    """
    rng = np.random.default_rng(seed)
    total, weight = np.zeros((height, width), np.float32), 1.0
    for octave in range(octaves):
        rows = max(int(round(cells * 2**octave)), 1)
        cols = max(int(round(rows * width / height / stretch)), 1)
        tile = rng.random((rows + 3, cols + 3), np.float32)
        if rows > 2 * height:
            break
        field = zoom(tile, height, width)
        total += weight * field
        weight *= gain
    low, high = total.min(), total.max()
    return (total - low) / max(high - low, 1e-6)


def spread(cells: int, n: int) -> Array:
    """Cubic B-spline weights (n, cells + 3) that spread nodes over n pixels without steps."""
    at = (np.arange(n) + 0.5) / n * cells
    base = np.minimum(at.astype(int), cells - 1)
    t = at - base
    parts = [(1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3]
    weights = np.zeros((n, cells + 3), np.float32)
    for k, part in enumerate(parts):
        weights[np.arange(n), base + k] = part / 6
    return weights


def zoom(tile: Array, height: int, width: int) -> Array:
    """Spread tile (R + 3, C + 3) smoothly over (H, W), one spare node around it."""
    down, across = spread(tile.shape[0] - 3, height), spread(tile.shape[1] - 3, width)
    return down @ tile @ across.T


def line_noise(n: int, cells: float, *, seed: int, octaves: int = 5, gain: float = 0.5) -> Array:
    """Fractal noise along a line: (n,) in [0, 1]."""
    rng = np.random.default_rng(seed)
    t, total, weight = np.linspace(0, 1, n, dtype=np.float32), np.zeros(n, np.float32), 1.0
    for octave in range(octaves):
        nodes = int(cells * 2**octave) + 2
        at = t * (nodes - 1)
        base = np.minimum(at.astype(int), nodes - 2)
        values = rng.random(nodes)
        total += weight * mix(values[base], values[base + 1], smooth(0, 1, at - base))
        weight *= gain
    return (total - total.min()) / max(float(np.ptp(total)), 1e-6)


def warp(field: Array, dx: Array, dy: Array, mode: int = cv2.BORDER_REFLECT) -> Array:
    """Look a picture or field up at its own place plus (dx, dy), in heights."""
    height, width = field.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    return cv2.remap(
        np.float32(field),
        x + np.float32(dx) * height,
        y + np.float32(dy) * height,
        cv2.INTER_LINEAR,
        borderMode=mode,
    )


def wobble(field: Array, amount: float, cells: float, *, seed: int, octaves: int = 3) -> Array:
    """Shake a picture's outlines as an unsteady hand would; amount in heights."""
    height, width = field.shape[:2]
    dx = fbm(height, width, cells, seed=seed, octaves=octaves) - 0.5
    dy = fbm(height, width, cells, seed=seed + 1, octaves=octaves) - 0.5
    return warp(field, dx * 2 * amount, dy * 2 * amount)


def blur(field: Array, radius: float) -> Array:
    """Gaussian blur with sigma = radius in heights."""
    sigma = max(radius * field.shape[0], 0.3)
    return cv2.GaussianBlur(np.float32(field), (0, 0), sigma, borderType=cv2.BORDER_REFLECT)


def slope(field: Array) -> tuple[Array, Array]:
    """Gradient along x and y, per height (so it does not depend on the size)."""
    gy, gx = np.gradient(np.float32(field))
    return gx * field.shape[0], gy * field.shape[0]


def points(text: str) -> Array:
    """Read "x y, x y, ..." as points (N, 2)."""
    return np.float32([[float(part) for part in pair.split()] for pair in text.split(",")])


def polygon(shape: tuple[int, int], outline: Array) -> Array:
    """Antialiased mask (H, W) in [0, 1] of an outline (N, 2), x and y in heights."""
    mask = np.zeros(shape, np.uint8)
    fixed = np.round(np.float64(outline) * shape[0] * 16).astype(np.int32)
    cv2.fillPoly(mask, [fixed], 255, cv2.LINE_AA, 4)
    return mask.astype(np.float32) / 255


def strokes_mask(shape: tuple[int, int], paths: Sequence[Array], width: float) -> Array:
    """Antialiased mask (H, W) of open lines, each (N, 2) in heights; width in heights."""
    mask = np.zeros(shape, np.uint8)
    fixed = [np.round(np.float64(path) * shape[0] * 16).astype(np.int32) for path in paths]
    cv2.polylines(mask, fixed, False, 255, max(round(width * shape[0]), 1), cv2.LINE_AA, 4)
    return mask.astype(np.float32) / 255


def below(shape: tuple[int, int], ridge: Array) -> Array:
    """Mask (H, W) of everything under a ridge line (W,), y in heights, one pixel soft."""
    _, y = grid(*shape)
    return np.clip((y - ridge[None]) * shape[0] + 0.5, 0, 1).astype(np.float32)


def saturate(image: Array, amount: float) -> Array:
    """Scale colourfulness about the grey of each pixel."""
    grey = (image @ LUMA)[..., None]
    return np.clip(grey + (image - grey) * amount, 0, 1)
