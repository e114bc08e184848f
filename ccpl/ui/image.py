"""The Image tab: a content, a style, and everything that can be set about them.

Whatever changes, the page asks for a new result (js/requests.js); the newest request counts.
"""

import functools
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any, NamedTuple

import gradio as gr
from PIL import Image

from ccpl.errors import InputError
from ccpl.image import fit_within
from ccpl.look import Look
from ccpl.painting.requests import Host, Inputs, Painted
from ccpl.painting.tiles import Step
from ccpl.ui.builtin import Library, fill_from, inline, picker, thumbnails
from ccpl.ui.controls import LookControls
from ccpl.ui.history import KEPT, Asked, Entry, history_picker, listed, remembered, small_picture
from ccpl.ui.jobs import paint_picture, paint_small, save_result
from ccpl.ui.parts import (
    PRIVATE,
    QUIET,
    limits_text,
    notice,
    picture_input,
    progress_bar,
    read_picture,
    sentence,
    status_line,
)
from ccpl.ui.region import painted_mask, region_editor
from ccpl.ui.several import Several
from ccpl.ui.turns import Newest, Precedence
from ccpl.ui.view import BeforeAfter, before_after, pictures, summary

EMPTY = "<b>Your picture will appear here</b>Choose a picture and a style."
PREVIEW_SIDE = 160  # pixels: shorter side of the content in the styles
BATCH = 6  # styles that are previewed at once


class Controls(NamedTuple):
    """What a visitor sets."""

    content: gr.Image
    style: gr.Image
    second: gr.Image
    region: gr.ImageEditor
    look: LookControls
    styles: gr.HTML
    contents: gr.HTML
    second_name: gr.Dropdown
    copy: gr.Button
    several: Several

    @property
    def inputs(self) -> list[gr.Component]:
        """The components whose values the handler gets: files, then the look."""
        return [self.content, self.style, self.second, self.region, *self.look.components]

    @property
    def visible(self) -> list[gr.Component]:
        """Those among them a visitor changes."""
        return [self.content, self.style, self.second, self.region, *self.look.visible]


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
    examples: gr.HTML
    gallery: gr.HTML
    history: gr.State
    status: gr.HTML

    @property
    def outputs(self) -> list[gr.Component]:
        """What the handler returns values for."""
        return [*self.view.outputs, self.download, self.gallery, self.history, self.status]


def image_tab(page: gr.Blocks, host: Host, library: Library) -> Controls:
    """Lay out the tab and wire it; returns its controls for other tabs to fill."""
    with gr.Row(elem_classes="workbench", elem_id="image-tab"):
        with gr.Column(scale=5, min_width=310, elem_classes="controls"):
            controls = _controls(host, library)
        with gr.Column(scale=7, min_width=310, elem_classes="stage"):
            view, *dock = _stage()
    examples = picker(
        "pairs",
        "Examples: one click shows a result",
        "image-examples",
        any_there=bool(library.pairs()),
    )
    gallery = history_picker()
    history = gr.State([], time_to_live=3600)
    gr.HTML(f'<p class="hint">{limits_text(host.limits)}</p>', padding=False)
    *buttons, status = dock
    results = Results(view, *buttons, examples, gallery, history, status)
    _wire(page, host, library, controls, results)
    page.load(_first_view(host, library), None, view.outputs, **QUIET)
    return controls


