"""The results of a session: a gallery to come back to."""

from collections.abc import Callable
from typing import Any, NamedTuple

import gradio as gr
from PIL import Image

from ccpl.config import LOCAL
from ccpl.ui.parts import explained, notice, read_picture
from ccpl.ui.slider import BeforeAfter

KEPT = 12  # results


class Entry(NamedTuple):
    """One result of the session."""

    result: str  # paths
    content: str
    caption: str


def history_gallery() -> gr.Gallery:
    """Lay out the gallery; it appears with the first result."""
    return gr.Gallery(
        label="This session: click to see a result again",
        columns=6,
        height="auto",
        object_fit="cover",
        allow_preview=False,
        interactive=False,
        buttons=[],
        elem_id="image-history",
        elem_classes=["picker", "few"],
        visible=False,
    )


def show_again(view: BeforeAfter) -> Callable:
    """A handler for a click on the gallery: values for the view, the download and the status."""

    @explained(len(view.outputs) + 2)
    def show(history: list[Entry], event: gr.SelectData) -> list[Any]:
        entry = history[event.index]
        result, content = (read_picture(path, "saved", LOCAL) for path in entry[:2])
        return [
            *view.show(content.resize(result.size, Image.Resampling.LANCZOS), result),
            gr.DownloadButton(value=entry.result, interactive=True),
            notice(f"{entry.caption}: {result.width} × {result.height} px.", "done"),
        ]

    return show
