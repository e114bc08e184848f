"""Reading and writing pictures: every kind of file comes out upright, sRGB, 8 bit, whole."""

import io
import struct
import zlib

import numpy as np
import pytest
import torch
from PIL import Image, ImageCms

from ccpl.errors import InputError
from ccpl.image import (
    fit_within,
    load_image,
    pad_to_multiple,
    save_image,
    split_alpha,
    to_image,
    to_tensor,
)


def encoded(image: Image.Image, kind: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.fixture
def corner():
    """A picture whose top left quarter is red and whose rest is grey."""
    pixels = np.full((20, 30, 3), 90, np.uint8)
    pixels[:10, :15] = (220, 30, 30)
    return Image.fromarray(pixels)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(corner, orientation):
    undo = {
        1: None, 2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]  # fmt: skip
    stored = corner.transpose(undo) if undo is not None else corner
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = load_image(encoded(stored, "PNG", exif=exif))
    assert np.array_equal(np.asarray(image), np.asarray(corner))


def test_sixteen_bit_grey_is_scaled_not_clipped():
    deep = Image.fromarray(np.array([[0, 257 * 128, 65535]], np.uint16))
    assert np.asarray(load_image(encoded(deep, "PNG")))[0, :, 0].tolist() == [0, 128, 255]


def test_grey_and_palette_become_rgb(corner):
    assert load_image(encoded(corner.convert("L"), "PNG")).mode == "RGB"
    assert load_image(encoded(corner.convert("P"), "PNG")).mode == "RGB"


def test_palette_with_transparency_becomes_rgba(corner):
    image = load_image(encoded(corner.convert("P"), "PNG", transparency=0))
    assert image.mode == "RGBA"


def test_cmyk_becomes_rgb():
    image = load_image(encoded(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG"))
    red, green, blue = image.getpixel((4, 4))
    assert red > 200 and green < 80 and blue < 80


def test_colour_profile_is_converted_and_a_broken_one_ignored(corner):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    same = load_image(encoded(corner, "PNG", icc_profile=profile))
    assert np.abs(np.asarray(same).astype(int) - np.asarray(corner)).max() <= 1
    broken = load_image(encoded(corner, "PNG", icc_profile=b"no profile"))
    assert np.array_equal(np.asarray(broken), np.asarray(corner))


def test_bad_files_are_refused_in_one_sentence(tmp_path, corner):
    whole = encoded(corner.resize((300, 300)), "JPEG")
    cases = {
        "text.png": (b"hello", "not a picture"),
        "empty.png": (b"", "is empty"),
        "half.jpg": (whole[: len(whole) // 2], "truncated"),
    }
    for name, (data, words) in cases.items():
        path = tmp_path / name
        path.write_bytes(data)
        with pytest.raises(InputError, match=words) as caught:
            load_image(path)
        assert name in str(caught.value) and "\n" not in str(caught.value)
    with pytest.raises(InputError, match="cannot read"):
        load_image(tmp_path / "missing.png")
    with pytest.raises(InputError, match="is a folder"):
        load_image(tmp_path)


def test_a_header_of_200_megapixels_is_refused_before_decoding(tmp_path):
    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", 20000, 10001, 8, 2, 0, 0, 0)
    path = tmp_path / "huge.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b""))
    with pytest.raises(InputError, match="pixels"):
        load_image(path)


@pytest.mark.parametrize("size", [(1, 1), (7, 7), (17, 33), (1, 400), (64, 64)])
def test_padding_reaches_the_multiple_and_crops_back(size):
    image = torch.rand(1, 3, *size)
    padded = pad_to_multiple(image, 8, least=16)
    assert all(n % 8 == 0 and n >= 16 for n in padded.shape[2:])
    assert torch.equal(padded[..., : size[0], : size[1]], image)


def test_tensors_round_trip(picture):
    image = picture(13, 17)
    assert np.array_equal(np.asarray(to_image(to_tensor(image))), np.asarray(image))


def test_hidden_colours_under_alpha_do_not_count(picture):
    image = picture(8, 8).convert("RGBA")
    pixels = np.array(image)
    pixels[:4] = (255, 0, 255, 0)
    rgb, alpha = split_alpha(Image.fromarray(pixels))
    assert np.asarray(alpha)[:4].max() == 0
    assert (np.asarray(rgb)[0, 0] == pixels[4:, :, :3].reshape(-1, 3).mean(0).round()).all()


def test_fit_within_shrinks_and_never_enlarges(picture):
    assert fit_within(picture(40, 80), 20).size == (20, 10)
    assert fit_within(picture(40, 80), 200).size == (80, 40)


@pytest.mark.parametrize("name", ["a.png", "a.webp", "a.bmp", "a.tif"])
def test_saving_is_lossless(tmp_path, picture, name):
    image = picture(9, 11)
    path = save_image(image, tmp_path / name)
    assert np.array_equal(np.asarray(load_image(path)), np.asarray(image))


def test_png_carries_its_settings(tmp_path, picture):
    path = save_image(picture(4, 4), tmp_path / "a.png", settings={"mode": "photo"})
    with Image.open(path) as image:
        assert image.text["mode"] == "photo"


def test_an_unwritable_target_leaves_nothing(tmp_path, picture):
    with pytest.raises(InputError, match="end the name in"):
        save_image(picture(4, 4), tmp_path / "a.xyz")
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot write"):
        save_image(picture(4, 4), tmp_path / "file" / "a.png")
    assert [p.name for p in tmp_path.iterdir()] == ["file"]
