"""Any decoded picture -> upright 8-bit sRGB, by whatever its file says about its colours.

Profiles come first, then coding-independent code points (cICP of PNG, nclx of HEIF; ITU-T H.273),
then gAMA and cHRM of PNG, as browsers have it.
"""

import io
import logging
import struct
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageCms, ImageOps

log = logging.getLogger(__name__)

Point = tuple[float, float]  # x, y in the CIE diagram
Decode = Callable[[np.ndarray], np.ndarray]

SRGB_PRIMARIES = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))  # x, y of red, green and blue
D65 = (0.3127, 0.3290)
D50_SRGB = (
    (0.4360747, 0.3850649, 0.1430804),
    (0.2225045, 0.7168786, 0.0606169),
    (0.0139322, 0.0971045, 0.7141733),
)  # from linear sRGB to XYZ at D50, the white of profiles (Bradford)
PRIMARIES = {  # by their number in H.273
    1: SRGB_PRIMARIES,
    9: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),  # BT.2020
    12: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),  # Display P3
}
LINEAR, PQ, HLG = 8, 16, 18  # transfer characteristics, by their number in H.273
KNEE = 0.6  # of linear light, from where on HDR is rolled off
STRIP = 1 << 20  # pixels
SETTLED = ("icc_profile", "code_points", "srgb", "gamma", "chromaticity", "transparency")
WHITE_NITS = 203  # brightness of HDR's reference white, ITU-R BT.2408
USUAL_GAMMA = 1 / 2.2  # what sRGB writes as its gamma; within 5 % nothing is converted

ALPHA_MODES = ("RGBA", "LA", "PA", "La", "RGBa")
SPACES = {"RGB ": "RGB", "GRAY": "L", "CMYK": "CMYK", "LAB ": "LAB"}  # of profiles: Pillow's modes


class CodePoints(NamedTuple):
    """What a file says of its colours by numbers of H.273."""

    primaries: int
    transfer: int


def code_points(image: Image.Image, data: bytes) -> CodePoints | None:
    """What a file says of its colours by numbers: nclx of HEIF and AVIF, cICP of PNG.

    Args:
        image: the opened file.
        data: its bytes.
    """
    if "nclx_profile" in image.info:
        nclx = image.info["nclx_profile"]
        return CodePoints(nclx["color_primaries"], nclx["transfer_characteristics"])
    if image.format == "AVIF":
        place = data.find(b"colrnclx") + 8
        return CodePoints(*struct.unpack_from(">HH", data, place)) if place > 8 else None
    place = 8  # after the signature
    while image.format == "PNG" and data[place + 4 : place + 8] not in (b"", b"IDAT"):
        if data[place + 4 : place + 8] == b"cICP":
            return CodePoints(*data[place + 8 : place + 10])
        place += int.from_bytes(data[place : place + 4], "big") + 12
    return None


def to_srgb(image: Image.Image, name: str = "a picture") -> Image.Image:
    """Turn any decoded image upright and into 8-bit sRGB, RGB or RGBA.

    `image.info` may hold what Pillow puts there, and "code_points" (CodePoints). What it says of
    colours is settled then, and gone. `name` is what a warning calls it.
    """
    info = image.info
    clear = image.mode in ALPHA_MODES or "transparency" in info
    image = ImageOps.exif_transpose(image)
    kept = {key: value for key, value in image.info.items() if key not in SETTLED}
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        image = _from_deep(image)
    alpha = image.convert("RGBA").getchannel("A") if clear else None
    image = _to_srgb_colours(image, info, name)
    if alpha:
        image.putalpha(alpha)
    image.info = kept
    return image


def _to_srgb_colours(image: Image.Image, info: dict[str, Any], name: str) -> Image.Image:
    """To sRGB without alpha."""
    if info.get("icc_profile") and image.mode != "LAB":
        return _through_profile(image, info["icc_profile"], name)
    image = image.convert("RGB")
    points = info.get("code_points")
    if points and points.primaries in PRIMARIES:
        if points.transfer in (PQ, HLG):
            return _tone_mapped(image, points)
        decode = (lambda code: code) if points.transfer == LINEAR else _decode_srgb
        return _converted(image, decode, PRIMARIES[points.primaries], D65)
    return image if "srgb" in info else _by_gamma(image, info)


def _from_deep(image: Image.Image) -> Image.Image:
    """16- and 32-bit grey to 8 bit: Pillow's own conversion clips instead of scaling."""
    values = np.asarray(image).astype(np.float64)
    if image.mode != "F" or values.max(initial=0) > 1:
        values = values / (65535.0 if values.max(initial=0) > 255 or image.mode != "F" else 255.0)
    return Image.fromarray((values.clip(0, 1) * 255).round().astype(np.uint8), "L")


def _through_profile(image: Image.Image, data: bytes, name: str) -> Image.Image:
    """Through the embedded ICC profile to sRGB; a broken profile is logged and ignored."""
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(data))
        space = SPACES.get(profile.profile.xcolor_space)
        if space is None or (space == "CMYK") != (image.mode == "CMYK"):
            raise ValueError(f"it is for {profile.profile.xcolor_space.strip()}, not {image.mode}")
        return ImageCms.profileToProfile(
            image.convert("RGB").convert(space) if image.mode != space else image,
            profile,
            ImageCms.createProfile("sRGB"),
            outputMode="RGB",
        )
    except (ImageCms.PyCMSError, OSError, ValueError) as error:
        log.warning("ignored the broken colour profile of %s: %s", name, error)
        return image.convert("RGB")


