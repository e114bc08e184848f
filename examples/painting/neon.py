"""Synthwave: a neon sunset over a wet, glowing grid."""

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
    polygon,
    ramp,
    rgb,
    smooth,
    strokes_mask,
)


def palm(
    n: int, foot: tuple[float, float], top: tuple[float, float], reach: float, seed: int
) -> Array:
    """Silhouette (n, n) of a palm."""
    rng = np.random.default_rng(seed)
    t = np.linspace(0, 1, 30)
    bow = np.stack([foot[0] + (top[0] - foot[0]) * t**1.7, foot[1] + (top[1] - foot[1]) * t], 1)
    width = (0.011 * (1 - 0.55 * t) + 0.0012 * np.sin(t * 140))[:, None] * np.float32([1, 0])
    mask = polygon((n, n), np.concatenate([bow - width, (bow + width)[::-1]]))
    lines = []
    for turn in np.linspace(-3.5, 0.4, 11) + rng.normal(0, 0.07, 11):
        s = np.linspace(0, 1, 40)
        fx = top[0] + reach * s * np.cos(turn)
        fy = top[1] + reach * (s * np.sin(turn) * 0.75 + 0.62 * s**2.2)
        spine = np.stack([fx, fy], 1)
        mask = np.maximum(mask, strokes_mask((n, n), [spine], 0.005))
        for k in range(3, 40):
            drop = reach * 0.30 * np.sin(np.pi * s[k] ** 0.8) * rng.uniform(0.75, 1.1)
            for side in (-0.55, 0.35):
                tip = spine[k] + (drop * side, drop * 0.8)
                lines.append(np.float32([spine[k], tip]))
    return np.maximum(mask, strokes_mask((n, n), lines, 0.003))


def neon_sky(n: int) -> tuple[Array, Array]:
    """Sky with stars, a striped sun and ridges: colours (n, n, 3) and glow (n, n, 3)."""
    x, y = grid(n, n)
    haze = fbm(n, n, 4, seed=2, octaves=6, stretch=2.2)
    image = ramp(
        np.clip(y * 1.55 + 0.22 * (haze - 0.5), 0, 1),
        ["#0a0626", "#27104f", "#6a1b7d", "#d4307f", "#ff7d5a", "#ffc46b"],
    )
    cloud = smooth(0.55, 0.8, fbm(n, n, 5, seed=6, octaves=6, stretch=4)) * smooth(0.62, 0.35, y)
    image = mix(image, rgb("#ff6fa8"), cloud * 0.55 * smooth(0.05, 0.4, y))
    rng, glow = np.random.default_rng(3), np.zeros((n, n, 3), np.float32)
    star = smooth(0.0, 1.0, blur(np.float32(rng.random((n, n)) > 0.9986), 0.0006) * 14) * smooth(
        0.45, 0.1, y
    )
    image = np.clip(image + star[..., None] * np.float32([0.9, 0.95, 1]), 0, 1)
    reach = np.hypot(x - 0.5, y - 0.40)
    bars = (y - 0.27) * 26
    gap = np.abs(bars % 1 - 0.5) < 0.5 - 0.055 * np.clip(bars, 0, 8)
    sun = smooth(0.213, 0.210, reach) * np.where(bars > 0, gap, 1)
    disc = ramp(
        np.clip((y - 0.19) / 0.40, 0, 1), ["#fff3a0", "#ffcf4d", "#ff7a4a", "#ff2f8e", "#b01fb8"]
    )
    image, glow = mix(image, disc, sun), glow + (sun * 0.9)[..., None] * disc
    for base, rise, seed, code in [(0.60, 0.19, 5, "#3a1466"), (0.605, 0.11, 9, "#170a3c")]:
        far = np.abs(np.linspace(-1, 1, n)) ** 0.7
        ridge = np.float32(
            base - rise * far * (0.35 + 0.65 * line_noise(n, 7, seed=seed, octaves=5, gain=0.45))
        )
        mask = below((n, n), ridge)
        wire = np.abs(((y - ridge[None]) * 34) % 1 - 0.5) < 0.05
        wire |= np.abs(((x + 0.6 * (y - ridge[None]) * np.sin(x * 40)) * 36) % 1 - 0.5) < 0.05
        image = mix(image, mix(rgb(code), rgb("#7a2fb5"), 0.5 * fbm(n, n, 14, seed=seed)), mask)
        image = mix(image, rgb("#ff5fd0"), mask * wire * 0.55)
        rim = smooth(0.0035, 0.001, np.abs(y - ridge[None]))
        image, glow = (
            mix(image, rgb("#8ff5ff"), rim),
            glow * (1 - mask[..., None]) + rim[..., None] * rgb("#49d6ff"),
        )
    return image, glow


