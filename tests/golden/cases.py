"""What the shipped networks are asked to paint, through the package's public doors alone."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from unittest import mock

import numpy as np
import torch
from PIL import Image

from ccpl import Stylizer, load_stylizer
from ccpl.painting import routes

FOLDER = Path(__file__).resolve().parent
MODES = ("artistic", "photo", "perceptual")
TILE_SIDE = 128  # pixels: nine tiles for the large picture
THINNED = 3  # of the large picture's results every third row and column is stored

Paint = Callable[[Stylizer], np.ndarray]


def load(mode: str) -> Stylizer:
    """A network as every machine can run it."""
    return load_stylizer(mode, device="cpu", dtype="float32")


def picture(name: str) -> Image.Image:
    """One of the inputs, RGB: contents of 125 x 91 pixels, styles of 96 x 80."""
    return Image.open(FOLDER / "inputs" / f"{name}.png").convert("RGB")


def large_picture() -> Image.Image:
    """375 x 273 pixels in nine panes of different light, so tiles differ in their statistics."""
    canal, portrait = (np.asarray(picture(name)) for name in ("canal", "portrait"))
    dark = portrait // 2
    rows = [
        [canal, portrait, canal[::-1]],
        [dark, canal[:, ::-1], 255 - dark],
        [portrait[:, ::-1], canal // 3, portrait],
    ]
    return Image.fromarray(np.concatenate([np.concatenate(row, 1) for row in rows]))


def paint_picture(**options) -> Paint:
    """Route "whole": one picture with these options of a Look."""

    def paint(network: Stylizer) -> np.ndarray:
        look = replace(network.look, **options)
        return np.asarray(network.stylize(picture("canal"), picture("dots"), look))

    return paint


def paint_blend(network: Stylizer) -> np.ndarray:
    """One part of a style and three of another."""
    styles, look = (picture("dots"), picture("fauve")), replace(network.look, share=0.75)
    return np.asarray(network.stylize(picture("canal"), styles, look))


def paint_masked(network: Stylizer) -> np.ndarray:
    """A mask that rises from left to right, of another size than the picture."""
    ramp = np.linspace(0, 255, 40).round().astype(np.uint8)
    mask = Image.fromarray(np.tile(ramp, (30, 1)))
    return np.asarray(network.stylize(picture("canal"), picture("dots"), mask=mask))


def paint_transparent(network: Stylizer) -> np.ndarray:
    """RGBA: hidden at the top, half transparent below, then opaque."""
    content = picture("canal")
    alpha = np.full((content.height, content.width), 255, np.uint8)
    alpha[:20], alpha[20:40] = 0, 128
    content.putalpha(Image.fromarray(alpha))
    return np.asarray(network.stylize(content, picture("dots")))


def paint_large(network: Stylizer) -> np.ndarray:
    """The large picture in one piece."""
    result = np.asarray(network.stylize(large_picture(), picture("fauve")))
    return result[::THINNED, ::THINNED]


def paint_tiled(network: Stylizer) -> np.ndarray:
    """The same in tiles."""
    with mock.patch.dict(routes.TILE, {"lite": TILE_SIDE}):
        return paint_large(network)


def paint_detail(network: Stylizer) -> np.ndarray:
    """The middle of the large picture at twice its size: what is only added there."""
    content = large_picture()
    content = content.resize((2 * content.width, 2 * content.height), Image.Resampling.BICUBIC)
    result = np.asarray(network.stylize(content, picture("fauve")))
    return result[220:310, 310:435]


def clip() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Four frames with strengths and cuts: a moving view that darkens, then another scene's two."""
    canal, portrait = (np.asarray(picture(name)) for name in ("canal", "portrait"))
    views = [
        canal[:75, :99],
        canal[6:81, 9:108] // 2,
        portrait[:75, :99],
        255 - portrait[:75, 9:108],
    ]
    frames = torch.from_numpy(np.stack(views)).permute(0, 3, 1, 2).float() / 255
    return frames, torch.tensor([1.0, 0.75, 1.0, 0.5]), torch.tensor([True, False, True, False])


def paint_clip(network: Stylizer, *, batches: tuple[int, ...] = (3, 1), **options) -> np.ndarray:
    """The frames below each other; options of a Look."""
    paint = network.frame_stylizer(picture("fauve"), replace(network.look, **options))
    parts = zip(*(part.split(batches) for part in clip()), strict=True)
    frames = torch.cat([paint(*part) for part in parts])
    return (frames * 255).round().byte().permute(0, 2, 3, 1).flatten(0, 1).numpy()


# By the name of the stored result.
CASES: dict[str, Paint] = {
    "whole": paint_picture(),
    "half-strength": paint_picture(strength=0.5),
    "large-strokes": paint_picture(stroke_size=2.0),
    "kept-colours": paint_picture(keep_colors=True),
    "blend": paint_blend,
    "masked": paint_masked,
    "transparent": paint_transparent,
    "tiled": paint_tiled,
    "detail": paint_detail,
    "clip": paint_clip,
}
