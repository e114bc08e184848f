"""Ink wash on rice paper (sumi-e): ranges in mist, a fishing boat, bamboo, a seal."""

import cv2
import numpy as np
from painting.noise import (
    Array,
    below,
    blur,
    fbm,
    grid,
    line_noise,
    mix,
    points,
    polygon,
    ramp,
    rgb,
    smooth,
    wobble,
)

RANGES = [
    (0.50, 0.42, 11, 0.30, 0.3),
    (0.58, 0.44, 71, 0.55, 0.75),
    (0.69, 0.30, 37, 0.8, 1.0),
    (0.86, 0.17, 51, 1.0, 1.1),
]
BOAT = [
    ("0.30 0.925, 0.36 0.945, 0.46 0.945, 0.53 0.918, 0.45 0.932, 0.37 0.935", 0.92),
    ("0.40 0.935, 0.405 0.905, 0.42 0.892, 0.435 0.905, 0.44 0.935", 0.92),
    ("0.395 0.897, 0.42 0.878, 0.445 0.897", 0.92),
    ("0.31 0.963, 0.42 0.956, 0.53 0.962, 0.42 0.968", 0.3),
]
INK = ["#f7f0e1", "#b9b3a8", "#6d6a68", "#26262b"]


def rice_paper(n: int) -> Array:
    """Warm paper with long fibres and flecks: (H, H, 3)."""
    base = ramp(fbm(n, n, 5, seed=1, octaves=6, gain=0.6), ["#e6d9bd", "#f3ead6", "#faf4e6"])
    fibres = np.zeros((n, n), np.float32)
    for seed, stretch in [(3, 16), (4, 10)]:
        threads = fbm(n, n, 70, seed=seed, octaves=1, stretch=stretch)
        fibres += smooth(
            0.80, 0.95, wobble(threads if seed == 3 else threads.T, 0.02, 6, seed=seed)
        )
    return np.clip(base - 0.10 * fibres[..., None] * np.float32([0.8, 1, 1.5]), 0, 1)


def range_ink(n: int, base: float, rise: float, seed: int, dark: float, rough: float) -> Array:
    """Ink density (H, H) of one range: dark at the ridge, lost in mist at its foot."""
    x, y = grid(n, n)
    edge = line_noise(n, 2.6, seed=seed, octaves=7, gain=0.44)
    ridge = (base - rise * edge**1.3).astype(np.float32)
    mask = below((n, n), ridge)
    deep = np.clip(y - ridge[None], 0, 1)
    crag = fbm(n, n, 7, seed=seed + 1, octaves=6, gain=0.6, stretch=0.45)
    shifted = warp_down(crag, deep)
    fade = np.exp(-deep / (0.10 + rise * 0.32))
    texture = smooth(0.40, 0.62, shifted) * rough
    brush = smooth(0.35, 0.65, fbm(n, n, 60, seed=seed + 2, octaves=3, stretch=0.25))
    line = np.exp(-deep / 0.006) * (0.35 + 0.65 * brush)
    wash = 0.45 + 0.30 * fbm(n, n, 3, seed=seed + 3) + 0.75 * texture
    return mask * np.clip(dark * (wash * fade + 0.8 * line * rough), 0, 1)


def warp_down(field: Array, deep: Array) -> Array:
    """Shear a texture so that it runs down the slopes."""
    n = len(field)
    _, y = grid(n, n)
    rows = np.clip((deep * 1.4 + 0.2 * y) * n, 0, n - 1).astype(np.float32)
    columns = np.tile(np.arange(n, dtype=np.float32), (n, 1)) + 0.25 * rows
    return cv2.remap(field, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)


def dab(ink: Array, path: Array, widths: Array, dark: float) -> None:
    """One brush mark of varying width along (N, 2), kept where it is darker."""
    tangent = np.gradient(path, axis=0)
    side = np.stack([-tangent[:, 1], tangent[:, 0]], 1)
    side /= np.linalg.norm(side, axis=1, keepdims=True) + 1e-6
    outline = np.concatenate([path + side * widths[:, None], (path - side * widths[:, None])[::-1]])
    np.maximum(ink, polygon(ink.shape, outline) * dark, out=ink)


