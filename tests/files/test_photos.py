"""Photographs of 16 bits: every layout of PNG and TIFF, and what their files say besides."""

import io
import struct
import zlib

import cv2
import numpy as np
import pytest
import tifffile
from PIL import ExifTags, Image

from ccpl.errors import InputError
from ccpl.files.photos import load_photo, save_photo
from ccpl.image import load_image
from tests.colour.test_icc import PROFILES, SRGB, WIDE, make_profile, sampled

PIXELS = np.random.default_rng(1).integers(0, 65536, (12, 17, 4)).astype(np.uint16)


def codes(photo):
    return photo.colours[0].permute(1, 2, 0).numpy() * 65535


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"compression": "zlib", "predictor": True},
        {"byteorder": ">"},
        {"tile": (16, 16)},
        {"extratags": [(274, "H", 1, 6, True)]},  # lies on its side
        {"extratags": [(274, "H", 1, 2, True)]},
    ],
)
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_tiff(tmp_path, how, channels):
    pixels = PIXELS[..., 0] if channels == 1 else PIXELS[..., :channels]
    kind = {"photometric": "minisblack" if channels == 1 else "rgb", "metadata": None}
    if channels == 4:
        kind["extrasamples"] = ["unassalpha"]
    tifffile.imwrite(tmp_path / "a.tif", pixels, **kind, **how)
    photo = load_photo(tmp_path / "a.tif")
    turn = how.get("extratags", [(274, "H", 1, 1, True)])[0][3]
    expected = {1: PIXELS, 2: PIXELS[:, ::-1], 6: np.rot90(PIXELS, -1)}[turn]
    wanted = expected[..., :1].repeat(3, 2) if channels == 1 else expected[..., :3]
    assert photo.bits == 16 and np.abs(codes(photo) - wanted).max() < 0.01
    assert (photo.alpha is not None) == (channels == 4)
    if channels == 4:
        assert np.abs(photo.alpha * 65535 - expected[..., 3]).max() < 0.01


