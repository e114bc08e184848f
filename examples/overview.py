"""Draw overview.jpg for the README: one photo, three styles, three modes."""

import sys
from pathlib import Path

from PIL import Image

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from ccpl import MODES, Look, load_stylizer  # noqa: E402

CONTENT = "canal-houses"
STYLES = ("moonlit-bay", "red-sun-wave", "tulip-window")
CELL, GAP = (300, 200), 6


def main() -> None:
    content = Image.open(HERE / f"contents/{CONTENT}.jpg").convert("RGB")
    styles = [Image.open(HERE / f"styles/{name}.jpg").convert("RGB") for name in STYLES]
    width, height = ((n + GAP) * (len(MODES) + 1) + GAP for n in CELL)
    sheet = Image.new("RGB", (width, height), "white")
    rows = [[content, *styles]]
    rows += [
        [
            None,
            *(load_stylizer(m).stylize(content, style, Look(mode=m)) for style in styles),
        ]
        for m in MODES
    ]
    for y, row in enumerate(rows):
        for x, picture in enumerate(row):
            place = (GAP + x * (CELL[0] + GAP), GAP + y * (CELL[1] + GAP))
            sheet.paste(cell(picture) if picture else label(MODES[y - 1]), place)
    sheet.save(HERE / "overview.jpg", quality=88)


def cell(picture: Image.Image) -> Image.Image:
    """Cut the middle of a picture to the size of a cell."""
    scale = max(c / n for c, n in zip(CELL, picture.size, strict=True))
    picture = picture.resize([round(n * scale) for n in picture.size], Image.Resampling.LANCZOS)
    left, top = ((n - c) // 2 for n, c in zip(picture.size, CELL, strict=True))
    return picture.crop((left, top, left + CELL[0], top + CELL[1]))


def label(text: str) -> Image.Image:
    """The name of a mode on white."""
    from PIL import ImageDraw, ImageFont

    image = Image.new("RGB", CELL, "white")
    font = ImageFont.load_default(30)
    ImageDraw.Draw(image).text((CELL[0] / 2, CELL[1] / 2), text, "#333", font, anchor="mm")
    return image


if __name__ == "__main__":
    main()
