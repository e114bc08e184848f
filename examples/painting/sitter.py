"""Distance fields of the portrait: face, hair, eyes and sweater.

The face looks along +z; one unit is about 10 cm, the head's centre is the origin.
"""

import numpy as np
from painting.noise import Array, smooth
from painting.sdf import ball, blend, egg, near, rod

EYE = np.float32([0.355, 0.05, 0.655])  # the right half's eye; the left one mirrors it
SKIN, HAIR, EYEBALL, CLOTH = range(4)


def fold(p: Array) -> Array:
    """Points mirrored to the right half, for symmetric parts."""
    return p * np.float32([0, 1, 1]) + np.abs(p[:, :1]) * np.float32([1, 0, 0])


def carve(a: Array, b: Array, k: float) -> Array:
    """Take b out of a with a soft rim."""
    return -blend(-a, b, k)


def face(p: Array) -> Array:
    """Skull, cheeks, chin, nose, lips, lids, ears and neck as one soft body."""
    q = fold(p)
    head = egg(p, (0, 0.30, -0.08), (0.86, 0.98, 0.98))
    head = blend(head, egg(p, (0, -0.38, 0.22), (0.55, 0.74, 0.62)), 0.22)
    head = blend(head, egg(q, (0.39, -0.18, 0.46), (0.25, 0.22, 0.25)), 0.22)
    head = blend(head, egg(p, (0, -0.90, 0.56), (0.20, 0.16, 0.17)), 0.22)
    head = carve(head, egg(q, (0.37, 0.07, 1.02), (0.25, 0.15, 0.21)), 0.16)
    head = blend(head, rod(q, (0.16, 0.30, 0.82), (0.52, 0.28, 0.62), 0.075, 0.05), 0.14)
    nose = rod(p, (0, 0.14, 0.84), (0, -0.25, 1.07), 0.055, 0.085)
    nose = blend(nose, egg(p, (0, -0.27, 1.06), (0.11, 0.095, 0.11)), 0.06)
    nose = blend(nose, egg(q, (0.115, -0.30, 0.95), (0.075, 0.065, 0.09)), 0.06)
    nose = carve(nose, egg(q, (0.062, -0.365, 1.02), (0.034, 0.026, 0.05)), 0.03)
    head = blend(head, nose, 0.10)
    return mouth_and_lids(p, q, head)


def mouth_and_lids(p: Array, q: Array, head: Array) -> Array:
    """Add lips, eyelids, ears and the neck to the head's field."""
    arc = p[:, 0] ** 2
    line = -0.575 + 0.30 * arc
    upper = np.float32(np.stack([q[:, 0], p[:, 1] - line, p[:, 2] + 0.95 * arc], 1))
    top = egg(upper, (0.085, 0.045, 0.83), (0.17, 0.052, 0.105))
    low = egg(upper, (0.0, -0.056, 0.82), (0.19, 0.058, 0.105))
    head = carve(head, egg(upper, (0, -0.005, 0.93), (0.24, 0.012, 0.09)), 0.03)
    head = blend(head, np.minimum(top, low), 0.035)
    head = carve(head, egg(upper, (0.245, 0.0, 0.86), (0.03, 0.03, 0.06)), 0.05)
    d = q - EYE
    lid = np.linalg.norm(d, axis=1) - 0.208 + 0.012 * smooth(0.0, -0.12, d[:, 1])
    opening = (
        np.hypot(
            (d[:, 1] + 0.012 - 0.12 * d[:, 0]) / (0.090 + 0.03 * d[:, 0]), (d[:, 0] + 0.01) / 0.190
        )
        - 1
    )
    slit = np.where(d[:, 2] > 0, opening * 0.085, 1)
    lid = np.maximum(lid, -slit)
    head = blend(head, lid, 0.07)
    head = np.maximum(head, -np.maximum(np.linalg.norm(d, axis=1) - 0.20, opening * 0.085))
    ear = carve(
        egg(q, (0.86, -0.02, -0.10), (0.10, 0.25, 0.17)),
        egg(q, (0.95, 0.0, -0.03), (0.07, 0.16, 0.10)),
        0.05,
    )
    head = blend(head, ear, 0.06)
    neck = rod(p, (0, -0.7, -0.10), (0, -1.9, -0.25), 0.40, 0.46)
    neck = blend(neck, rod(q, (0.28, -1.75, 0.10), (0.10, -1.78, 0.20), 0.05, 0.05), 0.12)
    return blend(head, neck, 0.16)


