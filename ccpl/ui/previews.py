"""Before anything is asked for: an example, and the content in every style, small."""

import functools
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import gradio as gr
from PIL import Image

from ccpl.errors import InputError
from ccpl.image import fit_within
from ccpl.look import Look
from ccpl.painting.requests import Host
from ccpl.ui.builtin import Library, inline
from ccpl.ui.image_controls import Controls
from ccpl.ui.jobs import paint_picture, paint_small
from ccpl.ui.parts import (
    read_picture,
)
from ccpl.ui.turns import Newest, Precedence
from ccpl.ui.view import pictures

PREVIEW_SIDE = 160  # pixels: shorter side of the content in the styles
BATCH = 6  # styles that are previewed at once


def previewing(
    host: Host, library: Library, controls: Controls, newest: Newest, precedence: Precedence
) -> Callable:
    """A handler that shows the content in every style, some at a time."""
    styles = library.styles

    def preview(
        request: gr.Request, number: float, content: str | None, mode: str, arch: str
    ) -> Iterator[dict[str, Any]]:
        visitor = request.session_hash
        if not newest.claim(visitor, number):
            return
        if not content:
            yield {}
            return
        try:
            picture = _preview_size(read_picture(content, "content", host.limits))
            made: dict[str, str] = {}
            for begin in range(0, len(styles), BATCH):
                precedence.wait()
                if not newest.wants(visitor, number):
                    return
                batch = styles[begin : begin + BATCH]
                pictures = [read_picture(str(s.path), "style", host.limits) for s in batch]
                small = paint_small(host, picture, pictures, Look(mode=mode, arch=arch))
                made |= {s.slug: inline(p) for s, p in zip(batch, small, strict=True)}
                yield {"previews": made}
        except InputError:
            yield {}  # asking for the result will say what is wrong

    return preview


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
