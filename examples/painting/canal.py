"""Gabled houses on a canal in evening sun: straight lines, windows, brick and reflections.

Lengths are picture heights; facades are seen squarely, with reliefs lit from the upper left.
"""

import numpy as np
from painting.noise import (
    Array,
    fbm,
    grid,
    mix,
    points,
    polygon,
    ramp,
    rgb,
    smooth,
    warp,
)

QUAY, WATER = 0.665, 0.735


class Street:
    """The picture (H, W, 3), linear-ish display colours, painted from back to front."""

    def __init__(self, width: int, height: int):
        self.shape = (height, width)
        self.x, self.y = grid(height, width)
        self.rng = np.random.default_rng(14)
        self.fine = fbm(height, width, 160, seed=1, octaves=2)
        self.wide = fbm(height, width, 9, seed=2, octaves=5)
        self.streaks = fbm(height, width, 60, seed=7, octaves=2, stretch=0.06)
        self.image = np.zeros((height, width, 3), np.float32)

    def lay(self, mask: Array, colour: Array, amount: float = 1.0) -> None:
        """Blend colour, (3,) or (H, W, 3), by mask."""
        rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        if len(rows):
            part = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
            colour = colour[part] if colour.ndim == 3 else colour
            self.image[part] = mix(self.image[part], colour, mask[part] * amount)

    def box(
        self, left: float, top: float, right: float, low: float, colour: Array, amount: float = 1.0
    ) -> None:
        """A filled rectangle; cheap, only its pixels are touched."""
        n = self.shape[0]
        rows = slice(max(round(top * n), 0), max(round(low * n), 0))
        columns = slice(max(round(left * n), 0), max(round(right * n), 0))
        colour = colour[rows, columns] if colour.ndim == 3 else colour
        self.image[rows, columns] = mix(self.image[rows, columns], colour, amount)

    def frame(
        self, left: float, top: float, right: float, low: float, wide: float, colour: Array
    ) -> None:
        """Four bars around a rectangle with a lit upper edge and a shaded lower one."""
        for bar in [
            (left - wide, top - wide, right + wide, top),
            (left - wide, low, right + wide, low + wide),
            (left - wide, top, left, low),
            (right, top, right + wide, low),
        ]:
            self.box(*bar, colour)


def evening_sky(street: Street) -> None:
    """Warm to blue with lit cumulus."""
    x, y = street.x, street.y
    height, width = street.shape
    image = ramp(np.clip(y * 1.55, 0, 1), ["#4f86bd", "#86b3d6", "#c9d8df", "#f6dfbd", "#f8c592"])
    puff = fbm(height, width, 3, seed=31, octaves=8, stretch=1.7, gain=0.55)
    body = smooth(0.50, 0.66, puff)
    thick = smooth(0.5, 0.8, warp(puff, np.full_like(puff, -0.03), np.full_like(puff, -0.025)))
    image = mix(image, ramp(thick, ["#fff6e6", "#f4d9c0", "#b3a8b5"]), body * 0.92)
    glow = np.exp(-(((x - 0.05) / 0.7) ** 2) - ((y - 0.5) / 0.35) ** 2)
    street.image = np.clip(image + (0.22 * glow)[..., None] * np.float32([1, 0.75, 0.4]), 0, 1)


def brick(street: Street, left: float, right: float, code: str, plaster: bool) -> Array:
    """Wall colours (H, W, 3) between two sides: coursed brick with mortar, or stained plaster."""
    n = street.shape[0]
    part = (
        slice(0, round(QUAY * n) + 1),
        slice(max(round((left - 0.02) * n), 0), round((right + 0.02) * n)),
    )
    x, y, fine, wide = street.x[part], street.y[part], street.fine[part], street.wide[part]
    base, streaks = rgb(code), street.streaks[part]
    stain = 0.80 + 0.36 * wide + 0.18 * (fine - 0.5)
    wall = np.zeros((*street.shape, 3), np.float32)
    if plaster:
        wall[part] = base * (stain - 0.14 * smooth(0.55, 0.9, streaks))[..., None]
        return np.clip(wall, 0, 1)
    row = np.floor(y * 240)
    along = x * 88 + 0.5 * (row % 2)
    lot = np.abs(np.sin(row * 12.9898 + np.floor(along) * 78.233) * 43758.5453) % 1
    joint = np.maximum(
        smooth(0.34, 0.5, np.abs(y * 240 % 1 - 0.5)), smooth(0.42, 0.5, np.abs(along % 1 - 0.5))
    )
    clay = (
        base * (stain * (0.80 + 0.36 * lot))[..., None]
        - 0.06 * smooth(0.6, 0.9, streaks)[..., None]
    )
    wall[part] = mix(clay, base * 0.55 + 0.26, joint * 0.36)
    return np.clip(wall, 0, 1)


