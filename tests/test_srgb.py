"""Colours as a browser shows them, whatever a file says about them."""

import io
import zlib

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from ccpl.errors import InputError
from ccpl.image import load_image

ORANGE = (224, 72, 40)
IN_P3, IN_2020 = (207, 83, 54), (186, 94, 54)  # the same orange, worked out in linear light


def shown(data: bytes) -> tuple[int, ...]:
    return load_image(data).getpixel((2, 2))


def encoded(image: Image.Image, kind: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def png(image: Image.Image, *chunks: tuple[bytes, bytes]) -> bytes:
    info = PngInfo()
    for name, data in chunks:
        info.add(name, data)
    return encoded(image, "PNG", pnginfo=info)


def flat(colour, mode="RGB", size=(8, 8)) -> Image.Image:
    return Image.new(mode, size, colour)


def close(found, wanted, by=2):
    return np.abs(np.subtract(found, wanted)).max() <= by


def profile_of(primaries) -> bytes:
    """A profile with the curve of sRGB and other primaries, adapted to D50 (Bradford)."""
    columns = np.array([[x / y, 1, (1 - x - y) / y] for x, y in primaries]).T
    white = np.array([0.3127 / 0.3290, 1, (1 - 0.3127 - 0.3290) / 0.3290])
    xyz = columns * np.linalg.solve(columns, white)
    cone = np.array(
        [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
    )
    d50 = np.array([0.9642, 1.0, 0.8249])
    adapt = np.linalg.inv(cone) @ np.diag(cone @ d50 / (cone @ white)) @ cone
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for tag, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), (adapt @ xyz).T, strict=True):
        entry = data.index(tag, 128)
        place = int.from_bytes(data[entry + 4 : entry + 8], "big") + 8
        data[place : place + 12] = (column * 65536).round().astype(">i4").tobytes()
    return bytes(data)


P3 = profile_of(((0.68, 0.32), (0.265, 0.69), (0.15, 0.06)))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF", "HEIF", "AVIF"])
def test_a_profile_is_followed_in_every_format(kind):
    assert close(shown(encoded(flat(IN_P3), kind, quality=100, icc_profile=P3)), ORANGE, by=4)


def test_a_palette_is_converted_once(tmp_path):
    image = flat(IN_P3).convert("P", palette=Image.Palette.ADAPTIVE)
    data = encoded(image, "PNG", icc_profile=P3)
    assert close(shown(data), ORANGE)
    load_image(data).save(tmp_path / "again.png")
    assert close(shown((tmp_path / "again.png").read_bytes()), ORANGE)


def test_a_palette_with_a_profile_keeps_its_transparency():
    image = flat(IN_P3).convert("P", palette=Image.Palette.ADAPTIVE)
    loaded = load_image(encoded(image, "PNG", icc_profile=P3, transparency=0))
    assert loaded.mode == "RGBA" and loaded.getpixel((0, 0))[3] == 0


def test_grey_with_a_profile_for_rgb_stays_grey():
    assert shown(encoded(flat(128, "L"), "PNG", icc_profile=P3)) == (128, 128, 128)


def test_a_profile_for_another_kind_of_colours_is_ignored():
    ink = flat((0, 255, 255, 0), "CMYK")
    red, green, _ = shown(encoded(ink, "JPEG", icc_profile=P3))
    assert red > 200 and green < 80


@pytest.mark.parametrize(
    ("gamma", "seen"), [(1.0, 188), (1 / 1.8, 145), (1 / 2.2, 128), (0.4545, 128)]
)
def test_png_gamma_is_followed(gamma, seen):
    chunk = round(gamma * 100_000).to_bytes(4, "big")
    assert close(shown(png(flat((128, 128, 128)), (b"gAMA", chunk))), (seen,) * 3, by=1)


def test_png_gamma_leaves_transparency_alone():
    data = png(flat((128, 128, 128, 77), "RGBA"), (b"gAMA", (100_000).to_bytes(4, "big")))
    assert shown(data) == (188, 188, 188, 77)


def test_a_broken_profile_is_ignored_and_its_file_named(tmp_path, caplog):
    for name in ("good.png", "bad.png"):
        profile = P3 if name == "good.png" else b"no profile"
        (tmp_path / name).write_bytes(encoded(flat(ORANGE), "PNG", icc_profile=profile))
        load_image(tmp_path / name)
    (said,) = caplog.messages
    assert f"the broken colour profile of {tmp_path / 'bad.png'}: " in said


def test_srgb_and_profiles_win_over_gamma():
    gamma = (b"gAMA", (100_000).to_bytes(4, "big"))
    assert shown(png(flat((128,) * 3), (b"sRGB", b"\0"), gamma)) == (128, 128, 128)


