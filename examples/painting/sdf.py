"""Sphere tracing of signed distance fields on many rays at once.

Hart, "Sphere tracing", The Visual Computer 1996. Points and directions are float32 (N, 3),
y up; a field maps points to signed distances (N,).
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from painting.noise import Array, smooth

Field = Callable[[Array], Array]
LATTICE = np.random.default_rng(77).random((32, 32, 32), np.float32)


class Camera(NamedTuple):
    """A pinhole at eye that looks at a target; zoom is the focal length in half heights."""

    eye: tuple[float, float, float]
    target: tuple[float, float, float]
    zoom: float = 2.2

    def rays(self, width: int, height: int) -> Array:
        """Unit directions (height * width, 3), row by row."""
        ahead = normal_of(np.float32(self.target) - np.float32(self.eye))
        right = normal_of(np.cross(ahead, np.float32([0, 1, 0])))
        up = np.cross(right, ahead)
        y, x = np.mgrid[0:height, 0:width].astype(np.float32)
        u, v = (2 * x + 1 - width) / height, (height - 2 * y - 1) / height
        ways = u[..., None] * right + v[..., None] * up + self.zoom * ahead
        return normal_of(ways.reshape(-1, 3)).astype(np.float32)


def normal_of(v: Array) -> Array:
    """Vectors (..., 3) scaled to length 1."""
    return v / np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), 1e-9)


def march(field: Field, start: Array, ways: Array, far: float, steps: int = 90) -> Array:
    """Distance (N,) to the first surface along each ray; infinite where there is none."""
    t = np.full(len(ways), 0.02, np.float32)
    start = np.broadcast_to(np.float32(start), ways.shape)
    live = np.arange(len(ways))
    for _ in range(steps):
        gap = field(start[live] + ways[live] * t[live, None])
        t[live] += gap * 0.92
        live = live[(np.abs(gap) > 6e-4 * (1 + t[live])) & (t[live] < far)]
        if not len(live):
            break
    return np.where(t < far, t, np.inf).astype(np.float32)


def normals(field: Field, points: Array, step: float = 1e-3) -> Array:
    """Unit gradients (N, 3) from four samples."""
    total = np.zeros_like(points)
    for corner in np.float32([[1, -1, -1], [-1, -1, 1], [-1, 1, -1], [1, 1, 1]]):
        total += corner * field(points + corner * step)[:, None]
    return normal_of(total)


def shadow(field: Field, points: Array, way: Array, soft: float, far: float, steps: int) -> Array:
    """Visibility (N,) in [0, 1] of a light along way (3,); small soft is a large lamp."""
    t, seen = np.full(len(points), 0.02, np.float32), np.ones(len(points), np.float32)
    live = np.arange(len(points))
    for _ in range(steps):
        gap = field(points[live] + way * t[live, None])
        seen[live] = np.minimum(seen[live], 0.5 + 0.5 * soft * gap / t[live])
        t[live] += np.clip(gap, 0.012, 0.25)
        live = live[(seen[live] > 0) & (t[live] < far)]
        if not len(live):
            break
    return smooth(0, 1, np.maximum(seen, 0))


def occlusion(field: Field, points: Array, normal: Array, reach: float) -> Array:
    """Ambient light (N,) in [0, 1] left in the corners, five samples along the normal."""
    lost = np.zeros(len(points), np.float32)
    for k in range(1, 6):
        h = reach * k / 5
        lost += (h - field(points + normal * h)) * 0.72**k
    return np.clip(1 - 1.1 * lost / reach, 0, 1)


def noise3(points: Array, octaves: int = 4, gain: float = 0.5) -> Array:
    """Fractal value noise (N,) in about [0, 1] at points (N, 3); one cell is one unit."""
    total, weight, norm = np.zeros(len(points), np.float32), 1.0, 0.0
    for octave in range(octaves):
        at = points * 2**octave + 7.3 * octave
        base = np.floor(at).astype(np.int32)
        f = at - base
        fx, fy, fz = (f * f * (3 - 2 * f)).T
        i = [((base[:, k] & 31), ((base[:, k] + 1) & 31)) for k in range(3)]
        flat = LATTICE.ravel()
        rows = [
            [flat[(i[0][a] * 32 + i[1][b]) * 32 + i[2][c]] for c in (0, 1)]
            for a in (0, 1)
            for b in (0, 1)
        ]
        rows = [low + (high - low) * fz for low, high in rows]
        left, right = rows[0] + (rows[1] - rows[0]) * fy, rows[2] + (rows[3] - rows[2]) * fy
        value = left + (right - left) * fx
        total += weight * value
        norm += weight
        weight *= gain
    return total / norm


def near(points: Array, centre: tuple[float, ...], radius: float, part: Field) -> Array:
    """Evaluate a part only close to its bounding sphere; elsewhere a lower bound."""
    d = points - np.float32(centre)
    gap = np.sqrt(np.einsum("ij,ij->i", d, d)) - np.float32(radius)
    close = np.flatnonzero(gap < 0.08)
    out = gap + 0.02
    if len(close):
        out[close] = part(points[close])
    return out


def blend(a: Array, b: Array, k: float) -> Array:
    """Union of two fields with a fillet of radius about k."""
    h = np.clip(0.5 + 0.5 * (b - a) / k, 0, 1)
    return b + (a - b) * h - k * h * (1 - h)


def ball(points: Array, centre: tuple[float, float, float], radius: float) -> Array:
    """Sphere."""
    return np.linalg.norm(points - np.float32(centre), axis=1) - radius


def egg(
    points: Array, centre: tuple[float, float, float], axes: tuple[float, float, float]
) -> Array:
    """Ellipsoid (a close bound, exact on the surface)."""
    d = points - np.float32(centre)
    k0 = np.linalg.norm(d / np.float32(axes), axis=1)
    k1 = np.linalg.norm(d / np.square(np.float32(axes)), axis=1)
    return k0 * (k0 - 1) / np.maximum(k1, 1e-6)


def rod(points: Array, a: tuple[float, ...], b: tuple[float, ...], ra: float, rb: float) -> Array:
    """Capsule from a to b whose radius goes from ra to rb."""
    start, axis = np.float32(a), np.float32(b) - np.float32(a)
    d = points - start
    h = np.clip(d @ axis / (axis @ axis), 0, 1)
    return np.linalg.norm(d - h[:, None] * axis, axis=1) - (ra + (rb - ra) * h)


def box(
    points: Array, centre: tuple[float, ...], half: tuple[float, ...], edge: float = 0
) -> Array:
    """Box with rounded edges."""
    q = np.abs(points - np.float32(centre)) - np.float32(half) + edge
    outside = np.linalg.norm(np.maximum(q, 0), axis=1)
    return outside + np.minimum(q.max(axis=1), 0) - edge


def vessel(
    points: Array, centre: tuple[float, float, float], heights: Array, radii: Array
) -> Array:
    """Solid of revolution about a vertical axis through (height, radius) knots, slope bounded."""
    d = points - np.float32(centre)
    reach, level = np.hypot(d[:, 0], d[:, 2]), d[:, 1]
    radius = np.interp(level, heights, radii).astype(np.float32)
    side = (reach - radius) * 0.72
    cap = np.maximum(heights[0] - level, level - heights[-1])
    both = np.hypot(np.maximum(side, 0), np.maximum(cap, 0))
    return np.where((side > 0) & (cap > 0), both, np.maximum(side, cap))
