"""A still life by a window: vase with leaves, fruit and a cup on a wooden table, ray-marched."""

from collections.abc import Callable
from functools import partial

import cv2
import numpy as np
from painting.fruit import field, parts
from painting.noise import Array, blur, mix, ramp, rgb, smooth
from painting.sdf import Camera, march, noise3, normal_of, normals, occlusion, shadow

SUN = normal_of(np.float32([-0.66, 0.62, 0.42]))


def wood(p: Array) -> Array:
    """Boards along x with year rings, (N, 3)."""
    board = np.floor(p[:, 2] / 0.34)
    q = p * np.float32([1.0, 1, 9.0]) + board[:, None] * 3.7
    bend = noise3(q * 0.8, 4)
    rings = 0.5 + 0.5 * np.sin((q[:, 2] * 0.9 + bend * 5) * 5)
    fibre = noise3(p * np.float32([14, 1, 190]), 2)
    tone = 0.25 + 0.35 * rings * bend + 0.4 * fibre + 0.10 * np.sin(board * 2.3)
    gap = smooth(0.004, 0.010, np.abs((p[:, 2] / 0.34) % 1 - 0.5) * -0.34 + 0.17)
    return (
        ramp(np.clip(tone, 0, 1), ["#3e2010", "#7a4522", "#b07a42", "#cf9f62"])
        * (0.35 + 0.65 * gap)[:, None]
    )


def plaster(p: Array) -> Array:
    """The wall."""
    tone = 0.6 * noise3(p * 6, 4) + 0.4 * noise3(p * 42, 2)
    return ramp(tone, ["#a99a80", "#d0c2a6", "#e0d5bf"])


def glazed(p: Array) -> Array:
    """Running blue-green glaze with two bare bands."""
    wide = noise3(p * 6, 4)
    flow = 0.7 * wide + 0.3 * (0.5 + 0.5 * np.sin(p[:, 1] * 26 + wide * 5))
    band = smooth(0.05, 0.02, np.abs(p[:, 1] - 0.50)) + smooth(0.03, 0.015, np.abs(p[:, 1] - 0.16))
    blue = ramp(flow, ["#164a63", "#2f86a0", "#8fc7c2"])
    return mix(blue, rgb("#eadfc2"), np.clip(band, 0, 1)[:, None])


def apple_skin(p: Array) -> Array:
    """Red streaks over yellow."""
    streak = noise3(p * np.float32([30, 5, 30]), 3)
    blush = (
        0.5
        + 0.3 * np.sin(np.arctan2(p[:, 2], p[:, 0]) * 2 + p[:, 0] * 9)
        + 1.2 * (noise3(p * 6, 3) - 0.5)
    )
    codes = ["#d8c04a", "#d9572f", "#b5182a", "#7d0f1f"]
    return ramp(np.clip(0.75 * blush + 0.5 * (streak - 0.4), 0, 1), codes)


def mottled(p: Array, codes: list[str], cell: float, speck: float = 0.0) -> Array:
    """A gradient of codes by noise of a cell size, with fine specks."""
    tone = (noise3(p * cell, 4) - 0.5) * 1.7 + 0.5
    return ramp(np.clip(tone + speck * (noise3(p * 55, 2) - 0.5), 0, 1), codes)


LOOKS: list[tuple[Callable[[Array], Array], float]] = [
    (wood, 0.18),
    (plaster, 0.0),
    (glazed, 0.75),
    (apple_skin, 0.5),
    (partial(mottled, codes=["#8f9f36", "#c3bf4c", "#d9b44d", "#b8762c"], cell=6, speck=0.5), 0.25),
    (partial(mottled, codes=["#e0a51c", "#f4cf2e", "#f7dc5a"], cell=30, speck=0.4), 0.3),
    (partial(mottled, codes=["#2a0f33", "#57204f", "#8a4a7a"], cell=8), 0.45),
    (partial(mottled, codes=["#bfae92", "#e6dcc8", "#f3ecdf"], cell=20, speck=1.2), 0.4),
    (partial(mottled, codes=["#b04a30", "#c8603f", "#e0835a"], cell=9, speck=0.4), 0.5),
    (partial(mottled, codes=["#24502a", "#4f8a3c", "#94b85a"], cell=9, speck=0.3), 0.3),
]


