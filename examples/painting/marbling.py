"""Combed marbled paper: drops of colour and tines in closed form, run backwards per pixel.

Lu, Jaffer, Jin, Zhao & Mao, "Mathematical marbling", IEEE CG&A 2012.
"""

import cv2
import numpy as np
from painting.noise import Array, blur, fbm, grid, mix, rgb, slope, smooth, wobble


def comb(a: Array, b: Array, pitch: float, depth: float, sharp: float) -> Array:
    """Where coordinate a was before tines, pitch apart along b, dragged it by depth."""
    tooth = np.abs((b / pitch) % 1 - 0.5) * 2
    return a + depth * sharp ** (tooth * 8)


def marble(x: Array, y: Array, seed: int) -> tuple[Array, Array]:
    """Run combs and drops backwards: drop number (H, H), -1 for the bath, and shade (H, H)."""
    rng = np.random.default_rng(seed)

    y = comb(y, x + 0.012 * np.sin(y * 9), 0.125, -0.17, 0.66)
    x = x + 0.030 * np.sin(y * 2 * np.pi / 0.25) + 0.008 * np.sin(y * 37)
    x = comb(x, y, 0.062, 0.13, 0.70)
    x = comb(x, y + 0.031, 0.062, -0.13, 0.70)
    y = comb(y, x, 0.30, 0.30, 0.75)
    number = np.full(x.shape, -1)
    for k in range(76):
        cx, cy, r = rng.uniform(-0.15, 1.15), rng.uniform(-0.15, 1.15), rng.uniform(0.05, 0.13)
        dx, dy = x - cx, y - cy
        d2 = dx * dx + dy * dy
        number = np.where((d2 < r * r) & (number < 0), 75 - k, number)
        back = np.sqrt(np.clip(1 - r * r / np.maximum(d2, 1e-9), 0, 1))
        x, y = cx + dx * back, cy + dy * back
    return number, x + y


def marbled_paper(size: int) -> Array:
    """Combed marbling in wine red, teal, ochre, cream and indigo: (H, H, 3)."""
    n = size * 2
    x, y = grid(n, n)
    dx, dy = fbm(n, n, 3, seed=3, octaves=3) - 0.5, fbm(n, n, 3, seed=4, octaves=3) - 0.5
    number, shade = marble(x + 0.06 * dx, y + 0.06 * dy, 8)
    codes = ["#7c1f33", "#f1e3c6", "#12606a", "#d79a2b", "#1c2a57", "#c9573a", "#e9c9a0", "#3f8f86"]
    table = np.stack([rgb(code) for code in [*codes, "#2a1a2e"]])
    image = table[np.where(number < 0, 8, number % 8)]
    speck = smooth(0.74, 0.80, fbm(n, n, 150, seed=5, octaves=2))
    image = mix(image, rgb("#f6ecd8"), speck * 0.35)
    tone = 0.86 + 0.20 * fbm(n, n, 6, seed=6, octaves=5) + 0.10 * np.sin(shade * 30) * 0.3
    fibre = fbm(n, n, 110, seed=7, octaves=3, stretch=3)
    image = image * (tone * (0.94 + 0.10 * fibre))[..., None]
    gx, gy = slope(blur(image.mean(-1), 0.0012))
    image = image * (1 + 0.10 * np.tanh((gx + gy) / 60))[..., None]
    return cv2.resize(
        np.clip(wobble(image, 0.001, 80, seed=9), 0, 1), (size, size), interpolation=cv2.INTER_AREA
    )
