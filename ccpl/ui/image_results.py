"""Results of the Image tab: how they are asked for, made, shown, and shown again."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

import gradio as gr
from PIL import Image

from ccpl.errors import InputError
from ccpl.painting.requests import Host, Inputs, Painted
from ccpl.painting.tiles import Step
from ccpl.ui.builtin import Library
from ccpl.ui.history import KEPT, Asked, Entry, listed, remembered, small_picture
from ccpl.ui.image_controls import Controls
from ccpl.ui.jobs import paint_picture, save_result
from ccpl.ui.luts import cube_buttons
from ccpl.ui.parts import (
    notice,
    progress_bar,
    read_picture,
    sentence,
    status_line,
)
from ccpl.ui.region import painted_mask
from ccpl.ui.turns import Newest, Precedence
from ccpl.ui.view import BeforeAfter, before_after, pictures, summary

CANCELLED = notice("Cancelled.", "warning")
EMPTY = "<b>Your picture will appear here</b>Choose a picture and a style."


@dataclass(frozen=True)
class Results:
    """Where results go; errors go into the status, the last output."""

    view: BeforeAfter
    run: gr.Button
    surprise: gr.Button
    cancel: gr.Button
    ask: gr.Button  # what the page presses after a change; nobody sees it
    number: gr.Number  # of a request; the page puts it in
    download: gr.DownloadButton
    cube: tuple[gr.Button, gr.DownloadButton]
    examples: gr.HTML
    gallery: gr.HTML
    history: gr.State
    status: gr.HTML

    @property
    def outputs(self) -> list[gr.Component]:
        """What the handler returns values for."""
        return [*self.view.outputs, self.download, self.gallery, self.history, self.status]


def image_stage() -> list[Any]:
    """The view, what is done with it, and the status."""
    view = before_after("image-result", "Before and after", EMPTY)
    with gr.Column(elem_classes="dock"):
        with gr.Row(elem_classes="state"):
            status = status_line(elem_id="image-status")
            cancel = gr.Button("Cancel", size="sm", min_width=80, scale=0, elem_id="image-cancel")
        with gr.Row(elem_classes="actions"):
            surprise = gr.Button("Surprise me", elem_id="image-surprise", min_width=90)
            download = gr.DownloadButton(
                "Download", interactive=False, elem_id="image-download", min_width=90
            )
            cube = cube_buttons()
            run = gr.Button("Stylize", variant="primary", elem_id="image-run", min_width=90)
    ask = gr.Button(visible="hidden", elem_id="image-ask")
    number = gr.Number(visible=False)
    return [view, run, surprise, cancel, ask, number, download, cube, status]


def read_request(
    host: Host, library: Library, controls: Controls, asked: list[Any]
) -> tuple[Image.Image, Inputs, Asked]:
    """The pictures and the look that the values of `Controls.inputs` ask for.

    Raises:
        InputError: something is missing, cannot be used or is out of its range.
    """
    content, style, second, drawing, *values = asked
    look = host.settled(controls.look.look(values))
    picture = read_picture(content, "content", host.limits)
    mask = painted_mask(drawing)
    inputs = library.read_inputs(host.limits, look, style, second, mask)
    digest = hashlib.sha256(mask.tobytes()).hexdigest() if mask else None
    return picture, inputs, Asked(content, style, second, digest, look)


def stylizing(
    host: Host,
    library: Library,
    controls: Controls,
    results: Results,
    newest: Newest,
    precedence: Precedence,
) -> Callable:
    skipped = [gr.skip() for _ in results.outputs[1:]]

    def stylize(request: gr.Request, number: float, *values: Any) -> Iterator[list[Any]]:
        if not newest.claim(request.session_hash, number):
            return
        *values, history = values
        try:
            content, inputs, asked = read_request(host, library, controls, values)
            entry = remembered(history, asked)
            if entry:
                yield _shown(entry, history, number)
                return
            with precedence.first():
                began, so_far, kept = perf_counter(), None, False
                for step in paint_picture(host, content, inputs, asked.look):
                    if not newest.wants(request.session_hash, number):
                        if not newest.stopped(request.session_hash):
                            return
                        if so_far is None:  # said again: what was on its way may have come since
                            yield [*skipped, numbered(CANCELLED, number)]
                            return
                        step, asked, kept = so_far, _stopped(asked, so_far), True
                        break
                    if isinstance(step, Step):
                        so_far = step.so_far
                        status = _progress(step, perf_counter() - began)
                        yield [_growing(so_far), *skipped[1:], numbered(status, number)]
            entry = _entry(step, inputs, asked, values[4:])
            if kept or newest.wants(request.session_hash, number):  # saving it took its time
                yield _shown(entry, [entry, *history][:KEPT], number)
        except InputError as error:
            problem = notice(sentence(str(error)), "error")
            yield [*skipped, numbered(problem, number)]

    return stylize


def _growing(painted: Painted | None) -> Any:
    """What the view shows of a picture that is still being improved."""
    if painted is None:
        return gr.skip()
    return pictures(painted.content, painted.stylized, full=painted.full)


def _stopped(asked: Asked, painted: Painted) -> Asked:
    """What was asked for, in hindsight: only as many seconds as there were."""
    seconds = max(1.0, round(painted.seconds, 1))
    return asked._replace(look=replace(asked.look, seconds=seconds))


def _progress(step: Step, seconds: float) -> str:
    left = seconds / step.done * (step.total - step.done)
    return progress_bar(step.done, step.total, f"{step.done / step.total:.0%}", left)


def _entry(painted: Painted, inputs: Inputs, asked: Asked, values: list[Any]) -> Entry:
    caption = f"{' + '.join(inputs.names)}, {asked.look.mode}"
    return Entry(
        asked,
        values,
        pictures(painted.content, painted.stylized, full=painted.full),
        str(save_result(painted, asked.content, inputs, asked.look)),
        caption,
        summary(painted, caption, asked=0),
        small_picture(painted.stylized),
    )


def _shown(entry: Entry, history: list[Entry], number: float) -> list[Any]:
    """Values of `Results.outputs`."""
    return [
        entry.view,
        gr.DownloadButton(value=entry.result, interactive=True),
        listed(history),
        history,
        numbered(entry.status.replace('data-asked="0"', f'data-asked="{number}"'), number),
    ]


def numbered(status: str, number: float) -> str:
    """A status that tells the page which request it is about; see js/requests.js."""
    return status.replace(" ", f' data-request="{number}" ', 1)


def showing_again(controls: Controls, newest: Newest) -> Callable:
    """A handler for a click on the history: the result, and what it was made of."""

    def show(
        request: gr.Request, number: float, picked: dict[str, Any], history: list[Entry]
    ) -> list[Any]:
        newest.claim(request.session_hash, number)
        entry = history[picked["chosen"]]
        shown = _shown(entry, history, number)
        if entry.asked.mask:  # the region cannot be put back into the editor
            return [*shown, *(gr.skip() for _ in [*controls.inputs, 0][1:])]
        files = [entry.asked.content, entry.asked.style, entry.asked.second]
        return [*shown, *files, *entry.values]

    return show
