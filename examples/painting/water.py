"""Watercolour: poppies over wet washes, with splashes, on cold-pressed paper.

Glazes multiply the paper and pigment gathers at drying edges, after Curtis et al.,
"Computer-generated watercolor", SIGGRAPH 1997.
"""

import cv2
import numpy as np
from painting.noise import Array, blur, fbm, mix, rgb, slope

WASHES = [
    (0.30, 0.22, 0.36, 0.20, "#8fc3dd"),
    (0.78, 0.18, 0.30, 0.19, "#c7b3e0"),
    (0.55, 0.42, 0.45, 0.17, "#f3d9a0"),
    (0.20, 0.62, 0.26, 0.22, "#bfe0cf"),
    (0.80, 0.62, 0.27, 0.24, "#f6c6c0"),
    (0.5, 0.94, 0.62, 0.20, "#a9cf86"),
    (0.25, 0.98, 0.35, 0.13, "#5fa08c"),
    (0.8, 1.0, 0.3, 0.12, "#7a9fce"),
]
FLOWERS = [
    (0.34, 0.36, 0.155, 0.02),
    (0.71, 0.27, 0.125, -0.05),
    (0.57, 0.58, 0.135, 0.06),
    (0.17, 0.66, 0.095, 0.03),
    (0.86, 0.56, 0.085, -0.02),
]
PALETTES = [
    ["#f2694a", "#ee4035", "#d92a3a"],
    ["#f7946b", "#ef5a55", "#c92f5f"],
    ["#f5734e", "#e2334a", "#a82352"],
    ["#f9a86f", "#f0664f", "#d83a44"],
    ["#f08aa0", "#e2557f", "#b83273"],
]


def blot(
    rng: np.random.Generator, cx: float, cy: float, rx: float, ry: float, turn: float
) -> Array:
    """An uneven closed outline (N, 2) around a centre, in heights."""
    t = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    r = 1 + sum(rng.normal(0, 0.16 / k) * np.cos(k * t + rng.uniform(0, 6.3)) for k in range(2, 9))
    u, v = rx * r * np.cos(t), ry * r * np.sin(t)
    return np.float32(
        np.stack(
            [cx + u * np.cos(turn) - v * np.sin(turn), cy + u * np.sin(turn) + v * np.cos(turn)], 1
        )
    )


def blade(at: Array, reach: float, width: float, turn: float) -> Array:
    """A pointed leaf (N, 2) about its middle, in heights."""
    t = np.linspace(-1, 1, 24)
    u = np.concatenate([t, t[::-1]]) * reach
    v = np.concatenate([1 - t**2, -(1 - t[::-1] ** 2)]) * width + 0.25 * reach * (u / reach) ** 2
    turned = np.stack([u * np.cos(turn) - v * np.sin(turn), u * np.sin(turn) + v * np.cos(turn)], 1)
    return np.float32(at + turned)