def _controls(host: Host, library: Library) -> Controls:
    with gr.Row(elem_classes="pair"):
        content = picture_input(
            label="Content picture",
            sources=["upload", "clipboard", "webcam"],
            height=190,
            min_width=140,
            elem_id="image-content",
            alt_text="The content picture",
            placeholder="Drop a picture here\n- or -\nclick to choose one",
        )
        style = picture_input(
            label="Style picture",
            sources=["upload", "clipboard"],
            height=190,
            min_width=140,
            elem_id="image-style",
            alt_text="The style picture",
            placeholder="Drop a style here\n- or -\npick one below",
        )
    contents = thumbnails(library.contents, "Built-in pictures", "image-contents")
    styles = thumbnails(library.styles, "Styles: your picture in all of them", "image-styles")
    look = LookControls(host.limits, "image")
    for name in ("mode", "arch", "strength"):
        look.place(name)
    with gr.Accordion("More options", open=False):
        look.place_rest()
    with gr.Accordion("Blend with a second style", open=False):
        second, second_name = _second_style(library)
        look.place_rest("second style")
    region = region_editor(content, look)
    several = Several()
    copy = gr.Button("Copy a link to this look", size="sm", elem_id="image-copy")
    return Controls(
        content, style, second, region, look, styles, contents, second_name, copy, several
    )


def _second_style(library: Library) -> tuple[gr.Image, gr.Dropdown]:
    second = picture_input(
        label="Second style picture",
        sources=["upload", "clipboard"],
        height=170,
        alt_text="The second style picture",
        placeholder="Drop a second style here\n- or -\nchoose one below",
        elem_id="image-second",
    )
    choices = [(style.name, style.slug) for style in library.styles]
    name = gr.Dropdown(
        choices, value=None, label="Built-in style", visible=bool(choices), elem_id="second-name"
    )
    return second, name


def _stage() -> list[Any]:
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
            run = gr.Button("Stylize", variant="primary", elem_id="image-run", min_width=90)
    ask = gr.Button(visible="hidden", elem_id="image-ask")
    number = gr.Number(visible=False)
    return [view, run, surprise, cancel, ask, number, download, status]


def _read(
    host: Host, library: Library, controls: Controls, asked: list[Any]
) -> tuple[Image.Image, Inputs, Asked]:
    """The pictures and the look that the values of `Controls.inputs` ask for.

    Raises:
        InputError: something is missing, cannot be used or is out of its range.
    """
    content, style, second, drawing, *values = asked
    look = controls.look.look(values)
    picture = read_picture(content, "content", host.limits)
    mask = painted_mask(drawing)
    inputs = library.read_inputs(host.limits, style, second, mask)
    digest = hashlib.sha256(mask.tobytes()).hexdigest() if mask else None
    return picture, inputs, Asked(content, style, second, digest, look)


def _handler(
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
            content, inputs, asked = _read(host, library, controls, values)
            entry = remembered(history, asked)
            if entry:
                yield _shown(entry, history, number)
                return
            with precedence.first():
                began = perf_counter()
                for step in paint_picture(host, content, inputs, asked.look):
                    if not newest.wants(request.session_hash, number):
                        return
                    if isinstance(step, Step):
                        yield [*skipped, _progress(step, perf_counter() - began)]
            entry = _entry(step, inputs, asked, values[4:])
            yield _shown(entry, [entry, *history][:KEPT], number)
        except InputError as error:
            yield [*skipped, notice(sentence(str(error)), "error")]

    return stylize


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
        entry.status.replace('data-asked="0"', f'data-asked="{number}"'),
    ]


