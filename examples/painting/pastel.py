"""Oil pastel on dark paper: sunflowers at dusk. The grain of the paper shows through."""

import cv2
import numpy as np
from painting.brush import Layer, paint_layer, start_canvas
from painting.glass import ellipse
from painting.noise import Array, below, blur, fbm, grid, line_noise, mix, ramp, rgb, slope, smooth


class Sketch:
    """Guide colours (H, H, 3) and chalk directions (H, H)."""

    def __init__(self, size: int):
        self.size = size
        self.x, self.y = grid(size, size)
        self.guide = np.zeros((size, size, 3), np.float32)
        self.angle = np.zeros((size, size), np.float32)

    def lay(self, mask: Array, colour: Array, angle: Array | float) -> None:
        """Put colour and direction where mask (H, H) in [0, 1]."""
        self.guide = mix(self.guide, colour, mask)
        self.angle = np.where(mask > 0.5, angle, self.angle).astype(np.float32)


def sunflower(sketch: Sketch, cx: float, cy: float, r: float, tilt: float, seed: int) -> None:
    """Two rings of petals about a dark seed head, on a stalk with leaves."""
    x, y, rng = sketch.x, sketch.y, np.random.default_rng(seed)
    bend = cx + 0.03 * np.sin((y - cy) * 6 + seed)
    stalk = smooth(1.0, 0.8, np.abs(x - bend) / (r * 0.11)) * (y > cy)
    sketch.lay(stalk, mix(rgb("#8fc04a"), rgb("#1f5a4a"), smooth(-0.01, 0.01, x - bend)), np.pi / 2)
    for side in (-1, 1):
        ly = cy + r * (1.9 + 0.5 * side)
        turn = side * 0.5
        leaf = ellipse(x, y, cx + side * r * 0.95, ly, r * 0.95, r * 0.36, turn)
        tone = np.clip(0.5 + (leaf - 0.5) * 0.5 - (y - ly) / r, 0, 1)
        sketch.lay(
            smooth(1.05, 0.97, leaf),
            ramp(tone, ["#14433f", "#2f8050", "#a5cc52"]),
            turn + (y - ly) * 8,
        )
    for ring, (reach, count, codes) in enumerate(
        [
            (1.0, 17, ["#a8471a", "#e8871e", "#f9b82e"]),
            (0.82, 15, ["#e0761a", "#fbc433", "#fff09a"]),
        ]
    ):
        for k in range(count):
            a = (k + 0.5 * ring + rng.normal(0, 0.15)) * 2 * np.pi / count
            px, py = cx + 0.66 * r * reach * np.cos(a), cy + 0.66 * r * reach * np.sin(a) * tilt
            turn = np.arctan2(np.sin(a) * tilt, np.cos(a))
            petal = ellipse(x, y, px, py, r * reach * 0.40, r * 0.135, turn)
            out = np.hypot(x - cx, (y - cy) / tilt) / (r * reach)
            tone = np.clip((out - 0.35) * 1.3 + rng.normal(0, 0.12), 0, 1)
            sketch.lay(smooth(1.08, 0.98, petal), ramp(tone, codes), turn)
    d = np.hypot(x - cx, (y - cy) / tilt) / (r * 0.46)
    codes = ["#c9702a", "#7a3a1e", "#2c1526", "#5a2a20", "#e0a035"]
    head = ramp(np.clip(d + 0.15 * np.sin(60 * d), 0, 1), codes)
    sketch.lay(smooth(1.03, 0.97, d), head, np.arctan2(x - cx, -(y - cy)) + 0.4)


