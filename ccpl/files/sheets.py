"""Contact sheets: contents down, styles across, what was made of them where they meet."""

from collections.abc import Mapping, Sequence

from PIL import Image, ImageOps

GAP = 2  # white pixels around every picture


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
    step = side + 2 * GAP
    sheet = Image.new("RGB", (step * (len(styles) + 1), step * (len(contents) + 1)), "white")
    cells = {(i + 1, 0): content for i, content in enumerate(contents)}
    cells |= {(0, j + 1): style for j, style in enumerate(styles)}
    cells |= {(i + 1, j + 1): result for (i, j), result in results.items()}
    for (row, column), picture in cells.items():
        square = ImageOps.fit(picture.convert("RGB"), (side, side), Image.Resampling.LANCZOS)
        sheet.paste(square, (column * step + GAP, row * step + GAP))
    return sheet