def colours(p: Array, kind: Array) -> tuple[Array, Array]:
    """Albedo (N, 3) and gloss (N,) of every hit."""
    albedo, gloss = np.zeros_like(p), np.zeros(len(p), np.float32)
    for k, (look, shine) in enumerate(LOOKS):
        here = np.flatnonzero(kind == k)
        albedo[here], gloss[here] = look(p[here]), shine
    return albedo, gloss


def window_light(p: Array) -> Array:
    """Sun through a window with bars and a curtain edge: (N,) in [0, 1]."""
    t = (-2.6 - p[:, 0]) / SUN[0]
    y, z = p[:, 1] + t * SUN[1], p[:, 2] + t * SUN[2]
    frame = smooth(1.15, 1.4, y) * smooth(4.6, 4.3, y) * smooth(0.15, 0.4, z) * smooth(4.4, 4.0, z)
    bars = smooth(0.03, 0.09, np.abs((y - 0.45) % 1.25 - 0.62)) * smooth(
        0.03, 0.09, np.abs((z - 0.2) % 1.1 - 0.55)
    )
    return frame * bars


def shade(p: Array, ways: Array, kind: Array) -> Array:
    """Light, shadow and reflection at every hit: linear colour (N, 3)."""
    normal = normals(field, p)
    albedo, gloss = colours(p, kind)
    albedo = albedo**2.2
    above = p + normal * 0.004
    sun = np.clip(normal @ SUN, 0, 1) * shadow(field, above, SUN, 14, 2.6, 40)
    sun *= 0.06 + 0.94 * window_light(p)
    room = occlusion(field, p, normal, 0.28)
    sky = room * (0.38 + 0.30 * np.clip(-normal[:, 0] * 0.8 + normal[:, 1] * 0.4 + 0.2, 0, 1))
    bounce = room * np.clip(0.35 - 0.45 * normal[:, 1], 0, 1) * smooth(0.7, 0.0, p[:, 1])
    lit = sun[:, None] * np.float32([4.2, 3.5, 2.55]) + sky[:, None] * np.float32(
        [0.50, 0.60, 0.78]
    )
    lit = lit + bounce[:, None] * np.float32([0.75, 0.42, 0.22])
    half = normal_of(SUN - ways)
    peak = np.clip(np.sum(normal * half, 1), 0, 1)
    spark = (peak**90 * 3.0 + 0.35 * peak**18) * sun * gloss * 0.9
    mirror = ways - 2 * np.sum(ways * normal, 1, keepdims=True) * normal
    facing = np.clip(-np.sum(ways * normal, 1), 0, 1)
    fresnel = (0.04 + 0.96 * (1 - facing) ** 5) * gloss
    pane = (
        smooth(0.45, 0.75, -mirror[:, 0])
        * smooth(0.0, 0.3, mirror[:, 1])
        * (np.abs(mirror[:, 1] - 0.45) > 0.025)
    )
    gleam = (0.25 + 2.6 * pane)[:, None] * np.float32([0.85, 0.95, 1.0]) * room[:, None]
    return albedo * lit + spark[:, None] * np.float32([1, 0.93, 0.8]) + fresnel[:, None] * gleam


def window_still_life(width: int, height: int) -> Array:
    """The picture, (height, width, 3) in [0, 1]."""
    n, m = int(width * 1.2), int(height * 1.2)
    camera = Camera((0.12, 1.22, 4.1), (0.02, 0.60, 0.0), 3.7)
    ways = camera.rays(n, m)
    eye = np.float32(camera.eye)
    t = march(field, eye, ways, 9.0)
    hit = np.isfinite(t)
    image = np.zeros((n * m, 3), np.float32)
    p = eye + ways[hit] * t[hit, None]
    kind = np.argmin(np.stack(parts(p)), axis=0)
    image[hit] = shade(p, ways[hit], kind)
    image = image.reshape(m, n, 3)
    image = image + 0.10 * blur(np.clip(image - 0.8, 0, 3), 0.012)
    y, x = np.mgrid[-1 : 1 : m * 1j, -1 : 1 : n * 1j]
    image = image * (1 - 0.22 * (x**2 + y**2) / 2)[..., None]
    image = 1 - np.exp(-1.55 * image)
    image = np.clip(image, 0, 1) ** (1 / 2.2)
    return cv2.resize(
        np.float32(np.clip(image * 1.06 - 0.02, 0, 1)),
        (width, height),
        interpolation=cv2.INTER_AREA,
    )
