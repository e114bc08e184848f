"""Contact sheets: contents down, styles across, what was made of them where they meet; or one
content in many looks, each with its name."""

from collections.abc import Mapping, Sequence
from math import ceil, sqrt
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont, ImageOps

GAP = 2  # white pixels around every picture
CAPTION = 26  # pixels of height
LETTERS = 16  # pixels of height
INSET = 5  # times the width of a reference goes into that of its picture


class Captioned(NamedTuple):
    """A picture and what stands below it; in its corner, small, what it was made like."""

    name: str
    picture: Image.Image
    reference: Image.Image | None = None


def contact_sheet(
    contents: Sequence[Image.Image],
    styles: Sequence[Image.Image],
    results: Mapping[tuple[int, int], Image.Image],
    *,
    side: int,
) -> Image.Image:
    """Lay out results by the numbers of their content and style; places without one stay white.

    Args:
        side: pixels of every picture, which is cut to a square.
    Returns:
        RGB, one place more each way than there are contents and styles.
    """
    cells = {(i + 1, 0): content for i, content in enumerate(contents)}
    cells |= {(0, j + 1): style for j, style in enumerate(styles)}
    cells |= {(i + 1, j + 1): result for (i, j), result in results.items()}
    return _laid_out(cells, (len(contents) + 1, len(styles) + 1), (side, side))


def captioned_sheet(items: Sequence[Captioned], *, side: int) -> Image.Image:
    """Lay out pictures of one shape, row by row, about as many down as across.

    Args:
        side: pixels of the longer side of every picture.
    """
    first = items[0].picture
    scale = side / max(first.size)
    width, height = (max(1, round(n * scale)) for n in first.size)
    columns = ceil(sqrt(len(items) * height / width))
    cells = {divmod(i, columns): _with_caption(item, width, height) for i, item in enumerate(items)}
    rows = ceil(len(items) / columns)
    return _laid_out(cells, (rows, columns), (width, height + CAPTION))


def _with_caption(item: Captioned, width: int, height: int) -> Image.Image:
    cell = Image.new("RGB", (width, height + CAPTION), "white")
    cell.paste(_fitted(item.picture, (width, height)))
    if item.reference:
        small = item.reference.convert("RGB")
        within = (max(1, width // INSET), max(1, height // INSET))
        small.thumbnail(within, Image.Resampling.LANCZOS)
        framed = ImageOps.expand(small, GAP, "white")
        cell.paste(framed, (0, height - framed.height))
    font, name = ImageFont.load_default(LETTERS), item.name
    draw = ImageDraw.Draw(cell)
    while len(name) > 1 and draw.textlength(name, font) > width - 2 * GAP:
        name = f"{name.removesuffix('…')[:-1]}…"
    draw.text((GAP, height + GAP), name, "black", font)
    return cell


def _laid_out(
    cells: Mapping[tuple[int, int], Image.Image], count: tuple[int, int], size: tuple[int, int]
) -> Image.Image:
    """Pictures by row and column; `count` of these, and `size`, the width and height of each."""
    width, height = (n + 2 * GAP for n in size)
    sheet = Image.new("RGB", (width * count[1], height * count[0]), "white")
    for (row, column), picture in cells.items():
        sheet.paste(_fitted(picture, size), (column * width + GAP, row * height + GAP))
    return sheet


def _fitted(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Cut to the shape, reduced or enlarged to the size."""
    return ImageOps.fit(picture.convert("RGB"), size, Image.Resampling.LANCZOS)