def dusk_scene(size: int) -> Sketch:
    """Violet dusk, far hills, a flower field and three large sunflowers."""
    sketch = Sketch(size)
    x, y = sketch.x, sketch.y
    haze = fbm(size, size, 4, seed=4, octaves=4, stretch=2)
    sky = ramp(
        np.clip(y * 1.7 + 0.4 * (haze - 0.5), 0, 1),
        ["#2b3a8b", "#3f63b8", "#6fa0d0", "#f2b0a0", "#fcd08a"],
    )
    sketch.lay(np.ones_like(x), sky, -0.5 + 0.6 * haze)
    cloud = smooth(0.56, 0.74, fbm(size, size, 4, seed=9, octaves=4, stretch=2.6)) * smooth(
        0.52, 0.3, y
    )
    sketch.lay(cloud, ramp(haze, ["#f28f9a", "#ffe0b8"]), 0.1 + 0.4 * np.sin(x * 9))
    for base, rise, seed, codes in [
        (0.53, 0.14, 3, ["#34308a", "#6f66c4"]),
        (0.57, 0.08, 6, ["#1d4a7a", "#3f9a9a"]),
    ]:
        ridge = np.float32(base - rise * line_noise(size, 3, seed=seed, octaves=3))
        sketch.lay(
            below((size, size), ridge),
            ramp(fbm(size, size, 9, seed=seed), codes),
            0.6 * np.sin(x * 8 + seed),
        )
    field = below((size, size), np.float32(0.56 + 0.015 * np.sin(x[0] * 7)))
    row = np.sin(18 / np.clip(y - 0.50, 0.03, 1) ** 0.6 + 1.5 * x)
    spots = smooth(0.52, 0.66, fbm(size, size, 34, seed=7, octaves=2)) * smooth(-0.4, 0.5, row)
    green = ramp(0.5 + 0.5 * row * 0.8, ["#123a45", "#1f6a55", "#6aa84f"])
    sketch.lay(
        field, mix(green, rgb("#f7b52c"), spots), 0.2 + 0.8 * haze + np.pi / 3 * smooth(0.6, 0.8, y)
    )
    for cx, cy, r, tilt, seed in [
        (0.20, 0.56, 0.15, 0.95, 2),
        (0.83, 0.60, 0.17, 0.9, 5),
        (0.52, 0.40, 0.235, 0.97, 8),
    ]:
        sunflower(sketch, cx, cy, r, tilt, seed)
    return sketch


def dusk_sunflowers(size: int) -> Array:
    """Waxy chalk in layers on aubergine paper: (H, H, 3)."""
    sketch = dusk_scene(size)
    n = size * 2
    tooth = fbm(n, n, 330, seed=1, octaves=2, gain=0.7)
    image = ramp(tooth, ["#201634", "#3a2858"])
    wax = np.zeros((n, n), np.float32)
    layers = [
        (Layer(0.030, 0.11, 1700, 0.04, 0.03, 0.35, 14, 0.25, 0.1), 0.52),
        (Layer(0.018, 0.06, 4200, 0.05, 0.035, 0.25, 10, 0.22, 0.1), 0.45),
        (Layer(0.009, 0.035, 8000, 0.05, 0.03, 0.25, 6, 0.2, 0.2), 0.46),
    ]
    detail = np.clip(blur(np.hypot(*slope(sketch.guide.mean(-1))), 0.006) / 5, 0.10, 1)
    for k, (layer, grip) in enumerate(layers):
        canvas = start_canvas(size, np.float32([0, 0, 0]))
        paint_layer(
            canvas, sketch.guide, sketch.angle, layer, seed=k, density=detail if k == 2 else None
        )
        press = np.clip(canvas[..., 3] / max(float(canvas[..., 3].max()), 1e-6), 0, 1)
        cover = smooth(grip + 0.10, grip - 0.10, tooth - 0.25 * press) * (canvas[..., 3] > 0)
        image = mix(image, canvas[..., :3], cover)
        wax = np.maximum(wax * (1 - 0.5 * cover), cover * (0.5 + 0.5 * press))
    gx, gy = slope(blur(wax, 0.0009) + 0.25 * tooth)
    image = image * (1 + 0.16 * np.tanh((gx + gy) / 120))[..., None]
    image = (
        image
        + 0.05
        * smooth(0.7, 0.9, fbm(n, n, 90, seed=22, octaves=2))[..., None]
        * (wax > 0.5)[..., None]
    )
    return cv2.resize(np.clip(image, 0, 1), (size, size), interpolation=cv2.INTER_AREA)
