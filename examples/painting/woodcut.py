"""A mountain woodcut in four colours: engraved lines that swell where it is dark."""

import cv2
import numpy as np
from painting.noise import Array, below, fbm, grid, line_noise, mix, ramp, rgb, smooth, wobble
from painting.prints import pine, wood_grain


def engrave(phase: Array, tone: Array) -> Array:
    """Ink (H, H) in [0, 1] of lines whose width follows the darkness; phase in lines."""
    wave = np.abs((phase % 1) - 0.5) * 2
    gx, gy = np.gradient(phase)
    edge = np.clip(np.hypot(gx, gy) * 2.2, 0.02, 0.6)
    return np.clip((np.clip(1 - tone, 0, 1) * 1.06 - wave) / edge + 0.5, 0, 1)


def alpine_tones(size: int) -> tuple[Array, Array, list[Array]]:
    """Tone (H, H), line phase (H, H) and masks of mountains, lake and firs."""
    shape = (size, size)
    x, y = grid(size, size)
    sun = np.hypot(x - 0.66, y - 0.27)
    tone = 0.80 - 0.25 * smooth(0.5, 0.0, y) + 0.35 * smooth(0.5, 0.16, sun)
    phase = sun * 62 + 0.8 * fbm(size, size, 5, seed=1)
    masks = []
    for i, (base, rise) in enumerate([(0.60, 0.44), (0.63, 0.24)]):
        edge = line_noise(size, 2.4 + 2 * i, seed=31 + 7 * i, octaves=6, gain=0.42)
        ridge = base - rise * edge
        mask = below(shape, ridge)
        crag = fbm(size, size, 5, seed=50 + i, octaves=5, stretch=0.6) - 0.5
        deep = y - ridge[None]
        facet = (
            np.gradient(cv2.GaussianBlur(np.float32(deep + 0.30 * crag), (0, 0), size * 0.006))[1]
            * size
        )
        lit = np.clip(0.52 - facet * 0.55, 0.04, 1)
        snow = smooth(0.2, 0.06, deep + 0.25 * crag) * (1 - i)
        local = np.clip(lit + 0.45 * snow * (lit > 0.4), 0.03, 0.98)
        tone = mix(tone, local + 0.25 * smooth(0.22, 0.4, deep) * (1 - i), mask)
        phase = np.where(mask > 0.5, (deep * 0.6 + x * (0.8 - 0.3 * i) + 0.22 * crag) * 74, phase)
        masks.append(mask)
    lake = smooth(0.628, 0.632, y)
    flip = cv2.remap(np.float32(tone), np.float32(x * size), np.float32((1.26 - y) * size), 1)
    ripple = fbm(size, size, 30, seed=61, octaves=2, stretch=9)
    tone = mix(tone, np.clip(flip * 0.8 + 0.5 * (ripple - 0.35), 0.05, 1), lake)
    phase = np.where(lake > 0.5, (y + 0.006 * np.sin(x * 30 + y * 60)) * 84 + ripple, phase)
    return tone, phase, [*masks, lake, smooth(0.107, 0.104, sun)]


def forest(n: int) -> Array:
    """Mask (n, n) of firs on the near bank."""
    rng = np.random.default_rng(5)
    firs = np.zeros((n, n), np.float32)
    for cx in np.concatenate([rng.uniform(-0.02, 0.34, 13), rng.uniform(0.80, 1.02, 8)]):
        tall = rng.uniform(0.13, 0.42) * (1.15 - 0.5 * abs(np.sin(cx * 5)))
        firs = np.maximum(
            firs, pine((n, n), cx, 0.96 + rng.uniform(-0.05, 0.03), tall, int(cx * 9999) % 997)
        )
    bank = 0.93 - 0.09 * np.abs(np.linspace(-1, 1.1, n)) ** 1.5 - 0.02 * line_noise(n, 9, seed=8)
    return np.maximum(firs, below((n, n), np.float32(bank)))


def print_inks(n: int, edge: Array, masks: tuple[Array, Array, Array, Array]) -> Array:
    """Paper with the ochre, blue and red blocks, before the black one: (n, n, 3)."""
    x, y = grid(n, n)
    far, near, lake, sun = masks
    grain, paper = wood_grain(n, 20), fbm(n, n, 80, seed=30, octaves=3)
    inside = smooth(0.029, 0.031, edge)
    open_sky = (1 - far) * (1 - near) * (1 - lake)
    glow = smooth(0.52, 0.10, np.hypot(x - 0.66, y - 0.27)) * open_sky
    gleam = lake * smooth(0.5, 0.35, np.abs(x - 0.66) * 3)
    ochre = np.clip(glow * 0.65 + 0.30 * near + 0.42 * gleam, 0, 1)
    path = lake * np.exp(-(((x - 0.665) / 0.055) ** 2)) * smooth(0.9, 0.65, y)
    red = np.roll(np.clip(sun * (1 - far) + path, 0, 1), (3, -3), (0, 1))
    blue = far * (1 - near) * (1 - lake)
    image = ramp(0.4 + 0.6 * paper, ["#e6d5b0", "#f3e8cf"])
    image = mix(image, rgb("#e0a13c"), ochre * inside * (0.55 + 0.6 * grain))
    image = mix(image, rgb("#5c8f93"), blue * inside * (0.25 + 0.45 * grain))
    return mix(image, rgb("#cf3522"), red * inside * (0.62 + 0.5 * grain).clip(0, 1))


def fir_woodcut(size: int) -> Array:
    """Mountains, lake and firs cut in wood, printed in black, vermilion and ochre: (H, H, 3)."""
    n = size * 2
    tone, phase, (far, near, lake, sun) = alpine_tones(n)
    black = engrave(phase, tone)
    x, y = grid(n, n)
    firs = forest(n)
    cuts = engrave(
        (y * 0.8 + np.abs((x * 9) % 1 - 0.5) * 0.05) * 95 + 2 * fbm(n, n, 12, seed=3),
        0.10 + 0.3 * fbm(n, n, 14, seed=4),
    )
    black = np.where(firs > 0.5, cuts, black) * smooth(
        0, 0.02, np.minimum(np.minimum(x, 1 - x), np.minimum(y, 1 - y)) - 0.028
    )
    edge = np.minimum(np.minimum(x, 1 - x), np.minimum(y, 1 - y)) + 0.004 * (
        fbm(n, n, 30, seed=15) - 0.5
    )
    black = np.maximum(
        wobble(black, 0.0016, 60, seed=12), smooth(0.021, 0.0225, edge) * smooth(0.031, 0.029, edge)
    )
    image = print_inks(n, edge, (far, near, lake, sun))
    worn = 0.96 - 0.5 * smooth(0.7, 0.95, fbm(n, n, 130, seed=33, octaves=2))
    worn -= 0.25 * (wood_grain(n, 20) < 0.22)
    image = mix(image, rgb("#1b1716"), np.clip(black * worn, 0, 1))
    return cv2.resize(np.clip(image, 0, 1), (size, size), interpolation=cv2.INTER_AREA)
