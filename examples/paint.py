"""Paint every built-in picture again: `python examples/paint.py [SLUG ...]`.

Needs numpy, OpenCV and Pillow, and imageio-ffmpeg for the clip. Every random number has a
fixed seed, so the same library versions give the same pixels.
"""

import argparse
import os
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
from painting import (
    batik,
    charcoal,
    clip,
    deco,
    dots,
    glass,
    guitar,
    harbour,
    ink,
    marbling,
    mosaic,
    neon,
    night,
    oils,
    pastel,
    portrait,
    table,
    terrain,
    water,
    wave,
    woodcut,
)
from PIL import Image

HERE = Path(__file__).parent
STYLE_SIDE, CONTENT_SIZE = 640, (960, 640)
STYLE_BYTES, CONTENT_BYTES = 250_000, 300_000

STYLES: dict[str, Callable[[int], np.ndarray]] = {
    "moonlit-bay": night.moonlit_bay,
    "fauve-valley": oils.fauve_valley,
    "tulip-window": glass.tulip_window,
    "red-sun-wave": wave.red_sun_wave,
    "autumn-birches": oils.autumn_birches,
    "fir-woodcut": woodcut.fir_woodcut,
    "river-dots": dots.river_dots,
    "koi-mosaic": mosaic.koi_mosaic,
    "poppy-wash": water.poppy_wash,
    "misty-peaks": ink.misty_peaks,
    "gold-tower": deco.gold_tower,
    "guitar-facets": guitar.guitar_facets,
    "dusk-sunflowers": pastel.dusk_sunflowers,
    "marbled-paper": marbling.marbled_paper,
    "charcoal-fruit": charcoal.charcoal_fruit,
    "flower-batik": batik.flower_batik,
    "neon-drive": neon.neon_drive,
}
CONTENTS: dict[str, Callable[[int, int], np.ndarray]] = {
    "auburn-portrait": portrait.auburn_portrait,
    "canal-houses": harbour.canal_houses,
    "alpine-lake": terrain.alpine_lake,
    "window-still-life": table.window_still_life,
}
CLIPS: dict[str, Callable[[Path], None]] = {"sailing-boat": clip.write_clip}


def to_bytes(picture: np.ndarray) -> np.ndarray:
    """(H, W, 3) in [0, 1] as 8-bit."""
    return np.round(np.clip(picture, 0, 1) * 255).astype(np.uint8)


def save_jpeg(picture: np.ndarray, path: Path, limit: int) -> None:
    """Write (H, W, 3) in [0, 1] at the best quality, at most 92, that stays below limit bytes."""
    image = Image.fromarray(to_bytes(picture))
    for quality in range(92, 60, -2):
        file = BytesIO()
        image.save(file, "JPEG", quality=quality, optimize=True, progressive=True)
        if file.tell() < limit:
            break
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_bytes(file.getvalue())
    os.replace(part, path)


def paint(slug: str, folder: Path = HERE) -> Path:
    """Paint one picture or clip into its folder below `folder`."""
    if slug in STYLES:
        path = folder / "styles" / f"{slug}.jpg"
        save_jpeg(STYLES[slug](STYLE_SIDE), path, STYLE_BYTES)
    elif slug in CONTENTS:
        path = folder / "contents" / f"{slug}.jpg"
        save_jpeg(CONTENTS[slug](*CONTENT_SIZE), path, CONTENT_BYTES)
    else:
        path = folder / "clips" / f"{slug}.mp4"
        CLIPS[slug](path)
    return path


def main(arguments: list[str] | None = None) -> None:
    """Paint the pictures named on the command line, or all of them."""
    slugs = [*STYLES, *CONTENTS, *CLIPS]
    parser = argparse.ArgumentParser(description="Paint the built-in pictures again.")
    parser.add_argument("slug", nargs="*", help=f"default: all of {', '.join(slugs)}")
    wanted = parser.parse_args(arguments).slug or slugs
    for slug in wanted:
        if slug not in slugs:
            parser.error(f"unknown picture {slug!r}; choose from {', '.join(slugs)}")
    for slug in wanted:
        start = time.perf_counter()
        path = paint(slug)
        print(f"{path.relative_to(HERE)}: {time.perf_counter() - start:.1f} s")


if __name__ == "__main__":
    main()
