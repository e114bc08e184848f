"""The canal picture put together: houses, quay, trees, a boat and the mirror of the water."""

import cv2
import numpy as np
from painting.canal import QUAY, WATER, Street, evening_sky, house
from painting.noise import Array, blur, fbm, mix, polygon, ramp, rgb, smooth, strokes_mask
from painting.prints import bezier

HOUSES = [
    (-0.06, 0.15, 0.33, 0, "#8a3f2c", False),
    (0.15, 0.34, 0.27, 1, "#c9a063", True),
    (0.34, 0.52, 0.36, 2, "#5a6f7c", True),
    (0.52, 0.74, 0.30, 0, "#a2553a", False),
    (0.74, 0.91, 0.25, 1, "#d7c5a6", True),
    (0.91, 1.10, 0.37, 3, "#6e3a34", False),
    (1.10, 1.32, 0.29, 2, "#b0733f", False),
    (1.32, 1.56, 0.34, 1, "#7e8f7a", True),
]


def roofs(street: Street) -> None:
    """Tiled roofs and chimneys that show between the gables."""
    x, y = street.x, street.y
    tile = ramp(
        np.clip(
            0.5 * street.wide
            + 0.35 * np.abs(np.sin(x * 420)) * np.abs(np.sin(y * 500))
            + 0.2 * street.fine,
            0,
            1,
        ),
        ["#3a2620", "#7c4430", "#b56b48"],
    )
    for k, (left, right, top, *_) in enumerate(HOUSES):
        shape = np.float32(
            [
                (left - 0.02, top + 0.05),
                (left + 0.05, top - 0.075),
                (right - 0.05, top - 0.075),
                (right + 0.02, top + 0.05),
            ]
        )
        street.lay(polygon(street.shape, shape), tile)
        cx = left + 0.035 if k % 2 else right - 0.05
        street.box(
            cx,
            top - 0.125,
            cx + 0.026,
            top - 0.03,
            rgb("#6b4636") * (0.8 + 0.4 * street.fine)[..., None],
        )
        street.box(cx - 0.003, top - 0.131, cx + 0.029, top - 0.122, rgb("#c9b9a2"))
        street.box(cx + 0.017, top - 0.122, cx + 0.026, top - 0.03, rgb("#17110e"), 0.45)


def quay(street: Street) -> None:
    """Pavement, stone wall with wet foot, railing and lamps."""
    x, y = street.x, street.y
    street.box(
        0,
        QUAY,
        2,
        QUAY + 0.020,
        ramp(
            np.clip(street.fine * 0.6 + 0.4 * street.wide, 0, 1), ["#6f665c", "#b5a895", "#d9cdb6"]
        ),
    )
    row = np.floor((y - QUAY) * 78)
    column = np.floor(x * 17 + 0.5 * (row % 2))
    lot = np.abs(np.sin(row * 12.9898 + column * 78.233) * 43758.5453) % 1
    joint = np.maximum(
        np.abs((y - QUAY) * 78 % 1 - 0.5) > 0.43,
        np.abs((x * 17 + 0.5 * (row % 2)) % 1 - 0.5) > 0.485,
    )
    stone = ramp(
        np.clip(0.35 * lot + 0.4 * street.wide + 0.25 * street.fine, 0, 1),
        ["#3d3a36", "#6e675d", "#9a8f80"],
    )
    stone = mix(stone, rgb("#26231f"), joint * 0.7)
    stone = mix(stone, rgb("#1f2a1e"), smooth(WATER - 0.03, WATER, y) * 0.75)
    street.box(0, QUAY + 0.020, 2, WATER + 0.004, stone)
    street.box(0, QUAY + 0.018, 2, QUAY + 0.023, rgb("#d9cfbb"), 0.7)
    for cx in (0.245, 0.83, 1.21):
        lamp(street, cx)


