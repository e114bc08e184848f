"""Daylight oils made of strokes: a fauvist valley, autumn birches laid on with a knife."""

import numpy as np
from painting.brush import Layer, light, paint_layer, start_canvas
from painting.noise import Array, below, blur, fbm, grid, line_noise, mix, ramp, rgb, slope, smooth


def quilt(size: int, y: Array, x: Array, ridge: Array) -> tuple[Array, Array]:
    """Fields of many colours under a ridge, seen in perspective: colours and furrow angles."""
    rng = np.random.default_rng(7)
    depth = 1 / (np.clip(y - ridge[None] + 0.10, 0.02, 2))
    row = np.floor(np.log(depth) * 3.4 + 0.25 * np.sin(x * 5)).astype(int)
    skew = (x - 0.45) * depth * 0.8 + 1.7 * np.sin(row * 2.1)
    column = np.floor(skew).astype(int)
    codes = [
        "#e8472b",
        "#f59a1c",
        "#f7d038",
        "#3f9b48",
        "#137a5e",
        "#e8639b",
        "#8c3fa0",
        "#f28e4f",
        "#b8c93a",
        "#2f6fc4",
    ]
    table = np.stack([rgb(code) for code in codes])
    pick = (np.abs(row * 7 + column * 3 + row * column) + 2) % len(codes)
    turn = rng.uniform(-0.7, 0.7, 97)[np.abs(row * 13 + column * 5) % 97]
    shade = 0.84 + 0.32 * fbm(size, size, 14, seed=3, octaves=3)
    furrows = 0.9 + 0.16 * np.sin((x * np.sin(turn) - y * np.cos(turn)) * 150)
    field = np.clip(table[pick] * (shade * furrows)[..., None], 0, 1)
    edge = np.hypot(*slope((row * 31 + column * 17).astype(np.float32))) > 1
    edge = smooth(0.15, 0.5, blur(edge.astype(np.float32), 0.004))
    return mix(field, rgb("#251a63"), edge * 0.9), turn + 0.35 * np.sin(x * 6 + row)


def fauve_valley(size: int) -> Array:
    """Red trunks, a pink sky and fields of pure colour: (H, H, 3)."""
    shape = (size, size)
    x, y = grid(*shape)
    tone = fbm(size, size, 4, seed=2, octaves=4)
    bands = 0.5 + 0.5 * np.sin(15 * y + 4 * np.sin(3 * x + 1) + 7 * tone)
    guide = ramp(
        np.clip(y * 2.1 + 0.35 * (bands - 0.4), 0, 1),
        ["#1f8fb0", "#66c4b4", "#f4e9a0", "#fbc04e", "#f4806c", "#ea4f8d"],
    )
    angle = 0.5 * np.cos(3 * x + 1) + 1.2 * (tone - 0.5)
    sun = np.hypot(x - 0.5, y - 0.19)
    guide = mix(guide, rgb("#fff0a0"), smooth(0.085, 0.075, sun))
    guide = mix(guide, rgb("#f0532d"), smooth(0.022, 0.010, np.abs(sun - 0.093)))
    angle = np.where(sun < 0.2, np.arctan2(x - 0.5, -(y - 0.19)), angle)
    hills = [(0.52, 0.30, "#2b3fa8", "#7a62dc"), (0.52, 0.13, "#0d8078", "#3fc0a0")]
    for i, (base, rise, dark, pale) in enumerate(hills):
        ridge = base - rise * line_noise(size, 2.5 + i * 2, seed=60 + i, octaves=3, gain=0.35)
        facet = 0.5 + 0.5 * np.sin(x * 26 + y * 18 + 8 * fbm(size, size, 4, seed=9 + i, octaves=2))
        mask = below(shape, ridge)
        guide = mix(guide, mix(rgb(dark), rgb(pale), facet), mask)
        rim = smooth(0.008, 0.004, np.abs(y - ridge[None]))
        guide = mix(guide, rgb("#1a1550"), rim)
        angle = np.where(mask > 0.5, 0.9 * np.sin(x * 13 + 4 * y), angle)
    ridge = 0.53 - 0.05 * line_noise(size, 2, seed=70, octaves=2)
    field, furrow = quilt(size, y, x, ridge)
    mask = below(shape, ridge)
    guide, angle = mix(guide, field, mask), np.where(mask > 0.5, furrow, angle)
    guide, angle = red_trees(guide, angle, x, y)
    angle = angle.astype(np.float32)
    canvas = start_canvas(size, rgb("#f3e2c0"))
    paint_layer(
        canvas, guide, angle, Layer(0.040, 0.10, 2300, 0.04, 0.05, 0.5, 11, 0.2, 0.2), seed=1
    )
    paint_layer(
        canvas, guide, angle, Layer(0.024, 0.065, 5200, 0.05, 0.05, 0.3, 9, 0.2, 0.2), seed=2
    )
    paint_layer(canvas, guide, angle, Layer(0.012, 0.04, 7000, 0.05, 0.05, 0.25, 6, 0.2), seed=3)
    return light(canvas, relief=0.42, gloss=0.1)