def gable(kind: int, left: float, right: float, top: float, tall: float) -> Array:
    """Outline (N, 2) of a gable above the eaves line y = top."""
    middle, half = (left + right) / 2, (right - left) / 2
    if kind == 0:  # steps
        steps = []
        for k in range(5):
            steps += [
                (left + half * k / 5, top - tall * k / 5),
                (left + half * k / 5, top - tall * (k + 1) / 5),
            ]
        side = steps + [(middle - half * 0.16, top - tall)]
    elif kind == 1:  # bell
        t = np.linspace(0, 1, 30)
        side = [
            (left + half * (0.72 * u + 0.10 * np.sin(u * 2 * np.pi)), top - tall * u**1.15)
            for u in t
        ]
    elif kind == 2:  # neck
        side = [
            (left, top),
            (left + half * 0.1, top - tall * 0.12),
            (left + half * 0.38, top - tall * 0.34),
            (left + half * 0.45, top - tall * 0.82),
            (middle - half * 0.3, top - tall * 0.82),
            (middle, top - tall * 1.06),
        ]
    else:  # plain triangle
        side = [(left, top), (middle - half * 0.04, top - tall)]
    return np.float32(side + [(2 * middle - px, py) for px, py in side[::-1]])


def window(street: Street, left: float, top: float, right: float, low: float, frame: Array) -> None:
    """A sash window set back in the wall: glass with sky, curtains, bars, sill and shadows."""
    rng, y, x = street.rng, street.y, street.x
    deep = (right - left) * 0.10
    street.box(
        left - 0.004,
        top - 0.011,
        right + 0.004,
        top - 0.002,
        np.clip(street.image * 1.12 + 0.05, 0, 1),
    )
    lit = rng.random() < 0.22
    slant = (y - top) / (low - top) + 0.6 * (x - left) / (right - left) * rng.uniform(-1, 1)
    sky = ramp(
        np.clip(0.75 - 0.55 * slant + 0.5 * (street.wide - 0.5), 0, 1),
        ["#10161d", "#2a3a48", "#6b8ca6", "#c6d3d6"],
    )
    warm = ramp(np.clip(slant * 0.8 + 0.3 * street.fine, 0, 1), ["#ffe1a0", "#f0a54c", "#8a4a22"])
    street.box(left, top, right, low, warm if lit else sky)
    if rng.random() < 0.6:
        cloth = np.float32([0.93, 0.90, 0.84]) * (0.62 + 0.25 * np.sin(x[..., None] * 900))
        wide = (right - left) * rng.uniform(0.14, 0.3)
        street.box(left, top, left + wide, low, cloth, 0.75)
        street.box(right - wide, top, right, low, cloth, 0.75)
    street.box(left, top, right, top + deep * 0.9, rgb("#0d0f12"), 0.55)
    street.box(left, top, left + deep * 0.6, low, rgb("#0d0f12"), 0.5)
    bar = max(0.0022, (right - left) * 0.035)
    street.frame(left + bar, top + bar, right - bar, low - bar, bar, frame)
    middle = (left + right) / 2
    street.box(middle - bar / 2, top, middle + bar / 2, low, frame)
    for t in (0.33, 0.66) if low - top > 0.06 else (0.5,):
        level = top + (low - top) * t
        street.box(left, level - bar / 2, right, level + bar / 2, frame)
    street.box(left - 0.006, low, right + 0.006, low + 0.007, np.clip(frame * 1.02, 0, 1))
    street.box(left - 0.004, low + 0.007, right + 0.008, low + 0.016, rgb("#1a1410"), 0.38)


