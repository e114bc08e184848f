"""What a picture file says besides its pixels: what results keep of it, and what users are told.

Kept are resolution, dates and authorship, but not where a picture was taken, nor the rest.
"""

import struct
from numbers import Real
from pathlib import Path
from typing import Any

from PIL import ExifTags, Image, PngImagePlugin

MARK = "ccpl"  # begins the Software of every picture made here
CLIP_MARK = "ccpl stylized picture"  # names the picture track of every clip made here
FINE = 369  # sum of the table of luminance of a JPEG at Pillow's quality 95; finer ones have less
ANIMATED = ("GIF", "WEBP", "PNG", "AVIF")
_BASE, _IFD = ExifTags.Base, ExifTags.IFD.Exif
_KEPT = (_BASE.DateTime, _BASE.Artist, _BASE.Copyright, _BASE.ImageDescription)
_KEPT_BELOW = (
    _BASE.DateTimeOriginal, _BASE.DateTimeDigitized,
    _BASE.OffsetTime, _BASE.OffsetTimeOriginal, _BASE.OffsetTimeDigitized,
    _BASE.SubsecTime, _BASE.SubsecTimeOriginal, _BASE.SubsecTimeDigitized,
)  # fmt: skip


def kept_info(image: Image.Image) -> dict[str, Any]:
    """`info` for an image read from this file: "dpi", "exif", "notes" and "tables", if it has any.

    The notes are sentences on what of the file was not taken; the tables are those a JPEG was
    quantised by.
    """
    info = {"notes": _notes(image), "exif": _kept_exif(image), "dpi": _dpi(image)}
    info["tables"] = getattr(image, "quantization", None)
    return {key: value for key, value in info.items() if value}


def save_options(kind: str, info: dict[str, Any], settings: dict[str, Any]) -> dict[str, Any]:
    """Options of `Image.save` for what is kept.

    Args:
        kind: PNG, JPEG, WEBP, TIFF or BMP.
        info: "dpi", "exif" and "tables" from `kept_info`.
        settings: what the result was made with; "Software" goes into every format but BMP, the
            rest into the texts of a PNG.
    """
    options: dict[str, Any] = {}
    exif = Image.Exif()
    if "exif" in info:
        exif.load(info["exif"])
    if "Software" in settings:
        exif[_BASE.Software] = str(settings["Software"])
    if "dpi" in info:
        options["dpi"] = info["dpi"]
        exif[_BASE.XResolution], exif[_BASE.YResolution] = info["dpi"]
        exif[_BASE.ResolutionUnit] = 2  # inches
    if kind != "BMP" and len(exif):
        options["exif"] = exif
    if kind == "PNG" and settings:
        options["pnginfo"] = texts = PngImagePlugin.PngInfo()
        for key, value in settings.items():
            texts.add_itxt(key, str(value))
    if kind == "JPEG":
        options |= _jpeg_quality(info.get("tables"))
    return options


def tiff_tags(info: dict[str, Any], settings: dict[str, Any]) -> dict[str, Any]:
    """`save_options` for `tifffile.imwrite`.

    It writes no EXIF of its own; times of the shot stand beside the other tags, as in TIFF/EP.
    """
    exif = Image.Exif()
    if "exif" in info:
        exif.load(info["exif"])
    texts = {**exif, **exif.get_ifd(_IFD)}
    kept = (*_KEPT, *_KEPT_BELOW)
    tags = [(int(tag), "s", 0, texts[tag], True) for tag in kept if isinstance(texts.get(tag), str)]
    options: dict[str, Any] = {"extratags": tags, "software": settings.get("Software", False)}
    if "dpi" in info:
        options |= {"resolution": info["dpi"], "resolutionunit": "INCH"}
    return options


def _jpeg_quality(tables: dict[int, list[int]] | None) -> dict[str, Any]:
    """That of the JPEG it is made from, but no worse than Pillow's 95."""
    options: dict[str, Any] = {"subsampling": 0}
    if tables and sum(tables[0]) < FINE:
        return {**options, "qtables": tables}
    return {**options, "quality": 95}


def unkept(target: Path, info: dict[str, Any]) -> list[str]:
    """Sentences on what of a picture the format of a result cannot hold; see `save_options`."""
    if target.suffix.lower() == ".bmp" and "exif" in info:
        return ["A BMP holds no date and no author: they were left out."]
    return []


def is_result(image: Image.Image) -> bool:
    """Whether an opened picture file was made by this project."""
    exif = None if image.format == "PNG" else _exif(image)  # of a PNG it may be behind the pixels
    software = image.info.get("Software") or (exif or {}).get(_BASE.Software) or ""
    return str(software).partition(" ")[0] == MARK


def _notes(image: Image.Image) -> tuple[str, ...]:
    count = getattr(image, "n_frames", 1)
    if count < 2 or image.format not in (*ANIMATED, "TIFF"):
        return ()
    if image.format == "TIFF":
        return (f"One of its {count} pages was taken, the first.",)
    return (
        f"It moves: one of its {count} pictures was taken, the first. All of them are taken in the "
        "Video tab, and on the command line for a result that is named as a clip, like .mp4.",
    )


def _dpi(image: Image.Image) -> tuple[float, float] | None:
    exif, unit = _exif(image) or {}, 1.0
    dpi = image.info.get("dpi")
    if not dpi:
        dpi = exif.get(_BASE.XResolution), exif.get(_BASE.YResolution)
        unit = 2.54 if exif.get(_BASE.ResolutionUnit) == 3 else 1.0  # 3: per cm
    if not all(isinstance(value, Real) and value * unit > 1 for value in dpi):
        return None  # 1 is what a file without a resolution has
    return float(dpi[0]) * unit, float(dpi[1]) * unit


def _exif(image: Image.Image) -> Image.Exif | None:
    try:
        return image.getexif()
    except (OSError, SyntaxError, ValueError, TypeError, KeyError, struct.error):
        return None  # broken: nothing can be kept of it


def _kept_exif(image: Image.Image) -> bytes | None:
    exif, kept = _exif(image), Image.Exif()
    if exif is None:
        return None
    for tags, read, write in (
        (_KEPT, exif, kept),
        (_KEPT_BELOW, exif.get_ifd(_IFD), kept.get_ifd(_IFD)),
    ):
        for tag in tags:
            if isinstance(read.get(tag), str):
                write[tag] = read[tag]
    return kept.tobytes() if len(kept) or kept.get_ifd(_IFD) else None