def _previews(
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


def _first_view(host: Host, library: Library) -> Callable:
    """A handler for the first view: the first example, finished; made once."""

    @functools.cache
    def example() -> dict[str, Any] | None:
        pairs = library.pairs()
        if not pairs:
            return None
        content, style, mode = pairs[0]
        look = replace(Look(mode=mode), max_side=900)
        picture = read_picture(str(content.path), "content", host.limits)
        inputs = library.read_inputs(host.limits, str(style.path))
        *_, painted = paint_picture(host, picture, inputs, look)
        caption = f"An example: {content.name} in the style of {style.name}, {mode} mode."
        return pictures(painted.content, painted.stylized, caption=caption, fixed=True)

    return example


def _show_again(controls: Controls, newest: Newest) -> Callable:
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


def _keep_settings(page: gr.Blocks, controls: Controls, results: Results) -> None:
    """The look stays in the page's address; an address that holds one opens it."""
    look = controls.look
    names = json.dumps([name for name, part in look.by_name.items() if part in look.visible])
    kept = [controls.content, controls.style, controls.second, *look.visible]
    gr.on(
        [item.change for item in kept], None, kept, None,
        js=f"(...values) => {{ ccpl.settings.keep({names}, ...values) }}", **QUIET,
    )  # fmt: skip
    page.load(
        None, None, [*kept, results.status], js=f"() => ccpl.settings.restore({names})", **QUIET
    )
    controls.copy.click(
        None, controls.style, results.status, js="style => ccpl.settings.copy(style)", **QUIET
    )


def _wire_several(host: Host, library: Library, controls: Controls) -> None:
    def asked(style: str | None, second: str | None, *values: Any) -> tuple[Inputs, Look]:
        return library.read_inputs(host.limits, style, second), controls.look.look(values)

    inputs = [controls.style, controls.second, *controls.look.components]
    controls.several.wire(host, asked, inputs)


def _wire(
    page: gr.Blocks, host: Host, library: Library, controls: Controls, results: Results
) -> None:
    """Connect everything."""
    newest, previews, precedence = Newest(), Newest(), Precedence()
    number, look = results.number, controls.look
    mode, arch = look.by_name["mode"], look.by_name["arch"]

    _keep_settings(page, controls, results)
    _wire_several(host, library, controls)
    gr.on(
        [item.change for item in controls.visible],
        None,
        [controls.content, controls.style],
        results.status,
        js="(content, style) => ccpl.requests.changed(content && style, '#image-ask')",
        **PRIVATE,
    )

    def claim(request: gr.Request, number: float) -> None:
        newest.claim(request.session_hash, number)  # at once: nobody waits for what is not wanted

    def cancel(request: gr.Request, number: float) -> str:
        newest.claim(request.session_hash, number)
        return notice("Cancelled.", "warning")

    at_once: dict[str, Any] = {"queue": False, "trigger_mode": "multiple", **QUIET}
    results.run.click(claim, number, None, js="() => ccpl.requests.next()", **at_once)
    results.ask.click(claim, number, None, js="() => ccpl.requests.newest()", **at_once)
    results.cancel.click(cancel, number, results.status, js="() => ccpl.requests.next()", **at_once)
    gr.on(
        [results.run.click, results.ask.click],
        _handler(host, library, controls, results, newest, precedence),
        [number, *controls.inputs, results.history],
        results.outputs,
        js="(number, ...rest) => [ccpl.requests.newest(), ...rest]",
        trigger_mode="multiple",
        concurrency_id="pictures",
        **QUIET,
    )
    gr.on(
        [item.change for item in (controls.content, mode, arch) if item in controls.visible],
        _previews(host, library, controls, previews, precedence),
        [number, controls.content, mode, arch],
        controls.styles,
        js="(number, ...rest) => [performance.now(), ...rest]",
        trigger_mode="multiple",
        concurrency_id="previews",
        concurrency_limit=2,
        **QUIET,
    )

    fill_from(controls.styles, library.styles, controls.style)
    fill_from(controls.contents, library.contents, controls.content)
    controls.second_name.input(
        None, controls.second_name, controls.second, js="slug => ccpl.file('styles', slug)", **QUIET
    )
    chosen = [controls.content, controls.style, mode]
    results.surprise.click(
        None,
        [controls.content, controls.style, arch],
        chosen,
        js="(...values) => ccpl.surprise(...values)",
        **QUIET,
    )
    results.examples.select(
        None, results.examples, chosen, js="value => ccpl.pair(value.chosen)", **QUIET
    )
    files = [controls.content, controls.style, controls.second]
    results.gallery.select(
        _show_again(controls, newest),
        [number, results.gallery, results.history],
        [*results.outputs, *files, *look.components],
        js="(number, ...rest) => [ccpl.requests.next(), ...rest]",
        queue=False,
        **QUIET,
    )
