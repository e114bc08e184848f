"""Photographs as their files hold them: up to 16 bits a colour, in the colours of their profile.

Pillow decodes 8 bits. OpenCV reads 16, and writes PNG; tifffile writes TIFF; what files say besides
pixels goes through Pillow all the same.
"""

import io
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import tifffile
import torch
from PIL import Image, ImageOps, TiffImagePlugin
from torch import Tensor

from ccpl.atomic import atomic_path
from ccpl.colour.icc import Curve, Profile, read_grey_profile, read_profile
from ccpl.image import SUFFIXES, open_image, save_image
from ccpl.metadata import save_options, tiff_tags
from ccpl.srgb import ALPHA_MODES, code_points, encode_srgb

STRIP = 1 << 20  # pixels converted at once
DEEP = ("PNG", "TIFF")  # formats of 16 bits
WITHOUT_PROFILE = ("BMP",)
ORIENTATION = 0x0112  # of EXIF
ASSOCIATED, MIN_IS_WHITE = (1,), 0  # ExtraSamples and PhotometricInterpretation of TIFF


@dataclass(frozen=True, eq=False)
class Photo:
    """A photograph for exact work.

    Args:
        colours: (1, 3, H, W) float32, sRGB; what lies outside of it is below 0 or above 1.
        alpha: (H, W) float32 in [0, 1], None if opaque.
        bits: of a colour in its file, 8 or 16.
        profile: what its file keeps colours in, None for sRGB.
    """

    colours: Tensor
    alpha: np.ndarray | None
    bits: int
    profile: Profile | None

    def resized(self, size: tuple[int, int]) -> "Photo":
        """Reduced to (height, width)."""
        if tuple(self.colours.shape[2:]) == size:
            return self
        height, width = size
        planes = self.colours[0].permute(1, 2, 0).numpy()
        small = cv2.resize(planes, (width, height), interpolation=cv2.INTER_AREA)
        alpha = self.alpha
        if alpha is not None:
            alpha = cv2.resize(alpha, (width, height), interpolation=cv2.INTER_AREA)
        colours = torch.from_numpy(small).permute(2, 0, 1)[None].contiguous()
        return replace(self, colours=colours, alpha=alpha)


def load_photo(path: Path) -> Photo | None:
    """Read a picture that `load_image` has taken, if it holds more than 8 bits of sRGB do.

    Returns:
        None for all others, and for HDR, CMYK and profiles that are more than curves and a matrix.
    """
    data = path.read_bytes()
    with open_image(io.BytesIO(data)) as image:
        deep, embedded = _is_deep(image, data), image.info.get("icc_profile")
        grey = image.mode in ("L", "LA") or image.mode.startswith("I;16")
        if not (grey or image.mode in ("RGB", "RGBA", "P")):
            return None
        profile, curve = None, None
        if embedded:
            profile, curve = read_profile(embedded), read_grey_profile(embedded)
            if not (curve if grey else profile):
                return None
        elif not deep or not _is_srgb(image, data):
            return None
        codes = _deep_codes(image, data) if deep else _codes(image)
    if curve:
        profile = None  # the result may have colours, so it is sRGB
    alpha = np.ascontiguousarray(codes[..., 3]) if codes.shape[2] == 4 else None
    colours = torch.from_numpy(_to_srgb(codes[..., :3], profile, curve)).permute(2, 0, 1)
    return Photo(colours[None].contiguous(), alpha, 16 if deep else 8, profile)


def is_deep(path: Path) -> bool:
    """Whether a picture that `load_image` has taken has 16 bits a colour."""
    data = path.read_bytes()
    with open_image(io.BytesIO(data)) as image:
        return _is_deep(image, data)


def _is_srgb(image: Image.Image, data: bytes) -> bool:
    """Whether a picture without a profile says nothing else of its colours."""
    others = {"gamma", "chromaticity"} & image.info.keys()
    return not code_points(image, data) and ("srgb" in image.info or not others)


def _is_deep(image: Image.Image, data: bytes) -> bool:
    if image.format == "PNG":
        return data[24] == 16  # of IHDR
    tags = getattr(image, "tag_v2", {})
    whole = set(tags.get(TiffImagePlugin.SAMPLEFORMAT, (1,))) == {1}
    return whole and set(tags.get(TiffImagePlugin.BITSPERSAMPLE, (8,))) == {16}


def _deep_codes(image: Image.Image, data: bytes) -> np.ndarray:
    """(H, W, 3 | 4) float32 in [0, 1], upright."""
    found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if found is None or found.dtype != np.uint16:
        raise ValueError(f"OpenCV gave no 16 bits of a {image.format}")
    codes = found.astype(np.float32) / 65535
    if codes.ndim == 2:
        codes = np.repeat(codes[..., None], 3, 2)
        if "transparency" in image.info:  # one grey of a PNG, which OpenCV does not see to
            opaque = found != image.info["transparency"]
            codes = np.concatenate([codes, opaque[..., None].astype(np.float32)], 2)
    else:
        codes = codes[..., [2, 1, 0, 3][: codes.shape[2]]]
    if image.format == "PNG":
        return _upright(codes, image.getexif().get(ORIENTATION, 1))
    tags = image.tag_v2  # OpenCV turns a TIFF by itself
    if tags.get(TiffImagePlugin.PHOTOMETRIC_INTERPRETATION) == MIN_IS_WHITE:
        codes = 1 - codes
    if tags.get(TiffImagePlugin.EXTRASAMPLES) == ASSOCIATED and codes.shape[2] == 4:
        codes[..., :3] /= np.maximum(codes[..., 3:], 1 / 65535)
        codes[..., :3].clip(0, 1, codes[..., :3])
    return codes


