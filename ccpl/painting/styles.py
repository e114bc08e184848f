"""What can be a style: a picture, or a look that somebody else made, as a .cube file; for a clip
also a list of them, scene by scene."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from ccpl.colour.chart import lut_of_chart
from ccpl.colour.cube import SUFFIX, load_cube
from ccpl.colour.lut import Lut
from ccpl.errors import InputError
from ccpl.image import load_image

CUES = ".csv"


@dataclass(frozen=True)
class SceneStyle:
    """The style of one scene.

    Args:
        style: a picture, two to be blended, or a LUT.
        name: of the style, for people.
        path: where it was read.
        start: second of the clip at which the scene begins; None: the next one that is found.
    """

    style: Image.Image | Lut | Sequence[Image.Image]
    name: str = ""
    path: Path | None = None
    start: float | None = None


def load_style(path: str | Path) -> Image.Image | Lut:
    """Read a style; the chart of a LUT is that LUT.

    Raises:
        InputError: it is missing, damaged, or neither a picture nor a LUT.
    """
    if Path(path).suffix.lower() == SUFFIX:
        return load_cube(path)
    picture = load_image(path)
    return lut_of_chart(Path(path).read_bytes(), Path(path).name) or picture


def load_scene_styles(paths: Sequence[str | Path]) -> list[SceneStyle]:
    """Read styles in the order of their scenes, or one CSV of lines "start, style".

    Starts are seconds or [hours:]minutes:seconds; files lie where the CSV says, seen from it.

    Raises:
        InputError: a style cannot be used, or a line of the CSV makes no sense.
    """
    if not any(Path(path).suffix.lower() == CUES for path in paths):
        return [SceneStyle(load_style(path), Path(path).stem, Path(path)) for path in paths]
    if len(paths) > 1:
        raise InputError("give one CSV of styles, or styles, not both")
    (table,) = map(Path, paths)
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            rows = [[word.strip() for word in row] for row in csv.reader(file)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        why = getattr(error, "strerror", None) or error
        raise InputError(f"cannot read {table}: {why}") from None
    found: list[SceneStyle] = []
    for number, row in enumerate(rows, 1):
        if not any(row) or row[0].startswith("#") or (number == 1 and row[0].isalpha()):
            continue
        where = f"{table.name}, line {number}"
        if len(row) != 2 or not row[1]:
            raise InputError(f"{where}: expected a start and a style, as in '12.5, dusk.jpg'")
        start = _seconds(row[0], where)
        if found and start <= found[-1].start:
            raise InputError(f"{where}: {row[0]} does not come after the line before")
        path = table.parent / row[1]
        found.append(SceneStyle(load_style(path), path.stem, path, start))
    if not found:
        raise InputError(f"{table.name} holds no lines 'start, style'")
    return found


def style_of_scene(styles: Sequence[SceneStyle], number: int, start: float) -> SceneStyle:
    """The style of a scene; the last one holds for all that follow.

    Args:
        styles: all with starts, or none.
        number: of the scene, from 0.
        start: of the scene, in seconds of the clip.
    """
    if styles[0].start is None:
        return styles[min(number, len(styles) - 1)]
    begun = [style for style in styles if style.start <= start + 1e-3]
    return begun[-1] if begun else styles[0]


def _seconds(text: str, where: str) -> float:
    """Seconds, or [hours:]minutes:seconds."""
    try:
        parts = [float(part) for part in text.split(":")]
    except ValueError:
        parts = []
    if not 1 <= len(parts) <= 3 or not all(0 <= part < 1e6 for part in parts):
        raise InputError(f"{where}: {text!r} is no time; give seconds or minutes:seconds")
    return sum(part * 60**power for power, part in enumerate(reversed(parts)))
