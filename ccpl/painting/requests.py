"""A request from end to end: one way to make a picture or a clip, whoever asks for it."""

import re
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

from PIL import Image
from torch import Tensor

from ccpl import __version__
from ccpl.atomic import check_place
from ccpl.config import LOCAL, Limits, VideoConfig
from ccpl.errors import InputError
from ccpl.files.tuned import TUNED_DIR, find_tuned, read_facts
from ccpl.image import Picture, fit_within, save_image, to_uint8
from ccpl.look import AUTO, Look
from ccpl.painting.inputs import Inputs
from ccpl.painting.scenes import Paint, ScenePaint, SceneStylizer, paint_of_scene, scene_stylizer
from ccpl.painting.shipped import load_stylizer
from ccpl.painting.strokes import with_map
from ccpl.painting.styles import SceneStyle
from ccpl.painting.stylizer import FrameStylizer, Stylizer
from ccpl.painting.tiles import Step, finished
from ccpl.painting.tuned import load_tuned_stylizer, shipped_for
from ccpl.video import VideoProgress, preview_frame, stylize_video
from ccpl.video.formats import clip_format
from ccpl.video.plan import plan_clip
from ccpl.video.writer import check_target

REPORT_EVERY = 25  # frames that are looked at before a clip is stylized


@dataclass(frozen=True)
class Host:
    """Where requests run and what they may ask for.

    Args:
        tuned: folder of the tuned styles.
        any_file: whether a look may name a tuned style by its path.
    """

    limits: Limits = LOCAL
    device: str = "auto"
    tuned: Path = TUNED_DIR
    any_file: bool = False

    def stylizer(self, look: Look, styles: Sequence[Picture] = ()) -> Stylizer:
        """The network a look asks for, or the one that a built-in style comes with.

        Args:
            styles: what it will paint in.
        Raises:
            InputError: see `load_stylizer` and `find_tuned`.
        """
        if look.names_tuned:
            return load_tuned_stylizer(self._tuned(look), self.device)
        if look.tuned == AUTO and len(styles) == 1:
            path = shipped_for(styles[0], look, self.tuned)
            if path:
                return load_tuned_stylizer(path, self.device)
        names = {"arch": look.arch, "transform": look.transform}
        return load_stylizer(look.mode, **names, device=self.device)

    def settled(self, look: Look) -> Look:
        """The look with the mode of the tuned style that it names."""
        if not look.names_tuned:
            return look
        return replace(look, mode=read_facts(self._tuned(look)).mode, arch="lite")

    def _tuned(self, look: Look) -> Path:
        listing = self.limits.seconds is None  # strangers are not told each other's names
        return find_tuned(look.tuned, self.tuned, any_file=self.any_file, listing=listing)

    def allowed(self, look: Look) -> Look:
        """The look with the size of results within the limits."""
        sides = [side for side in (look.max_side, self.limits.longest_side) if side]
        return replace(look, max_side=min(sides, default=None))


class Painted(NamedTuple):
    """A stylized picture beside the content, and at full strength, all of one size."""

    content: Image.Image
    stylized: Image.Image
    full: Image.Image
    seconds: float


def paint_small(
    host: Host, content: Image.Image, styles: Sequence[Image.Image], look: Look
) -> list[Image.Image]:
    """A small picture in several styles, each as a whole one would be painted."""
    painters = [host.stylizer(look, [style]) for style in styles]
    by_own = {
        place: painter.stylize(content, None, look)
        for place, painter in enumerate(painters)
        if painter.own is not None
    }
    others = [style for place, style in enumerate(styles) if place not in by_own]
    by_general = iter(host.stylizer(look).stylize_small(content, others, look) if others else [])
    return [by_own[n] if n in by_own else next(by_general) for n in range(len(styles))]


def stylize_picture(host: Host, content: Image.Image, inputs: Inputs, look: Look) -> Painted:
    """Stylize one picture.

    Raises:
        InputError: the weights the look asks for are missing.
    """
    return finished(picture_steps(host, content, inputs, look))


def picture_steps(
    host: Host, content: Image.Image, inputs: Inputs, look: Look
) -> Generator[Step, None, Painted]:
    """`stylize_picture`, a step after every tile of a large one; it may be left in between.

    While a picture is optimised the steps hold what it is `so_far`.
    """
    began, look = perf_counter(), host.allowed(look)
    stylizer = host.stylizer(look, inputs.styles)
    original = fit_within(content, look.max_side)
    steps = stylizer.steps(content, inputs.style, look, **inputs.places)
    while True:
        try:
            step = next(steps)
        except StopIteration as end:
            return Painted(original, *end.value, perf_counter() - began)
        if step.so_far:
            step = step._replace(so_far=Painted(original, *step.so_far, perf_counter() - began))
        yield step


