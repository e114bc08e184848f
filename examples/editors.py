"""Draw editors.jpg for the README: a photo, a reference, the network's grade and its LUT's."""

import sys
from pathlib import Path

from PIL import Image

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from overview import CELL, GAP, cell  # noqa: E402

from ccpl import Look, load_stylizer  # noqa: E402
from ccpl.export.lut import fit_picture  # noqa: E402

CONTENT, STYLE = "alpine-lake", "charcoal-fruit"


def main() -> None:
    content = Image.open(HERE / f"contents/{CONTENT}.jpg").convert("RGB")
    style = Image.open(HERE / f"styles/{STYLE}.jpg").convert("RGB")
    stylizer, look = load_stylizer("photo"), Look(mode="photo")
    network = stylizer.stylize(content, style, look)
    graded = stylizer.stylize(content, fit_picture(content, network).lut, look)
    pictures = (content, style, network, graded)
    sheet = Image.new("RGB", (len(pictures) * (CELL[0] + GAP) - GAP, CELL[1]), "white")
    for x, picture in enumerate(pictures):
        sheet.paste(cell(picture), (x * (CELL[0] + GAP), 0))
    sheet.save(HERE / "editors.jpg", quality=85)


if __name__ == "__main__":
    main()