def test_png_chromaticities_are_followed():
    points = (0.3127, 0.3290, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06)
    chunk = b"".join(round(p * 100_000).to_bytes(4, "big") for p in points)
    assert close(shown(png(flat(IN_P3), (b"cHRM", chunk))), ORANGE)


@pytest.mark.parametrize(
    ("points", "code", "seen"),
    [
        ((12, 13, 0, 1), IN_P3, ORANGE),
        ((9, 13, 0, 1), IN_2020, ORANGE),
        ((1, 13, 0, 1), ORANGE, ORANGE),
        ((1, 8, 0, 1), (128, 128, 128), (188, 188, 188)),
    ],
)
def test_png_code_points_are_followed(points, code, seen):
    assert close(shown(png(flat(code), (b"cICP", bytes(points)))), seen)


def test_hdr_keeps_its_middle_and_rolls_off_its_lights():
    codes = np.zeros((8, 256, 3), np.uint8) + np.arange(256, dtype=np.uint8)[None, :, None]
    pq = load_image(png(Image.fromarray(codes), (b"cICP", bytes((9, 16, 0, 1)))))
    values = np.asarray(pq)[0].astype(int)
    assert (np.diff(values[:, 0]) >= 0).all() and values[255, 0] == 255
    assert close(values[110], (130,) * 3)  # 45.5 nits, 0.224 of reference white
    assert values[148].max() < 255  # 203 nits, reference white, leaves room above
    hlg = load_image(png(flat((191,) * 3), (b"cICP", bytes((9, 18, 0, 1)))))
    assert 200 < hlg.getpixel((0, 0))[0] < 255  # 75 %: reference white


@pytest.mark.parametrize(
    ("mode", "kind", "white"), [("RGB", np.uint8, 255), ("RGB;16", np.uint16, 65535)]
)
def test_heif_of_8_and_10_bits_is_read(tmp_path, mode, kind, white):
    grey = np.full((32, 48, 3), white // 2, kind)
    grey[:8, :8] = white
    path = tmp_path / "a.heic"
    pillow_heif.from_bytes(mode, (48, 32), grey.tobytes()).save(path, quality=-1, chroma=444)
    image = load_image(path)
    assert (image.mode, image.size) == ("RGB", (48, 32))
    assert close(image.getpixel((40, 20)), (127,) * 3) and image.getpixel((2, 2))[0] > 250


def test_heif_by_numbers_is_converted():
    data = encoded(flat(IN_P3, size=(32, 32)), "HEIF", quality=-1, chroma=444,
                   color_primaries=12, transfer_characteristics=13)  # fmt: skip
    assert close(shown(data), ORANGE, by=4)


def test_heif_keeps_its_transparency():
    loaded = load_image(encoded(flat((0, 0, 255, 0), "RGBA", (32, 32)), "HEIF", quality=-1))
    assert loaded.mode == "RGBA" and loaded.getpixel((9, 9))[3] == 0


@pytest.mark.parametrize("kind", ["HEIF", "AVIF", "WEBP", "JPEG2000"])
def test_formats_of_phones_and_scanners_stand_upright(kind):
    image = flat((30, 30, 30), size=(64, 32))
    image.paste((220, 30, 30), (0, 0, 16, 16))
    exif = Image.Exif()
    exif[0x0112] = 6  # turn to the right
    image.info["exif"] = exif.tobytes()
    options = {} if kind in ("JPEG2000", "HEIF") else {"exif": exif}
    loaded = load_image(encoded(image, kind, quality=90, **options))
    if kind == "JPEG2000":
        assert loaded.size == (64, 32) and loaded.getpixel((4, 4))[0] > 180
    else:
        assert loaded.size == (32, 64) and loaded.getpixel((28, 4))[0] > 180


def test_lab_has_no_transparency():
    image = load_image(encoded(flat((128, 128, 128), "LAB"), "TIFF"))
    assert image.mode == "RGB"
    assert np.ptp(image.getpixel((0, 0))) < 6


def test_large_pictures_are_converted_in_strips(monkeypatch):
    rng = np.random.default_rng(0)
    image = Image.fromarray(rng.integers(0, 256, (40, 30, 3), dtype=np.uint8))
    data = png(image, (b"gAMA", (70_000).to_bytes(4, "big")))
    whole = np.asarray(load_image(data))
    monkeypatch.setattr("ccpl.srgb.STRIP", 100)
    assert np.array_equal(np.asarray(load_image(data)), whole)


def test_a_damaged_heif_is_one_sentence():
    whole = encoded(flat((9, 9, 9), size=(64, 64)), "HEIF", quality=50)
    for data in (whole[: len(whole) // 2], whole[:-40] + zlib.compress(whole)[:40], whole[:40]):
        with pytest.raises(InputError, match="damaged|not a picture"):
            load_image(data)