def lamp(street: Street, cx: float) -> None:
    """An iron street lamp with a lit lantern."""
    iron = rgb("#15181a")
    street.box(cx - 0.0028, QUAY - 0.17, cx + 0.0028, QUAY + 0.012, iron)
    street.box(cx - 0.006, QUAY - 0.03, cx + 0.006, QUAY + 0.014, iron)
    head = np.float32(
        [
            (cx - 0.008, QUAY - 0.172),
            (cx - 0.014, QUAY - 0.205),
            (cx + 0.014, QUAY - 0.205),
            (cx + 0.008, QUAY - 0.172),
        ]
    )
    street.lay(polygon(street.shape, head), rgb("#ffdf9a"))
    cap = np.float32([(cx - 0.017, QUAY - 0.204), (cx, QUAY - 0.226), (cx + 0.017, QUAY - 0.204)])
    street.lay(polygon(street.shape, cap), iron)
    glow = np.exp(-(((street.x - cx) ** 2 + (street.y - QUAY + 0.19) ** 2) / 0.0016))
    street.image = np.clip(
        street.image + (0.35 * glow)[..., None] * np.float32([1, 0.75, 0.4]), 0, 1
    )


def tree(street: Street, cx: float, top: float, wide: float, seed: int) -> None:
    """A plane tree in front of the houses: trunk, boughs, lit clusters of leaves."""
    height, width = street.shape
    rng = np.random.default_rng(seed)
    paths = [bezier([(cx, QUAY + 0.015), (cx + 0.004, QUAY - 0.08), (cx - 0.003, QUAY - 0.16)], 20)]
    street.lay(strokes_mask(street.shape, paths, 0.014), rgb("#2f261e"))
    boughs = [
        bezier(
            [
                (cx, QUAY - 0.12),
                (cx + s * wide * 0.4, QUAY - 0.19),
                (cx + s * wide * 0.7, top + 0.06),
            ],
            20,
        )
        for s in (-1, -0.3, 0.4, 1)
    ]
    street.lay(strokes_mask(street.shape, boughs, 0.006), rgb("#2f261e"))
    leaf = np.zeros(street.shape, np.uint8)
    tone = np.zeros(street.shape, np.float32)
    for _ in range(2600):
        a, r = rng.uniform(0, 6.3), np.sqrt(rng.random())
        px, py = (
            cx + wide * r * np.cos(a),
            (top + QUAY - 0.16) / 2 + (QUAY - 0.16 - top) * 0.56 * r * np.sin(a),
        )
        lump = np.sin(px * 70 + seed) + np.sin(py * 85 + px * 30)
        if lump < -0.75 * rng.random():
            continue
        value = np.clip(
            0.5 - 0.5 * np.cos(a - 3.9) * -r + 0.18 * lump + rng.normal(0, 0.16), 0.02, 1
        )
        at = (int(px * height), int(py * height))
        axes = (int(rng.uniform(0.004, 0.008) * height), int(rng.uniform(0.0025, 0.005) * height))
        for target, ink in ((leaf, 255), (tone, float(value))):
            cv2.ellipse(
                target, at, axes, rng.uniform(0, 180) if target is leaf else 30, 0, 360, ink, -1
            )
    colours = ramp(tone, ["#141f12", "#2f4a1f", "#6f7f2a", "#d9b84f"])
    street.lay(leaf.astype(np.float32) / 255 * (tone > 0), colours)


def boat(street: Street) -> None:
    """A moored barge with a white rail and a small cabin."""
    deck = bezier([(0.43, 0.735), (0.50, 0.752), (0.66, 0.755), (0.80, 0.748), (0.86, 0.728)], 40)
    keel = bezier([(0.455, 0.775), (0.55, 0.785), (0.68, 0.787), (0.80, 0.782), (0.835, 0.772)], 40)
    hull = np.concatenate([deck, keel[::-1]])
    for code, box in [
        ("#e9e0cc", (0.60, 0.695, 0.735, 0.755)),
        ("#b5652f", (0.592, 0.687, 0.743, 0.698)),
    ]:
        street.box(*box, rgb(code) * (0.8 + 0.3 * street.wide)[..., None])
    for k in range(3):
        street.box(
            0.615 + 0.042 * k,
            0.71,
            0.643 + 0.042 * k,
            0.733,
            ramp(street.wide, ["#141b22", "#7c98a8"]),
        )
    street.lay(
        polygon(street.shape, hull),
        ramp(
            np.clip((street.y - 0.73) * 16 + 0.3 * street.fine, 0, 1),
            ["#2f6b6a", "#1d4a50", "#0d2228"],
        ),
    )
    street.lay(strokes_mask(street.shape, [deck], 0.005), rgb("#efe6d2"))
    street.lay(strokes_mask(street.shape, [mix(deck, keel, 0.35)], 0.003), rgb("#c9a24f"))
    street.lay(
        strokes_mask(
            street.shape,
            [
                np.float32([(0.515, 0.75), (0.515, 0.60)]),
                np.float32([(0.515, 0.605), (0.60, 0.69)]),
            ],
            0.003,
        ),
        rgb("#3a2a1e"),
    )


