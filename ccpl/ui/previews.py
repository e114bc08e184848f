"""Before anything is asked for: an example, and the content in every style, small."""

import contextlib
import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import gradio as gr
from PIL import Image

from ccpl.errors import InputError
from ccpl.image import fit_within
from ccpl.look import Look
from ccpl.painting.requests import Host
from ccpl.ui.builtin import BuiltIn, Library, inline
from ccpl.ui.jobs import paint_picture, paint_small
from ccpl.ui.parts import (
    read_picture,
)
from ccpl.ui.turns import Newest, Precedence
from ccpl.ui.view import pictures

PREVIEW_SIDE = 160  # pixels: shorter side of the content in the styles
BATCH = 6  # styles that are previewed at once


def previewing(
    host: Host, styles: Sequence[BuiltIn], newest: Newest, precedence: Precedence
) -> Callable:
    """A handler that shows the content in styles and in a visitor's own ones, some at a time."""

    def preview(
        request: gr.Request,
        number: float,
        content: str | None,
        mode: str,
        arch: str,
        own: Sequence[str],
    ) -> Iterator[dict[str, Any]]:
        visitor = request.session_hash
        if not newest.claim(visitor, number):
            return
        if not content:
            yield {}
            return
        paths = [(style.slug, str(style.path)) for style in styles] + [(p, p) for p in own]
        try:
            picture = _preview_size(read_picture(content, "content", host.limits))
            made: dict[str, str] = {}
            for begin in range(0, len(paths), BATCH):
                precedence.wait()
                if not newest.wants(visitor, number):
                    return
                batch = dict(_readable(host, paths[begin : begin + BATCH]))
                if batch:
                    look = Look(mode=mode, arch=arch)
                    small = paint_small(host, picture, list(batch.values()), look)
                    made |= {slug: inline(p) for slug, p in zip(batch, small, strict=True)}
                yield {"previews": made, "round": number}
        except InputError:
            yield {}  # asking for the result will say what is wrong

    return preview


def _readable(host: Host, paths: Sequence[tuple[str, str]]) -> Iterator[tuple[str, Image.Image]]:
    """Slugs and pictures, but for what is gone or no picture: choosing it will say so."""
    for slug, path in paths:
        with contextlib.suppress(InputError):
            yield slug, read_picture(path, "style", host.limits)


def _preview_size(picture: Image.Image) -> Image.Image:
    scale = min(PREVIEW_SIDE / min(picture.size), 1)
    return fit_within(picture.convert("RGB"), round(max(picture.size) * scale))


def first_view(host: Host, library: Library) -> Callable:
    """A handler for the first view: the first example, finished; made once."""

    @functools.cache
    def example() -> dict[str, Any] | None:
        pairs = library.pairs()
        if not pairs:
            return None
        content, style, mode = pairs[0]
        look = replace(Look(mode=mode), max_side=900)
        picture = read_picture(str(content.path), "content", host.limits)
        inputs = library.read_inputs(host.limits, look, str(style.path))
        *_, painted = paint_picture(host, picture, inputs, look)
        caption = f"An example: {content.name} in the style of {style.name}, {mode} mode."
        return pictures(painted.content, painted.stylized, caption=caption, fixed=True)

    return example