def bamboo(n: int) -> Array:
    """Ink (H, H) of bamboo canes and leaves along the right edge."""
    ink, rng = np.zeros((n, n), np.float32), np.random.default_rng(12)
    for foot, lean, girth, dark in [(0.97, -0.06, 0.011, 0.5), (0.90, -0.11, 0.017, 0.85)]:
        t = np.linspace(0, 1, 12)
        for k in range(11):
            piece = np.linspace(t[k] + 0.006, t[k + 1] - 0.006, 12)
            path = np.stack([foot + lean * piece**1.4, 1.02 - 1.1 * piece], 1)
            swell = girth * (0.80 + 0.35 * np.abs(np.linspace(-1, 1, 12)) ** 3)
            dab(ink, path, swell, dark * rng.uniform(0.75, 1))
            joint = path[-1] + np.float32([[-1.25, -0.005], [0, 0.003], [1.25, -0.005]]) * (
                girth,
                1,
            )
            dab(ink, joint, np.float32([0.001, 0.003, 0.001]), 0.95)
            if k in (3, 5, 6, 8):
                leaves(ink, path[-1], rng, dark)
    return ink


def leaves(ink: Array, root: Array, rng: np.random.Generator, dark: float) -> None:
    """A spray of drooping pointed leaves."""
    for _ in range(9):
        turn, length = rng.uniform(0.35, 2.8), rng.uniform(0.06, 0.15)
        t = np.linspace(0, 1, 20)
        at = root + rng.normal(0, 0.03, 2)
        dx, dy = np.cos(turn) * t * length, np.sin(turn) * t * length + 0.25 * length * t**2
        path = np.float32(at) + np.stack([dx, dy], 1)
        width = rng.uniform(0.007, 0.012) * np.sin(np.pi * t**0.7) * (1 - 0.3 * t)
        dab(ink, path, width + 0.0004, dark * rng.uniform(0.5, 1.1))


def fishing_boat(n: int) -> Array:
    """Ink (n, n) of a boat with a man in a straw hat, and its shade on the water."""
    ink = np.zeros((n, n), np.float32)
    for text, dark in BOAT:
        outline = points(text) * 0.9 + np.float32([0.14, -0.125])
        ink = np.maximum(ink, polygon((n, n), outline) * dark)
    return ink


def landscape(n: int) -> Array:
    """Ink (n, n) of everything that is painted with the brush."""
    x, y = grid(n, n)
    ink = np.zeros((n, n), np.float32)
    for base, rise, seed, dark, rough in RANGES:
        layer = range_ink(n, base, rise, seed, dark, rough)
        veil = smooth(base - 0.02, base - 0.20, y) if base < 0.7 else 1.0
        ink = np.maximum(
            ink * (1 - below((n, n), np.full(n, base - rise * 0.2)) * 0.5), layer * veil
        )
    lake = smooth(0.83, 0.86, y) * 0.10 * smooth(0.45, 0.6, fbm(n, n, 22, seed=5, stretch=9))
    ink = np.maximum(ink, lake + 0.06 * smooth(0.5, 0.8, fbm(n, n, 3, seed=8)))
    ink = np.maximum(ink, fishing_boat(n))
    return np.maximum(blur(wobble(ink, 0.002, 90, seed=3), 0.0008), bamboo(n))


def misty_peaks(size: int) -> Array:
    """Sumi-e: ranges, pines, a boat, bamboo, a red sun and a seal, (H, H, 3)."""
    n = size * 2
    x, y = grid(n, n)
    ink = landscape(n)
    pool = np.clip(blur(ink, 0.004) - blur(ink, 0.012), 0, 1) * 0.8
    grain = fbm(n, n, 160, seed=6, octaves=2)
    dry = smooth(0.25, 0.55, fbm(n, n, 45, seed=7, octaves=3, stretch=3) + ink * 0.6)
    density = np.clip((ink + pool) * (0.75 + 0.25 * dry) * (0.86 + 0.28 * grain), 0, 1)
    paper = rice_paper(n)
    sun = smooth(0.066, 0.060, np.hypot(x - 0.24, y - 0.20) + 0.004 * grain)
    image = mix(paper, rgb("#c8452f"), sun * (0.62 + 0.25 * fbm(n, n, 14, seed=9)) * (1 - density))
    tone = np.stack(
        [
            np.interp(density, np.linspace(0, 1, 4), [rgb(c)[k] / rgb(INK[0])[k] for c in INK])
            for k in range(3)
        ],
        -1,
    )
    image = image * tone.astype(np.float32)
    stamp = (np.abs(x - 0.10) < 0.028) & (np.abs(y - 0.88) < 0.042)
    glyph = np.abs(((x - 0.10) * 62) % 1 - 0.5) + np.abs(
        ((y - 0.88) * 50 + 0.4 * np.sin(x * 190)) % 1 - 0.5
    )
    seal = stamp * smooth(0.22, 0.34, glyph) * (0.8 + 0.2 * grain)
    image = mix(image, rgb("#b3261e"), wobble(np.float32(seal), 0.0012, 60, seed=2) * 0.9)
    return cv2.resize(np.clip(image, 0, 1), (size, size), interpolation=cv2.INTER_AREA)
