"""A brush: strokes of many bristles that carry colour and thickness, then light on the relief.

Paths follow an angle field over a guide picture, coarse strokes first, in the manner of
Hertzmann, "Painterly rendering with curved brush strokes", SIGGRAPH 1998.
"""

from typing import NamedTuple

import cv2
import numpy as np
from painting.noise import Array, blur, fbm, slope

SCALE = 2  # strokes are drawn without antialiasing at twice the size, then averaged


class Layer(NamedTuple):
    """One pass of equal brushes; lengths in picture heights."""

    width: float
    length: float
    count: int
    hue: float = 0.03  # colour spread between strokes
    streak: float = 0.05  # colour spread between the bristles of one stroke
    stop: float = 0.25  # a stroke ends where the guide differs by more than this
    bristles: int = 9
    turn: float = 0.12  # spread of the direction, radians
    taper: float = 0.5  # 0: blunt ends, 1: pointed ends


def start_canvas(size: int, ground: Array) -> Array:
    """An empty canvas (S, S, 4) of RGB and thickness, with a thin coloured ground."""
    canvas = np.zeros((size * SCALE, size * SCALE, 4), np.float32)
    canvas[..., :3] = ground
    return canvas


def look_up(field: Array, points: Array) -> Array:
    """Nearest values of a square field at points (..., 2) in heights."""
    size = field.shape[0]
    at = np.clip((points * size).astype(int), 0, size - 1)
    return field[at[..., 1], at[..., 0]]


def trace(angle: Array, starts: Array, length: Array, steps: int, turn: Array) -> Array:
    """Follow the angle field both ways from starts (N, 2): paths (N, steps, 2)."""
    halves = []
    for sign in (-1, 1):
        at, half = starts.copy(), []
        for _ in range(steps // 2):
            theta = look_up(angle, at) + turn
            at = at + sign * (length / steps)[:, None] * np.stack([np.cos(theta), np.sin(theta)], 1)
            half.append(at)
        halves.append(half)
    return np.stack(halves[0][::-1] + [starts] + halves[1], 1).astype(np.float32)


def sow(density: Array | None, count: int, rng: np.random.Generator) -> Array:
    """Stroke centres (N, 2) in heights, thinned where density (H, H) in [0, 1] is low."""
    points = rng.random((count, 2), np.float32) * 1.06 - 0.03
    if density is None:
        return points
    return points[rng.random(count) < look_up(density, points)]


def stroke(
    canvas: Array, path: Array, width: float, colour: Array, layer: Layer, rng: np.random.Generator
) -> None:
    """Drag one brush along a path (K, 2) in heights; colour (3,) in [0, 1]."""
    size, n = canvas.shape[0], layer.bristles
    tangent = np.gradient(path, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True) + 1e-6
    side = np.stack([-tangent[:, 1], tangent[:, 0]], 1)
    along = np.linspace(-1, 1, len(path))
    side *= (1 - layer.taper * np.abs(along) ** 3)[:, None]
    offsets = (np.arange(n) + 0.5) / n - 0.5 + rng.normal(0, 0.03, n)
    thick = max(int(width * size / n * 1.7), 1)
    shade = rng.normal(0, layer.streak, (n, 1)) + rng.normal(0, layer.streak * 0.35, (n, 3))
    load = 0.35 + 0.65 * rng.random(n) + 0.25 * (np.abs(offsets) > 0.38)
    ends = rng.integers(0, max(len(path) // 5, 1) + 1, (n, 2))
    fixed = (path[None] + offsets[:, None, None] * width * side[None]) * size * 8
    fixed = np.round(fixed).astype(np.int32)
    for i in rng.permutation(n):
        line = fixed[i, ends[i, 0] : len(path) - ends[i, 1]]
        ink = (*np.clip(colour + shade[i], 0, 1).tolist(), float(load[i] * width * 25))
        cv2.polylines(canvas, [line], False, ink, thick, cv2.LINE_8, 3)


def paint_layer(
    canvas: Array,
    guide: Array,
    angle: Array,
    layer: Layer,
    *,
    seed: int,
    density: Array | None = None,
) -> None:
    """Cover the canvas with strokes coloured by guide (H, H, 3) along angle (H, H)."""
    rng = np.random.default_rng(seed)
    starts = sow(density, layer.count, rng)
    n = len(starts)
    length = layer.length * rng.uniform(0.6, 1.3, n)
    paths = trace(angle, starts, length, 10, rng.normal(0, layer.turn, n))
    colours = look_up(guide, starts)
    change = np.abs(look_up(guide, paths) - colours[:, None]).max(-1) > layer.stop
    middle = paths.shape[1] // 2
    value = rng.normal(0, layer.hue, (n, 1)) + rng.normal(0, layer.hue * 0.7, (n, 3))
    widths = layer.width * rng.uniform(0.7, 1.25, n)
    for i in range(n):
        before = np.flatnonzero(change[i, :middle])
        after = np.flatnonzero(change[i, middle:])
        first = before[-1] + 1 if len(before) else 0
        last = middle + after[0] if len(after) else paths.shape[1]
        if last - first >= 3:
            stroke(canvas, paths[i, first:last], widths[i], colours[i] + value[i], layer, rng)


def light(canvas: Array, *, relief: float = 0.5, gloss: float = 0.25, weave: float = 0.0) -> Array:
    """Light the relief from the upper left and average down to (H, H, 3)."""
    size = canvas.shape[0]
    height = blur(canvas[..., 3], 0.0011)
    if weave:
        y, x = np.mgrid[0:size, 0:size].astype(np.float32) * (np.pi * 2 * 150 / size)
        height = height + weave * (np.sin(x) * np.sin(y)) * (1.2 - np.clip(height, 0, 1))
    height = height + 0.08 * fbm(size, size, 90, seed=5, octaves=2)
    gx, gy = slope(height)
    lit = (gx * 0.7 + gy * 0.7) / 150
    shade = 1 - relief * np.tanh(-lit * 1.6) * 0.9
    spark = gloss * np.clip(np.tanh(lit * 1.2) - 0.35, 0, 1)
    image = canvas[..., :3] * np.clip(shade, 0.45, 1.5)[..., None] + spark[..., None]
    image = cv2.resize(np.clip(image, 0, 1), None, fx=1 / SCALE, fy=1 / SCALE, interpolation=3)
    return np.clip(image, 0, 1)