def door(street: Street, left: float, right: float, code: str) -> None:
    """A panelled door with a fanlight over two stone steps."""
    top = QUAY - 0.125
    street.box(
        left - 0.008,
        top - 0.035,
        right + 0.008,
        QUAY,
        np.clip(rgb("#e6dcc6") * (0.75 + 0.4 * street.wide)[..., None], 0, 1),
    )
    street.box(left, top, right, QUAY - 0.008, rgb(code) * (0.8 + 0.4 * street.fine)[..., None])
    street.box(left, top - 0.027, right, top - 0.006, ramp(street.wide, ["#3b2a18", "#f2b65a"]))
    for k in range(2):
        a, b = left + 0.006 + k * (right - left) / 2, left - 0.006 + (k + 1) * (right - left) / 2
        for low, high in [(top + 0.012, top + 0.055), (top + 0.066, QUAY - 0.02)]:
            street.box(a, low, b, high, rgb("#0a0a0a"), 0.35)
            street.box(a + 0.002, low + 0.002, b, high, rgb(code) * 1.12, 0.8)
    street.box(left, top, right, top + 0.010, rgb("#0a0a0a"), 0.5)
    for k in range(2):
        street.box(
            left - 0.012 - 0.008 * k,
            QUAY - 0.010 + 0.005 * k,
            right + 0.012 + 0.008 * k,
            QUAY - 0.005 + 0.005 * k,
            rgb("#b9b0a2") * (1 - 0.2 * k),
        )


def front(
    street: Street, left: float, right: float, top: float, kind: int, code: str, plaster: bool
) -> None:
    """The wall of a house with its gable, cornice and loft hatch."""
    wall = brick(street, left, right, code, plaster)
    tall = (right - left) * (0.95, 0.72, 0.85, 0.62)[kind]
    shape = gable(kind, left, right, top, tall)
    inner = shape.copy()
    inner[:, 0] = (left + right) / 2 + (inner[:, 0] - (left + right) / 2) * 0.92
    inner[:, 1] = top + (inner[:, 1] - top) * 0.955
    white = rgb("#efe6d3") * (0.72 + 0.35 * street.wide)[..., None]
    street.lay(polygon(street.shape, shape + np.float32([0.010, 0.004])), rgb("#1d1714"), 0.5)
    street.lay(polygon(street.shape, shape), white)
    street.lay(polygon(street.shape, inner), wall)
    street.box(left, top, right, QUAY, wall)
    street.box(left - 0.004, top - 0.010, right + 0.004, top + 0.002, white)
    street.box(left, top + 0.002, right, top + 0.014, rgb("#17110e"), 0.42)
    middle = (left + right) / 2
    hatch = points("-0.018 0, -0.018 -0.23, 0 -0.32, 0.018 -0.23, 0.018 0") * (1, tall)
    street.lay(polygon(street.shape, hatch + (middle, top - tall * 0.22)), rgb("#1c222a"))
    street.box(middle - 0.0015, top - tall * 0.52, middle + 0.0015, top - tall * 0.22, white)
    street.box(left, QUAY - 0.168, right, QUAY - 0.160, white)
    street.box(left, QUAY - 0.160, right, QUAY - 0.152, rgb("#17110e"), 0.4)


def house(
    street: Street,
    left: float,
    right: float,
    top: float,
    kind: int,
    code: str,
    plaster: bool,
    number: int,
) -> None:
    """One facade with its gable, storeys of windows, a door and weather."""
    front(street, left, right, top, kind, code, plaster)
    count = 2 if right - left < 0.2 else 3
    storeys = 3 if top < 0.36 else 2
    rise = (QUAY - 0.175 - top) / storeys
    frame = rgb(["#f2ecdd", "#e8e0cc", "#2f4a3a", "#f5f1e6"][number % 4])
    step = (right - left) / count
    for row in range(storeys):
        for k in range(count):
            a = left + step * k + step * 0.23
            b_top = top + 0.035 + row * rise
            window(street, a, b_top, a + step * 0.54, b_top + rise * (0.66 - 0.04 * row), frame)
    place = number % count
    for k in range(count):
        a = left + step * k + step * 0.2
        if k == place:
            door(
                street, a, a + step * 0.5, ["#1f4a3a", "#7a1f22", "#1d3557", "#2a2a2e"][number % 4]
            )
        else:
            window(street, a, QUAY - 0.135, a + step * 0.6, QUAY - 0.04, frame)
    street.box(right - 0.004, top, right, QUAY, rgb("#120d0a"), 0.55)
    street.box(left, top, left + 0.003, QUAY, rgb("#ffe9c4"), 0.35)
