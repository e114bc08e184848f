"""Pictures of separate marks: pointillist dots that mix in the eye, oil pastel on dark paper."""

import cv2
import numpy as np
from painting.brush import look_up
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
    slope,
    smooth,
)


def river_scene(size: int) -> Array:
    """A summer river with sails, poplars and their reflections: smooth colours (H, H, 3)."""
    shape = (size, size)
    x, y = grid(*shape)
    cloud = smooth(0.5, 0.8, fbm(size, size, 3, seed=14, octaves=5, stretch=1.8))
    image = ramp(np.clip(y * 2.1, 0, 1), ["#5a9bd8", "#9cc7e6", "#f6e3c4", "#f9cfa6"])
    image = mix(image, rgb("#fff3e2"), cloud * 0.8)
    far = 0.43 - 0.06 * line_noise(size, 4, seed=5, octaves=3)
    image = mix(
        image, mix(rgb("#7d8fc8"), rgb("#b8a6cf"), fbm(size, size, 8, seed=2)), below(shape, far)
    )
    bank = 0.49 - 0.035 * line_noise(size, 12, seed=6, octaves=3)
    leaf = fbm(size, size, 16, seed=8, octaves=3)
    image = mix(image, ramp(leaf, ["#2e6e57", "#5da24f", "#c5cf55"]), below(shape, bank))
    rng = np.random.default_rng(3)
    for cx in np.concatenate([rng.uniform(0.55, 1.0, 7), rng.uniform(0.0, 0.12, 3)]):
        tall, wide = rng.uniform(0.13, 0.27), rng.uniform(0.025, 0.042)
        d = np.hypot((x - cx) / wide, (y - 0.5 + tall * 0.5) / (tall * 0.52)) + 0.5 * (leaf - 0.5)
        sunny = np.clip(0.6 - (x - cx) / wide * 0.45 + (leaf - 0.5), 0, 1)
        crown = ramp(sunny, ["#1d3f66", "#23704f", "#7fb146", "#f2dc5c"])
        image = mix(image, crown, smooth(1.0, 0.85, d) * (y < 0.51))
    for cx, tall, sail in [(0.30, 0.20, "#fff4dc"), (0.43, 0.12, "#f6a25c")]:
        base, wide = 0.535, tall * 0.42
        image = mix(
            image, rgb(sail), polygon(shape, [(cx, base), (cx, base - tall), (cx + wide, base)])
        )
        left = polygon(
            shape, [(cx - 0.008, base), (cx - 0.008, base - tall * 0.9), (cx - wide * 0.7, base)]
        )
        image = mix(image, mix(rgb(sail), rgb("#8f86c9"), 0.45), left)
        hull = [
            (cx - wide, base + 0.006),
            (cx + wide, base + 0.006),
            (cx + wide * 0.7, base + 0.025),
            (cx - wide * 0.7, base + 0.025),
        ]
        image = mix(image, rgb("#7c2f3d"), polygon(shape, hull))
    return mirror_water(image, x, y)


def mirror_water(image: Array, x: Array, y: Array, level: float = 0.555) -> Array:
    """Lay the scene upside down under level with ripples, add a flowered bank in front."""
    size = len(image)
    ripple = fbm(size, size, 40, seed=20, octaves=2, stretch=5) - 0.5
    rows = np.clip((2 * level - y + ripple * 0.05) * size, 0, size - 1).astype(np.float32)
    mirrored = cv2.remap(image, np.float32(x * size + ripple * 14 - 0.5), rows, cv2.INTER_LINEAR)
    water = mix(mirrored, rgb("#2f6fb5"), np.clip(0.25 + 0.6 * (y - level), 0, 1))
    water = mix(water, rgb("#fff0cf"), smooth(0.68, 0.85, ripple + 0.5) * 0.7)
    image = mix(image, water, smooth(level - 0.003, level + 0.003, y))
    bank = 0.99 - 0.33 * np.clip(1 - x[0] * 1.55, 0, 1) ** 0.8 - 0.05 * line_noise(size, 9, seed=22)
    tone = fbm(size, size, 18, seed=23, octaves=3)
    grass = ramp(
        np.clip(tone + 0.35 * (0.9 - y), 0, 1), ["#1d3b62", "#2c7a4c", "#8fbf45", "#f0e26a"]
    )
    grass = mix(grass, rgb("#e8434f"), smooth(0.70, 0.76, fbm(size, size, 34, seed=24, octaves=1)))
    grass = mix(grass, rgb("#f7c6dc"), smooth(0.72, 0.77, fbm(size, size, 34, seed=25, octaves=1)))
    return mix(image, grass, below((size, size), bank))


def dot(canvas: Array, at: Array, radius: float, colour: Array) -> None:
    """One antialiased dab on an 8-bit canvas; place and radius in heights."""
    size = canvas.shape[0]
    centre = np.round(at * size * 16).astype(int)
    ink = np.clip(colour * 255, 0, 255).tolist()
    cv2.circle(canvas, centre.tolist(), max(int(radius * size * 16), 8), ink, -1, cv2.LINE_AA, 4)


def split_colour(colours: Array, rng: np.random.Generator) -> Array:
    """Replace each colour (N, 3) by one purer neighbour, so that the average stays close."""
    n = len(colours)
    grey = colours.mean(1, keepdims=True)
    pure = grey + (colours - grey) * rng.uniform(1.1, 1.9, (n, 1))
    shift = rng.normal(0, 0.075, (n, 3))
    partner = np.float32(
        [[0.30, 0.32, 0.72], [0.93, 0.50, 0.25], [0.95, 0.83, 0.35], [0.62, 0.30, 0.60]]
    )
    near = partner[rng.integers(0, 4, n)]
    lean = (rng.random((n, 1)) < 0.30) * rng.uniform(0.25, 0.6, (n, 1))
    near = near * (0.45 + 0.75 * grey)
    return np.clip(mix(pure + shift, near, lean), 0, 1)


def river_dots(size: int) -> Array:
    """Pointillism: the river in dots of pure colour on a cream ground, (H, H, 3)."""
    scene, rng = river_scene(size), np.random.default_rng(9)
    ground = 0.93 + 0.07 * fbm(size * 2, size * 2, 60, seed=1, octaves=3)
    canvas = (ground[..., None] * rgb("#f3e6cb") * 255).astype(np.uint8)
    detail = np.clip(blur(np.hypot(*slope(scene.mean(-1))), 0.004) / 5, 0.15, 1)
    for radius, count, focus in [
        (0.0085, 9000, False),
        (0.0062, 22000, False),
        (0.0042, 26000, True),
    ]:
        points = rng.random((count, 2), np.float32)
        if focus:
            points = points[rng.random(count) < look_up(detail, points)]
        colours = split_colour(look_up(scene, points), rng)
        for at, colour, r in zip(
            points, colours, radius * rng.uniform(0.7, 1.2, len(points)), strict=True
        ):
            dot(canvas, at, r, colour)
    image = cv2.resize(canvas, (size, size), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    gx, gy = slope(blur(image.mean(-1), 0.001))
    return np.clip(image * (1 + np.tanh((gx + gy) / 90) * 0.12)[..., None], 0, 1)
