"""A LUT as a picture that shows what it does and holds it, so that it goes wherever pictures go."""

import colorsys
import zlib
from pathlib import Path

import numpy as np
import torch
from PIL import Image, PngImagePlugin

from ccpl.atomic import atomic_path
from ccpl.colour.cube import LARGEST, parse_cube
from ccpl.colour.lut import Lut
from ccpl.errors import InputError
from ccpl.image import to_image

CHUNK = b"ccLu"  # of a PNG: private, may be left out, may be copied; the .cube file, compressed
SIZE = (192, 256)  # height, width
GREYS = 40  # pixels of grey at the bottom
MOST = LARGEST**3 * 64  # bytes of a .cube file
SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chart(lut: Lut) -> Image.Image:
    """Every hue from dark to light, and grey, through a LUT."""
    height, width = SIZE
    rows = height - GREYS
    hues = [colorsys.hls_to_rgb(x / width, 0.5, 0.75) for x in range(width)]
    light = np.linspace(1.9, 0.1, rows)[:, None, None]  # 1: the hue itself; 2: white; 0: black
    colours = np.asarray(hues)[None]
    colours = np.where(light > 1, 1 - (2 - light) * (1 - colours), light * colours)
    grey = np.broadcast_to(np.linspace(0, 1, width)[None, :, None], (GREYS, width, 3))
    picture = torch.from_numpy(np.concatenate([colours, grey])).permute(2, 0, 1)[None].float()
    return to_image(lut(picture).clamp(0, 1))


def save_chart(data: bytes, name: str, path: Path) -> Path:
    """Turn the bytes of a .cube file into its chart, a PNG.

    Raises:
        InputError: the file is broken.
    """
    picture = chart(parse_cube(data, name))
    info = PngImagePlugin.PngInfo()
    info.add(CHUNK, zlib.compress(data))
    with atomic_path(path) as part:
        picture.save(part, "PNG", pnginfo=info)
    return path


def lut_of_chart(data: bytes, name: str) -> Lut | None:
    """The LUT that a picture file holds, None for any other picture.

    Raises:
        InputError: what it holds is broken.
    """
    place = len(SIGNATURE)
    while data.startswith(SIGNATURE) and data[place + 4 : place + 8] not in (b"", b"IDAT"):
        length = int.from_bytes(data[place : place + 4], "big")
        if data[place + 4 : place + 8] == CHUNK:
            return parse_cube(_unpacked(data[place + 8 : place + 8 + length], name), name)
        place += length + 12
    return None


def _unpacked(packed: bytes, name: str) -> bytes:
    unpack = zlib.decompressobj()
    try:
        data = unpack.decompress(packed, MOST)
    except zlib.error:
        raise InputError(f"{name}: the LUT in it is damaged; give the .cube file") from None
    if unpack.unconsumed_tail:
        raise InputError(f"{name}: the LUT in it is too large; give the .cube file")
    return data