def red_trees(guide: Array, angle: Array, x: Array, y: Array) -> tuple[Array, Array]:
    """Three leaning trees: crimson trunks with blue shadow sides and green-violet crowns."""
    size = guide.shape[0]
    leaf = fbm(size, size, 22, seed=81, octaves=3)
    for i, (foot, lean, girth, base) in enumerate(
        [(0.09, 0.08, 0.024, 0.97), (0.93, -0.06, 0.03, 1.02), (0.66, 0.02, 0.010, 0.70)]
    ):
        top = (0.24, 0.28, 0.47)[i]
        t = np.clip((base - y) / (base - top), 0, 1)
        axis = foot + lean * t + 0.02 * np.sin(t * 9 + i)
        side = (x - axis) / (girth * (1.25 - 0.75 * t))
        trunk = smooth(1.0, 0.85, np.abs(side)) * (y > top) * (y < base)
        guide = mix(guide, mix(rgb("#ef3d2f"), rgb("#38207f"), smooth(-0.1, 0.8, side)), trunk)
        angle = np.where(trunk > 0.5, np.pi / 2 - lean, angle)
        cx, cy = foot + lean, top + 0.01
        blob = np.hypot((x - cx) / (7 * girth), (y - cy) / (5.5 * girth)) + 0.55 * (leaf - 0.5)
        crown = smooth(0.86, 0.8, blob)
        sunny = 0.5 - (0.09 * (cx > 0.5) * (cx - x) + 0.05 * (x - cx) + 0.1 * (y - cy)) / girth
        sunny = np.clip(sunny + (leaf - 0.5) * 1.2, 0, 1)
        codes = ["#3b1a78", "#0f6b52", "#2fa24b", "#b6d433", "#f9e14b"]
        guide = mix(guide, ramp(sunny, codes), crown)
        angle = np.where(crown > 0.5, leaf * 7, angle)
    return guide, angle


def autumn_birches(size: int) -> Array:
    """A birch wood in October, laid on with a palette knife: (H, H, 3)."""
    x, y = grid(size, size)
    leaf = fbm(size, size, 9, seed=12, octaves=5, gain=0.6)
    glow = np.exp(-(((x - 0.56) / 0.3) ** 2) - ((y - 0.42) / 0.32) ** 2)
    t = np.clip(0.25 + 0.75 * leaf * 0.7 + 0.5 * glow - 0.25, 0, 1)
    codes = ["#3c1518", "#7a1f1d", "#c03b1c", "#e8761e", "#f5ae2c", "#fbe08a", "#fdf3d0"]
    guide = ramp(t, codes)
    cool = smooth(0.62, 0.75, fbm(size, size, 6, seed=33, octaves=3)) * smooth(0.75, 0.4, y)
    guide = mix(guide, rgb("#5f93a5"), cool * 0.75)
    floor = smooth(0.66, 0.80, y + 0.05 * np.sin(9 * x))
    litter = ramp(
        fbm(size, size, 10, seed=44, stretch=3),
        ["#2e1a2b", "#6a2a2a", "#b5511f", "#e79a2d", "#f7d56b"],
    )
    guide = mix(guide, litter, floor)
    path = np.exp(
        -(
            ((x - 0.56 - 0.12 * np.sin((y - 0.7) * 7)) / (0.02 + 0.35 * np.clip(y - 0.66, 0, 1)))
            ** 2
        )
    )
    guide = mix(guide, rgb("#f6dca6"), path * floor * 0.8)
    shade = 0.5 + 0.5 * np.sin(y * 60 + 8 * leaf)
    guide = mix(guide, rgb("#6b5a8e"), path * floor * smooth(0.5, 0.9, shade) * 0.7)
    angle = (np.pi / 4 + 2.4 * (fbm(size, size, 5, seed=50, octaves=2) - 0.5)) * (1 - floor)
    canvas = start_canvas(size, rgb("#6a2a22"))
    knife = Layer(0.050, 0.075, 1500, 0.06, 0.05, 0.6, 20, 0.5, 0.05)
    paint_layer(canvas, guide, angle, knife, seed=1)
    paint_layer(canvas, guide, angle, knife._replace(width=0.03, length=0.05, count=3400), seed=2)
    birches(canvas, size)
    top = knife._replace(width=0.017, length=0.026, count=5200, bristles=9, turn=0.9, hue=0.09)
    thin = np.clip(1.3 * fbm(size, size, 7, seed=61) - 0.35, 0, 1) * (1 - 0.6 * floor)
    paint_layer(canvas, np.clip(guide * 1.08, 0, 1), angle, top, seed=3, density=thin)
    return light(canvas, relief=0.5, gloss=0.15)


def birches(canvas: Array, size: int) -> None:
    """Scrape white trunks with dark bands over a canvas, far ones first and thin."""
    x, y = grid(size, size)
    bark = Layer(0.03, 0.06, 1, 0.03, 0.05, 2.0, 16, 0.06, 0.0)
    trunks = [
        (0.30, 0.012, 0.74),
        (0.70, 0.013, 0.73),
        (0.42, 0.015, 0.77),
        (0.83, 0.021, 0.82),
        (0.20, 0.028, 0.86),
        (0.93, 0.034, 0.93),
        (0.07, 0.046, 1.04),
    ]
    for i, (foot, girth, base) in enumerate(trunks):
        axis = foot + 0.02 * np.sin(y * 3 + i * 2) + 0.03 * (i % 3 - 1) * (base - y)
        side = (x - axis) / girth
        mask = ((np.abs(side) < 1) & (y < base)).astype(np.float32)
        scar = fbm(size, size, 20 + 200 * 0.02 / girth, seed=90 + i, octaves=3, stretch=5)
        tone = np.clip(0.95 - 0.45 * smooth(-0.6, 1, side) - 0.9 * smooth(0.62, 0.72, scar), 0, 1)
        guide = ramp(tone, ["#241b22", "#57505f", "#9aa0ad", "#e8ddc8", "#fff8e8"])
        share = int(2600 * girth / 0.02 * 0.4) * 18
        layer = bark._replace(width=girth * 0.8, length=girth * 1.2, count=share, bristles=12)
        inside = mask * (np.abs(side) < 0.75)
        paint_layer(canvas, guide, np.zeros_like(y) + 0.15, layer, seed=70 + i, density=inside)
