"""A windy moonlit bay in thick oil."""

import numpy as np
from painting.brush import Layer, light, paint_layer, start_canvas
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


def swirls(size: int, centres: list[tuple[float, float, float, float]]) -> Array:
    """Angle field (H, H) of a breeze to the right with vortices (x, y, radius, spin)."""
    x, y = grid(size, size)
    u, v = np.full_like(x, 0.55), 0.25 * np.sin(x * 7) + 0.3 * (fbm(size, size, 3, seed=8) - 0.5)
    for cx, cy, radius, spin in centres:
        dx, dy = x - cx, y - cy
        pull = spin * np.exp(-(dx**2 + dy**2) / (2 * radius**2)) / radius
        u, v = u - dy * pull * 4, v + dx * pull * 4
    return np.arctan2(v, u).astype(np.float32)


def night_sky(size: int) -> tuple[Array, Array]:
    """Guide (H, H, 3) and angles of a sky with a moon, stars and wind."""
    x, y = grid(size, size)
    spots = [
        (0.78, 0.2, 0.1, 1.0),
        (0.3, 0.3, 0.13, -1.3),
        (0.52, 0.43, 0.08, 1.0),
        (0.08, 0.12, 0.07, 0.9),
        (0.95, 0.47, 0.07, -0.9),
    ]
    angle = swirls(size, spots)
    tone = fbm(size, size, 5, seed=3, octaves=4)
    bands = 0.5 + 0.5 * np.sin(24 * y + 5 * np.sin(x * 5) + 9 * tone)
    t = np.clip(0.12 + 0.45 * y + 0.32 * bands * tone + 0.1 * tone, 0, 1)
    codes = ["#0b1440", "#16307f", "#2459b3", "#3f93c4", "#86c9c9", "#d9e3b0"]
    sky = ramp(t, codes)
    for cx, cy, radius, _ in spots[1:3]:
        d = np.hypot(x - cx, y - cy)
        rings = (0.5 + 0.5 * np.sin(d * 95)) * np.exp(-((d / (radius * 1.1)) ** 2))
        sky = mix(sky, rgb("#a9dcd6"), rings * 0.75)
    rng = np.random.default_rng(4)
    stars = [(0.78, 0.2, 0.062)] + [
        (px, py, r)
        for px, py, r in zip(
            rng.random(13), rng.random(13) * 0.5, rng.uniform(0.008, 0.017, 13), strict=True
        )
        if np.hypot(px - 0.78, py - 0.2) > 0.2
    ]
    for cx, cy, radius in stars:
        dx, dy = x - cx, y - cy
        d = np.hypot(dx, dy) / radius
        halo = np.exp(-((d / 2.6) ** 2)) * (0.55 + 0.45 * np.cos(d * 4.2))
        sky = mix(sky, rgb("#f3d35b"), np.clip(halo, 0, 1) * 0.95)
        sky = mix(sky, rgb("#fff3b8"), smooth(1.15, 0.8, d))
        near = smooth(4.2, 2.0, d)
        angle = np.where(near > 0.5, np.arctan2(dx, -dy), angle)
    return sky, angle.astype(np.float32)


def moonlit_bay(size: int) -> Array:
    """A windy night over a village and its bay in thick oil: (H, H, 3)."""
    shape = (size, size)
    x, y = grid(*shape)
    guide, angle = night_sky(size)
    for i, (base, rise, code, light_code) in enumerate(
        [
            (0.60, 0.10, "#1b3a78", "#3d78a8"),
            (0.67, 0.08, "#12275a", "#2c6a70"),
            (0.74, 0.05, "#0d1b3c", "#2b5a3d"),
        ]
    ):
        ridge = base - rise * line_noise(size, 3 + i, seed=20 + i, octaves=3)
        mask = below(shape, ridge)
        tone = fbm(size, size, 9, seed=30 + i, octaves=3)
        guide = mix(guide, mix(rgb(code), rgb(light_code), tone), mask)
        lean = np.arctan(np.gradient(ridge) * size) + 0.3 * np.sin(x * 20 + i)
        angle = np.where(mask > 0.5, lean + (y - ridge) * 1.5, angle)
    water = smooth(0.775, 0.78, y)
    shimmer = fbm(size, size, 26, seed=40, octaves=3, stretch=7)
    sea = ramp(
        np.clip(0.75 * shimmer + 0.25 * (1 - y), 0, 1), ["#0a1538", "#153a7a", "#2a6fa5", "#6bb0bd"]
    )
    glint = np.exp(-(((x - 0.76) / (0.03 + 0.16 * (y - 0.77))) ** 2)) * smooth(0.4, 0.62, shimmer)
    sea = mix(sea, rgb("#f4d774"), np.clip(glint, 0, 1))
    guide, angle = mix(guide, sea, water), np.where(water > 0.5, 0.08 * np.sin(x * 18), angle)
    guide, angle = village(guide, angle, x, y)
    canvas = start_canvas(size, rgb("#141c45"))
    angle = angle.astype(np.float32)
    detail = np.clip(blur(np.hypot(*slope(guide.mean(-1))), 0.006) / 6, 0.12, 1)
    paint_layer(canvas, guide, angle, Layer(0.034, 0.15, 2600, 0.04, 0.06, 0.4), seed=1)
    paint_layer(canvas, guide, angle, Layer(0.019, 0.10, 7000, 0.035, 0.055, 0.22), seed=2)
    paint_layer(
        canvas, guide, angle, Layer(0.010, 0.05, 16000, 0.02, 0.05, 0.2, 6), seed=3, density=detail
    )
    return light(canvas, relief=0.55, gloss=0.22)


def village(guide: Array, angle: Array, x: Array, y: Array) -> tuple[Array, Array]:
    """Add small houses with lit windows along the shore."""
    rng = np.random.default_rng(11)
    shape = guide.shape[:2]
    for cx in np.sort(rng.uniform(0.04, 0.62, 13)):
        w, h, base = (
            rng.uniform(0.03, 0.055),
            rng.uniform(0.03, 0.05),
            0.785 - rng.uniform(0, 0.006),
        )
        wall = polygon(shape, [(cx, base), (cx, base - h), (cx + w, base - h), (cx + w, base)])
        roof = polygon(
            shape,
            [(cx - 0.006, base - h), (cx + w / 2, base - h * 1.8), (cx + w + 0.006, base - h)],
        )
        guide = mix(guide, rgb(rng.choice(["#31477e", "#4a5f94", "#2a3a66"])), wall)
        guide = mix(guide, rgb(rng.choice(["#6b2f3a", "#22304f", "#7d4030"])), roof)
        for k in range(2):
            wx = cx + w * (0.2 + 0.4 * k)
            lamp = polygon(
                shape,
                [
                    (wx, base - h * 0.3),
                    (wx, base - h * 0.75),
                    (wx + w * 0.22, base - h * 0.75),
                    (wx + w * 0.22, base - h * 0.3),
                ],
            )
            guide = mix(guide, rgb("#ffc94a"), lamp)
            streak = np.exp(-(((x - wx - 0.005) / 0.007) ** 2)) * smooth(0.95, 0.78, y) * (y > 0.78)
            guide = mix(guide, rgb("#f0b145"), streak * 0.8)
        angle = np.where(wall + roof > 0.5, np.pi / 2 * (wall > 0.5), angle)
    return guide, angle
