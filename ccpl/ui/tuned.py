"""Tuned styles on the page: a gallery to choose from, on the server's side and in the browser's.

On a hosted page a visitor sees no tuned styles but their own, under names that nobody can guess.
"""

from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import quote

import gradio as gr

from ccpl.errors import InputError
from ccpl.files.tuned import SUFFIX, own_names, read_facts, read_thumbnail
from ccpl.look import AUTO
from ccpl.painting.requests import Host
from ccpl.ui.builtin import THUMBNAIL, cover, inline
from ccpl.ui.controls import LookControls, tuned_choices
from ccpl.ui.parts import QUIET


class Gallery(NamedTuple):
    """The tuned styles of a tab."""

    pictures: gr.Gallery
    choice: gr.Dropdown
    here: gr.HTML | None  # what paints in the browser on that tab

    @property
    def outputs(self) -> list[gr.Component]:
        """What `shown` gives the values of."""
        return [self.pictures, self.choice, *([self.here] if self.here else [])]


def is_hosted(host: Host) -> bool:
    """Whether strangers share the page."""
    return host.limits.seconds is not None


def tuned_gallery(
    page: gr.Blocks,
    host: Host,
    look: LookControls,
    own: gr.State,
    *others: Any,
    here: gr.HTML | None = None,
) -> Gallery:
    """Pictures of the tuned styles; picking one chooses it.

    Args:
        own: names of the visitor's, where a page is hosted.
        others: events that choose another style, so that none of these holds any longer.
        here: what paints in the browser on that tab, see `painted_here`; it offers them, too.
    """
    pictures = gr.Gallery(
        label="Tuned styles", columns=4, height=190, allow_preview=False, visible=False,
        elem_id=f"{look.tab or 'webcam'}-tuned-styles", buttons=[],
    )  # fmt: skip
    choice = look.by_name["tuned"]

    def pick(event: gr.SelectData) -> str:
        return event.value["caption"]

    pictures.select(pick, None, choice, queue=False, **QUIET)
    for event in others:
        event(None, None, choice, js=f"() => '{AUTO}'", **QUIET)
    gallery = Gallery(pictures, choice, here)
    gr.on(
        [page.load, own.change], showing(host, gallery), own, gallery.outputs, queue=False, **QUIET
    )
    return gallery


def showing(host: Host, gallery: Gallery) -> Callable:
    """A handler that brings a gallery up to date."""
    return lambda own: shown(host, own)[: len(gallery.outputs)]


def shown(host: Host, own: list[str]) -> list[Any]:
    """What a gallery, its choice, and what paints in the browser show now."""
    names = [name for name in own_names(host.tuned) if not is_hosted(host) or name in own]
    items, here = [], []
    for name in names:
        path = host.tuned / f"{name}{SUFFIX}"
        try:
            picture, mode = cover(read_thumbnail(path), THUMBNAIL), read_facts(path).mode
        except InputError:  # a file of something else; choosing it by name will say so
            continue
        items.append((picture, name))
        graph = f"tuned/{quote(name)}.onnx?{path.stat().st_mtime_ns}"  # made anew, it is another
        here.append({"name": name, "mode": mode, "thumbnail": inline(picture), "graph": graph})
    choices = tuned_choices([name for _, name in items])
    return [gr.Gallery(items, visible=bool(items)), gr.Dropdown(choices), {"tuned": here}]
