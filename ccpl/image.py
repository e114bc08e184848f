"""The border between picture files and tensors: PIL or (H, W, C) uint8 outside, (B, 3, H, W) in
[0, 1] inside. EXIF, alpha, 16 bit and colour profiles are settled here and nowhere else."""

import io
import logging
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageCms, ImageOps, PngImagePlugin
from torch import Tensor

from ccpl.atomic import atomic_path
from ccpl.config import LOCAL
from ccpl.errors import InputError

log = logging.getLogger(__name__)

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF", "PPM", "AVIF")
SUFFIXES = {
    ".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP", ".bmp": "BMP",
    ".tif": "TIFF", ".tiff": "TIFF",
}  # fmt: skip
READABLE = {*SUFFIXES, ".gif", ".ppm", ".avif"}
LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601

Picture = Image.Image | np.ndarray


def load_image(
    source: str | Path | bytes, *, max_megapixels: float = LOCAL.megapixels
) -> Image.Image:
    """Read a picture as it is meant to be seen: upright, sRGB, 8 bit.

    Args:
        source: a path or the bytes of a file.
        max_megapixels: larger pictures are refused before they are decoded.
    Returns:
        An RGB image, or RGBA if the file has transparency.
    Raises:
        InputError: missing, empty, damaged, too large, or not a picture.
    """
    name = "the picture" if isinstance(source, bytes) else str(source)
    try:
        data = source if isinstance(source, bytes) else Path(source).read_bytes()
    except IsADirectoryError:
        raise InputError(f"{name} is a folder; give a picture file") from None
    except OSError as error:
        raise InputError(f"cannot read {name}: {error.strerror or error}") from None
    if not data:
        raise InputError(f"{name} is empty (0 bytes); choose another file")
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            check_megapixels(image.size, max_megapixels, name)
            return to_srgb(image)
    except Image.DecompressionBombError:
        raise InputError(
            f"{name} has too many pixels; at most {max_megapixels:g} megapixels"
        ) from None
    except Image.UnidentifiedImageError:
        raise InputError(f"{name} is not a picture this app reads; use PNG, JPEG or WebP") from None
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{name} is damaged or truncated ({error}); export it again") from None


def check_megapixels(size: tuple[int, int], limit: float, name: str) -> None:
    """Raise InputError if width x height is above `limit` million."""
    if size[0] * size[1] > limit * 1e6:
        millions = size[0] * size[1] / 1e6
        raise InputError(
            f"{name} has {millions:.0f} megapixels, the limit is {limit:g}; make it smaller first"
        )


def to_srgb(image: Image.Image) -> Image.Image:
    """Turn any decoded image upright and into 8-bit sRGB, RGB or RGBA."""
    profile = image.info.get("icc_profile")
    clear = "A" in image.getbands() or "transparency" in image.info
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        image = _from_deep(image)
    if profile and image.mode in ("RGB", "RGBA", "CMYK", "L"):
        image = _convert_profile(image, profile)
    return image.convert("RGBA" if clear else "RGB")


def _from_deep(image: Image.Image) -> Image.Image:
    """16- and 32-bit grey to 8 bit: Pillow's own conversion clips instead of scaling."""
    values = np.asarray(image).astype(np.float64)
    if image.mode != "F" or values.max(initial=0) > 1:
        values = values / (65535.0 if values.max(initial=0) > 255 or image.mode != "F" else 255.0)
    return Image.fromarray((values.clip(0, 1) * 255).round().astype(np.uint8), "L")