def made_with(inputs: Inputs, look: Look, *, moves: bool = False) -> str:
    """The styles and whatever of the look is not the default, as part of a file name.

    Args:
        moves: whether it is a clip, to which more of the look applies.
    """
    given = [*inputs.given, "clip"] if moves else inputs.given
    return "-".join([*map(plain_name, inputs.names), look.tag(given)])


def plain_name(name: str) -> str:
    """Letters, digits and dots, joined by dashes; not too long."""
    return re.sub(r"[^\w.]+", "-", name.lower()).strip("-")[:60]


def save_picture(painted: Painted, target: Path, inputs: Inputs, look: Look) -> Path:
    """Write a result; a PNG carries what it was made with.

    Raises:
        InputError: unknown extension, or the place cannot be written to.
    """
    settings = settings_of(inputs, look)
    return save_image(painted.stylized, target, settings=settings, content=painted.content)


def settings_of(inputs: Inputs, look: Look) -> dict[str, str]:
    """What a result was made with, for its metadata."""
    origin = {"Software": f"ccpl {__version__}", "Style": " + ".join(inputs.names)}
    return {**origin, **look.settings(inputs.given)}


def stylize_clip(
    host: Host,
    source: str | Path,
    target: str | Path,
    inputs: Inputs,
    look: Look,
    config: VideoConfig | None = None,
) -> Iterator[VideoProgress]:
    """Stylize a clip; see `ccpl.video.stylize_video` for what is yielded and raised.

    The folder of the target is made if it is missing.
    """
    check_place(target)
    try:
        Path(target).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot write {target}: {error.strerror}") from None
    look = with_map(look, inputs.stroke_map)
    how = {"config": config, "limits": host.limits}
    if inputs.scene_styles or (look.consistency != "frame" and not inputs.is_lut):
        scenes = yield from _scenes(host, source, target, inputs, look, config or VideoConfig())
    else:
        frame_stylizer = _frame_stylizer(host, inputs, look)
        if not inputs.is_lut:
            yield from stylize_video(source, target, frame_stylizer, look, **how)
            return
        scenes = SceneStylizer(
            [Fraction(0)], [ScenePaint(frame_stylizer, SceneStyle(inputs.style))]
        )
    paint = scenes.grade() or scenes
    for report in stylize_video(source, target, paint, look, scenes=scenes.starts, **how):
        if report.result:
            warnings = (*report.result.warnings, *scenes.notes)
            report = replace(report, result=replace(report.result, warnings=warnings))
        yield report


def _scenes(
    host: Host,
    source: str | Path,
    target: str | Path,
    inputs: Inputs,
    look: Look,
    config: VideoConfig,
) -> Generator[VideoProgress, None, SceneStylizer]:
    """Look through a clip; reports say that nothing of the result is done yet."""
    form = clip_format(check_target(target, source))
    plan = plan_clip(
        source, look, config, host.limits, max_fps=form.max_fps, square=form.square
    )  # as `stylize_video` does it
    styles = inputs.scene_styles or [SceneStyle(inputs.style)]
    stylizer = host.stylizer(look, () if inputs.scene_styles else inputs.styles)
    run = scene_stylizer(stylizer, plan, styles, **inputs.places)
    began = perf_counter()
    while True:
        try:
            seen = next(run)
        except StopIteration as end:
            return end.value
        left = (perf_counter() - began) / seen * max(plan.total - seen, 0)
        if seen % REPORT_EVERY == 0:
            yield VideoProgress(0, max(plan.total, seen), 0.0, left)


def preview_clip(
    host: Host,
    source: str | Path,
    inputs: Inputs,
    look: Look,
    config: VideoConfig | None = None,
    *,
    at: float | None = None,
) -> Painted:
    """Stylize one frame of a clip.

    Args:
        at: seconds from the clip's beginning; default: the first frame of the part that is taken.
    """
    began = perf_counter()
    paint = _frame_stylizer(host, inputs, look)
    if look.consistency == "lut":
        paint = _lut_of_frame(host, inputs, look)
    frames = preview_frame(source, paint, look, at=at, config=config, limits=host.limits)
    content, stylized = map(Image.fromarray, frames)
    return Painted(content, stylized, stylized, perf_counter() - began)


def _lut_of_frame(host: Host, inputs: Inputs, look: Look) -> Paint:
    """A LUT made for the very frame it is applied to: near what it will be for the whole scene."""

    def paint(frames: Tensor, strengths: Tensor, cuts: Tensor) -> Tensor:
        contents = to_uint8(frames).numpy()
        stylizer = host.stylizer(look, inputs.styles)
        style = SceneStyle(inputs.style)
        scene = paint_of_scene(stylizer, style, contents, look, **inputs.places)
        return scene.paint(frames, strengths, cuts)

    return paint


def _frame_stylizer(host: Host, inputs: Inputs, look: Look) -> FrameStylizer:
    stylizer = host.stylizer(look, inputs.styles)
    return stylizer.frame_stylizer(inputs.style, look, **inputs.places)
