"""What a request asks for and how it is carried out: the tabs and the API meet here.

On a Space with ZeroGPU the functions marked `gpu` borrow a GPU for an estimated number of seconds.
"""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

from PIL import Image

from ccpl import __version__
from ccpl.config import ARCHS, HOSTED, LOCAL, MODES, Limits, VideoConfig, check_choice
from ccpl.errors import InputError
from ccpl.evaluation.metrics import compare_figures
from ccpl.image import fit_within, save_image
from ccpl.painting.stylizer import Stylizer, check_strength, load_stylizer
from ccpl.ui.gpu import gpu
from ccpl.ui.parts import result_path
from ccpl.video import VideoProgress, preview_frame, stylize_video

Styles = list[tuple[Image.Image, float]]  # pictures and their weights


@dataclass(frozen=True)
class Host:
    """Where the app runs and what its visitors may ask for."""

    limits: Limits = field(default_factory=lambda: HOSTED if os.getenv("SPACE_ID") else LOCAL)
    device: str = "auto"

    def stylizer(self, mode: str, arch: str = "lite") -> Stylizer:
        """The model of a mode and an architecture.

        Raises:
            InputError: unknown mode or architecture, the choices are listed; or its weight file
                is missing or altered.
        """
        try:
            check_choice("mode", mode, MODES)
            check_choice("architecture", arch, ARCHS)
        except ValueError as error:
            raise InputError(str(error)) from None
        return load_stylizer(mode, arch=arch, device=self.device)


@dataclass(frozen=True)
class Look:
    """How a picture is to be stylized."""

    mode: str = "artistic"
    strength: float = 1.0
    max_side: int | None = None  # pixels
    keep_colors: bool = False
    style_scale: float = 1.0
    arch: str = "lite"

    def __post_init__(self) -> None:
        for name in ("strength", "style_scale"):
            if not isinstance(getattr(self, name), int | float):
                raise InputError(f"{name.replace('_', ' ')} must be a number")

    def settings(self, names: str) -> dict[str, str]:
        """What is written into a result's metadata."""
        return {
            "Software": f"ccpl {__version__}",
            "Mode": self.mode,
            "Architecture": self.arch,
            "Style": names,
            "Strength": f"{self.strength:g}",
            "Style scale": f"{self.style_scale:g}",
            "Keep colours": "yes" if self.keep_colors else "no",
        }


class Picture(NamedTuple):
    """A stylized picture beside the content, both of one size."""

    content: Image.Image
    stylized: Image.Image
    seconds: float


def _picture_seconds(*_: object) -> int:
    return 20


@gpu(duration=_picture_seconds)
def stylize_picture(
    host: Host, content: Image.Image, styles: Styles, look: Look, mask: Image.Image | None = None
) -> Picture:
    """Stylize one picture; see Stylizer.stylize."""
    return _stylize(host, content, styles, look, mask)


def _stylize(
    host: Host, content: Image.Image, styles: Styles, look: Look, mask: Image.Image | None = None
) -> Picture:
    began = perf_counter()
    stylizer = host.stylizer(look.mode, look.arch)
    stylized = stylizer.stylize(
        content,
        styles if len(styles) > 1 else styles[0][0],
        strength=look.strength,
        max_side=look.max_side,
        keep_colors=look.keep_colors,
        style_scale=look.style_scale,
        mask=mask,
    )
    return Picture(fit_within(content, look.max_side), stylized, perf_counter() - began)


def save_result(picture: Picture, look: Look, names: str) -> Path:
    """Write the lossless PNG with its settings inside."""
    return save_image(picture.stylized, result_path("stylized.png"), settings=look.settings(names))


class Compared(NamedTuple):
    """One result of a comparison."""

    label: str
    picture: Picture
    figures: dict[str, float]  # style, gram, content, ssim: see ccpl.evaluation.metrics.Figures


@gpu(duration=_picture_seconds)
def compare_looks(
    host: Host, content: Image.Image, looks: list[tuple[str, Image.Image, Look]]
) -> list[Compared]:
    """Stylize one picture several times and measure each result.

    Args:
        looks: a label, a style and a look for each result.
    """
    results = []
    for label, style, look in looks:
        picture = _stylize(host, content, [(style, 1.0)], look)
        figures = compare_figures(picture.content, style, picture.stylized)
        results.append(Compared(label, picture, figures))
    return results


@dataclass(frozen=True)
class Clip:
    """A clip and how it is to be stylized."""

    path: str
    style: Image.Image
    look: Look
    config: VideoConfig
    strength_end: float


def _clip_seconds(host: Host, clip: Clip) -> int:
    length = clip.config.end - (clip.config.start or 0) if clip.config.end else 30
    return int(min(120, 20 + 2 * max(length, 0)))


@gpu(duration=_clip_seconds)
def stylize_clip(host: Host, clip: Clip) -> Iterator[VideoProgress]:
    """Stylize a clip into a new mp4; closing the generator leaves no file behind."""
    check_strength(clip.look.strength)
    check_strength(clip.strength_end)
    target = result_path("stylized.mp4")
    complete = False
    try:
        for report in stylize_video(
            clip.path,
            target,
            _frame_stylizer(host, clip),
            config=clip.config,
            limits=host.limits,
            strength=(clip.look.strength, clip.strength_end),
        ):
            complete = report.result is not None
            yield report
    finally:
        if not complete:
            shutil.rmtree(target.parent, ignore_errors=True)


@gpu(duration=_picture_seconds)
def preview_clip(host: Host, clip: Clip) -> Picture:
    """Stylize the first frame of the part that is taken."""
    began = perf_counter()
    check_strength(clip.look.strength)
    preview = preview_frame(
        clip.path,
        _frame_stylizer(host, clip),
        config=clip.config,
        limits=host.limits,
        strength=(clip.look.strength, clip.strength_end),
    )
    before, after = (Image.fromarray(frame) for frame in preview)
    return Picture(before, after, perf_counter() - began)


def _frame_stylizer(host: Host, clip: Clip):
    return host.stylizer(clip.look.mode, clip.look.arch).frame_stylizer(
        clip.style,
        keep_colors=clip.look.keep_colors,
        style_scale=clip.look.style_scale,
        smooth=clip.config.stabilize != "off",
    )
