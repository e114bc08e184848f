"""One picture, or one frame of a clip, in every look of a folder: to choose from."""

from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from PIL import Image
from torch import Tensor

from ccpl.colour.cube import SUFFIX
from ccpl.colour.lut import Lut
from ccpl.config import VideoConfig
from ccpl.errors import InputError
from ccpl.files.sheets import Captioned, captioned_sheet
from ccpl.image import READABLE
from ccpl.look import Look
from ccpl.painting.requests import Host, Inputs, stylize_picture
from ccpl.painting.styles import load_style
from ccpl.video import preview_frame

SIDE = 480  # pixels of a picture on the sheet
PAINTED = 960  # pixels it is painted at, unless the look says otherwise


class SheetStep(NamedTuple):
    """How far a sheet is, in looks."""

    done: int
    total: int


class Sheet(NamedTuple):
    """A contact sheet, and sentences on the looks that are not on it."""

    picture: Image.Image
    notes: list[str]


def frame_of(host: Host, clip: Path, config: VideoConfig, at: float | None = None) -> Image.Image:
    """One frame of a clip, as it is to look at; see `preview_frame`."""
    frame = preview_frame(clip, _as_it_is, at=at, config=config, limits=host.limits)
    return Image.fromarray(frame.content)


def _as_it_is(frames: Tensor, strengths: Tensor, cuts: Tensor) -> Tensor:
    return frames


def looks_in(folder: Path) -> list[Path]:
    """The pictures and LUTs in a folder, by their names.

    Raises:
        InputError: there are none.
    """
    try:
        files = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise InputError(f"cannot read {folder}: {error.strerror}") from None
    found = [path for path in files if path.suffix.lower() in {*READABLE, SUFFIX}]
    if not found:
        raise InputError(f"there is no picture and no .cube LUT in {folder}; give another folder")
    return found


def make_sheet(
    host: Host, content: Image.Image, looks: Sequence[Path], look: Look
) -> Generator[SheetStep, None, Sheet]:
    """Paint a picture in every look; one that cannot be used is left out, and said to be.

    Raises:
        InputError: none of the looks can be used.
    """
    look = replace(look, max_side=look.max_side or PAINTED)
    items: list[Captioned] = []
    notes: list[str] = []
    for done, path in enumerate(looks, 1):
        try:
            style = load_style(path)
            painted = stylize_picture(host, content, Inputs([style]), look)
        except InputError as error:
            notes.append(f"{path.name} was left out: {error}")
            continue
        if not items:
            items.append(Captioned("original", painted.content))
        reference = None if isinstance(style, Lut) else style
        items.append(Captioned(path.stem, painted.stylized, reference))
        yield SheetStep(done, len(looks))
    if not items:
        raise InputError(f"none of the looks can be used; {notes[0]}")
    return Sheet(captioned_sheet(items, side=SIDE), notes)
