"""The border between picture files and tensors: PIL or (H, W, C) uint8 outside, (B, 3, H, W) in
[0, 1] inside. EXIF, alpha, 16 bit and colour profiles are settled here and nowhere else."""

import hashlib
import io
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, TiffImagePlugin
from torch import Tensor

from ccpl.atomic import atomic_path
from ccpl.config import LOCAL
from ccpl.errors import InputError
from ccpl.metadata import kept_info, save_options
from ccpl.srgb import code_points, to_srgb

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF", "PPM", "AVIF", "HEIF", "JPEG2000")
SUFFIXES = {
    ".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP", ".bmp": "BMP",
    ".tif": "TIFF", ".tiff": "TIFF",
}  # fmt: skip
READABLE = {
    *SUFFIXES, ".jpe", ".jfif", ".jif", ".pjpeg", ".pjp", ".mpo", ".apng", ".dib", ".gif",
    ".ppm", ".pgm", ".pbm", ".pnm", ".avif", ".avifs", ".heic", ".heif", ".hif",
    ".jp2", ".jpx", ".jpf", ".j2k", ".j2c", ".jpc",
}  # fmt: skip
TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
JPEG_XL = (b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n")  # how its files begin
NOT_OPENED = (OSError, ValueError, SyntaxError, Image.DecompressionBombError)  # by `open_image`
FAINT = 8  # of 255: what is less opaque can hardly be seen
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
        An RGB image, or RGBA if the file has transparency; `info` as `kept_info` has it.
    Raises:
        InputError: missing, empty, damaged, too large, or not a picture.
    """
    name = "the picture" if isinstance(source, bytes) else str(source)
    try:
        data = source if isinstance(source, bytes) else Path(source).read_bytes()
    except IsADirectoryError:
        raise InputError(f"{name} is a folder; give a picture file") from None
    except (OSError, ValueError) as error:  # ValueError: a name with a null character
        why = getattr(error, "strerror", None) or error
        raise InputError(f"cannot read {name}: {why}") from None
    if not data:
        raise InputError(f"{name} is empty (0 bytes); choose another file")
    if data.startswith(JPEG_XL):
        raise InputError(f"{name} is JPEG XL, which this app does not read; export it as PNG")
    try:
        with open_image(io.BytesIO(data)) as image:
            check_megapixels(image.size, max_megapixels, name)
            check_layout(image, name)
            info = kept_info(image)
            image.info["code_points"] = code_points(image, data)
            result = to_srgb(image, name)
    except Image.DecompressionBombError:
        raise InputError(
            f"{name} has too many pixels; at most {max_megapixels:g} megapixels"
        ) from None
    except Image.UnidentifiedImageError:
        if data.startswith(TIFF):
            raise InputError(
                f"{name} is a kind of TIFF this app does not read; export it as RGB of 8 or 16 bits"
            ) from None
        raise InputError(f"{name} is not a picture this app reads; use PNG, JPEG or WebP") from None
    except (OSError, SyntaxError, ValueError, EOFError, RuntimeError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{name} is damaged or truncated ({error}); export it again") from None
    result.info = info
    return result


def open_image(file: str | Path | BinaryIO) -> Image.Image:
    """Open a picture file of the allowed formats without decoding it; Pillow's errors pass."""
    _know_heif()
    return Image.open(file, formats=FORMATS)


@lru_cache(maxsize=1)
def _know_heif() -> None:
    if find_spec("pillow_heif"):  # training does without it
        import_module("pillow_heif").register_heif_opener(thumbnails=False)


def check_layout(image: Image.Image, name: str) -> None:
    """Raise InputError for the layout of TIFF that Pillow takes for another and garbles."""
    tags = getattr(image, "tag_v2", {})
    apart = tags.get(TiffImagePlugin.PLANAR_CONFIGURATION) == 2
    if (
        apart
        and max(tags.get(TiffImagePlugin.BITSPERSAMPLE, (8,))) > 8
        and len(image.getbands()) > 1
    ):
        raise InputError(
            f"{name} keeps its 16-bit colours in separate planes, which this app does not read; "
            "export it again with interleaved channels"
        )


def check_megapixels(size: tuple[int, int], limit: float, name: str) -> None:
    """Raise InputError if width x height is above `limit` million."""
    if size[0] * size[1] > limit * 1e6:
        millions = size[0] * size[1] / 1e6
        raise InputError(
            f"{name} has {millions:.0f} megapixels, the limit is {limit:g}; make it smaller first"
        )


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


def visible_part(picture: Picture, name: str = "the style picture") -> Image.Image:
    """What there is to see of a picture, as RGB, for statistics that opacity is to weigh.

    It is cut to what can be seen; the less opaque a place is, the nearer it comes to the mean
    colour, which is weighed by opacity too.

    Raises:
        InputError: nothing can be seen.
    """
    image = to_srgb(picture if isinstance(picture, Image.Image) else _from_array(picture))
    if image.mode != "RGBA":
        return image
    most = image.getchannel("A").getextrema()[1]
    if most < FAINT:
        raise InputError(f"{name} is transparent throughout; choose one that can be seen")
    opacity = image.getchannel("A").point(lambda alpha: round(alpha / most * 255))
    box = opacity.point(lambda share: 255 if share >= FAINT else 0).getbbox()
    image, opacity = image.crop(box).convert("RGB"), opacity.crop(box)
    weights = np.asarray(opacity)
    total = np.einsum("hw,hwc->c", weights, np.asarray(image), dtype=np.float64)
    mean = tuple((total / weights.sum(dtype=np.float64)).round().astype(int).tolist())
    return Image.composite(image, Image.new("RGB", image.size, mean), opacity)


def fingerprint(image: Image.Image) -> str:
    """What tells a picture from others: a hash of its pixels and its size."""
    return hashlib.sha256(image.tobytes() + repr(image.size).encode()).hexdigest()


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


def picture_format(path: Path) -> str:
    """The format that pictures of this name are written in.

    Raises:
        InputError: unknown extension.
    """
    kind = SUFFIXES.get(path.suffix.lower())
    if kind is None:
        raise InputError(f"cannot write {path.name!r}; end the name in {', '.join(SUFFIXES)}")
    return kind


def save_image(
    image: Image.Image,
    path: str | Path,
    *,
    settings: dict[str, Any] | None = None,
    content: Image.Image | None = None,
    profile: bytes | None = None,
) -> Path:
    """Write a picture whole or not at all; the extension gives the format.

    Args:
        image: RGB or RGBA; formats without alpha get it on white.
        path: .png, .jpg, .webp, .bmp or .tif; PNG and WebP are lossless.
        settings: what it was made with, see `save_options`.
        content: the picture whose resolution, dates and authorship it keeps, as `load_image`
            returned it; a JPEG made from a JPEG keeps its quality, if that is above 95.
        profile: the ICC profile its colours are in; None for sRGB.
    Raises:
        InputError: unknown extension, or the place cannot be written to.
    """
    path = Path(path)
    kind = picture_format(path)
    if image.mode == "RGBA" and kind in ("JPEG", "BMP"):
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image).convert("RGB")
    options = save_options(kind, content.info if content else {}, settings or {})
    if kind == "WEBP":
        options["lossless"] = True
    if profile:
        options["icc_profile"] = profile
    with atomic_path(path) as part:
        image.save(part, kind, **options)
    return path