def _convert_profile(image: Image.Image, profile: bytes) -> Image.Image:
    """Through the embedded ICC profile to sRGB; a broken profile is logged and ignored."""
    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    try:
        result = ImageCms.profileToProfile(
            image.convert("RGB") if alpha else image,
            ImageCms.ImageCmsProfile(io.BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            outputMode="RGB",
        )
    except (ImageCms.PyCMSError, OSError, ValueError) as error:
        log.warning("ignored a broken colour profile: %s", error)
        return image
    if alpha:
        result.putalpha(alpha)
    return result


def to_tensor(picture: Picture) -> Tensor:
    """RGB image or (H, W, 3) uint8 -> (1, 3, H, W) float32 in [0, 1]."""
    array = np.array(picture, dtype=np.uint8, copy=True, order="C")
    if array.ndim != 3 or array.shape[2] != 3:
        raise ValueError(f"expected (H, W, 3), got {array.shape}")
    return torch.from_numpy(array).permute(2, 0, 1)[None].float().div_(255)


def to_uint8(images: Tensor) -> Tensor:
    """(B, 3, H, W) in [0, 1] -> (B, H, W, 3) uint8, rounded: a bare cast would darken."""
    return images.float().mul(255).round_().clamp_(0, 255).to(torch.uint8).permute(0, 2, 3, 1)


def to_image(image: Tensor) -> Image.Image:
    """(1, 3, H, W) in [0, 1] -> RGB image."""
    return Image.fromarray(to_uint8(image)[0].cpu().contiguous().numpy())


def split_alpha(picture: Picture) -> tuple[Image.Image, Image.Image | None]:
    """Take any picture apart into RGB and alpha (None if opaque throughout).

    Fully transparent pixels get the mean visible colour, so that what hides there does not leak
    into the statistics. Accepts PIL images of any mode and uint8 arrays (H, W), (H, W, 1 | 3 | 4).
    """
    image = picture if isinstance(picture, Image.Image) else _from_array(picture)
    image = to_srgb(image)
    if image.mode != "RGBA":
        return image, None
    pixels = np.array(image)
    seen = pixels[..., 3] > 0
    if seen.any() and not seen.all():
        pixels[~seen, :3] = pixels[seen, :3].mean(0).round()
    return Image.fromarray(pixels[..., :3].copy()), image.getchannel("A")


def _from_array(array: np.ndarray) -> Image.Image:
    shape = array.shape
    if (
        array.dtype != np.uint8
        or len(shape) not in (2, 3)
        or (len(shape) == 3 and shape[2] not in (1, 3, 4))
    ):
        raise InputError(f"expected a uint8 array (H, W, 3), got {array.dtype} {shape}")
    return Image.fromarray(array[..., 0] if len(shape) == 3 and shape[2] == 1 else array)


def join_alpha(pixels: np.ndarray, alpha: Image.Image, content: Picture) -> np.ndarray:
    """Put alpha back; where it is 0 the colours stay the content's own, hidden as they are.

    Args:
        pixels: (H, W, 3) uint8.
        alpha: of the size of `pixels`.
        content: the picture `split_alpha` took apart.
    Returns:
        (H, W, 4) uint8.
    """
    image = content if isinstance(content, Image.Image) else Image.fromarray(content)
    hidden = to_srgb(image).convert("RGB").resize(alpha.size)
    opacity = np.asarray(alpha)[..., None]
    colours = np.where(opacity == 0, np.asarray(hidden), pixels)
    return np.concatenate([colours, opacity], 2)


def fit_within(image: Image.Image, max_side: int | None) -> Image.Image:
    """Shrink so that the longer side is at most `max_side` pixels; never enlarge."""
    if not max_side or max(image.size) <= max_side:
        return image
    scale = max_side / max(image.size)
    size = tuple(max(1, round(s * scale)) for s in image.size)
    return image.resize(size, Image.Resampling.LANCZOS)


def pad_to_multiple(image: Tensor, multiple: int, *, least: int = 0) -> Tensor:
    """Reflect-pad the right and the bottom to a multiple.

    Where the pad is larger than the picture, the rest repeats the edge. Crop back with
    `padded[..., :H, :W]`.

    Args:
        image: (B, C, H, W).
        multiple: of every side of the result.
        least: pixels a side of the result has at least.
    """
    height, width = image.shape[2:]
    down, right = (max(-(-n // multiple) * multiple, least) - n for n in (height, width))
    mirrored = (min(right, width - 1), min(down, height - 1))
    rest = (right - mirrored[0], down - mirrored[1])
    for (x, y), mode in ((mirrored, "reflect"), (rest, "replicate")):
        if x or y:
            image = F.pad(image, (0, x, 0, y), mode=mode)
    return image


def save_image(
    image: Image.Image, path: str | Path, *, settings: dict[str, Any] | None = None
) -> Path:
    """Write a picture whole or not at all; the extension gives the format.

    Args:
        image: RGB or RGBA; formats without alpha get it on white.
        path: .png, .jpg, .webp, .bmp or .tif; PNG and WebP are lossless.
        settings: text stored in the metadata of a PNG.
    Raises:
        InputError: unknown extension, or the place cannot be written to.
    """
    path = Path(path)
    kind = SUFFIXES.get(path.suffix.lower())
    if kind is None:
        raise InputError(f"cannot write {path.name!r}; end the name in {', '.join(SUFFIXES)}")
    if image.mode == "RGBA" and kind in ("JPEG", "BMP"):
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image).convert("RGB")
    options: dict[str, Any] = {
        "JPEG": {"quality": 95, "subsampling": 0}, "WEBP": {"lossless": True}, "PNG": {},
    }.get(kind, {})  # fmt: skip
    if kind == "PNG" and settings:
        info = PngImagePlugin.PngInfo()
        for key, value in settings.items():
            info.add_itxt(key, str(value))
        options["pnginfo"] = info
    with atomic_path(path) as part:
        image.save(part, kind, **options)
    return path
