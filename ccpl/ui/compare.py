"""The Compare tab: one picture in three modes, two styles, or by every method, with figures."""

from collections.abc import Iterator
from dataclasses import replace
from time import perf_counter
from typing import Any

import gradio as gr
from PIL import Image

from ccpl.config import MODES, TRANSFORM_NAMES
from ccpl.errors import InputError
from ccpl.evaluation.compare import Compared, Contender, contenders
from ccpl.painting.requests import Host
from ccpl.ui.builtin import Library, fill_from, thumbnails
from ccpl.ui.controls import LookControls, available_transforms
from ccpl.ui.jobs import compare_looks, save_result
from ccpl.ui.parts import (
    PRIVATE,
    QUIET,
    content_picture,
    notice,
    picture_input,
    progress_bar,
    read_picture,
    reveal,
    sentence,
    status_line,
    style_picture,
)
from ccpl.ui.view import BeforeAfter, before_after

CARDS = max(len(MODES), len(TRANSFORM_NAMES))
SIDE = 768  # pixels, unless another size is asked for
EMPTY = (
    "<b>Results will appear here</b>Choose a picture and a style, then press Compare. "
    "Use the divider, or its slider with the arrow keys, to look closely."
)
ORIGINAL = "Original"


def compare_tab(host: Host, library: Library) -> None:
    """Lay out the tab and wire it."""
    with gr.Row(elem_classes="workbench", elem_id="compare-tab"):
        with gr.Column(scale=5, min_width=310, elem_classes="controls"):
            files, look, run, cancel, status = _controls(host, library)
        with gr.Column(scale=7, min_width=310, elem_classes="stage"):
            cards = _cards()
            with gr.Row():
                left = gr.Dropdown([ORIGINAL], value=ORIGINAL, label="Left of the divider")
                right = gr.Dropdown([ORIGINAL], value=ORIGINAL, label="Right of the divider")
            view = before_after("compare-slider", "Close look", EMPTY)
    results = gr.State({}, time_to_live=3600)
    outputs = [*cards, left, right, *view.outputs, results, status]
    skipped = [gr.skip() for _ in outputs[1:]]

    def compare(*values: Any) -> Iterator[list[Any]]:
        try:
            yield from progressing(*values)
        except InputError as error:
            yield [*skipped, notice(sentence(str(error)), "error")]

    def progressing(content: str | None, *values: Any) -> Iterator[list[Any]]:
        began, compared = perf_counter(), []
        picture, asked = _asked(host, library, look, content, *values)
        total = len(asked)
        for item in compare_looks(host, picture, asked):
            compared.append(item)
            seconds, done = perf_counter() - began, len(compared)
            left = seconds / done * (total - done)
            yield [*skipped, progress_bar(done, total, f"{done} of {total}", left)]
        images = {ORIGINAL: compared[0].painted.content}
        images |= {_title(item.label): item.painted.stylized for item in compared}
        names = list(images)
        yield [
            *_fill(compared, content),
            gr.Dropdown(names, value=ORIGINAL),
            gr.Dropdown(names, value=names[1]),
            *view.show(
                compared[0].painted.content,
                compared[0].painted.stylized,
                names=(ORIGINAL, names[1]),
            ),
            images,
            notice(_total(compared), "done"),
        ]

    run.click(None, None, status, js="() => ccpl.requests.WORKING", **PRIVATE)
    done = run.click(
        compare, [*files, *look.components], outputs, concurrency_id="pictures", **QUIET
    )
    cancel.click(
        lambda: notice("Cancelled.", "warning"), None, status, cancels=[done], queue=False, **QUIET
    )
    reveal(done, "compare-image-0", "compare-status")
    for choice in (left, right):
        choice.input(_close_look(view), [left, right, results], view.outputs, **QUIET)


def _controls(
    host: Host, library: Library
) -> tuple[list[gr.Component], LookControls, gr.Button, gr.Button, gr.HTML]:
    """Content, style, second style and what is compared; the look; the buttons and their status."""
    with gr.Row(elem_classes="pair"):
        content = content_picture("compare")
        style = style_picture("compare")
    contents = thumbnails(library.contents, "Built-in pictures", "compare-contents")
    fill_from(contents, library.contents, content)
    styles = thumbnails(library.styles, "Built-in styles", "compare-styles")
    fill_from(styles, library.styles, style)
    choices = [("Three modes", "modes"), ("Two styles", "styles")]
    if len(available_transforms()) > 1:
        choices.append(("Methods", "methods"))
    what = gr.Radio(choices, value="modes", label="Compare", elem_id="compare-what")
    look = LookControls(host.limits, "compare")
    two, second = _second_style(library, look)
    what.input(lambda kind: gr.Column(visible=kind == "styles"), what, two, queue=False, **QUIET)
    with gr.Column(elem_classes="dock"):
        with gr.Row(elem_classes="state"):
            status = status_line(elem_id="compare-status")
            cancel = gr.Button("Cancel", size="sm", min_width=80, scale=0, elem_id="compare-cancel")
        run = gr.Button("Compare", variant="primary", elem_id="compare-run")
    with gr.Accordion("More options", open=False):
        look.place("strength")
        look.place("max_side", value=SIDE)
        look.place_rest()
        look.place_rest("optimize")
    return [content, style, second, what], look, run, cancel, status


