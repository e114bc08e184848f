"""Profiles of curves and a matrix, against LittleCMS, and exactly there and back."""

import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageCms

from ccpl.colour.icc import read_grey_profile, read_profile

# Columns of red, green and blue in XYZ at D50 (ROMM RGB), and a curve.
WIDE = (
    ((0.7977, 0.2880, 0.0), (0.1352, 0.7119, 0.0), (0.0313, 0.0001, 0.8249)),
    b"curv" + bytes(4) + struct.pack(">IH", 1, round(1.8 * 256)),
)


def numbers(*values):
    return struct.pack(f">{len(values)}i", *(round(value * 65536) for value in values))


def parametric(kind, *values):
    return b"para" + bytes(4) + struct.pack(">HH", kind, 0) + numbers(*values)


def sampled(count, gamma):
    codes = (np.linspace(0, 1, count) ** gamma * 65535).round().astype(int)
    return b"curv" + bytes(4) + struct.pack(f">I{count}H", count, *codes)


def make_profile(columns, curve, space=b"RGB "):
    """The bytes of a profile; without columns it is one for grey."""
    tags = {b"wtpt": b"XYZ " + bytes(4) + numbers(0.9642, 1.0, 0.8249)}
    for name, column in zip(b"rgb", columns, strict=False):
        tags[bytes([name]) + b"XYZ"] = b"XYZ " + bytes(4) + numbers(*column)
        tags[bytes([name]) + b"TRC"] = curve
    if not columns:
        tags[b"kTRC"] = curve
    tags[b"desc"] = b"desc" + bytes(4) + struct.pack(">I", 5) + b"test\0" + bytes(78)
    tags[b"cprt"] = b"text" + bytes(4) + b"none\0"
    table, body, start = b"", b"", 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        data += bytes(-len(data) % 4)
        table += name + struct.pack(">II", start + len(body), len(data))
        body += data
    head = struct.pack(
        ">I4sI4s4s4s", start + len(body), bytes(4), 0x02400000, b"mntr", space, b"XYZ "
    )
    head += bytes(12) + b"acsp" + bytes(28) + numbers(0.9642, 1.0, 0.8249)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
PROFILES = {
    "sRGB": SRGB,
    "gamma": make_profile(*WIDE),
    "sampled": make_profile(WIDE[0], sampled(256, 2.2)),
    "linear": make_profile(WIDE[0], b"curv" + bytes(8)),
    "kind 0": make_profile(WIDE[0], parametric(0, 2.2)),
    "kind 1": make_profile(WIDE[0], parametric(1, 2.4, 1.05, -0.05)),
    "kind 2": make_profile(WIDE[0], parametric(2, 2.0, 1.05, -0.05, 0.0)),
    "kind 3": make_profile(
        WIDE[0], parametric(3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
    ),
    "kind 4": make_profile(WIDE[0], parametric(4, 2.4, 0.94, 0.06, 0.077, 0.04, 0.0, 0.0)),
}


@pytest.mark.parametrize("name", PROFILES)
def test_colours_agree_with_littlecms_and_come_back_exactly(name):
    profile = read_profile(PROFILES[name])
    codes = np.random.default_rng(0).integers(20, 256, (4000, 3))
    colours = profile.to_srgb(codes / 255)
    pixels = Image.fromarray(codes[None].astype(np.uint8))
    cms = ImageCms.ImageCmsProfile(io.BytesIO(PROFILES[name]))
    theirs = ImageCms.profileToProfile(pixels, cms, ImageCms.createProfile("sRGB"))
    inside = ((colours >= 0) & (colours <= 1)).all(1)
    assert inside.sum() > 500
    apart = np.abs(np.asarray(theirs)[0] - colours * 255)[inside]
    assert apart.max() < 1.6 and apart.mean() < 0.4
    assert np.abs(profile.from_srgb(colours) - codes / 255).max() < 1e-6


def test_grey_has_a_curve_alone():
    data = make_profile((), sampled(64, 1.8), b"GRAY")
    assert read_profile(data) is None and read_grey_profile(PROFILES["gamma"]) is None
    assert read_grey_profile(data)(np.array([0.5]))[0] == pytest.approx(0.5**1.8, abs=1e-3)


@pytest.mark.parametrize("data", [b"", b"no profile" * 40, SRGB[:200], SRGB[:400]])
def test_a_broken_profile_is_none(data):
    assert read_profile(data) is None and read_grey_profile(data) is None


def test_a_profile_with_tables_is_more_than_a_matrix():
    tagged = PROFILES["gamma"].replace(b"wtpt", b"A2B0")
    assert read_profile(tagged) is None


@pytest.mark.parametrize(
    "curve", [(2, 2.0, 0.8, 0.18, 0.02), (4, 2.4, 0.9, 0.1, 0.08, 0.04, 0.0, 0.002)]
)
def test_a_curve_that_begins_above_black_comes_back_exactly(curve):
    profile = read_profile(make_profile(WIDE[0], parametric(*curve)))
    codes = np.linspace(0, 1, 300).repeat(3).reshape(-1, 3)
    assert profile.decode[0](np.zeros(1))[0] == pytest.approx(
        curve[-1] + (0.18**2 if curve[0] == 2 else 0), abs=1e-4
    )
    assert np.abs(profile.from_srgb(profile.to_srgb(codes)) - codes).max() < 1e-6
