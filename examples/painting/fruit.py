"""Distance fields of the still life: vase, leaves, fruit, bowl and cup on a table."""

from functools import partial

import numpy as np
from painting.noise import Array, smooth
from painting.sdf import ball, blend, egg, near, normal_of, rod, vessel


def curve(knots: list[tuple[float, float]]) -> tuple[Array, Array]:
    """Heights and radii of a smooth profile near (height, radius) knots."""
    heights, radii = np.float32(knots).T
    fine = np.linspace(heights[0], heights[-1], 120, dtype=np.float32)
    rough = np.interp(fine, heights, radii)
    kernel = np.hanning(17) / np.hanning(17).sum()
    soft = np.convolve(np.pad(rough, 8, "reflect", reflect_type="odd"), kernel, "valid")
    return fine, soft.astype(np.float32)


VASE_H, VASE_R = curve(
    [
        (0, 0.16),
        (0.02, 0.175),
        (0.10, 0.235),
        (0.22, 0.29),
        (0.36, 0.31),
        (0.50, 0.275),
        (0.62, 0.19),
        (0.70, 0.125),
        (0.76, 0.11),
        (0.80, 0.135),
        (0.82, 0.15),
    ]
)
CUP_H, CUP_R = curve([(0, 0.10), (0.03, 0.125), (0.10, 0.155), (0.24, 0.17), (0.26, 0.17)])
BOWL_H, BOWL_R = curve(
    [(0, 0.13), (0.02, 0.14), (0.05, 0.24), (0.12, 0.36), (0.19, 0.42), (0.205, 0.425)]
)


def round_fruit(p: Array, centre: tuple[float, float, float], r: float) -> Array:
    """An apple: a sphere with a dimple above and a narrower foot."""
    d = p - np.float32(centre)
    reach = np.hypot(d[:, 0], d[:, 2])
    body = np.hypot(np.maximum(reach - 0.32 * r, 0) * 1.02, d[:, 1] + 0.12 * r) - 0.78 * r
    body = np.where(
        reach < 0.32 * r,
        np.abs(d[:, 1] + 0.12 * r) - 0.78 * r + 0.16 * r * smooth(0.32 * r, 0, reach),
        body,
    )
    stalk = rod(
        p,
        tuple(np.float32(centre) + (0, 0.4 * r, 0)),
        tuple(np.float32(centre) + (0.12 * r, 1.05 * r, 0.05 * r)),
        0.03 * r,
        0.045 * r,
    )
    return np.minimum((body + 0.10 * np.clip(-d[:, 1], 0, r) * reach / r) * 0.85, stalk)


def pear(p: Array, centre: tuple[float, float, float], r: float) -> Array:
    """Two blended spheres and a bent stalk."""
    c = np.float32(centre)
    body = blend(ball(p, centre, r), ball(p, tuple(c + (0.04, 1.15 * r, 0.02)), 0.52 * r), 0.55 * r)
    return np.minimum(
        body, rod(p, tuple(c + (0.05, 1.6 * r, 0.02)), tuple(c + (0.13, 2.05 * r, 0)), 0.012, 0.017)
    )


def grapes() -> list[tuple[float, float, float]]:
    """Centres of a bunch that spills over the table."""
    rng, centres = np.random.default_rng(5), []
    for layer, count in [(0, 17), (1, 10), (2, 5)]:
        for k in range(count):
            turn, reach = 2.4 * k + layer, (0.17 - 0.045 * layer) * np.sqrt((k + 0.5) / count)
            x, z = 0.30 + 1.25 * reach * np.cos(turn), 0.62 + reach * np.sin(turn)
            centres.append((x, 0.052 + 0.072 * layer + rng.normal(0, 0.004), z))
    return centres


GRAPES = grapes()
APPLES = [((0.66, 0.33, -0.05), 0.20), ((0.98, 0.32, -0.16), 0.19), ((-0.06, 0.175, 0.50), 0.195)]
LEAVES = [
    ((-0.42, 0.80, -0.1), turn, rise, reach)
    for turn, rise, reach in [
        (0.3, 0.9, 0.75),
        (1.3, 1.15, 0.62),
        (2.2, 0.85, 0.85),
        (3.1, 1.0, 0.60),
        (4.1, 0.8, 0.65),
        (5.2, 1.1, 0.72),
        (0.9, 0.55, 0.8),
        (2.8, 0.5, 0.85),
        (5.8, 0.6, 0.75),
        (4.6, 1.3, 0.5),
    ]
]


