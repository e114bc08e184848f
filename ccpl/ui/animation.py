"""GIF, WebP, APNG and AVIF as clips: no browser plays them as such, so a clip of it is shown."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from ccpl.config import Limits
from ccpl.errors import InputError
from ccpl.files.sources import is_clip
from ccpl.ui.parts import QUIET, notice, result_path, sentence
from ccpl.video import stylize_video

SUFFIXES = [".gif", ".webp", ".apng", ".png", ".avif"]
ORIGINAL = "original"  # folder beside a shown clip that holds what was uploaded
DROP_FILE = Path(__file__).with_name("animation.html")  # lets them be dropped on the clip


def animation_input(clip: gr.Video, limits: Limits) -> None:
    """Lay out a button that takes an animation, shown in `clip` afterwards; see `original_of`."""
    button = gr.UploadButton(
        "Upload a GIF, WebP, APNG or AVIF",
        file_types=SUFFIXES,
        size="sm",
        elem_id="video-animation",
    )
    status = gr.HTML(padding=False, elem_id="video-animation-status")

    def show(path: str) -> Iterator[tuple[Any, str]]:
        yield gr.skip(), notice("Reading the animation …")
        try:
            yield _shown(Path(path), limits), ""
        except InputError as error:
            yield gr.skip(), notice(sentence(str(error)), "error")

    button.upload(show, button, [clip, status], concurrency_id="video", **QUIET)


def original_of(clip: str) -> str:
    """What was uploaded: the clip itself, or the animation that it shows."""
    folder = Path(clip).parent / ORIGINAL
    return str(next(folder.iterdir())) if folder.is_dir() else clip


def _shown(source: Path, limits: Limits) -> str:
    """A clip of an animation, with that kept beside it."""
    if not is_clip(source):
        raise InputError("this picture does not move: give it to the Image tab")
    target = result_path("animation.mp4")
    try:
        for _ in stylize_video(source, target, lambda frames, *_: frames, limits=limits):
            pass
    except InputError:
        shutil.rmtree(target.parent)
        raise
    folder = target.with_name(ORIGINAL)
    folder.mkdir()
    shutil.copyfile(source, folder / source.name)
    return str(target)