def _by_gamma(image: Image.Image, info: dict[str, Any]) -> Image.Image:
    """By gAMA and cHRM of a PNG; values that make no sense are ignored."""
    gamma, chromaticity = info.get("gamma"), info.get("chromaticity")
    white, primaries = D65, SRGB_PRIMARIES
    if chromaticity and min(chromaticity[1::2]) > 0:
        white, *primaries = zip(chromaticity[::2], chromaticity[1::2], strict=True)
    usual = not gamma or abs(gamma / USUAL_GAMMA - 1) < 0.05
    decode = _decode_srgb if usual else lambda code: code ** (1 / gamma)
    return _converted(image, decode, primaries, white)


def _converted(
    image: Image.Image, decode: Decode, primaries: Sequence[Point], white: Point
) -> Image.Image:
    """From other primaries and another transfer function, `decode`, to sRGB."""
    matrix = np.linalg.solve(to_xyz(SRGB_PRIMARIES, D65), to_xyz(primaries, white))
    matrix /= matrix.sum(1, keepdims=True)  # white stays white, whichever it was
    if decode is _decode_srgb and np.abs(matrix - np.eye(3)).max() < 0.01:
        return image  # it is sRGB
    light = decode(np.arange(256) / 255)
    return _by_strips(image, lambda codes: _encode_srgb(light[codes] @ matrix.T))


def _tone_mapped(image: Image.Image, points: CodePoints) -> Image.Image:
    """HDR to SDR: dark and middle tones stay, what is brighter is rolled off."""
    decode = _decode_pq if points.transfer == PQ else _decode_hlg
    matrix = np.linalg.solve(to_xyz(SRGB_PRIMARIES, D65), to_xyz(PRIMARIES[points.primaries], D65))
    brightest = max(high for _, high in image.getextrema())
    peak = max(decode(np.full((1, 1, 3), brightest / 255)).max(), 1.0)

    def convert(codes: np.ndarray) -> np.ndarray:
        light = decode(codes / 255)
        top = light.max(2, keepdims=True)
        return _encode_srgb(light * (_roll_off(top, peak) / np.maximum(top, 1e-6)) @ matrix.T)

    return _by_strips(image, convert)


def _by_strips(image: Image.Image, convert: Callable[[np.ndarray], np.ndarray]) -> Image.Image:
    """Convert uint8 codes (H, W, 3) to others in [0, 1], a few rows at a time to save memory."""
    codes = np.array(image)
    rows = max(1, STRIP // codes.shape[1])
    for top in range(0, len(codes), rows):
        strip = codes[top : top + rows]
        strip[:] = (convert(strip).clip(0, 1) * 255).round()
    return Image.fromarray(codes)


def _roll_off(light: np.ndarray, peak: float) -> np.ndarray:
    """The same up to KNEE, then on without a break to 1 at `peak` (Reinhard, extended)."""
    above = np.maximum(light - KNEE, 0) / (1 - KNEE)
    most = (peak - KNEE) / (1 - KNEE)
    return np.minimum(light, KNEE) + (1 - KNEE) * above * (1 + above / most**2) / (1 + above)


def _decode_pq(code: np.ndarray) -> np.ndarray:
    """SMPTE ST 2084 -> linear light, 1 at reference white."""
    root = code ** (1 / 78.84375)
    ratio = np.maximum(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root)
    return ratio ** (1 / 0.1593017578125) * 10_000 / WHITE_NITS


def _decode_hlg(code: np.ndarray) -> np.ndarray:
    """ARIB STD-B67 -> linear light as a display of 1000 nits shows it, 1 at reference white."""
    bright = (np.exp((code - 0.55991073) / 0.17883277) + 0.28466892) / 12
    scene = np.where(code <= 0.5, code**2 / 3, bright)
    luma = scene @ np.array([0.2627, 0.6780, 0.0593])
    return scene * luma[..., None] ** 0.2 * 1000 / WHITE_NITS


def to_xyz(primaries: Sequence[Point], white: Point) -> np.ndarray:
    """(3, 3): linear RGB of these primaries -> CIE XYZ, white at Y = 1."""
    columns = np.array([[x / y, 1, (1 - x - y) / y] for x, y in primaries]).T
    x, y = white
    return columns * np.linalg.solve(columns, [x / y, 1, (1 - x - y) / y])


def _decode_srgb(code: np.ndarray) -> np.ndarray:
    return np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)


def _encode_srgb(light: np.ndarray) -> np.ndarray:
    light = light.clip(0, 1)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def decode_srgb(code: np.ndarray) -> np.ndarray:
    """sRGB -> linear light; the curve goes on above 1, and mirrored below 0."""
    return np.sign(code) * _decode_srgb(np.abs(code))


def encode_srgb(light: np.ndarray) -> np.ndarray:
    """The way back from `decode_srgb`."""
    size = np.abs(light)
    code = np.where(size <= 0.0031308, 12.92 * size, 1.055 * size ** (1 / 2.4) - 0.055)
    return np.sign(light) * code