def water(street: Street) -> Array:
    """Lay the upright picture upside down under the quay, broken by ripples."""
    height, width = street.shape
    x, y = street.x, street.y
    deep = np.clip((y - WATER) / (1 - WATER), 0, 1)
    ripple = np.zeros_like(x)
    for k, (cells, stretch) in enumerate([(16, 5), (40, 6), (90, 6)]):
        wave = fbm(height, width, cells, seed=50 + k, octaves=2, stretch=stretch) - 0.5
        ripple += wave * (0.75**k)
    near = 0.006 + 0.05 * deep
    rows = (2 * WATER - y - ripple * near * 1.5) * height
    columns = (x + ripple * near * 0.35) * height
    mirror = cv2.remap(
        street.image,
        np.float32(columns),
        np.float32(np.clip(rows, 0, (WATER - 0.002) * height)),
        1,
        borderMode=cv2.BORDER_REFLECT,
    )
    mirror = mirror * 0.80 * np.float32([0.92, 0.98, 0.98])
    body = ramp(0.5 + 0.8 * ripple, ["#10201f", "#24403c", "#4a6a60"])
    image = mix(mirror, body, np.clip(0.20 + 0.35 * deep + 0.30 * ripple, 0, 1))
    glint = smooth(0.42, 0.7, ripple) * 0.5
    return mix(image, rgb("#fbe3bd"), glint)


def canal_houses(width: int, height: int) -> Array:
    """Gabled houses in evening sun over their reflections: (height, width, 3) in [0, 1]."""
    street = Street(width * 3 // 2, height * 3 // 2)
    evening_sky(street)
    sky = street.image.copy()
    roofs(street)
    for number, (left, right, top, kind, code, plaster) in enumerate(HOUSES):
        house(street, left, right, top, kind, code, plaster, number)
    shade = 1 - 0.42 * smooth(0.02, 0.10, street.x * 0.55 + street.y - 0.90) * (street.y < QUAY)
    warm = np.float32([1.10, 1.0, 0.86])
    built = np.float32(np.abs(street.image - sky).max(-1) > 0)
    street.image = mix(
        street.image, np.clip(street.image * warm * shade[..., None], 0, 1), built * 0.8
    )
    quay(street)
    for cx, top, wide, seed in [
        (0.06, 0.36, 0.10, 3),
        (1.02, 0.43, 0.075, 8),
        (1.44, 0.38, 0.10, 5),
    ]:
        tree(street, cx, top, wide, seed)
    wet = smooth(WATER - 0.0005, WATER + 0.0015, street.y)
    lower = water(street)
    street.image = mix(street.image, lower, wet)
    shadow = smooth(0.06, 0.0, np.abs(street.y - 0.79)) * smooth(
        0.24, 0.18, np.abs(street.x - 0.65)
    )
    street.lay(shadow, rgb("#0c1a1c"), 0.7)
    boat(street)
    image = cv2.resize(street.image, (width, height), interpolation=cv2.INTER_AREA)
    image = image + 0.10 * blur(np.clip(image - 0.7, 0, 1), 0.012)
    grain = np.random.default_rng(2).normal(0, 0.010, (height, width, 1))
    return np.float32(np.clip((image - 0.5) * 1.08 + 0.5 + grain, 0, 1))
