"""Draw methods.jpg for the README: one photo, one style, every method that joins them."""

import sys
from pathlib import Path

from PIL import Image

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from overview import CELL, cell  # noqa: E402

from ccpl import Look, load_stylizer  # noqa: E402
from ccpl.files.sheets import Captioned, captioned_sheet  # noqa: E402
from ccpl.look import transform_titles  # noqa: E402

CONTENT, STYLE, SECONDS = "canal-houses", "autumn-birches", 150


def main() -> None:
    content = Image.open(HERE / f"contents/{CONTENT}.jpg").convert("RGB")
    style = Image.open(HERE / f"styles/{STYLE}.jpg").convert("RGB")
    items = [Captioned("photo", content, style)]
    for transform, title in transform_titles().items():
        look = Look(transform=transform)
        painted = load_stylizer("artistic", transform=transform).stylize(content, style, look)
        items.append(Captioned(title, painted))
    for objective, title in (("nnst", "neighbours, optimised"), ("gatys", "Gatys, optimised")):
        look = Look(optimize=objective, seconds=SECONDS)
        items.append(Captioned(title, load_stylizer("artistic").stylize(content, style, look)))
    items = [item._replace(picture=cell(item.picture)) for item in items]
    captioned_sheet(items, side=max(CELL)).save(HERE / "methods.jpg", quality=88)


if __name__ == "__main__":
    main()
