"""Requests as Gradio runs them.

Results lie among the files that are deleted after an hour. On a Space with ZeroGPU the functions
marked `gpu` borrow a GPU for an estimated number of seconds.
"""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from PIL import Image

from ccpl.config import VideoConfig
from ccpl.evaluation.compare import Compared, Contender, compare
from ccpl.look import Look
from ccpl.painting import requests
from ccpl.painting.requests import Host, Inputs, Painted, made_with, plain_name, save_picture
from ccpl.painting.tiles import Step
from ccpl.ui.gpu import gpu
from ccpl.ui.parts import result_path
from ccpl.video import VideoProgress, stylize_video, suffix_for


def _picture_seconds(*_: object) -> int:
    return 20


def _clip_seconds(host: Host, source: str, inputs: Inputs, look: Look, config: VideoConfig) -> int:
    length = config.end - (config.start or 0) if config.end else 30
    return int(min(120, 20 + 2 * max(length, 0)))


stylize_picture = gpu(duration=_picture_seconds)(requests.stylize_picture)
preview_clip = gpu(duration=_picture_seconds)(requests.preview_clip)


@gpu(duration=_picture_seconds)
def paint_picture(
    host: Host, content: Image.Image, inputs: Inputs, look: Look
) -> Iterator[Step | Painted]:
    """Stylize a picture: steps, if it is large, then the result; it may be left in between."""
    yield (yield from requests.picture_steps(host, content, inputs, look))


@gpu(duration=_picture_seconds)
def paint_small(
    host: Host, content: Image.Image, styles: Sequence[Image.Image], look: Look
) -> list[Image.Image]:
    """A small picture in several styles."""
    return requests.paint_small(host, content, styles, look)


def save_result(painted: Painted, content: str, inputs: Inputs, look: Look) -> Path:
    """Write the lossless PNG with its settings inside.

    Args:
        content: path of the content; the result is named after it.
    """
    target = result_path(result_name(content, inputs, look, ".png"))
    return save_picture(painted, target, inputs, look)


def result_name(content: str, inputs: Inputs, look: Look, suffix: str) -> str:
    """content-style-mode and whatever else is not the default, as a file name."""
    return f"{plain_name(Path(content).stem)}-{made_with(inputs, look)}{suffix}"


@gpu(duration=_picture_seconds)
def compare_looks(
    host: Host, content: Image.Image, asked: Sequence[Contender]
) -> Iterator[Compared]:
    """Stylize one picture several times and measure each result; it may be left in between."""
    yield from compare(host, content, asked)


@gpu(duration=_clip_seconds)
def stylize_clip(
    host: Host, source: str, inputs: Inputs, look: Look, config: VideoConfig
) -> Iterator[VideoProgress]:
    """Stylize a clip into a new file; closing the generator leaves no file behind."""
    target = result_path(result_name(source, inputs, look, suffix_for(config.codec)))
    complete = False
    try:
        for report in requests.stylize_clip(host, source, target, inputs, look, config):
            complete = report.result is not None
            yield report
    finally:
        if not complete:
            shutil.rmtree(target.parent, ignore_errors=True)


def make_gif(
    host: Host, source: str, inputs: Inputs, look: Look, config: VideoConfig
) -> Iterator[VideoProgress]:
    """`stylize_clip`, and a GIF of the result beside it."""
    for report in stylize_clip(host, source, inputs, look, config):
        if report.result:
            target = report.result.path.with_suffix(".gif")
            same = stylize_video(report.result.path, target, lambda frames, *_: frames)
            *_, last = same
            notes = tuple(f"GIF: {text}" for text in last.result.warnings)
            result = replace(report.result, warnings=report.result.warnings + notes)
            report = replace(report, result=result)
        yield report
