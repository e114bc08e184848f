"""Charcoal and white chalk: a jug with fruit, hatched on sandy paper."""

import cv2
import numpy as np
from painting.brush import look_up, trace
from painting.noise import Array, below, blur, fbm, grid, mix, ramp, rgb, slope, smooth, wobble


def turned(
    x: Array, y: Array, cx: float, foot: float, profile: list[tuple[float, float]]
) -> tuple[Array, Array, Array]:
    """A body of revolution: mask, surface normal (H, H, 3) and hatching angle (H, H)."""
    heights, radii = np.float32(profile).T
    level = foot - y
    radius = np.interp(level, heights, radii, left=0, right=0).astype(np.float32)
    flare = np.interp(level, heights, np.gradient(radii, heights)).astype(np.float32)
    u = np.clip((x - cx) / np.maximum(radius, 1e-4), -1, 1)
    inside = (np.abs(x - cx) < radius) & (level > heights[0]) & (level < heights[-1])
    depth = np.sqrt(1 - u * u)
    normal = np.stack([u, -flare, depth], -1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    return inside, normal, u.astype(np.float32)


JUG = [
    (0, 0.07),
    (0.012, 0.075),
    (0.05, 0.10),
    (0.12, 0.125),
    (0.20, 0.115),
    (0.28, 0.075),
    (0.34, 0.055),
    (0.39, 0.058),
    (0.43, 0.078),
    (0.44, 0.08),
]
PEAR = [
    (0, 0.02),
    (0.01, 0.06),
    (0.04, 0.088),
    (0.08, 0.092),
    (0.12, 0.076),
    (0.16, 0.05),
    (0.20, 0.036),
    (0.225, 0.012),
]
APPLE = [
    (0, 0.02),
    (0.008, 0.05),
    (0.035, 0.08),
    (0.07, 0.088),
    (0.105, 0.078),
    (0.135, 0.05),
    (0.142, 0.015),
]


def still_life_tone(n: int) -> tuple[Array, Array]:
    """Tone (H, H), dark to light, and hatching angle of a jug with fruit by a window."""
    x, y = grid(n, n)
    cloth = fbm(n, n, 4, seed=2, octaves=3)
    tone = 0.40 + 0.30 * x - 0.18 * np.abs(y - 0.3) + 0.15 * (cloth - 0.5)
    angle = np.full((n, n), -0.9, np.float32) + 0.3 * (cloth - 0.5)
    edge = 0.60 + 0.012 * np.sin(x[0] * 5)
    table = below((n, n), edge)
    fold = 0.5 + 0.5 * np.sin((x * 0.8 - y * 1.5) * 16 + 6 * cloth)
    tone = mix(tone, 0.62 + 0.28 * fold * smooth(0.7, 0.95, y) + 0.10 * x, table)
    angle = np.where(table > 0.5, 0.25 + 0.5 * (cloth - 0.5), angle)
    light_from = np.float32([-0.62, 0.55, 0.56])
    bodies = [
        (0.40, 0.74, JUG, 1.25),
        (0.68, 0.77, PEAR, 1.2),
        (0.55, 0.84, APPLE, 1.05),
        (0.24, 0.83, APPLE, 0.95),
        (0.82, 0.86, PEAR, 1.05),
    ]
    for cx, foot, profile, scale in bodies:
        shape = [(a * scale, b * scale) for a, b in profile]
        wide = max(b for _, b in shape)
        cast = np.hypot((x - cx - wide * 1.1) / (wide * 2.0), (y - foot + 0.005) / (wide * 0.36))
        tone = mix(tone, tone * 0.30, smooth(1.1, 0.35, cast) * table)
        inside, normal, u = turned(x, y, cx, foot, shape)
        lit = np.clip(normal @ light_from, -0.15, 1)
        half = light_from + np.float32([0, 0, 1])
        gloss = np.clip(normal @ (half / np.linalg.norm(half)), 0, 1) ** 40
        bounce = 0.14 * smooth(0.4, 1.0, u) * smooth(0.12, 0.0, foot - y)
        value = np.clip(0.10 + 0.72 * lit + bounce + 0.6 * gloss, 0, 1)
        tone, angle = np.where(inside, value, tone), np.where(inside, 0.25 + 0.9 * u, angle)
        if profile is not JUG:
            stem = np.abs(x - cx - 0.35 * (foot - shape[-1][0] - y)) < 0.0045
            tone = np.where(stem & (np.abs(y - foot + shape[-1][0] + 0.012) < 0.02), 0.06, tone)
    ring = np.abs(np.hypot((x - 0.555) / 0.085, (y - 0.40) / 0.13) - 1)
    handle = (ring < 0.13) & (x > 0.50)
    tone = np.where(handle, 0.25 + 0.5 * smooth(0.02, 0.12, ring), tone)
    mouth = np.hypot((x - 0.40) / 0.092, (y - 0.192) / 0.018)
    tone = np.where(mouth < 1, 0.16 + 0.35 * (x - 0.32) / 0.16, tone)
    return np.clip(tone, 0, 1).astype(np.float32), angle.astype(np.float32)


def hatch(
    n: int, tone: Array, angle: Array, passes: list[tuple[float, float, int]], seed: int
) -> Array:
    """Pencil marks (H, H) in [0, 1]; each pass is (turn, tone below which it marks, count)."""
    rng, marks = np.random.default_rng(seed), np.zeros((n, n), np.float32)
    for turn, limit, count in passes:
        starts = rng.random((count, 2), np.float32)
        paths = trace(
            angle + turn, starts, rng.uniform(0.02, 0.06, count), 6, rng.normal(0, 0.07, count)
        )
        here = look_up(tone, starts)
        drift = np.abs(look_up(tone, paths) - here[:, None]).max(1)
        press = np.clip((limit - here) * 2.2, 0, 1) * (drift < 0.3)
        layer = np.zeros((n, n), np.uint8)
        fixed = np.round(paths * n * 16).astype(np.int32)
        for path, force in zip(fixed, press, strict=True):
            if force > 0.04:
                cv2.polylines(
                    layer, [path], False, int(60 + 195 * force), max(n // 640, 1), cv2.LINE_AA, 4
                )
        marks = 1 - (1 - marks) * (1 - 0.72 * layer.astype(np.float32) / 255)
    return marks


def charcoal_fruit(size: int) -> Array:
    """Charcoal and white chalk on sandy paper: (H, H, 3)."""
    n = size * 2
    tone, angle = still_life_tone(n)
    tone = wobble(tone, 0.002, 30, seed=5)
    paper = ramp(fbm(n, n, 120, seed=1, octaves=3), ["#a98d6c", "#c2a784", "#d3bb9a"])
    tooth = fbm(n, n, 210, seed=2, octaves=2)
    rub = np.clip(0.75 - blur(tone, 0.006), 0, 1) * 0.75
    marks = hatch(
        n,
        tone,
        angle,
        [(0, 0.62, 16000), (0.75, 0.46, 14000), (-0.7, 0.34, 13000), (1.5, 0.24, 9000)],
        3,
    )
    gx, gy = slope(blur(tone, 0.0018))
    contour = smooth(16, 60, np.hypot(gx, gy)) * (0.4 + 0.6 * fbm(n, n, 25, seed=8))
    black = np.clip(0.55 * rub + 0.95 * marks + 0.55 * contour, 0, 1) * smooth(
        0.12, 0.55, tooth + 0.35 * marks + 0.15
    )
    chalk = hatch(n, 1 - tone, angle, [(0.2, 0.30, 12000), (0.9, 0.17, 9000)], 4)
    chalk = chalk * smooth(0.3, 0.6, tooth + 0.2)
    sanguine = (
        np.clip(blur(np.abs(tone - 0.45), 0.02) < 0.12, 0, 1) * 0.28 * smooth(0.4, 0.6, tooth)
    )
    image = mix(paper, rgb("#9c4a2c"), sanguine)
    image = mix(image, rgb("#fbf5ea"), np.clip(chalk * 1.15, 0, 1))
    image = mix(image, rgb("#1f1c1d"), black)
    return cv2.resize(np.clip(image, 0, 1), (size, size), interpolation=cv2.INTER_AREA)
