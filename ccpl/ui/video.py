"""The Video tab: a clip in, the same clip stylized out, beside the original."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import gradio as gr

from ccpl.config import VideoConfig
from ccpl.errors import InputError
from ccpl.ui.builtin import Library, fill_from, thumbnails
from ccpl.ui.jobs import Clip, Host, Look, preview_clip, stylize_clip
from ccpl.ui.parts import (
    PRIVATE,
    QUIET,
    capped,
    clip_input,
    engine_choice,
    explained,
    limits_text,
    mode_radio,
    notice,
    picture_input,
    read_picture,
    reveal,
    sentence,
    side_number,
    status_line,
    strength_slider,
)
from ccpl.ui.slider import BeforeAfter, before_after, summary
from ccpl.video import VideoProgress

STABILIZE = [("Off", "off"), ("Steady colours", "statistics"), ("Follow motion", "flow")]
EMPTY = (
    "<b>One frame will appear here</b>Choose a clip and a style, then press Preview to judge "
    "a frame before the whole clip is made."
)
PLAY_BOTH = """() => { const clips = document.querySelectorAll('#video-tab video');
clips.forEach(clip => { clip.currentTime = 0; clip.play(); }); }"""
ON, OFF = gr.update(interactive=True), gr.update(interactive=False)


class Request(NamedTuple):
    """The values of the controls, in the order of `Controls.inputs`."""

    clip: str | None
    style: str | None
    mode: str
    arch: str
    strength: float
    strength_end: float
    max_side: float | None
    stabilize: str
    start: float | None
    end: float | None
    keep_colors: bool
    style_scale: float


class Controls(NamedTuple):
    """What a visitor sets; the first twelve are the fields of a Request."""

    clip: gr.Video
    style: gr.Image
    mode: gr.Radio
    engine: gr.Radio | gr.State
    strength: gr.Slider
    strength_end: gr.Slider
    max_side: gr.Number
    stabilize: gr.Radio
    start: gr.Number
    end: gr.Number
    keep_colors: gr.Checkbox
    style_scale: gr.Slider
    result: gr.Video
    preview: gr.Button
    run: gr.Button
    cancel: gr.Button
    play: gr.Button
    status: gr.HTML
    view: BeforeAfter

    @property
    def inputs(self) -> list[gr.Component]:
        """The components of a Request."""
        return list(self[: len(Request._fields)])


def video_tab(host: Host, library: Library) -> None:
    """Lay out the tab and wire it."""
    with gr.Column(elem_id="video-tab"):
        with gr.Row(elem_classes="workbench"):
            clip, clips = _source(library)
            with gr.Column(scale=1, min_width=310, elem_id="video-making"):
                result = gr.Video(
                    label="Stylized",
                    interactive=False,
                    height=320,
                    elem_id="video-result",
                    elem_classes="todo",
                )
                status = status_line(elem_id="video-status")
                with gr.Row(elem_classes="actions"):
                    preview = gr.Button("Preview", elem_id="video-preview", min_width=120)
                    run = gr.Button("Stylize clip", variant="primary", elem_id="video-run",
                                    min_width=120)  # fmt: skip
                with gr.Row(elem_classes="actions"):
                    cancel = gr.Button("Cancel", interactive=False, elem_id="video-cancel",
                                       size="sm", min_width=90)  # fmt: skip
                    play = gr.Button("Play both", interactive=False, size="sm", min_width=90)
        with gr.Row(elem_classes="workbench"):
            with gr.Column(scale=1, min_width=310):
                style, look, part = _look(host, library)
            with gr.Column(scale=1, min_width=310, elem_id="video-judging"):
                view = before_after("video-preview-frame", "Preview: before and after", EMPTY)
                gr.HTML(f'<p class="hint">{limits_text(host.limits)}</p>', padding=False)
    controls = Controls(clip, style, *look, *part, result, preview, run, cancel, play, status, view)
    if clips:
        fill_from(clips, library.clips, clip)
    _wire(host, controls)


def _source(library: Library) -> tuple[gr.Video, gr.Gallery | None]:
    with gr.Column(scale=1, min_width=310):
        clip = clip_input(
            label="Clip", sources=["upload", "webcam"], height=320, elem_id="video-clip"
        )
        clips = None
        if library.clips:
            clips = thumbnails(library.clips, "Built-in clips", "video-clips")
    return clip, clips


def _look(host: Host, library: Library) -> tuple[gr.Image, list[Any], list[Any]]:
    """The style; mode, engine and strengths; size, stabilization, part, colours and scale."""
    style = picture_input(
        label="Style",
        sources=["upload", "clipboard"],
        height=190,
        elem_id="video-style",
        alt_text="The style picture",
        placeholder="Drop a style picture here\n- or -\npick one below",
    )
    styles = thumbnails(library.styles, "Built-in styles", "video-styles")
    fill_from(styles, library.styles, style)
    mode, engine = mode_radio(), engine_choice()
    with gr.Row():
        begin, finish = (
            strength_slider("Strength at the start"),
            strength_slider("Strength at the end"),
        )
    stabilize = gr.Radio(
        STABILIZE,
        value="statistics",
        label="Stabilization",
        info="Steady colours is quick. Follow motion removes most flicker and takes longer.",
    )
    with gr.Accordion("More options", open=False):
        max_side = side_number(host.limits)
        with gr.Row():
            start = gr.Number(label="Start at second", value=0, info="0: from the beginning.")
            end = gr.Number(label="End at second", value=0, info="0: to the end.")
        keep_colors = gr.Checkbox(label="Keep the original colours")
        scale = gr.Slider(0.25, 4, value=1, step=0.05, label="Style scale", buttons=[])
    return (
        style,
        [mode, engine, begin, finish],
        [max_side, stabilize, start, end, keep_colors, scale],
    )


def read_clip(host: Host, request: Request) -> Clip:
    """Check what was asked for.

    Raises:
        InputError: no clip, no style, or numbers that make no sense.
    """
    if not request.clip:
        raise InputError("Choose a clip first: upload one, record one, or pick the built-in one.")
    max_side = capped(request.max_side, host.limits)
    look = Look(
        request.mode,
        request.strength,
        max_side,
        request.keep_colors,
        request.style_scale,
        request.arch,
    )
    config = VideoConfig(
        stabilize=request.stabilize,
        max_side=max_side,
        start=request.start or None,
        end=request.end or None,
    )
    style = read_picture(request.style, "style", host.limits)
    return Clip(request.clip, style, look, config, request.strength_end)


def progress(report: VideoProgress) -> str:
    """A bar, how far it is and how long it will take."""
    text = f"Frame {report.done} of {report.total}, {report.fps:.1f} a second"
    left = f"{report.seconds_left:.0f} s left"
    return (
        f'<div class="progress" role="status"><progress max="{report.total}" '
        f'value="{report.done}" aria-label="Progress"></progress><span>{text}, {left}</span></div>'
    )


def finished(report: VideoProgress) -> str:
    """What was made, and a line for everything that could not be kept."""
    seconds = report.done / report.fps if report.fps else 0
    lines = [notice(f"Done: {report.done} frames in {seconds:.1f} s.", "done")]
    lines += [notice(sentence(text), "warning") for text in report.result.warnings]
    return "".join(lines)


def _wire(host: Host, controls: Controls) -> None:
    def stylize(*values: Any) -> Iterator[list[Any]]:
        yield [None, ON, OFF, OFF, notice("Looking at the clip …")]
        try:
            for report in stylize_clip(host, read_clip(host, Request(*values))):
                if report.result is None:
                    yield [gr.skip(), ON, OFF, OFF, progress(report)]
                else:
                    yield [str(report.result.path), OFF, ON, ON, finished(report)]
        except InputError as error:
            yield [None, OFF, OFF, ON, notice(sentence(str(error)), "error")]

    @explained(4)
    def preview(*values: Any) -> list[Any]:
        request = Request(*values)
        picture = preview_clip(host, read_clip(host, request))
        return [
            *controls.view.show(picture.content, picture.stylized),
            summary(picture, request.mode),
        ]

    def cancelled() -> list[Any]:
        return [OFF, OFF, ON, notice("Cancelled; nothing was kept.", "warning")]

    outputs = [controls.result, controls.cancel, controls.play, controls.run, controls.status]
    group: dict[str, Any] = {"concurrency_id": "video", "concurrency_limit": 2}
    running = controls.run.click(
        stylize, controls.inputs, outputs, show_progress="hidden", **group, **PRIVATE
    )
    stop = controls.cancel.click(None, cancels=[running], queue=False, **PRIVATE)
    stop.then(cancelled, None, outputs[1:], queue=False, **QUIET)
    judged = controls.preview.click(
        preview,
        controls.inputs,
        [*controls.view.outputs, controls.status],
        show_progress_on=[controls.view.empty, controls.view.slider],
        **group,
        **PRIVATE,
    )
    reveal(judged, "video-preview-frame-view", "video-status")
    controls.play.click(None, js=PLAY_BOTH, **PRIVATE)