def _second_style(library: Library, look: LookControls) -> tuple[gr.Column, gr.Image]:
    with gr.Column(visible=False) as two:
        second = picture_input(
            label="Second style picture",
            sources=["upload", "clipboard"],
            height=180,
            elem_id="compare-second",
            alt_text="The second style picture",
            placeholder="Drop a second style here\n- or -\nchoose one below",
        )
        names = gr.Dropdown([(s.name, s.slug) for s in library.styles], value=None,
                            label="Built-in style")  # fmt: skip
        names.input(lambda slug: str(library.style(slug).path), names, second, **QUIET)
        look.place("mode", label="Mode for both")
    return two, second


def _cards() -> list[gr.Component]:
    """Per card its column, an image and its figures; as many as there are modes show at first."""
    cards: list[gr.Component] = []
    with gr.Row(elem_classes="cards todo"):
        for number in range(CARDS):
            with gr.Column(min_width=200, visible=number < len(MODES)) as column:
                cards.append(column)
                cards.append(
                    gr.Image(
                        label=MODES[number].capitalize() if number < len(MODES) else None,
                        format="png",
                        interactive=False,
                        buttons=["download", "fullscreen"],
                        elem_id=f"compare-image-{number}",
                    )
                )
                cards.append(gr.HTML(elem_id=f"compare-figures-{number}", elem_classes="figures"))
    return cards


def _asked(
    host: Host,
    library: Library,
    look: LookControls,
    content: str | None,
    style: str | None,
    second: str | None,
    what: str,
    *values: Any,
) -> tuple[Image.Image, list[Contender]]:
    """The content and what is made of it."""
    picture = read_picture(content, "content", host.limits)
    if what == "styles" and not second:
        raise InputError("Choose a second style picture first.")
    wanted = look.look(values)
    inputs = library.read_inputs(host.limits, wanted, style, second if what == "styles" else None)
    if what == "methods":
        return picture, contenders(inputs, replace(wanted, mode="artistic"), methods=True)
    return picture, contenders(inputs, wanted)


def _title(label: str) -> str:
    return label[:1].upper() + label[1:]


def _fill(compared: list[Compared], content: str) -> list[Any]:
    """Values of the cards, files to be downloaded; those that are not needed are hidden."""
    values: list[Any] = []
    for number in range(CARDS):
        if number >= len(compared):
            values += [gr.Column(visible=False), gr.skip(), gr.skip()]
            continue
        item = compared[number]
        values.append(gr.Column(visible=True))
        values.append(
            gr.Image(
                str(save_result(item.painted, content, item.inputs, item.look)),
                label=_title(item.label),
                alt_text=f"Result: {_title(item.label)}",
            )
        )
        values.append(gr.HTML(figures_html(item)))
    return values


def figures_html(item: Compared) -> str:
    """The figures of one result as a list of terms with meters."""
    style, ssim = item.figures["style"], item.figures["ssim"]
    rows = (
        ("Style distance", f"{style:.2f}", style, "0: equal statistics, 1: nothing transferred"),
        ("Content similarity", f"{ssim:.2f}", ssim, "SSIM, 1: every shape kept"),
    )
    terms = "".join(
        f'<dt title="{hint}">{name}</dt><dd><meter min="0" max="1" value="{value:.3f}" '
        f'aria-label="{name}"></meter><b>{text}</b></dd>'
        for name, text, value, hint in rows
    )
    time = f"<dt>Time</dt><dd><b>{item.painted.seconds * 1000:.0f} ms</b></dd>"
    return f"<dl>{terms}{time}</dl>"


def _total(compared: list[Compared]) -> str:
    width, height = compared[0].painted.stylized.size
    seconds = sum(item.painted.seconds for item in compared)
    return f"Done: {len(compared)} results of {width} × {height} px in {seconds:.2f} s."


def _close_look(view: BeforeAfter):
    def show(left: str, right: str, results: dict[str, Image.Image]) -> Any:
        if left not in results or right not in results:
            return [gr.skip()] * len(view.outputs)
        return view.show(results[left], results[right], names=(left, right))

    return show
