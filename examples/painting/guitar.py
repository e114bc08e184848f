"""A cubist guitar: the scene in plain colours, then facets that shift, turn and shade it."""

from typing import NamedTuple

import cv2
import numpy as np
from painting.brush import Layer, light, paint_layer, start_canvas
from painting.glass import ellipse
from painting.noise import (
    Array,
    below,
    blur,
    fbm,
    grid,
    mix,
    points,
    polygon,
    rgb,
    saturate,
    slope,
    smooth,
    strokes_mask,
    wobble,
)

BOTTLE = points(
    "0.20 0.72, 0.20 0.42, 0.235 0.33, 0.235 0.19, 0.285 0.19, 0.285 0.33, 0.32 0.42, 0.32 0.72"
)
GLASS = points(
    "0.78 0.52, 0.92 0.52, 0.88 0.67, 0.855 0.72, 0.90 0.75, 0.80 0.75, 0.845 0.72, 0.82 0.67"
)
TINTS = ["#d9b87a", "#5f6f78", "#b58a4f", "#8f9a95", "#e9dcc0", "#6b4a33"]


def guitar_scene(n: int) -> Array:
    """Guitar, bottle, glass, fruit and newspaper on a table, in plain colours: (n, n, 3)."""
    shape = (n, n)
    x, y = grid(n, n)
    image = mix(rgb("#6f7f86"), rgb("#c9b68c"), smooth(0.1, 0.9, x + 0.3 * np.sin(y * 5)))
    image = mix(image, rgb("#a8743a"), below(shape, np.float32(0.70 + 0.06 * np.linspace(0, 1, n))))
    paper = polygon(shape, points("0.06 0.70, 0.33 0.60, 0.44 0.86, 0.14 0.96"))
    image = mix(image, rgb("#efe6cf"), paper)
    for k in range(9):
        line = points("0.10 0.72, 0.33 0.635") + np.float32([0.010, 0.026]) * k
        image = mix(image, rgb("#3a3a3c"), strokes_mask(shape, [line], 0.006 if k else 0.016))
    image = guitar(image, x, y)
    image = mix(image, rgb("#2f5d4c"), polygon(shape, BOTTLE))
    label = polygon(shape, points("0.205 0.5, 0.315 0.5, 0.315 0.63, 0.205 0.63"))
    image = mix(image, rgb("#e9dcb5"), label)
    shine = strokes_mask(shape, [points("0.222 0.45, 0.222 0.70")], 0.012)
    image = mix(image, rgb("#8fc0a4"), shine)
    image = mix(image, rgb("#c23b2a"), smooth(1.04, 0.96, np.hypot(x - 0.80, y - 0.80) / 0.075))
    image = mix(image, rgb("#e0952f"), smooth(1.04, 0.96, np.hypot(x - 0.90, y - 0.86) / 0.06))
    return mix(image, rgb("#a9c6cf"), polygon(shape, GLASS) * 0.85)


def guitar(image: Array, x: Array, y: Array) -> Array:
    """Lay the guitar over the scene."""
    shape = image.shape[:2]
    lower, upper = (
        ellipse(x, y, 0.53, 0.66, 0.215, 0.20, 0.5),
        ellipse(x, y, 0.60, 0.44, 0.165, 0.15, 0.4),
    )
    body = np.minimum(lower, upper)
    image = mix(image, rgb("#b5622b"), smooth(1.03, 0.98, body))
    image = mix(image, rgb("#e2ae62"), smooth(0.90, 0.86, body))
    neck = polygon(shape, points("0.575 0.42, 0.70 0.03, 0.755 0.05, 0.635 0.44"))
    image = mix(image, rgb("#3a2418"), neck)
    reach = np.hypot(x - 0.575, y - 0.52)
    image = mix(image, rgb("#211a1c"), smooth(1.05, 0.95, reach / 0.062))
    image = mix(image, rgb("#7c2f20"), smooth(0.010, 0.006, np.abs(reach - 0.075)))
    strings = [np.float32([(0.505 + 0.009 * k, 0.75), (0.712 + 0.007 * k, 0.05)]) for k in range(5)]
    image = mix(image, rgb("#f3e7c6"), strokes_mask(shape, strings, 0.0035))
    bridge = polygon(shape, points("0.46 0.74, 0.58 0.78, 0.57 0.80, 0.45 0.76"))
    return mix(image, rgb("#2a1c18"), bridge)