def wet_grid(image: Array, glow: Array) -> tuple[Array, Array]:
    """Lay a mirroring floor with a neon grid below the horizon; both arrays (n, n, 3)."""
    n = len(image)
    x, y = grid(n, n)
    level = 0.605
    depth = 1 / np.clip(y - level + 0.012, 0.004, 1)
    wave = fbm(n, n, 46, seed=8, octaves=3, stretch=6) - 0.5
    rows = np.clip((2 * level - y + 0.05 * wave) * n, 0, n - 1)
    mirror = cv2.remap(image, np.float32(x * n + wave * 36), np.float32(rows), 1)
    mirror = cv2.blur(mirror, (3, n // 30))
    floor = mix(mirror * 0.72, rgb("#0b0530"), np.clip(0.25 + (y - level) * 1.1, 0, 0.8))
    u, v = (x - 0.5) * depth * 1.15, depth * 0.55
    across = smooth(0.030, 0.012, np.abs(u % 1 - 0.5) / depth * 1.6)
    along = smooth(0.06 + 0.0016 * depth, 0.025, np.abs((v + 0.3) % 1 - 0.5)) * smooth(
        70, 22, depth
    )
    lines = np.maximum(across * smooth(80, 26, depth), along)
    under = smooth(level - 0.001, level + 0.001, y)
    neon = mix(rgb("#35e6ff"), rgb("#ff3fc4"), smooth(0.62, 0.95, y + 0.15 * np.sin(x * 6)))
    image = mix(image, floor, under)
    image = mix(image, neon, np.clip(lines * under, 0, 1) * 0.9)
    glow = glow * (1 - under[..., None]) + (lines * under)[..., None] * neon * 0.8
    return image, glow


def neon_drive(size: int) -> Array:
    """Synthwave: striped sun, wire ridges, palms and a wet glowing grid: (H, H, 3)."""
    n = size * 2
    image, glow = neon_sky(n)
    image, glow = wet_grid(image, glow)
    tree = np.maximum(
        palm(n, (0.07, 1.0), (0.19, 0.33), 0.21, 2), palm(n, (0.96, 0.92), (0.86, 0.42), 0.17, 7)
    )
    tree = np.maximum(tree, palm(n, (0.02, 0.95), (0.03, 0.50), 0.15, 5))
    edge = np.clip(tree - np.roll(tree, (n // 300, -n // 300), (0, 1)), 0, 1)
    image, glow = mix(image, rgb("#0c0424"), tree), glow * (1 - 0.85 * tree[..., None])
    image = mix(image, rgb("#ff6ac9"), edge * 0.8)
    for radius, force in [(0.004, 0.35), (0.014, 0.35), (0.05, 0.4)]:
        image = image + force * blur(glow, radius)
    rain = smooth(0.72, 0.95, fbm(n, n, 120, seed=12, octaves=1, stretch=0.08)) * 0.05
    grain = np.random.default_rng(9).normal(0, 0.045, (n // 2, n // 2, 1)).astype(np.float32)
    image = cv2.resize(
        np.clip(image + rain[..., None], 0, 1.3), (size, size), interpolation=cv2.INTER_AREA
    )
    scan = 1 + 0.035 * np.sin(np.arange(size) * 2 * np.pi / 4)[:, None, None]
    brush = 0.88 + 0.24 * fbm(size, size, 40, seed=15, octaves=4, stretch=2.5)[..., None]
    return np.float32(
        np.clip((1 - np.exp(-1.25 * image * brush)) * 1.32 * scan + grain[:size, :size], 0, 1)
    )
