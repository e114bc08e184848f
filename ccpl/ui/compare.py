"""The Compare tab: one picture in three modes, or in two styles, side by side with figures."""

from typing import Any

import gradio as gr
from PIL import Image

from ccpl.config import MODES
from ccpl.ui.builtin import Library, fill_from, thumbnails
from ccpl.ui.jobs import Compared, Host, Look, compare_looks
from ccpl.ui.parts import (
    PRIVATE,
    QUIET,
    capped,
    explained,
    mode_radio,
    notice,
    picture_input,
    read_picture,
    reveal,
    shown,
    side_number,
    status_line,
    strength_slider,
)
from ccpl.ui.slider import BeforeAfter, before_after

CARDS = len(MODES)
SIDE = 768  # pixels, unless another size is asked for
EMPTY = (
    "<b>Results will appear here</b>Choose a picture and a style, then press Compare. "
    "Use the divider, or its slider with the arrow keys, to look closely."
)
ORIGINAL = "Original"


def compare_tab(host: Host, library: Library) -> None:
    """Lay out the tab and wire it."""
    with gr.Row(elem_classes="workbench"):
        with gr.Column(scale=4, min_width=310, elem_classes="controls"):
            inputs, run, status = _controls(host, library)
        with gr.Column(scale=8, min_width=310, elem_classes="stage"):
            cards = _cards()
            with gr.Row():
                left = gr.Dropdown([ORIGINAL], value=ORIGINAL, label="Left of the divider")
                right = gr.Dropdown([ORIGINAL], value=ORIGINAL, label="Right of the divider")
            view = before_after("compare-slider", "Close look", EMPTY)
    results = gr.State({}, time_to_live=3600)
    outputs = [*cards, left, right, *view.outputs, results, status]

    @explained(len(outputs))
    def compare(*values: Any) -> list[Any]:
        compared = compare_looks(host, *_looks(host, library, *values))
        images = {ORIGINAL: compared[0].picture.content}
        images |= {item.label: item.picture.stylized for item in compared}
        names = list(images)
        return [
            *_fill(compared),
            gr.Dropdown(names, value=ORIGINAL),
            gr.Dropdown(names, value=names[1]),
            *view.show(compared[0].picture.content, compared[0].picture.stylized),
            images,
            notice(_total(compared), "done"),
        ]

    done = run.click(
        compare, inputs, outputs, concurrency_id="pictures", show_progress_on=[status], **PRIVATE
    )
    reveal(done, "compare-image-0", "compare-status")
    for choice in (left, right):
        choice.input(_close_look(view), [left, right, results], view.outputs, **QUIET)


def _controls(host: Host, library: Library) -> tuple[list[gr.Component], gr.Button, gr.HTML]:
    content = picture_input(
        label="Picture",
        sources=["upload", "clipboard", "webcam"],
        height=220,
        elem_id="compare-content",
        alt_text="The picture to stylize",
        placeholder="Drop a picture here\n- or -\npick one below",
    )
    fill_from(thumbnails(library.contents, "Built-in pictures", "compare-contents"),
              library.contents, content)  # fmt: skip
    style = picture_input(
        label="Style",
        sources=["upload", "clipboard"],
        height=180,
        elem_id="compare-style",
        alt_text="The style picture",
        placeholder="Drop a style picture here\n- or -\npick one below",
    )
    styles = thumbnails(library.styles, "Built-in styles", "compare-styles")
    fill_from(styles, library.styles, style)
    what = gr.Radio(
        [("Three modes", "modes"), ("Two styles", "styles")], value="modes", label="Compare",
        elem_id="compare-what",
    )  # fmt: skip
    two, second, mode = _second_style(library)
    what.input(lambda kind: gr.Column(visible=kind == "styles"), what, two, queue=False, **QUIET)
    with gr.Column(elem_classes="dock"):
        status = status_line(elem_id="compare-status")
        run = gr.Button("Compare", variant="primary", elem_id="compare-run")
    with gr.Accordion("More options", open=False):
        strength, side = strength_slider("Strength"), side_number(host.limits, SIDE)
    return [content, style, second, what, mode, strength, side], run, status


def _second_style(library: Library) -> tuple[gr.Column, gr.Image, gr.Radio]:
    with gr.Column(visible=False) as two:
        second = picture_input(
            label="Second style",
            sources=["upload", "clipboard"],
            height=180,
            elem_id="compare-second",
            alt_text="The second style picture",
            placeholder="Drop a second style here\n- or -\nchoose one below",
        )
        names = gr.Dropdown([(s.name, s.slug) for s in library.styles], value=None,
                            label="Built-in style")  # fmt: skip
        names.input(lambda slug: str(library.style(slug).path), names, second, **QUIET)
        mode = mode_radio("Mode for both")
    return two, second, mode


def _cards() -> list[gr.Component]:
    """Per card an image and its figures."""
    cards: list[gr.Component] = []
    with gr.Row(elem_classes="cards todo"):
        for number in range(CARDS):
            with gr.Column(min_width=200):
                cards.append(
                    gr.Image(
                        label=MODES[number].capitalize(),
                        format="png",
                        height=240,
                        interactive=False,
                        buttons=["fullscreen"],
                        elem_id=f"compare-image-{number}",
                    )
                )
                cards.append(gr.HTML(elem_id=f"compare-figures-{number}", elem_classes="figures"))
    return cards


def _looks(
    host: Host, library: Library, content: str | None, style: str | None, second: str | None,
    what: str, mode: str, strength: float, side: float | None,
) -> tuple[Image.Image, list[tuple[str, Image.Image, Look]]]:  # fmt: skip
    """The content, and a label, style and look for each result."""
    picture = read_picture(content, "content", host.limits)
    first = read_picture(style, "style", host.limits)
    size = capped(side, host.limits)
    if what == "modes":
        return picture, [(m.capitalize(), first, Look(m, strength, size)) for m in MODES]
    other = read_picture(second, "second style", host.limits)
    look = Look(mode, strength, size)
    names = [library.name_of(style), library.name_of(second)]
    if names[0] == names[1]:
        names = [f"{name} ({place})" for name, place in zip(names, (1, 2), strict=True)]
    return picture, [(names[0], first, look), (names[1], other, look)]


def _fill(compared: list[Compared]) -> list[Any]:
    """Values of the cards; those that are not needed are hidden."""
    values: list[Any] = []
    for number in range(CARDS):
        if number >= len(compared):
            values += [gr.Image(visible=False), gr.HTML(visible=False)]
            continue
        item = compared[number]
        values.append(
            gr.Image(
                shown(item.picture.stylized),
                label=item.label,
                alt_text=f"Result: {item.label}",
                visible=True,
            )
        )
        values.append(gr.HTML(figures_html(item), visible=True))
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
    time = f"<dt>Time</dt><dd><b>{item.picture.seconds * 1000:.0f} ms</b></dd>"
    return f"<dl>{terms}{time}</dl>"


def _total(compared: list[Compared]) -> str:
    width, height = compared[0].picture.stylized.size
    seconds = sum(item.picture.seconds for item in compared)
    return f"Done: {len(compared)} results of {width} × {height} px in {seconds:.2f} s."


def _close_look(view: BeforeAfter):
    def show(left: str, right: str, results: dict[str, Image.Image]) -> Any:
        if left not in results or right not in results:
            return [gr.skip()] * len(view.outputs)
        return view.show(results[left], results[right])

    return show