def strands(p: Array) -> Array:
    """Relief of the hair, waves that run along the locks."""
    turn = np.arctan2(p[:, 0] - 0.06, p[:, 2] + 0.22)
    wave = turn + 0.10 * np.sin(p[:, 1] * 3.4 + 2 * turn) + 0.05 * np.sin(p[:, 1] * 7 + p[:, 0] * 3)
    lock = np.sin(wave * 13 + 1.3 * np.sin(p[:, 1] * 1.7)) * 0.016
    return lock + np.sin(wave * 41) * 0.007 + np.sin(wave * 97 + p[:, 1] * 3) * 0.003


def hair(p: Array) -> Array:
    """A parted bob that frames the face."""
    q = fold(p)
    cap = egg(p, (0, 0.40, -0.18), (1.03, 1.05, 1.06))
    sides = rod(q, (0.84, 0.35, -0.10), (0.84, -0.95, -0.05), 0.25, 0.27)
    sides = blend(sides, rod(q, (0.55, -0.2, -0.62), (0.6, -1.05, -0.52), 0.5, 0.42), 0.2)
    body = blend(cap, sides, 0.25)
    arch = egg(p, (0.0, -0.28, 0.98), (0.70, 1.02, 0.92))
    body = carve(body, arch, 0.09)
    lock = rod(p, (0.10, 1.22, 0.62), (-0.66, 0.68, 0.62), 0.15, 0.13)
    lock = blend(lock, rod(p, (-0.70, 0.60, 0.62), (-0.84, -0.8, 0.26), 0.13, 0.12), 0.25)
    other = rod(p, (0.20, 1.22, 0.60), (0.68, 0.70, 0.60), 0.13, 0.12)
    other = blend(other, rod(p, (0.72, 0.62, 0.58), (0.84, -0.8, 0.24), 0.12, 0.12), 0.25)
    body = blend(body, blend(lock, other, 0.1), 0.16)
    return (body + strands(p)) * 0.8


def cloth(p: Array) -> Array:
    """A knitted sweater with a rolled collar."""
    q = fold(p)
    body = blend(
        egg(p, (0, -3.0, -0.30), (1.35, 1.15, 0.75)),
        rod(q, (0.3, -2.15, -0.28), (1.45, -2.55, -0.35), 0.36, 0.42),
        0.3,
    )
    ring = (
        np.hypot(
            np.hypot(p[:, 0], (p[:, 2] + 0.20) * 1.0) - 0.50,
            (p[:, 1] + 1.62 + 0.10 * p[:, 2]) * 0.62,
        )
        - 0.115
    )
    knit = 0.012 * np.sin(
        p[:, 1] * 40 + 1.2 * np.abs(np.sin(np.arctan2(p[:, 0], p[:, 2] + 0.2) * 26))
    )
    return (blend(body, ring, 0.05) + knit) * 0.8


def eyes(p: Array) -> Array:
    """Both eyeballs."""
    return ball(fold(p), tuple(EYE), 0.189)


def parts(p: Array) -> list[Array]:
    """Distances (N,) in the order SKIN, HAIR, EYEBALL, CLOTH."""
    return [
        near(p, (0, -0.35, 0.05), 1.75, face),
        near(p, (0, 0.1, -0.1), 1.75, hair),
        near(p, (0, 0.06, 0.7), 0.6, eyes),
        near(p, (0, -2.6, -0.3), 2.1, cloth),
    ]


def field(p: Array) -> Array:
    """Distance to the sitter."""
    return np.minimum.reduce(parts(p))
