"""A clip scene by scene: each has its style and, on request, one look from its first frame to its
last: one set of statistics, or one LUT fitted to frames of the whole scene."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import torch
from torch import Tensor

from ccpl.colour.fit import ColourPairs, FittedLut, fit_lut
from ccpl.colour.lut import Lut, identity
from ccpl.image import Picture, to_tensor
from ccpl.look import Look
from ccpl.painting.finish import colours_done
from ccpl.painting.routes import Code
from ccpl.painting.shot import ShotStylizer, scene_stats
from ccpl.painting.styles import SceneStyle, style_of_scene
from ccpl.painting.stylizer import FrameStylizer, Stylizer
from ccpl.video.grade import Grade
from ccpl.video.plan import Plan
from ccpl.video.scenes import Scene, scan_scenes

Paint = Callable[[Tensor, Tensor, Tensor], Tensor]  # see FrameStylizer


@dataclass(frozen=True)
class ScenePaint:
    """How one scene is painted."""

    paint: Paint
    style: SceneStyle
    fitted: FittedLut | None = None

    def plain_lut(self) -> Lut | None:
        """The LUT over [0, 1] that is all there is to it, if there is one."""
        paint = self.paint
        if not isinstance(paint, FrameStylizer) or not isinstance(paint.code, Lut):
            return None
        look, lut = paint.look, paint.code
        first, last = look.strengths
        usual = not lut.curves and not lut.low.any() and bool((lut.high == 1).all())
        if paint.mask is not None or first != last or look != colours_done(look) or not usual:
            return None
        return replace(lut, table=torch.lerp(identity(lut.size), lut.table, first))


class SceneStylizer:
    """A callable for the frames of a clip, see `FrameStylizer`; every cut begins the next scene.

    Args:
        starts: of the scenes, in seconds of the part that is taken.
        scenes: how each is painted.
    """

    def __init__(self, starts: Sequence[Fraction], scenes: Sequence[ScenePaint]) -> None:
        self.starts, self.scenes = starts, scenes
        self._number = -1

    def __call__(self, frames: Tensor, strengths: Tensor, cuts: Tensor) -> Tensor:
        first = [i for i, cut in enumerate(cuts.tolist()) if cut or i == 0]
        painted = []
        for start, stop in zip(first, [*first[1:], len(frames)], strict=True):
            part = slice(start, stop)
            self._number += bool(cuts[start])
            paint = self.scenes[self._number].paint
            painted.append(paint(frames[part], strengths[part], cuts[part]))
        return torch.cat(painted)

    def grade(self) -> Grade | None:
        """The same for ffmpeg to do, which is faster, where every scene is one plain LUT."""
        luts = [scene.plain_lut() for scene in self.scenes]
        return None if None in luts else Grade(self.starts, luts)

    @property
    def notes(self) -> list[str]:
        """Sentences on scenes whose look is more than their LUT can hold."""
        found = []
        for start, scene in zip(self.starts, self.scenes, strict=True):
            if scene.fitted and scene.fitted.error.warning:
                found.append(f"Scene at {float(start):.1f} s: {scene.fitted.error.warning}")
        return found


def scene_stylizer(
    stylizer: Stylizer,
    plan: Plan,
    styles: Sequence[SceneStyle],
    *,
    mask: Picture | None = None,
    stroke_map: Picture | None = None,
) -> Generator[int, None, SceneStylizer]:
    """Look through a clip and prepare every scene.

    Args:
        plan: the clip, its part and its look.
        styles: see `style_of_scene`.
        mask, stroke_map: see `Stylizer.stylize`.
    Yields:
        The number of frames seen.
    """
    places = {"mask": mask, "stroke_map": stroke_map}
    begins = [style.start for style in styles if style.start is not None]

    def measure(scene: Scene) -> ScenePaint:
        style = style_of_scene(styles, scene.number, float(scene.start + plan.start))
        return paint_of_scene(stylizer, style, scene.frames, plan.look, **places)

    found = yield from scan_scenes(plan, measure, begins)
    starts, scenes = zip(*found, strict=True)
    return SceneStylizer(starts, scenes)


@torch.inference_mode()
def paint_of_scene(
    stylizer: Stylizer,
    style: SceneStyle,
    frames: Sequence[np.ndarray],
    look: Look,
    *,
    mask: Picture | None = None,
    stroke_map: Picture | None = None,
) -> ScenePaint:
    """How a scene is painted, by frames (H, W, 3) uint8 of it."""
    code = stylizer.encode_style(style.style, look)
    if look.consistency == "frame" or isinstance(code, Lut):
        paint = FrameStylizer(stylizer, code, look, mask=mask, stroke_map=stroke_map)
        return ScenePaint(paint, style)
    if look.consistency == "shot":
        stats = scene_stats(stylizer.route, map(to_tensor, frames))
        return ScenePaint(ShotStylizer(stylizer.route, code, stats, look, mask=mask), style)
    pairs = ColourPairs()
    add_scene(pairs, stylizer, code, frames, replace(look, strength=1.0))
    fitted = fit_lut(pairs, title=style.name)
    paint = FrameStylizer(stylizer, fitted.lut, colours_done(look), mask=mask)
    return ScenePaint(paint, style, fitted)


@torch.inference_mode()
def add_scene(
    pairs: ColourPairs,
    stylizer: Stylizer,
    code: Code | Lut,
    frames: Sequence[np.ndarray],
    look: Look,
) -> None:
    """Add what a look does to frames (H, W, 3) uint8 of a scene, with the scene's statistics."""
    is_lut = isinstance(code, Lut)
    stats = None if is_lut else scene_stats(stylizer.route, map(to_tensor, frames))
    strength, begins = torch.tensor([look.strength]), torch.tensor([True])
    for content in map(to_tensor, frames):
        if stats is None:
            paint: Paint = FrameStylizer(stylizer, code, look)
        else:  # a new one each time: samples lie far apart
            paint = ShotStylizer(stylizer.route, code, stats, look)
        add_colours(pairs, content, paint(content, strength, begins))


def add_colours(pairs: ColourPairs, content: Tensor, stylized: Tensor) -> None:
    """Add pictures (1, 3, H, W) before and after."""
    pairs.add(*(image[0].flatten(1).T for image in (content, stylized)))
