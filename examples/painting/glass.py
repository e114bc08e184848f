"""A stained-glass window: tulips under a rising sun, streaky glass between lines of lead."""

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
    ramp,
    rgb,
    slope,
    smooth,
)

RAYS = ["#fff6c9", "#fddc6b", "#f9a73c", "#ef6a4c", "#c8437f", "#7b3fa6", "#3a50b5", "#22348c"]


def cells(size: int, count: int, seed: int, stretch: float = 1.0) -> Array:
    """Voronoi cell numbers (H, H) of count random points on wobbling edges."""
    rng = np.random.default_rng(seed)
    holes = np.full((size, size), 255, np.uint8)
    at = (rng.random((count, 2)) * size).astype(int)
    holes[at[:, 1], at[:, 0]] = 0
    _, labels = cv2.distanceTransformWithLabels(
        holes, cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    return labels


def ellipse(x: Array, y: Array, cx: float, cy: float, a: float, b: float, turn: float) -> Array:
    """Level function of an ellipse with half axes a and b: below 1 inside."""
    dx, dy = x - cx, y - cy
    u = dx * np.cos(turn) + dy * np.sin(turn)
    v = -dx * np.sin(turn) + dy * np.cos(turn)
    return np.hypot(u / a, v / b)


class Window:
    """Pieces of glass laid over each other: numbers, colours and how much they vary."""

    def __init__(self, size: int):
        self.size = size
        self.x, self.y = grid(size, size)
        self.piece = np.zeros((size, size), np.int64)
        self.shape = np.zeros((size, size), np.int64)
        self.colour = np.zeros((size, size, 3), np.float32)
        self.layers = 0

    def lay(self, mask: Array, colour: Array, parts: Array | int = 0) -> None:
        """Put glass of one colour (3,) or picture (H, H, 3) where mask; parts cut it further."""
        self.layers += 1
        self.shape[mask] = self.layers
        self.piece[mask] = (self.layers * 100_003 + np.broadcast_to(parts, mask.shape))[mask]
        self.colour[mask] = np.broadcast_to(colour, self.colour.shape)[mask]


def rising_sun(window: Window) -> None:
    """Sky in rings and wedges about the sun."""
    x, y = window.x, window.y
    dx, dy = x - 0.5, y - 0.40
    reach, theta = np.hypot(dx, dy), np.arctan2(dy, dx)
    ring = np.digitize(reach, [0.105, 0.165, 0.235, 0.32, 0.42, 0.54, 0.66])
    wedges = np.where(ring < 3, 16, 24)
    wedge = np.floor((theta / (2 * np.pi) + 0.5) * wedges + 0.5 * (ring % 2)).astype(int) % wedges
    sky = ramp(ring / 7 + 0.05 * np.sin(wedge * 2.4), RAYS)
    window.lay(np.ones_like(x, bool), sky, ring * 50 + wedge)
    window.lay(
        reach < 0.105, rgb("#fff1a6"), np.floor((theta + np.pi) / (2 * np.pi) * 8).astype(int)
    )
    window.lay(reach < 0.045, rgb("#ffd65a"))


def hills_and_river(window: Window) -> None:
    """Three hills of green glass and a river that winds to the front."""
    size, x, y = window.size, window.x, window.y
    parts = cells(size, 120, 3)
    rows = [(0.60, 0.17, "#2b6f8f"), (0.66, 0.10, "#1f8a70"), (0.74, 0.10, "#4fa83d")]
    for i, (base, rise, code) in enumerate(rows):
        ridge = base - rise * line_noise(size, 2.2, seed=40 + i, octaves=2)
        tint = fbm(size, size, 3, seed=i, octaves=2)[..., None] * 0.35 + 0.85
        window.lay(below((size, size), ridge) > 0.5, rgb(code) * tint, parts)
    bend = 0.5 + 0.10 * np.sin((y - 0.6) * 11) * (y - 0.4)
    wide = 0.012 + 0.42 * np.clip(y - 0.655, 0, 1) ** 1.3
    waves = np.floor((y + 0.012 * np.sin(x * 20)) * 22).astype(int)
    water = (np.abs(x - bend) < wide) & (y > 0.66)
    codes = ["#c9f0f2", "#7fd0ea", "#3f9bdc", "#2f78cc"]
    window.lay(water, ramp((waves * 37 % 11) / 10, codes), waves)


def tulip(window: Window, cx: float, cy: float, r: float, codes: list[str], lean: float) -> None:
    """A flower of five petals on a stem with two leaves."""
    x, y = window.x, window.y
    stem = np.abs(x - cx - lean * (y - cy) + 0.02 * np.sin((y - cy) * 9)) < 0.011
    window.lay(stem & (y > cy), rgb("#2f8a3a"), np.floor(y * 9).astype(int))
    for side in (-1, 1):
        lx, ly = cx + lean * 0.25 + side * r * 0.75, cy + r * 2.6
        leaf = ellipse(x, y, lx, ly, r * 1.55, r * 0.42, np.pi / 2 + side * 0.35)
        vein = (x - lx) * np.cos(side * 0.35) + (y - ly) * np.sin(side * 0.35) > 0
        window.lay(leaf < 1, rgb("#3fae49" if side < 0 else "#1d8450"), vein.astype(int))
    for side, turn, code in [(-1, 0.52, 0), (1, -0.52, 0), (-1, 0.2, 1), (1, -0.2, 1), (0, 0, 2)]:
        px = cx + side * r * (0.62 if code == 0 else 0.36)
        a, b = r * (1.12 if code < 2 else 1.0), r * (0.40 if code < 2 else 0.44)
        petal = ellipse(x, y, px, cy - r * 0.12, a, b, np.pi / 2 - turn * side * side)
        window.lay(petal < 1, rgb(codes[code]), 0)


def border(window: Window) -> None:
    """A band of small panes around the picture."""
    x, y = window.x, window.y
    edge = np.minimum(np.minimum(x, 1 - x), np.minimum(y, 1 - y))
    along = np.where(np.minimum(x, 1 - x) < np.minimum(y, 1 - y), y, x)
    number = np.floor(along * 14).astype(int)
    gems = np.stack([rgb(c) for c in ["#b3202f", "#f3b63a", "#1f4fa8", "#f3b63a"]])
    window.lay(edge < 0.05, gems[number % 4], number)
    window.lay(edge < 0.014, rgb("#12303a"), number // 2)


def glaze(window: Window, lead_width: float = 0.0052) -> Array:
    """Light from behind through streaky glass, and lead with a dull shine: (H, H, 3)."""
    size, piece = window.size, window.piece
    cut = np.zeros((size, size), np.uint8)
    cut[:, 1:] |= piece[:, 1:] != piece[:, :-1]
    cut[1:] |= piece[1:] != piece[:-1]
    far = cv2.distanceTransform(1 - cut, cv2.DIST_L2, 5) / size
    lot = (piece * 7919 % 1009) / 1009
    theta = lot * 40
    turn = fbm(size, size, 7, seed=1) * 2.4
    flow = np.sin((window.x * np.cos(theta) + window.y * np.sin(theta)) * 75 + turn * 9)
    streak = 0.5 + 0.5 * flow * fbm(size, size, 18, seed=2, octaves=4)
    seeds = smooth(0.83, 0.9, fbm(size, size, 95, seed=4, octaves=2))
    glow = 1.15 - 0.55 * np.hypot(window.x - 0.5, window.y - 0.42)
    tone = (0.78 + 0.42 * streak + 0.34 * (lot - 0.5) + 0.12 * seeds) * glow
    tone *= 0.72 + 0.28 * smooth(0.0, 0.028, far)
    glass = window.colour ** (1.25 - 0.55 * tone[..., None]) * np.clip(tone, 0.2, 1.5)[..., None]
    glass = mix(glass, rgb("#fffbe6"), np.clip(tone - 0.95, 0, 1) * 0.7)
    width = lead_width * (0.75 + 0.5 * fbm(size, size, 8, seed=7, octaves=2))
    lead = smooth(1.0, 0.72, far / width)
    bump = np.sqrt(np.clip(1 - (far / width) ** 2, 0, 1)) + 0.25 * fbm(size, size, 120, seed=9)
    gx, gy = slope(blur(bump, 0.001))
    metal = 0.13 + 0.13 * np.tanh(-(gx + gy) / 160) + 0.05 * fbm(size, size, 50, seed=11)
    image = mix(np.clip(glass, 0, 1), metal[..., None] * np.float32([1, 1.02, 1.1]), lead)
    return np.clip(image + 0.34 * blur(np.clip(image - 0.42, 0, 1), 0.012), 0, 1)


def tulip_window(size: int) -> Array:
    """Stained glass, drawn at twice the size: (H, H, 3)."""
    window = Window(size * 2)
    rising_sun(window)
    hills_and_river(window)
    warm = ["#8f1430", "#d8263a", "#ff6a4d"]
    rose = ["#7a1f78", "#c63c96", "#f78fb8"]
    gold = ["#c9541a", "#f08a24", "#ffcb47"]
    for cx, cy, r, codes, lean in [
        (0.33, 0.66, 0.060, rose, -0.10),
        (0.68, 0.64, 0.062, gold, 0.10),
        (0.14, 0.60, 0.075, gold, 0.02),
        (0.87, 0.60, 0.075, warm, -0.03),
        (0.24, 0.80, 0.070, warm, 0.05),
        (0.77, 0.81, 0.070, rose, -0.05),
    ]:
        tulip(window, cx, cy, r, codes, lean)
    border(window)
    return cv2.resize(glaze(window), (size, size), interpolation=cv2.INTER_AREA)
