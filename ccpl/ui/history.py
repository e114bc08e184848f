"""The results of a session: pictures to come back to, with what they were made of."""

from typing import Any, NamedTuple

import gradio as gr
from PIL import Image

from ccpl.look import Look
from ccpl.ui.builtin import cover, inline

KEPT = 12  # results
SMALL = (176, 132)  # pixels


class Asked(NamedTuple):
    """What a result was made of."""

    content: str  # paths
    style: str
    second: str | None
    mask: str | None  # digest of what was painted
    look: Look


class Entry(NamedTuple):
    """One result of the session."""

    asked: Asked
    values: list[Any]  # of the look's controls
    view: dict[str, Any]
    result: str  # path
    caption: str
    status: str
    small: str  # picture


def history_picker() -> gr.HTML:
    """Lay out the pictures; they appear with the first result."""
    return gr.HTML(
        {"entries": []},
        html_template='<p class="picker-label">This session: click to see a result again</p>'
        '<div class="picker history" role="group" aria-label="Results of this session"></div>',
        js_on_load="ccpl.history(element, props, trigger, watch)",
        apply_default_css=False,
        elem_id="image-history",
        visible=False,
    )


def remembered(history: list[Entry], asked: Asked) -> Entry | None:
    """The result that was made of just that, if it is still there."""
    return next((entry for entry in history if entry.asked == asked), None)


def small_picture(result: Image.Image) -> str:
    """A result in the history."""
    return inline(cover(result, SMALL))


def listed(history: list[Entry]) -> gr.HTML:
    """The pictures of the session."""
    entries = [{"small": entry.small, "caption": entry.caption} for entry in history]
    return gr.HTML({"entries": entries, "chosen": None}, visible=bool(entries))