class Sheet:
    """A sheet of cold-pressed paper that takes glazes; light (n, n, 3) is what it reflects."""

    def __init__(self, n: int, seed: int):
        self.n, self.rng = n, np.random.default_rng(seed)
        self.grain = fbm(n, n, 105, seed=seed, octaves=3, gain=0.6)
        self.light = np.ones((n, n, 3), np.float32)
        self.flow = [fbm(n, n, 9, seed=seed + k, octaves=5, gain=0.6) - 0.5 for k in (1, 2)]
        self.turn = 0

    def glaze(self, mask: Array, code: str, strength: float = 1.0, *, wet: float = 0.0) -> None:
        """Let a wash of colour dry in mask (n, n); wet (heights) blurs its outline."""
        self.turn += 1
        shift = self.turn * 37 % 101 / 101 * self.n
        fields = [np.roll(f, (int(shift), int(shift * 1.7)), (0, 1)) for f in self.flow]
        y, x = np.mgrid[0 : self.n, 0 : self.n].astype(np.float32)
        reach = 0.045 * self.n
        mask = cv2.remap(np.float32(mask), x + fields[0] * reach, y + fields[1] * reach, 1)
        body = blur(mask, wet) if wet else mask
        edge = np.clip(body - blur(body, 0.005), 0, 1) * (0.25 if wet else 1.0)
        pool = 0.62 + 0.85 * (fields[0] + 0.5) * (0.5 + fields[1] + 0.5)
        settle = 1 + 0.55 * (0.5 - self.grain)
        amount = strength * (body * pool * 0.85 + 1.5 * edge) * settle
        absorb = -np.log(np.clip(rgb(code), 0.02, 0.99))
        self.light *= np.exp(-amount[..., None] * absorb)

    def patch(self, outline: Array) -> Array:
        """Soft-edged mask of an outline (N, 2) in heights."""
        mask = np.zeros((self.n, self.n), np.uint8)
        cv2.fillPoly(mask, [np.round(outline * self.n * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
        return mask.astype(np.float32) / 255

    def lift(self, mask: Array, amount: float) -> None:
        """Take damp colour off again with a sponge, so that the next glaze stays clean."""
        self.light[:] = mix(self.light, np.float32(0.98), blur(mask, 0.004) * amount)

    def finish(self) -> Array:
        """The dry sheet with the relief of its grain: (n, n, 3)."""
        gx, gy = slope(self.grain)
        relief = 1 + 0.035 * np.tanh((gx + gy) / 60)
        return np.clip(self.light * rgb("#fbf6ea") * relief[..., None], 0, 1)


def poppy(sheet: Sheet, cx: float, cy: float, r: float, codes: list[str]) -> None:
    """Petals in overlapping glazes, a dark heart with stamens."""
    rng = sheet.rng
    sheet.lift(sheet.patch(blot(rng, cx, cy, r * 1.0, r * 0.86, 0)), 0.85)
    for k in range(5):
        turn = k * 2 * np.pi / 5 + rng.uniform(-0.3, 0.3)
        px, py = cx + 0.52 * r * np.cos(turn), cy + 0.40 * r * np.sin(turn)
        outline = blot(rng, px, py, r * 0.66, r * 0.56, turn)
        sheet.glaze(sheet.patch(outline), codes[k % len(codes)], 0.62)
    for k in range(4):
        turn = rng.uniform(0, 6.3)
        outline = blot(
            rng, cx + 0.4 * r * np.cos(turn), cy + 0.32 * r * np.sin(turn), r * 0.42, r * 0.2, turn
        )
        sheet.glaze(sheet.patch(outline), codes[-1], 0.7, wet=0.006 if k % 2 else 0.0)
    sheet.glaze(sheet.patch(blot(rng, cx, cy, r * 0.26, r * 0.21, 0)), "#2a1a3c", 1.2, wet=0.004)
    sheet.glaze(sheet.patch(blot(rng, cx, cy, r * 0.12, r * 0.10, 0)), "#33402a", 1.2)
    dots = np.zeros((sheet.n, sheet.n), np.float32)
    for turn in rng.uniform(0, 6.3, 26):
        reach = r * rng.uniform(0.22, 0.36)
        at = (cx + reach * np.cos(turn), cy + 0.8 * reach * np.sin(turn))
        dots = np.maximum(dots, sheet.patch(blot(rng, *at, 0.0032, 0.0032, 0)))
    sheet.glaze(dots, "#1d1526", 1.6)


def stem(sheet: Sheet, top: tuple[float, float], foot: tuple[float, float], bow: float) -> None:
    """A bent stalk with two feathered leaves."""
    t = np.linspace(0, 1, 40)[:, None]
    middle = (np.float32(top) + np.float32(foot)) / 2 + np.float32([bow, 0])
    path = (1 - t) ** 2 * np.float32(top) + 2 * t * (1 - t) * middle + t**2 * np.float32(foot)
    width = np.float32([0.0032, 0]) * (1 + t)
    sheet.glaze(
        sheet.patch(np.float32(np.concatenate([path - width, (path + width)[::-1]]))),
        "#6f9a4a",
        1.1,
    )
    for k in (14, 23, 30):
        side = 1 if (k + int(bow * 100)) % 2 else -1
        turn = np.pi / 2 - side * sheet.rng.uniform(0.6, 1.1)
        reach = sheet.rng.uniform(0.05, 0.085)
        at = path[k] + np.float32([np.cos(turn), -np.sin(turn) * 0.8]) * reach
        leaf = blade(at, reach, 0.017, -turn)
        sheet.lift(sheet.patch(leaf), 0.6)
        sheet.glaze(sheet.patch(leaf), "#8db557" if side > 0 else "#5f9f86", 0.9)
        sheet.glaze(sheet.patch(blade(at, reach * 0.8, 0.006, -turn)), "#4f8560", 0.6)


def poppy_wash(size: int) -> Array:
    """Watercolour poppies over wet washes, with splashes: (H, H, 3)."""
    n = int(size * 1.5)
    sheet = Sheet(n, 6)
    rng = sheet.rng
    for k, (cx, cy, rx, ry, code) in enumerate(WASHES):
        sheet.glaze(
            sheet.patch(blot(rng, cx, cy, rx, ry, 0.2)), code, 0.85, wet=0.02 if k % 2 else 0.0
        )
    for cx, cy, r, bow in FLOWERS:
        stem(sheet, (cx, cy + r * 0.3), (0.5 + (cx - 0.5) * 0.55, 1.06), bow)
    for cx, cy in [(0.47, 0.13), (0.93, 0.36), (0.07, 0.42)]:
        stem(sheet, (cx, cy + 0.03), (0.5 + (cx - 0.5) * 0.6, 1.06), -0.04)
        sheet.glaze(sheet.patch(blot(rng, cx, cy, 0.020, 0.036, 0.2)), "#7fa04f", 1.0)
        sheet.glaze(
            sheet.patch(blot(rng, cx + 0.006, cy - 0.022, 0.014, 0.02, 0.2)), "#e0452f", 0.9
        )
    for (cx, cy, r, _), codes in zip(FLOWERS, PALETTES, strict=True):
        poppy(sheet, cx, cy, r, codes)
    for code in ("#e2453f", "#4f8f7a", "#5b7fc0", "#e8a33a"):
        spots = np.zeros((n, n), np.float32)
        for _ in range(26):
            r = 0.0015 + 0.008 * rng.random() ** 4
            spots = np.maximum(spots, sheet.patch(blot(rng, rng.random(), rng.random(), r, r, 0)))
        sheet.glaze(spots, code, 0.75)
    return cv2.resize(sheet.finish(), (size, size), interpolation=cv2.INTER_AREA)
