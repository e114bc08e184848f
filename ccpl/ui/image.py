"""The Image tab: a content, a style, and everything that can be set about them.

Whatever changes, the page asks for a new result (js/requests.js); the newest request counts.
"""

import json
from typing import Any

import gradio as gr

from ccpl.look import Look
from ccpl.painting.requests import Host, Inputs
from ccpl.ui.builtin import Library, fill_from, picker
from ccpl.ui.history import history_picker
from ccpl.ui.image_controls import Controls, image_controls
from ccpl.ui.image_results import CANCELLED, Results, image_stage, showing_again, stylizing
from ccpl.ui.luts import lut_taken, wire_cube
from ccpl.ui.painted_here import painted_here
from ccpl.ui.parts import (
    PRIVATE,
    QUIET,
    limits_text,
)
from ccpl.ui.previews import first_view, previewing
from ccpl.ui.tune import TuneInputs, tune_panel
from ccpl.ui.tuned import tuned_gallery
from ccpl.ui.turns import Newest, Precedence

SERVER = "#image-tab, #image-examples, #image-history, #image-limits"  # what the server paints for


def image_tab(page: gr.Blocks, host: Host, library: Library, own: gr.State) -> Controls:
    """Lay out the tab and wire it; returns its controls for other tabs to fill.

    Args:
        own: names of the styles that the visitor tuned.
    """
    here = painted_here("image", SERVER, camera=False)
    with gr.Row(elem_classes="workbench", elem_id="image-tab"):
        with gr.Column(scale=5, min_width=310, elem_classes="controls"):
            controls = image_controls(host, library)
            others = (controls.style.upload, controls.styles.select)
            tuned = tuned_gallery(page, host, controls.look, own, *others, here=here)
            made_from = TuneInputs(controls.style, controls.content, controls.look)
            tune_panel(host, library, made_from, own, tuned)
        with gr.Column(scale=7, min_width=310, elem_classes="stage"):
            view, *dock = image_stage()
    examples = picker(
        "pairs",
        "Examples: one click shows a result",
        "image-examples",
        any_there=bool(library.pairs()),
    )
    gallery = history_picker()
    history = gr.State([], time_to_live=3600)
    limits = f'<p class="hint">{limits_text(host.limits)}</p>'
    gr.HTML(limits, padding=False, elem_id="image-limits")
    *buttons, status = dock
    results = Results(view, *buttons, examples, gallery, history, status)
    _wire(page, host, library, controls, results)
    wire_cube(host, results.cube, results.download, history, status)
    page.load(first_view(host, library), None, view.outputs, **QUIET)
    return controls


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
        look = host.settled(controls.look.look(values))
        return library.read_inputs(host.limits, look, style, second), look

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
    controls.lut.upload(lut_taken, controls.lut, [controls.style, mode, results.status], **QUIET)
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
        newest.stop(request.session_hash, number)
        return CANCELLED

    at_once: dict[str, Any] = {"queue": False, "trigger_mode": "multiple", **QUIET}
    results.run.click(claim, number, None, js="() => ccpl.requests.next()", **at_once)
    results.ask.click(claim, number, None, js="() => ccpl.requests.newest()", **at_once)
    results.cancel.click(
        cancel, number, results.status, js="() => ccpl.requests.cancelled()", **at_once
    )
    gr.on(
        [results.run.click, results.ask.click],
        stylizing(host, library, controls, results, newest, precedence),
        [number, *controls.inputs, results.history],
        results.outputs,
        js="(number, ...rest) => [ccpl.requests.newest(), ...rest]",
        trigger_mode="multiple",
        concurrency_id="pictures",
        **QUIET,
    )
    own_files, own_came = controls.own
    shown = [number, controls.content, mode, arch, own_files]
    at_leisure: dict[str, Any] = {
        "trigger_mode": "multiple", "concurrency_id": "previews", "concurrency_limit": 2, **QUIET
    }  # fmt: skip
    gr.on(
        [item.change for item in (controls.content, mode, arch) if item in controls.visible],
        previewing(host, library.styles, previews, precedence),
        shown,
        controls.styles,
        js="(_, ...rest) => [ccpl.own.begin(), ...rest.slice(0, -1), ccpl.own.files()]",
        **at_leisure,
    )
    own_came.click(
        previewing(host, (), previews, precedence),
        shown,
        controls.styles,
        js="(_, ...rest) => [ccpl.own.round(), ...rest.slice(0, -1), ccpl.own.files()]",
        **at_leisure,
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
        showing_again(controls, newest),
        [number, results.gallery, results.history],
        [*results.outputs, *files, *look.components],
        js="(number, ...rest) => [ccpl.requests.next(), ...rest]",
        queue=False,
        **QUIET,
    )