def _upright(codes: np.ndarray, orientation: int) -> np.ndarray:
    if orientation in (5, 6, 7, 8):
        codes = codes.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        codes = codes[::-1]
    if orientation in (2, 3, 6, 7):
        codes = codes[:, ::-1]
    return np.ascontiguousarray(codes)


def _codes(image: Image.Image) -> np.ndarray:
    """(H, W, 3 | 4) float32 in [0, 1] of 8 bits, upright."""
    clear = image.mode in ALPHA_MODES or "transparency" in image.info
    image = ImageOps.exif_transpose(image).convert("RGBA" if clear else "RGB")
    return np.asarray(image, np.float32) / 255


def _to_srgb(codes: np.ndarray, profile: Profile | None, curve: Curve | None) -> np.ndarray:
    if not profile and not curve:
        return codes
    convert = profile.to_srgb if profile else lambda part: encode_srgb(curve(part))
    return _by_strips(codes, convert)


def _by_strips(colours: np.ndarray, convert: Curve) -> np.ndarray:
    """Convert (H, W, 3), a few rows at a time to save memory."""
    out = np.empty(colours.shape, np.float32)
    flat, done = colours.reshape(-1, 3), out.reshape(-1, 3)
    for start in range(0, len(flat), STRIP):
        done[start : start + STRIP] = convert(flat[start : start + STRIP].astype(np.float64))
    return out


def save_photo(
    photo: Photo,
    path: Path,
    *,
    settings: dict[str, Any] | None = None,
    content: Image.Image | None = None,
) -> list[str]:
    """Write a photograph with its bits and its profile, as far as the format holds them.

    Args:
        settings, content: see `save_image`.
    Returns:
        Sentences on what it does not hold.
    Raises:
        InputError: unknown extension, or the place cannot be written to.
    """
    kind = SUFFIXES.get(path.suffix.lower())
    notes, profile = [], photo.profile
    if profile and kind in WITHOUT_PROFILE:
        notes.append(f"A {kind} holds no colour profile: the result is sRGB.")
        profile = None
    bits = photo.bits if kind in DEEP else 8
    if bits < photo.bits:
        notes.append(f"A {kind} holds 8 bits a colour: the 16 of the picture were rounded to them.")
    largest = 2**bits - 1
    colours = photo.colours[0].permute(1, 2, 0).numpy()
    codes = _by_strips(colours, profile.from_srgb) if profile else colours.clip(0, 1)
    if photo.alpha is not None:
        codes = np.concatenate([codes, photo.alpha[..., None]], 2)
    pixels = np.rint(codes * largest).astype(np.uint8 if bits == 8 else np.uint16)
    embedded = profile.data if profile else None
    if bits == 8:
        picture = Image.fromarray(pixels)
        save_image(picture, path, settings=settings, content=content, profile=embedded)
        return notes
    write = _write_png if kind == "PNG" else _write_tiff
    with atomic_path(path) as part:
        write(part, pixels, embedded, content.info if content else {}, settings or {})
    return notes


def _write_png(
    path: Path, pixels: np.ndarray, profile: bytes | None, info: dict, settings: dict
) -> None:
    """By OpenCV; the chunks besides pixels are those that Pillow writes for a picture of one."""
    beside = io.BytesIO()
    options = save_options("PNG", info, settings)
    Image.new("RGB", (1, 1)).save(beside, "PNG", icc_profile=profile, **options)
    order = [2, 1, 0, 3][: pixels.shape[2]]
    _, data = cv2.imencode(".png", np.ascontiguousarray(pixels[..., order]))
    head, *rest = _chunks(data.tobytes())
    kept = [c for c in _chunks(beside.getvalue()) if c[4:8] not in (b"IHDR", b"IDAT", b"IEND")]
    path.write_bytes(b"".join([b"\x89PNG\r\n\x1a\n", head, *kept, *rest]))


def _chunks(png: bytes) -> list[bytes]:
    found, place = [], 8
    while place < len(png):
        end = place + int.from_bytes(png[place : place + 4], "big") + 12
        found.append(png[place:end])
        place = end
    return found


def _write_tiff(
    path: Path, pixels: np.ndarray, profile: bytes | None, info: dict, settings: dict
) -> None:
    opaque = pixels.shape[2] == 3
    tifffile.imwrite(
        path,
        pixels,
        photometric="rgb",
        extrasamples=None if opaque else ["unassalpha"],
        compression="zlib",
        predictor=True,
        iccprofile=profile,
        metadata=None,
        **tiff_tags(info, settings),
    )
