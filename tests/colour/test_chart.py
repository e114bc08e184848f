"""A LUT as a picture that holds it."""

import zlib

import numpy as np
import pytest
import torch
from PIL import Image, PngImagePlugin

from ccpl.colour.chart import CHUNK, SIZE, chart, lut_of_chart, save_chart
from ccpl.colour.cube import cube_text
from ccpl.colour.lut import identity, plain_lut
from ccpl.errors import InputError

LUT = plain_lut(identity(5) ** 2, "squared")


def test_the_picture_shows_the_look_and_gives_the_lut_back(tmp_path):
    path = save_chart(cube_text(LUT).encode(), "a.cube", tmp_path / "a.png")
    with Image.open(path) as image:
        assert image.size == SIZE[::-1]
        plain = np.asarray(chart(plain_lut(identity(2))), float) / 255
        assert np.abs(np.asarray(image) / 255 - plain**2).max() < 0.03
    lut = lut_of_chart(path.read_bytes(), "a.png")
    assert lut.title == "squared" and torch.allclose(lut.table, LUT.table, atol=1e-6)


def test_other_pictures_hold_none(tmp_path, picture):
    for suffix in ("png", "jpg"):
        picture(32, 32).save(tmp_path / f"a.{suffix}")
        assert lut_of_chart((tmp_path / f"a.{suffix}").read_bytes(), "a") is None
    assert lut_of_chart(b"", "a") is None


@pytest.mark.parametrize("packed", [b"oops", zlib.compress(b"no LUT")])
def test_one_that_holds_something_broken_is_refused(tmp_path, picture, packed):
    info = PngImagePlugin.PngInfo()
    info.add(CHUNK, packed)
    picture(8, 8).save(tmp_path / "a.png", pnginfo=info)
    with pytest.raises(InputError):
        lut_of_chart((tmp_path / "a.png").read_bytes(), "a.png")