def test_tiff_of_white_ink_and_of_colours_multiplied_by_opacity(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", 65535 - PIXELS[..., 0], photometric="miniswhite")
    assert np.abs(codes(load_photo(tmp_path / "a.tif"))[..., 0] - PIXELS[..., 0]).max() < 0.01
    alpha = np.full((12, 17, 1), 32768, np.uint16)
    mixed = np.concatenate([PIXELS[..., :3] // 2, alpha], 2)
    how = {"photometric": "rgb", "extrasamples": ["assocalpha"]}
    tifffile.imwrite(tmp_path / "b.tif", mixed, **how)
    assert np.abs(codes(load_photo(tmp_path / "b.tif")) - PIXELS[..., :3]).max() < 3


@pytest.mark.parametrize("turn", range(1, 9))
def test_png_is_turned_as_pillow_turns_it(tmp_path, turn):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = turn
    small = Image.fromarray((PIXELS[..., :3] >> 8).astype(np.uint8))
    small.save(tmp_path / "a.png", exif=exif)
    pillow = np.asarray(load_image(tmp_path / "a.png"))
    data = (tmp_path / "a.png").read_bytes()
    place = data.index(b"eXIf") - 4
    chunk = data[place : place + int.from_bytes(data[place : place + 4], "big") + 12]
    deep = cv2.imencode(".png", (PIXELS[..., 2::-1] >> 8) * 257)[1].tobytes()
    (tmp_path / "b.png").write_bytes(deep[:33] + chunk + deep[33:])
    assert np.array_equal(np.rint(codes(load_photo(tmp_path / "b.png")) / 257), pillow)


def test_png_of_grey_and_alpha(tmp_path):
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in PIXELS[..., :2])
    head = struct.pack(">IIBBBBB", 17, 12, 16, 4, 0, 0, 0)
    parts = [(b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    chunks = [
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    ]
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunks))
    photo = load_photo(tmp_path / "a.png")
    assert np.abs(codes(photo) - PIXELS[..., :1]).max() < 0.01
    assert np.abs(photo.alpha * 65535 - PIXELS[..., 1]).max() < 0.01


def test_grey_goes_through_its_own_profile(tmp_path):
    profile = make_profile((), sampled(64, 1.8), b"GRAY")
    pixels = np.full((8, 8), 32768, np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", pixels, photometric="minisblack", iccprofile=profile)
    photo = load_photo(tmp_path / "a.tif")
    light = 0.5**1.8
    assert photo.profile is None
    assert float(photo.colours.mean()) == pytest.approx(
        1.055 * light ** (1 / 2.4) - 0.055, abs=1e-3
    )


@pytest.mark.parametrize(
    ("mode", "how"),
    [
        ("RGB", {}),
        ("CMYK", {"icc_profile": PROFILES["gamma"]}),
        ("RGB", {"icc_profile": b"broken"}),
        ("L", {"icc_profile": PROFILES["gamma"]}),
    ],
)
def test_what_holds_no_more_than_8_bits_of_srgb_is_left_to_pillow(tmp_path, mode, how):
    Image.new(mode, (8, 8)).save(tmp_path / "a.jpg", **how)
    assert load_photo(tmp_path / "a.jpg") is None


def test_a_profile_of_srgb_changes_nothing_and_stays(tmp_path):
    Image.fromarray((PIXELS[..., :3] >> 8).astype(np.uint8)).save(
        tmp_path / "a.png", icc_profile=SRGB
    )
    photo = load_photo(tmp_path / "a.png")
    assert np.abs(codes(photo) / 257 - (PIXELS[..., :3] >> 8)).max() < 0.1
    assert save_photo(photo, tmp_path / "b.webp") == []
    with Image.open(tmp_path / "b.webp") as result:
        assert result.info["icc_profile"] == SRGB
        assert np.array_equal(np.asarray(result), PIXELS[..., :3] >> 8)


def test_a_result_says_who_made_the_photograph_and_when(tmp_path):
    exif = Image.Exif()
    exif[ExifTags.Base.Artist] = "Ada"
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2024:05:06 07:08:09"
    beside = io.BytesIO()
    Image.new("RGB", (8, 8)).save(beside, "JPEG", exif=exif, dpi=(300, 300))
    content = load_image(beside.getvalue())
    tifffile.imwrite(tmp_path / "a.tif", PIXELS[..., :3], photometric="rgb")
    photo = load_photo(tmp_path / "a.tif")
    settings = {"Software": "ccpl 1", "Style": "moon"}
    for name in ("b.png", "b.tif"):
        assert save_photo(photo, tmp_path / name, settings=settings, content=content) == []
        with Image.open(tmp_path / name) as result:
            found = result.getexif()
            texts = {**found, **found.get_ifd(ExifTags.IFD.Exif)}
            assert texts[ExifTags.Base.Artist] == "Ada"
            assert texts[ExifTags.Base.DateTimeOriginal] == "2024:05:06 07:08:09"
            assert texts[ExifTags.Base.Software] == "ccpl 1"
            assert result.info["dpi"] == pytest.approx((300, 300), abs=0.1)
    with Image.open(tmp_path / "b.png") as result:
        assert result.info["Style"] == "moon"


def test_wide_profiles_hold_what_srgb_does_not(tmp_path):
    profile = make_profile(*WIDE)
    tifffile.imwrite(tmp_path / "a.tif", PIXELS[..., :3], photometric="rgb", iccprofile=profile)
    photo = load_photo(tmp_path / "a.tif")
    assert photo.colours.min() < -0.1 and photo.colours.max() > 1.05
    save_photo(photo, tmp_path / "b.tif")
    assert np.abs(tifffile.imread(tmp_path / "b.tif").astype(int) - PIXELS[..., :3]).max() <= 1


def test_a_transparent_grey_of_a_png_stays_transparent(tmp_path):
    grey = PIXELS[..., 0].copy()
    data = cv2.imencode(".png", grey)[1].tobytes()
    body = b"tRNS" + struct.pack(">H", int(grey[2, 3]))
    chunk = struct.pack(">I", 2) + body + struct.pack(">I", zlib.crc32(body))
    (tmp_path / "a.png").write_bytes(data[:33] + chunk + data[33:])
    photo = load_photo(tmp_path / "a.png")
    assert np.array_equal(photo.alpha, (grey != grey[2, 3]).astype(np.float32))


def test_a_tiff_that_is_not_read_is_told_from_what_is_none(tmp_path):
    how = {"photometric": "rgb", "metadata": None}
    tifffile.imwrite(tmp_path / "a.tif", PIXELS[..., :3].astype(np.float32), **how)
    with pytest.raises(InputError, match="a kind of TIFF this app does not read"):
        load_image(tmp_path / "a.tif")
