"""Picture files: in photo mode nothing of a photograph is lost on the way to its result."""

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image

from ccpl import InputError, Look
from ccpl.painting.picture_files import stylize_file
from ccpl.painting.requests import Host, Inputs
from tests.colour.test_icc import WIDE, make_profile

HOST = Host(device="cpu")
PHOTO = Look(mode="photo")


@pytest.fixture
def inputs(picture):
    """Two styles and a mask that is white on the left."""
    mask = Image.new("L", (20, 10))
    mask.paste(255, (0, 0, 10, 10))
    return Inputs([picture(64, 64, 1), picture(64, 64, 2)], mask, ["one", "two"])


@pytest.fixture
def one(picture):
    return Inputs([picture(64, 64, 1)], None, ["one"])


def ramp(width=1200, height=40):
    """A smooth ramp of 16 bits, (H, W, 3), a little warm."""
    grey = np.linspace(0, 60000, width)[None, :, None] * np.array([1.0, 0.95, 0.9])
    return np.broadcast_to(grey, (height, width, 3)).round().astype(np.uint16)


def test_a_file_carries_what_it_was_made_with(tmp_path, picture, inputs):
    source, target = tmp_path / "a.png", tmp_path / "new" / "b.png"
    picture(40, 60).save(source)
    stylize_file(HOST, source, target, inputs, Look(share=0.3, region="outside"))
    with Image.open(target) as result:
        assert result.info["Software"].startswith("ccpl ")
        assert (result.info["Style"], result.info["Painted area"]) == ("one + two", "outside")
        assert result.info["Share of the second style"] == "0.3"
        assert np.array_equal(np.asarray(result)[:, :25], np.asarray(picture(40, 60))[:, :25])


def test_a_file_is_not_stylized_onto_itself(tmp_path, picture, inputs):
    source = tmp_path / "a.png"
    picture(40, 60).save(source)
    with pytest.raises(InputError, match="would overwrite"):
        stylize_file(HOST, source, source, inputs, Look())


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_a_ramp_of_16_bits_keeps_its_levels_in_photo_mode(tmp_path, one, suffix):
    source, target = tmp_path / "ramp.tif", tmp_path / f"out.{suffix}"
    tifffile.imwrite(source, ramp(), photometric="rgb", compression="zlib")
    assert stylize_file(HOST, source, target, one, PHOTO) == ()
    result = cv2.imread(str(target), cv2.IMREAD_UNCHANGED)
    assert result.dtype == np.uint16 and result.shape == (40, 1200, 3)
    assert len(np.unique(result[20, :, 1])) > 1000
    assert np.abs(result[..., ::-1].astype(int) - ramp()).mean() > 500  # it is stylized


def test_16_and_8_bits_of_a_picture_are_stylized_alike(tmp_path, picture, one):
    content = picture(48, 64)
    content.save(tmp_path / "a.png")
    tifffile.imwrite(tmp_path / "b.tif", np.asarray(content).astype(np.uint16) * 257)
    for name in ("a.png", "b.tif"):
        stylize_file(HOST, tmp_path / name, tmp_path / f"{name}.png", one, PHOTO)
    shallow = np.asarray(Image.open(tmp_path / "a.png.png")).astype(float)
    deep = cv2.imread(str(tmp_path / "b.tif.png"), cv2.IMREAD_UNCHANGED)[..., ::-1] / 257
    assert np.abs(shallow - deep).max() <= 0.51


def test_at_strength_zero_every_bit_stays_whatever_the_profile(tmp_path, one):
    pixels = np.random.default_rng(0).integers(0, 65536, (24, 32, 4)).astype(np.uint16)
    source = tmp_path / "a.tif"
    how = {"photometric": "rgb", "extrasamples": ["unassalpha"], "iccprofile": make_profile(*WIDE)}
    tifffile.imwrite(source, pixels, **how)
    for name in ("a.png", "b.tiff"):
        stylize_file(HOST, source, tmp_path / name, one, Look(mode="photo", strength=0.0))
        result = cv2.imread(str(tmp_path / name), cv2.IMREAD_UNCHANGED)
        assert np.abs(result[..., [2, 1, 0, 3]].astype(int) - pixels).max() <= 1
        with Image.open(tmp_path / name) as image:
            assert image.info["icc_profile"] == make_profile(*WIDE)


