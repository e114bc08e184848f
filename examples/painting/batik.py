"""Batik: blossoms and vines in wax and three dyes, with the fine crackle of broken wax."""

import cv2
import numpy as np
from painting.brush import look_up
from painting.glass import cells, ellipse
from painting.noise import Array, blur, fbm, grid, mix, ramp, smooth, strokes_mask, wobble

FLOWERS = [
    (0.5, 0.5, 0.27, 10, 0.1),
    (0.14, 0.15, 0.13, 7, 0.3),
    (0.86, 0.14, 0.13, 8, 0.0),
    (0.13, 0.86, 0.13, 8, 0.5),
    (0.87, 0.87, 0.13, 7, 0.8),
    (0.5, 0.085, 0.085, 6, 0.2),
    (0.5, 0.925, 0.085, 6, 0.6),
    (0.075, 0.5, 0.085, 6, 0.4),
    (0.93, 0.5, 0.085, 6, 0),
]


class Cloth:
    """Dye levels (n, n) in [0, 3]: 0 is bare cloth, 3 the darkest bath."""

    def __init__(self, n: int):
        self.n = n
        self.x, self.y = grid(n, n)
        self.dye = np.full((n, n), 3.0, np.float32)

    def wax(self, mask: Array, level: float) -> None:
        """Keep the dye in mask at level."""
        self.dye = mix(self.dye, np.float32(level), mask)

    def dots(self, points: Array, radius: float, level: float) -> None:
        """Drops of wax at points (N, 2)."""
        mask = np.zeros((self.n, self.n), np.uint8)
        for at in np.round(points * self.n * 16).astype(int):
            cv2.circle(mask, at.tolist(), int(radius * self.n * 16), 255, -1, cv2.LINE_AA, 4)
        self.wax(mask.astype(np.float32) / 255, level)

    def flower(self, cx: float, cy: float, r: float, petals: int, turn: float) -> None:
        """Layered petals with dotted veins."""
        for ring, (reach, wide, level) in enumerate(
            [(1.0, 0.36, 1), (0.92, 0.29, 0), (0.72, 0.2, 2), (0.5, 0.26, 1), (0.42, 0.2, 0)]
        ):
            for k in range(petals):
                a = turn + (k + 0.5 * (ring > 2)) * 2 * np.pi / petals
                px, py = cx + r * reach * 0.55 * np.cos(a), cy + r * reach * 0.55 * np.sin(a)
                petal = ellipse(self.x, self.y, px, py, r * reach * 0.5, r * wide * 5 / petals, a)
                self.wax(smooth(1.03, 0.97, petal), level)
        t = np.arange(petals * 3) * 2 * np.pi / (petals * 3) + turn
        self.dots(np.stack([cx + 1.14 * r * np.cos(t), cy + 1.14 * r * np.sin(t)], 1), r * 0.045, 0)
        self.dots(np.float32([[cx, cy]]), r * 0.2, 2)
        k = np.arange(1, 40)
        spiral = (
            np.stack([np.cos(k * 2.39996), np.sin(k * 2.39996)], 1)
            * (np.sqrt(k / 40) * r * 0.18)[:, None]
        )
        self.dots(spiral + np.float32([cx, cy]), r * 0.017, 0)

    def vine(self, path: Array, level: float) -> None:
        """A stalk along (N, 2) with paired leaves and beads."""
        self.wax(strokes_mask((self.n, self.n), [path], 0.009), level)
        tangent = np.gradient(path, axis=0)
        spots = range(4, len(path) - 2, 6)
        for grow, tone in [(1.0, 1), (0.72, 2), (0.30, 0)]:
            mask = np.zeros((self.n, self.n), np.uint8)
            for k in spots:
                a = np.arctan2(*tangent[k][::-1]) + (0.9 if k % 12 < 6 else -0.9)
                middle = path[k] + 0.036 * np.float32([np.cos(a), np.sin(a)])
                axes = np.float32([0.068, 0.028]) * grow * self.n
                box = ((middle * self.n).tolist(), axes.tolist(), float(np.degrees(a)))
                cv2.ellipse(mask, box, 255, -1, cv2.LINE_AA)
            self.wax(mask.astype(np.float32) / 255, tone)


def scatter(cloth: Cloth) -> None:
    """Fill the ground that is still dark with rows of small wax drops."""
    rows, columns = np.mgrid[0:48, 0:48]
    points = np.stack([(columns + 0.5 * (rows % 2)) / 47, rows / 47], -1).reshape(-1, 2)
    points = points + np.random.default_rng(3).normal(0, 0.0016, points.shape)
    room = look_up(cv2.erode(cloth.dye, np.ones((cloth.n // 90,) * 2)), points) > 2.6
    number = (rows * 2 + columns).reshape(-1)
    for level, rest in [(0, 0), (1, 1), (1, 2)]:
        cloth.dots(points[room & (number % 3 == rest)], (0.0042, 0.0050, 0.0034)[rest], level)


def crackle(n: int) -> Array:
    """Dye that ran into the cracks of the wax, (n, n) in [0, 1]."""
    veins = np.zeros((n, n), np.float32)
    for count, seed, force in [(90, 5, 1.0), (420, 6, 0.6)]:
        block = wobble(cells(n, count, seed).astype(np.float32), 0.010, 14, seed=seed)
        cut = np.hypot(*np.gradient(np.round(block))) > 0.3
        veins = np.maximum(veins, blur(cut.astype(np.float32), 0.0009) * force)
    return np.clip(veins * smooth(0.35, 0.6, fbm(n, n, 6, seed=9, octaves=3)), 0, 1)


def flower_batik(size: int) -> Array:
    """Batik in cream, ochre, russet and deep brown with wax crackle: (H, H, 3)."""
    n = size * 2
    cloth = Cloth(n)
    x, y = cloth.x, cloth.y
    t = np.linspace(0, 1, 54)
    for k in range(8):
        turn = k * np.pi / 4 + 0.1
        out = 0.24 + 0.36 * t
        bend = turn + 0.5 * np.sin(t * 5.5) * (1 if k % 2 else -1)
        cloth.vine(np.float32(np.stack([0.5 + out * np.cos(bend), 0.5 + out * np.sin(bend)], 1)), 1)
    for cx, cy, r, petals, turn in FLOWERS:
        cloth.wax(smooth(1.06, 1.0, np.hypot(x - cx, y - cy) / r), 3)
        cloth.flower(cx, cy, r, petals, turn)
    scatter(cloth)
    dye = wobble(cloth.dye, 0.0018, 70, seed=4)
    level = np.clip(dye + 2.2 * crackle(n) * (dye < 2.2), 0, 3) / 3
    level = np.clip(level + 0.10 * (fbm(n, n, 5, seed=10, octaves=5) - 0.5), 0, 1)
    image = ramp(blur(level, 0.0006), ["#f4e6c6", "#dc9a3a", "#9c3b22", "#241a2b"])
    warp_, weft = np.sin(x * 2 * np.pi * 210), np.sin(y * 2 * np.pi * 210)
    slub = (
        fbm(n, n, 150, seed=11, octaves=2, stretch=8)
        + fbm(n, n, 150, seed=12, octaves=2, stretch=8).T
    )
    weave = 1 + 0.035 * warp_ * weft + 0.16 * (slub - 1)
    image = image * weave[..., None]
    return cv2.resize(np.clip(image, 0, 1), (size, size), interpolation=cv2.INTER_AREA)