def foliage(p: Array) -> Array:
    """Arched stalks with broad flat leaves above the vase."""
    best = np.full(len(p), 9, np.float32)
    for root, turn, rise, reach in LEAVES:
        way = np.float32([np.cos(turn), 0, np.sin(turn)])
        a = np.float32(root) - (0, 0.2, 0)
        b = np.float32(root) + way * reach * 0.30 + (0, rise * 0.38, 0)
        best = np.minimum(best, rod(p, tuple(a), tuple(b), 0.013, 0.008))
        axis = normal_of(way * 0.85 + np.float32([0, 0.30 - 0.25 * reach, 0]))
        across = normal_of(np.cross(axis, np.float32([0, 1, 0])))
        top = np.cross(across, axis)
        d = p - (b + axis * 0.17)
        u, v, w = d @ axis, d @ across, d @ top
        w = w + 0.9 * u * u - 0.35 * np.abs(v)
        q = np.stack([u / 0.20, v / (0.082 * np.clip(1.15 - u * 2.2, 0.4, 1.5)), w / 0.014], 1)
        k = np.linalg.norm(q, axis=1)
        best = np.minimum(best, np.where(k < 4, (k - 1) * 0.0125, (k - 1) * 0.02))
    return best


def bunch(p: Array) -> Array:
    """The grapes."""
    return np.minimum.reduce([ball(p, centre, 0.054) for centre in GRAPES])


def vase(p: Array) -> Array:
    """A glazed vase, open at the top."""
    body = vessel(p, (-0.42, 0, -0.1), VASE_H, VASE_R)
    return np.maximum(body, -rod(p, (-0.42, 0.70, -0.1), (-0.42, 0.9, -0.1), 0.09, 0.115))


def cup(p: Array) -> Array:
    """A clay cup with a ring for a handle."""
    body = vessel(p, (-0.92, 0, 0.42), CUP_H, CUP_R)
    body = np.maximum(body, -vessel(p, (-0.92, 0.03, 0.42), CUP_H + 0.03, CUP_R - 0.018))
    ring = p - np.float32([-0.73, 0.135, 0.42])
    return np.minimum(body, np.hypot(np.hypot(ring[:, 0], ring[:, 1]) - 0.075, ring[:, 2]) - 0.016)


def bowl(p: Array) -> Array:
    """A speckled bowl."""
    body = vessel(p, (0.78, 0, -0.12), BOWL_H, BOWL_R)
    return np.maximum(body, -ball(p, (0.78, 0.43, -0.12), 0.42))


def lemon(p: Array) -> Array:
    """An ellipsoid with a tip."""
    body = egg(p, (0.86, 0.10, 0.62), (0.155, 0.103, 0.108))
    return blend(body, ball(p, (1.005, 0.095, 0.62), 0.025), 0.06)


def parts(p: Array) -> list[Array]:
    """Every object's distance (N,), in the order of `table.LOOKS`."""
    apples = [near(p, c, 1.25 * r, partial(round_fruit, centre=c, r=r)) for c, r in APPLES]
    green = near(p, (0.85, 0.52, 0.10), 0.34, partial(pear, centre=(0.80, 0.36, 0.10), r=0.145))
    return [
        p[:, 1],
        p[:, 2] + 0.95,
        near(p, (-0.42, 0.41, -0.1), 0.50, vase),
        np.minimum.reduce(apples),
        green,
        near(p, (0.86, 0.1, 0.62), 0.19, lemon),
        near(p, (0.30, 0.13, 0.62), 0.33, bunch),
        near(p, (0.78, 0.1, -0.12), 0.45, bowl),
        near(p, (-0.88, 0.13, 0.42), 0.29, cup),
        near(p, (-0.42, 1.05, -0.1), 0.72, foliage),
    ]


def field(p: Array) -> Array:
    """Distance to the nearest object."""
    return np.minimum.reduce(parts(p))
