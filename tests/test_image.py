"""Reading and writing pictures: every kind of file comes out upright, sRGB, 8 bit, whole."""

import io
import struct
import zlib
from pathlib import Path

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
    visible_part,
)
from ccpl.metadata import is_result, unkept


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


def test_a_faint_border_of_a_style_counts_as_little_as_it_shows():
    """Green at 1 / 255 around a yellow square with a blue half that is half transparent."""
    pixels = np.full((60, 60, 4), (0, 255, 0, 1), np.uint8)
    pixels[20:40, 10:30] = (255, 255, 0, 255)
    pixels[20:40, 30:50] = (0, 0, 255, 128)
    shown = visible_part(Image.fromarray(pixels))
    assert shown.size == (40, 20)
    assert shown.getpixel((5, 5)) == (255, 255, 0)
    mean = np.array([255 * 255, 255 * 255, 128 * 255]) / (255 + 128)
    assert (
        np.abs(shown.getpixel((25, 5)) - (mean * 127 + np.array([0, 0, 255]) * 128) / 255).max() < 2
    )


def test_a_style_that_is_half_transparent_throughout_looks_like_an_opaque_one(picture):
    opaque = picture(16, 16)
    half = opaque.convert("RGBA")
    half.putalpha(100)
    assert np.array_equal(np.asarray(visible_part(half)), np.asarray(opaque))


@pytest.mark.parametrize("alpha", [0, 1])
def test_a_style_that_cannot_be_seen_is_refused(alpha):
    with pytest.raises(InputError, match="transparent throughout"):
        visible_part(Image.new("RGBA", (9, 9), (255, 0, 0, alpha)))


def test_fit_within_shrinks_and_never_enlarges(picture):
    assert fit_within(picture(40, 80), 20).size == (20, 10)
    assert fit_within(picture(40, 80), 200).size == (80, 40)


@pytest.mark.parametrize("name", ["a.png", "a.webp", "a.bmp", "a.tif"])
def test_saving_is_lossless(tmp_path, picture, name):
    image = picture(9, 11)
    path = save_image(image, tmp_path / name)
    assert np.array_equal(np.asarray(load_image(path)), np.asarray(image))


@pytest.mark.parametrize(("before", "after"), [(99, 99), (100, 100), (30, 95), (None, 95)])
def test_a_jpeg_keeps_its_quality_but_is_not_made_worse_than_95(tmp_path, picture, before, after):
    how = {"format": "JPEG", "quality": before} if before else {"format": "PNG"}
    content = load_image(encoded(picture(16, 16), how.pop("format"), **how))
    save_image(picture(16, 16), tmp_path / "a.jpg", content=content)
    picture(16, 16).save(tmp_path / "b.jpg", quality=after)
    with Image.open(tmp_path / "a.jpg") as ours, Image.open(tmp_path / "b.jpg") as expected:
        assert ours.quantization == expected.quantization


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


@pytest.fixture
def dated():
    """A photo with a resolution, a date, an author and the place where it was taken."""
    exif = Image.Exif()
    exif[0x0132], exif[0x013B] = "2024:05:01 10:00:00", "A. Author"
    exif.get_ifd(0x8769)[0x9003] = "2024:05:01 09:59:59"
    exif.get_ifd(0x8825)[2] = (48.0, 51.0, 24.0)
    return encoded(Image.new("RGB", (8, 8)), "JPEG", exif=exif, dpi=(300, 300))


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "a.tif"])
def test_resolution_date_and_author_stay_and_the_place_goes(tmp_path, dated, name):
    content = load_image(dated)
    made_with = {"Software": "ccpl 1.0", "mode": "photo"}
    save_image(Image.new("RGB", (8, 8)), tmp_path / name, settings=made_with, content=content)
    with Image.open(tmp_path / name) as result:
        exif = result.getexif()
        assert exif[0x0132] == "2024:05:01 10:00:00" and exif[0x013B] == "A. Author"
        assert exif.get_ifd(0x8769)[0x9003] == "2024:05:01 09:59:59"
        assert not exif.get_ifd(0x8825) and exif[0x0131] == "ccpl 1.0"
        assert exif[0x011A] == 300
        if name != "a.webp":  # which has no other place for it
            assert result.info["dpi"] == pytest.approx((300, 300), abs=0.01)
        assert is_result(result)
    again = load_image(tmp_path / name)
    assert again.info["dpi"] == pytest.approx((300, 300), abs=0.01)


def test_what_a_bmp_cannot_hold_is_named(dated):
    assert "no date" in unkept(Path("a.bmp"), load_image(dated).info)[0]
    assert unkept(Path("a.png"), load_image(dated).info) == []


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "AVIF", "TIFF"])
def test_a_picture_of_several_says_that_one_was_taken(picture, kind):
    frames = [picture(8, 8, seed) for seed in range(3)]
    data = encoded(frames[0], kind, save_all=True, append_images=frames[1:])
    (note,) = load_image(data).info["notes"]
    assert "of its 3 p" in note and ("Video tab" in note) == (kind != "TIFF")
    assert "notes" not in load_image(encoded(frames[0], kind)).info


def test_a_broken_exif_costs_nothing(corner):
    data = encoded(corner, "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\xff" * 30)
    assert load_image(data).size == corner.size


def planar_tiff(samples: np.ndarray) -> bytes:
    """Three planes (3, H, W) of an uncompressed little-endian TIFF."""
    depth = samples.dtype.itemsize * 8
    planes = [plane.tobytes() for plane in samples]
    body = b"".join(planes)
    tail = 8 + len(body)  # bits, offsets and counts are longer than an entry
    offsets = [8 + sum(map(len, planes[:n])) for n in range(3)]
    values = struct.pack("<3H", *[depth] * 3) + struct.pack("<6I", *offsets, *map(len, planes))
    height, width = samples.shape[1:]
    tags = [(256, 3, 1, width), (257, 3, 1, height), (258, 3, 3, tail), (259, 3, 1, 1),
            (262, 3, 1, 2), (273, 4, 3, tail + 6), (277, 3, 1, 3), (278, 3, 1, height),
            (279, 4, 3, tail + 18), (284, 3, 1, 2)]  # fmt: skip
    entries = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    directory = struct.pack("<H", len(tags)) + entries + bytes(4)
    return b"II*\0" + struct.pack("<I", tail + len(values)) + body + values + directory


def test_planes_of_16_bits_are_refused_and_those_of_8_read(picture):
    pixels = np.asarray(picture(8, 8)).transpose(2, 0, 1)
    assert np.array_equal(np.asarray(load_image(planar_tiff(pixels))).transpose(2, 0, 1), pixels)
    with pytest.raises(InputError, match="separate planes"):
        load_image(planar_tiff(pixels.astype(np.uint16) * 257))


@pytest.mark.parametrize("data", [b"\xff\x0a" + bytes(50), b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(50)])
def test_jpeg_xl_is_refused_by_its_name(data):
    with pytest.raises(InputError, match="JPEG XL.*export"):
        load_image(data)


def test_a_name_no_file_can_have_is_one_sentence():
    for name in ("a" * 300 + ".png", "a\0b.png"):
        with pytest.raises(InputError, match="cannot read"):
            load_image(name)