def test_colours_outside_of_srgb_stay_there(tmp_path, one):
    green = np.zeros((32, 32, 3), np.uint8) + np.array([10, 240, 20], np.uint8)
    Image.fromarray(green).save(tmp_path / "a.jpg", icc_profile=make_profile(*WIDE), quality=98)
    stylize_file(
        HOST, tmp_path / "a.jpg", tmp_path / "b.jpg", one, Look(mode="photo", strength=0.1)
    )
    with Image.open(tmp_path / "a.jpg") as before, Image.open(tmp_path / "b.jpg") as after:
        assert after.info["icc_profile"] == before.info["icc_profile"]
        assert after.quantization == before.quantization
        # As sRGB it would be (0, 253, 0) at most, in this profile far greyer.
        assert np.asarray(after)[16, 16, 0] < 60


def test_hidden_colours_do_not_count_and_stay(tmp_path, one):
    pixels = np.full((32, 32, 4), 30000, np.uint16)
    pixels[:, 16:] = (65535, 0, 65535, 0)
    pixels[:, :16, 3] = 65535
    tifffile.imwrite(tmp_path / "a.tif", pixels, photometric="rgb", extrasamples=["unassalpha"])
    other = pixels.copy()
    other[:, 16:, :3] = 0
    tifffile.imwrite(tmp_path / "b.tif", other, photometric="rgb", extrasamples=["unassalpha"])
    for name in ("a", "b"):
        stylize_file(HOST, tmp_path / f"{name}.tif", tmp_path / f"{name}.png", one, PHOTO)
    first, second = (
        cv2.imread(str(tmp_path / name), cv2.IMREAD_UNCHANGED)[..., [2, 1, 0, 3]]
        for name in ("a.png", "b.png")
    )
    assert np.array_equal(first[:, :16], second[:, :16])
    assert np.array_equal(first[:, 16:], pixels[:, 16:])


@pytest.mark.parametrize(
    ("name", "words"), [("out.jpg", "A JPEG holds 8 bits"), ("out.bmp", "no colour profile")]
)
def test_what_a_format_cannot_hold_is_said(tmp_path, one, name, words):
    profile = make_profile(*WIDE)
    tifffile.imwrite(tmp_path / "a.tif", ramp(64), photometric="rgb", iccprofile=profile)
    notes = stylize_file(HOST, tmp_path / "a.tif", tmp_path / name, one, PHOTO)
    assert any(words in note for note in notes)
    with Image.open(tmp_path / name) as result:
        assert result.mode == "RGB"


def test_a_large_photograph_is_reduced_as_others_are(tmp_path, one):
    tifffile.imwrite(tmp_path / "a.tif", ramp(120), photometric="rgb")
    look = Look(mode="photo", max_side=60)
    stylize_file(HOST, tmp_path / "a.tif", tmp_path / "b.png", one, look)
    assert cv2.imread(str(tmp_path / "b.png"), cv2.IMREAD_UNCHANGED).shape == (20, 60, 3)


def test_a_name_that_cannot_be_written_is_told_before_painting(tmp_path, picture, one):
    picture(8, 8).save(tmp_path / "a.png")
    absent = Look(tuned="absent")  # asking for the network would be the first step of painting
    with pytest.raises(InputError, match="cannot write 'b.xyz'; end the name in"):
        stylize_file(HOST, tmp_path / "a.png", tmp_path / "b.xyz", one, absent)


def test_bits_that_are_lost_are_told(tmp_path, one):
    pixels = np.full((8, 8, 3), 1000, np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", pixels, photometric="rgb", iccprofile=b"broken" * 40)
    notes = stylize_file(HOST, tmp_path / "a.tif", tmp_path / "b.tif", one, PHOTO)
    assert any("16 bits a colour were rounded to 8" in note for note in notes)
    assert tifffile.imread(tmp_path / "b.tif").dtype == np.uint8
