"""The Image tab: a content, a style, and everything that can be set about them."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import gradio as gr

from ccpl.config import MODES
from ccpl.painting.requests import Host
from ccpl.ui.builtin import Library, fill_from, split_thumbnail, thumbnails
from ccpl.ui.controls import LookControls, available_archs
from ccpl.ui.history import KEPT, Entry, history_gallery, show_again
from ccpl.ui.jobs import save_result, stylize_picture
from ccpl.ui.parts import (
    PRIVATE,
    QUIET,
    explained,
    limits_text,
    picture_input,
    read_picture,
    reveal,
    status_line,
)
from ccpl.ui.region import painted_mask, region_editor
from ccpl.ui.slider import BeforeAfter, before_after, summary

EMPTY = (
    "<b>Your picture will appear here</b>Choose a picture and a style, then press Stylize. "
    "In a hurry? Click one of the examples, or press Surprise me."
)


class Controls(NamedTuple):
    """What a visitor sets."""

    content: gr.Image
    style: gr.Image
    second: gr.Image
    region: gr.ImageEditor
    look: LookControls
    styles: gr.Gallery
    run: gr.Button
    surprise: gr.Button
    status: gr.HTML

    @property
    def inputs(self) -> list[gr.Component]:
        """The components whose values the handler gets: files, then the look."""
        return [self.content, self.style, self.second, self.region, *self.look.components]


@dataclass(frozen=True)
class Results:
    """Where results go; errors go into the status, the last output."""

    view: BeforeAfter
    download: gr.DownloadButton
    examples: gr.Gallery
    gallery: gr.Gallery
    history: gr.State
    status: gr.HTML

    @property
    def outputs(self) -> list[gr.Component]:
        """What the handler returns values for."""
        return [*self.view.outputs, self.download, self.gallery, self.history, self.status]


def image_tab(host: Host, library: Library) -> Controls:
    """Lay out the tab and wire it; returns its controls for other tabs to fill."""
    with gr.Row(elem_classes="workbench"):
        with gr.Column(scale=5, min_width=310, elem_classes="controls"):
            controls = _controls(host, library)
        with gr.Column(scale=7, min_width=310, elem_classes="stage"):
            results = _results(host, library, controls.status)
    _wire(controls, _handler(host, library, controls, results), results, library)
    return controls


def _examples(library: Library) -> gr.Gallery:
    pairs = library.pairs()
    return gr.Gallery(
        [(split_thumbnail(c, s), f"{c.name} × {s.name}") for c, s, _ in pairs],
        label="Examples: one click shows a result",
        columns=len(pairs) or 1,
        height="auto",
        object_fit="cover",
        allow_preview=False,
        interactive=False,
        buttons=[],
        elem_id="image-examples",
        elem_classes="picker wide",
        visible=bool(pairs),
    )


def _controls(host: Host, library: Library) -> Controls:
    content = picture_input(
        label="Picture",
        sources=["upload", "clipboard", "webcam"],
        height=230,
        elem_id="image-content",
        alt_text="The picture to stylize",
        placeholder="Drop a picture here\n- or -\nclick to choose one",
    )
    style = picture_input(
        label="Style",
        sources=["upload", "clipboard"],
        height=170,
        elem_id="image-style",
        alt_text="The style picture",
        placeholder="Drop a style picture here\n- or -\npick one below",
    )
    styles = thumbnails(library.styles, "Built-in styles", "image-styles")
    look = LookControls(host.limits)
    for name in ("mode", "arch", "strength"):
        look.place(name)
    with gr.Column(elem_classes="dock"):
        status = status_line(elem_id="image-status")
        with gr.Row(elem_classes="actions"):
            surprise = gr.Button("Surprise me", elem_id="image-surprise", min_width=120)
            run = gr.Button("Stylize", variant="primary", elem_id="image-run", min_width=120)
    with gr.Accordion("More options", open=False):
        look.place_rest()
    with gr.Accordion("Blend with a second style", open=False):
        second = _second_style(library)
        look.place_rest("second style")
    region = region_editor(content, look)
    return Controls(content, style, second, region, look, styles, run, surprise, status)


def _second_style(library: Library) -> gr.Image:
    second = picture_input(
        label="Second style",
        sources=["upload", "clipboard"],
        height=170,
        alt_text="The second style picture",
        placeholder="Drop a second style here\n- or -\nchoose one below",
        elem_id="image-second",
    )
    choices = [(style.name, style.slug) for style in library.styles]
    names = gr.Dropdown(choices, value=None, label="Built-in style", visible=bool(choices))
    names.input(lambda slug: str(library.style(slug).path), names, second, **QUIET)
    return second


def _results(host: Host, library: Library, status: gr.HTML) -> Results:
    view = before_after("image-result", "Before and after", EMPTY)
    download = gr.DownloadButton(
        "Download PNG, lossless and full size", interactive=False, elem_id="image-download"
    )
    examples = _examples(library)
    gallery = history_gallery()
    history = gr.State([], time_to_live=3600)
    gr.HTML(f'<p class="hint">{limits_text(host.limits)}</p>', padding=False)
    return Results(view, download, examples, gallery, history, status)


def _handler(host: Host, library: Library, controls: Controls, results: Results) -> Callable:
    @explained(len(results.outputs))
    def stylize(
        content: str | None,
        style: str | None,
        second: str | None,
        drawing: dict[str, Any] | None,
        *values: Any,
    ) -> list[Any]:
        *asked, history = values
        look = controls.look.look(asked)
        picture = read_picture(content, "content", host.limits)
        inputs = library.read_inputs(host.limits, style, second, painted_mask(drawing))
        painted = stylize_picture(host, picture, inputs, look)
        path = str(save_result(painted, inputs, look))
        caption = f"{' + '.join(inputs.names)}, {look.mode}"
        history = [Entry(path, content, caption), *history][:KEPT]
        return [
            *results.view.show(painted.content, painted.stylized),
            gr.DownloadButton(value=path, interactive=True),
            gr.Gallery([(entry.result, entry.caption) for entry in history], visible=True),
            history,
            summary(painted, look.mode),
        ]

    return stylize


def _surprise(library: Library) -> Callable:
    def surprise(content: str | None, arch: str) -> tuple[Any, str, str]:
        if not content and library.contents:
            content = str(random.choice(library.contents).path)
        style = str(random.choice(library.styles).path) if library.styles else gr.skip()
        modes = [mode for mode, archs in available_archs().items() if arch in archs]
        return content or gr.skip(), style, random.choice(modes or MODES)

    return surprise


def _pick_example(library: Library) -> Callable:
    def example(event: gr.SelectData) -> tuple[str, str, str]:
        content, style, mode = library.pairs()[event.index]
        return str(content.path), str(style.path), mode

    return example


def _wire(controls: Controls, stylize: Callable, results: Results, library: Library) -> None:
    """Connect everything; live controls do nothing until both pictures are there."""

    def if_ready(content: str | None, style: str | None, *rest: Any) -> Any:
        return stylize(content, style, *rest) if content and style else gr.skip()

    run: dict[str, Any] = {
        "inputs": [*controls.inputs, results.history],
        "outputs": results.outputs,
        "concurrency_id": "pictures",
        "show_progress_on": [results.view.empty, results.view.slider],
        **PRIVATE,
    }
    mode, engine = (controls.look.by_name[name] for name in ("mode", "arch"))
    chosen = [controls.content, controls.style, mode]
    asked = [
        controls.run.click(stylize, **run),
        controls.surprise.click(
            _surprise(library), [controls.content, engine], chosen, **QUIET
        ).then(stylize, **run),
        results.examples.select(_pick_example(library), None, chosen, **QUIET).then(stylize, **run),
        results.gallery.select(
            show_again(results.view), results.history,
            [*results.view.outputs, results.download, results.status], **QUIET,
        ),
    ]  # fmt: skip
    for event in asked:
        reveal(event, "image-result-view", "image-status")
    fill_from(controls.styles, library.styles, controls.style).then(if_ready, **run)
    gr.on(controls.look.changes(), if_ready, trigger_mode="always_last", **run)
