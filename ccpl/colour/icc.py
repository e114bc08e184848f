"""Colour profiles that are three curves and a matrix (ICC.1:2022), exactly and both ways.

LittleCMS, as Pillow offers it, knows 8 bits only and clips what lies outside of sRGB.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ccpl.srgb import D50_SRGB, decode_srgb, encode_srgb

Curve = Callable[[np.ndarray], np.ndarray]
ROUNDING = 1e-3  # of the numbers in profiles of sRGB
HEADER = 128  # bytes before the table of tags


@dataclass(frozen=True, eq=False)
class Profile:
    """A profile for RGB.

    Args:
        data: the file.
        decode: for each channel, code in [0, 1] -> linear light.
        encode: the way back.
        matrix: (3, 3), linear light -> linear sRGB.
    """

    data: bytes
    decode: tuple[Curve, ...]
    encode: tuple[Curve, ...]
    matrix: np.ndarray

    def to_srgb(self, codes: np.ndarray) -> np.ndarray:
        """Codes (M, 3) in [0, 1] -> sRGB, float64; what lies outside of it is below 0 or above 1.

        sRGB's curve goes on above 1, and mirrored below 0.
        """
        light = np.stack([curve(codes[:, i]) for i, curve in enumerate(self.decode)], 1)
        return encode_srgb(light @ self.matrix.T)

    def from_srgb(self, colours: np.ndarray) -> np.ndarray:
        """The way back; what the profile cannot hold is clipped."""
        light = decode_srgb(colours) @ np.linalg.inv(self.matrix).T
        light = light.clip(0, 1)
        return np.stack([curve(light[:, i]) for i, curve in enumerate(self.encode)], 1)


def read_profile(data: bytes) -> Profile | None:
    """The profile in these bytes; None if it is broken or more than curves and a matrix."""
    try:
        tags = _tags(data)
        if data[16:24] != b"RGB XYZ " or "A2B0" in tags:
            return None
        curves = [_curve(tags[name]) for name in ("rTRC", "gTRC", "bTRC")]
        columns = [struct.unpack(">3i", tags[name][8:20]) for name in ("rXYZ", "gXYZ", "bXYZ")]
    except (KeyError, struct.error, ValueError):
        return None
    to_xyz = np.array(columns).T / 65536
    if abs(np.linalg.det(to_xyz)) < 1e-6:
        return None
    matrix = np.linalg.solve(D50_SRGB, to_xyz)
    matrix /= matrix.sum(1, keepdims=True)
    if np.abs(matrix - np.eye(3)).max() < ROUNDING:
        matrix = np.eye(3)
    decode, encode = zip(*curves, strict=True)
    return Profile(data, decode, encode, matrix)


def read_grey_profile(data: bytes) -> Curve | None:
    """The curve of a profile for grey, code -> linear light; None if it is another or broken."""
    try:
        return _curve(_tags(data)["kTRC"])[0] if data[16:20] == b"GRAY" else None
    except (KeyError, struct.error, ValueError):
        return None


def _tags(data: bytes) -> dict[str, bytes]:
    (count,) = struct.unpack_from(">I", data, HEADER)
    if data[36:40] != b"acsp" or count > 100:
        raise ValueError("no ICC profile")
    rows = (struct.unpack_from(">4sII", data, HEADER + 4 + 12 * i) for i in range(count))
    return {name.decode("latin-1"): data[start : start + size] for name, start, size in rows}


def _curve(tag: bytes) -> tuple[Curve, Curve]:
    """Decoding and encoding by a curveType or a parametricCurveType."""
    if tag[:4] == b"para":
        (kind,) = struct.unpack_from(">H", tag, 8)
        count = (1, 3, 4, 5, 7)[kind] if kind < 5 else 0
        numbers = np.array(struct.unpack_from(f">{count}i", tag, 12)) / 65536
        return _parametric(kind, *numbers)
    if tag[:4] != b"curv":
        raise ValueError("unknown curve")
    (count,) = struct.unpack_from(">I", tag, 8)
    values = np.array(struct.unpack_from(f">{count}H", tag, 12))
    if count < 2:
        gamma = values[0] / 256 if count else 1.0
        return _parametric(0, gamma)
    places, values = np.linspace(0, 1, count), values / 65535
    if values[0] >= values[-1] or (np.diff(values) < 0).any():
        raise ValueError("a curve that falls")
    return lambda code: np.interp(code, places, values), lambda light: np.interp(
        light, values, places
    )


def _parametric(
    kind: int, gamma: float, a: float = 1, b: float = 0, c: float = 0, d: float = 0,
    e: float = 0, f: float = 0,
) -> tuple[Curve, Curve]:  # fmt: skip
    """(a x + b) ** gamma + e from d on, c x + f below; kinds 0 to 2 have no straight part."""
    if gamma <= 0 or a <= 0:
        raise ValueError("a curve that falls")
    if kind < 3:
        straight, edge, offset = 0.0, -b / a, c  # of these the third number is an offset
        low = offset
    else:
        straight, edge, offset, low = c, d, e, f
    corner = max(a * edge + b, 0.0) ** gamma + offset  # light at the edge

    def decode(code: np.ndarray) -> np.ndarray:
        curved = np.maximum(a * code + b, 0) ** gamma + offset
        return np.where(code >= edge, curved, straight * code + low)

    def encode(light: np.ndarray) -> np.ndarray:
        curved = (np.maximum(light - offset, 0) ** (1 / gamma) - b) / a
        below = (light - low) / straight if straight else np.full_like(light, max(edge, 0.0))
        return np.where(light >= corner, curved, below).clip(0, 1)

    return decode, encode