class Facets(NamedTuple):
    """How a picture breaks along lines; all (H, H)."""

    number: Array  # piece, counted from 0
    shade: Array  # light that falls off from the lines, about -0.5 to 0.5
    lines: Array  # ink of the lines in [0, 1]


def break_up(size: int, rng: np.random.Generator) -> Facets:
    """Cut the square along fifteen lines of four main directions."""
    x, y = grid(size, size)
    piece, shade = np.zeros((size, size), np.int64), np.zeros((size, size), np.float32)
    lines = np.zeros((size, size), np.float32)
    for _ in range(15):
        turn = rng.choice([0.35, 1.2, 1.95, 2.7]) + rng.normal(0, 0.12)
        px, py = 0.5 + rng.normal(0, 0.24, 2)
        level = (x - px) * np.cos(turn) + (y - py) * np.sin(turn)
        piece = piece * 2 + (level > 0)
        side = np.sign(rng.normal())
        shade += side * np.exp(-np.abs(level) / 0.055) * np.sign(level) * rng.uniform(0.10, 0.24)
        lines = np.maximum(lines, smooth(0.0026, 0.0008, np.abs(level)) * (rng.random() < 0.65))
    _, number = np.unique(piece, return_inverse=True)
    return Facets(number.reshape(piece.shape), shade, lines)


def look_through(scene: Array, facets: Facets, rng: np.random.Generator) -> Array:
    """Shift and turn the scene (H, H, 3) in every facet, tint and shade it."""
    size, number = len(scene), facets.number
    x, y = grid(size, size)
    count = number.max() + 1
    shift = rng.normal(0, 0.019, (count, 2))
    turn = rng.normal(0, 0.10, count)[number]
    area = np.bincount(number.ravel())
    cx = (np.bincount(number.ravel(), x.ravel()) / area)[number]
    cy = (np.bincount(number.ravel(), y.ravel()) / area)[number]
    dx, dy = x - cx, y - cy
    u = cx + dx * np.cos(turn) - dy * np.sin(turn) + shift[number, 0]
    v = cy + dx * np.sin(turn) + dy * np.cos(turn) + shift[number, 1]
    u, v = np.float32(u * size), np.float32(v * size)
    guide = cv2.remap(scene, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    tint = np.stack([rgb(code) for code in TINTS])
    guide = mix(guide, tint[number % 6], 0.06 + 0.34 * (number % 5 == 1))
    shade = facets.shade[..., None]
    guide = np.clip(guide * (1 + shade) + 0.35 * shade, 0, 1)
    return saturate(np.clip((guide - 0.5) * 1.12 + 0.5, 0, 1), 1.25)


def guitar_facets(size: int) -> Array:
    """The broken scene in dry oil with worn outlines: (H, H, 3)."""
    scene, rng = guitar_scene(size), np.random.default_rng(17)
    facets = break_up(size, rng)
    guide = look_through(scene, facets, rng)
    angle = rng.uniform(0, np.pi, facets.number.max() + 1)[facets.number].astype(np.float32)
    canvas = start_canvas(size, rgb("#7a6448"))
    broad = Layer(0.030, 0.06, 4500, 0.03, 0.035, 0.22, 13, 0.15, 0.1)
    small = Layer(0.014, 0.04, 14000, 0.03, 0.035, 0.18, 8, 0.12, 0.1)
    line = Layer(0.006, 0.035, 26000, 0.02, 0.03, 0.2, 4, 0.05)
    paint_layer(canvas, guide, angle, broad, seed=1)
    paint_layer(canvas, guide, angle, small, seed=2)
    fine = smooth(4, 14, np.hypot(*slope(guide.mean(-1))))
    along = np.arctan2(*slope(blur(guide.mean(-1), 0.003))[::-1]) + np.pi / 2
    paint_layer(canvas, guide, np.float32(along), line, seed=3, density=fine)
    rules = cv2.resize(facets.lines, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    rules = np.clip(wobble(rules, 0.002, 30, seed=4), 0, 1)
    worn = smooth(0.25, 0.6, fbm(size * 2, size * 2, 50, seed=6, octaves=3))
    canvas[..., :3] = mix(canvas[..., :3], rgb("#1f1715"), rules * (0.35 + 0.6 * worn))
    return light(canvas, relief=0.38, gloss=0.06)
