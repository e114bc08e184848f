"""The Video tab: a clip in, the same clip stylized out, beside the original."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import gradio as gr

from ccpl.config import VideoConfig
from ccpl.errors import InputError
from ccpl.look import Look
from ccpl.options import options
from ccpl.painting.requests import Host, Inputs
from ccpl.ui.builtin import Library, fill_from, thumbnails
from ccpl.ui.controls import LookControls, control
from ccpl.ui.jobs import preview_clip, stylize_clip
from ccpl.ui.parts import (
    PRIVATE,
    QUIET,
    clip_input,
    explained,
    limits_text,
    notice,
    picture_input,
    progress_bar,
    reveal,
    sentence,
    status_line,
)
from ccpl.ui.view import BeforeAfter, before_after, summary
from ccpl.video import VideoProgress

PART = ("start", "end")  # fields of a VideoConfig that are asked for
EMPTY = (
    "<b>One frame will appear here</b>Choose a clip and a style, then press Preview to judge "
    "a frame before the whole clip is made."
)
PLAY_BOTH = """() => { const clips = document.querySelectorAll('#video-tab video');
clips.forEach(clip => { clip.currentTime = 0; clip.play(); }); }"""
ON, OFF = gr.update(interactive=True), gr.update(interactive=False)


class Controls(NamedTuple):
    """What a visitor sets."""

    clip: gr.Video
    style: gr.Image
    part: dict[str, gr.Number]  # fields of a VideoConfig
    look: LookControls
    result: gr.Video
    preview: gr.Button
    run: gr.Button
    cancel: gr.Button
    play: gr.Button
    status: gr.HTML
    view: BeforeAfter

    @property
    def inputs(self) -> list[gr.Component]:
        """The components whose values the handlers get: files, the part, then the look."""
        return [self.clip, self.style, *self.part.values(), *self.look.components]


class Asked(NamedTuple):
    """What the controls ask for, as `stylize_clip` and `preview_clip` take it."""

    source: str
    inputs: Inputs
    look: Look
    config: VideoConfig


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
                style, part, look = _look(host, library)
            with gr.Column(scale=1, min_width=310, elem_id="video-judging"):
                view = before_after("video-preview-frame", "Preview: before and after", EMPTY)
                gr.HTML(
                    f'<p class="hint">{limits_text(host.limits, clips=True)}</p>', padding=False
                )
    controls = Controls(clip, style, part, look, result, preview, run, cancel, play, status, view)
    if clips:
        fill_from(clips, library.clips, clip)
    _wire(host, library, controls)


def _source(library: Library) -> tuple[gr.Video, gr.Gallery | None]:
    with gr.Column(scale=1, min_width=310):
        clip = clip_input(
            label="Clip", sources=["upload", "webcam"], height=320, elem_id="video-clip"
        )
        clips = None
        if library.clips:
            clips = thumbnails(library.clips, "Built-in clips", "video-clips")
    return clip, clips


def _look(host: Host, library: Library) -> tuple[gr.Image, dict[str, gr.Number], LookControls]:
    """The style, the part of the clip, and the look."""
    style = picture_input(
        label="Style picture",
        sources=["upload", "clipboard"],
        height=190,
        elem_id="video-style",
        alt_text="The style picture",
        placeholder="Drop a style picture here\n- or -\npick one below",
    )
    styles = thumbnails(library.styles, "Built-in styles", "video-styles")
    fill_from(styles, library.styles, style)
    look = LookControls(host.limits, "video")
    look.place("mode")
    look.place("arch")
    with gr.Row():
        look.place("strength")
        look.place("end_strength")
    look.place_rest("clip")
    with gr.Accordion("More options", open=False):
        with gr.Row():
            part = {item.name: control(item) for item in options(VideoConfig) if item.name in PART}
        look.place_rest()
    return style, part, look


def read_request(
    host: Host,
    library: Library,
    controls: Controls,
    clip: str | None,
    style: str | None,
    *values: Any,
) -> Asked:
    """What the values of `Controls.inputs` ask for.

    Raises:
        InputError: no clip, no style, or numbers that make no sense.
    """
    if not clip:
        raise InputError("Choose a clip first: upload one, record one, or pick the built-in one.")
    part, look = values[: len(controls.part)], values[len(controls.part) :]
    config = VideoConfig(**dict(zip(controls.part, part, strict=True)))
    return Asked(clip, library.read_inputs(host.limits, style), controls.look.look(look), config)


def progress(report: VideoProgress) -> str:
    """A bar, how far it is and how long it will take."""
    text = f"Frame {report.done} of {report.total}, {report.fps:.1f} a second"
    return progress_bar(report.done, report.total, text, report.seconds_left)


def finished(report: VideoProgress) -> str:
    """What was made, and a line for everything that could not be kept."""
    seconds = report.done / report.fps if report.fps else 0
    lines = [notice(f"Done: {report.done} frames in {seconds:.1f} s.", "done")]
    lines += [notice(sentence(text), "warning") for text in report.result.warnings]
    return "".join(lines)


def _wire(host: Host, library: Library, controls: Controls) -> None:
    def asked(*values: Any) -> Asked:
        return read_request(host, library, controls, *values)

    def stylize(*values: Any) -> Iterator[list[Any]]:
        yield [None, ON, OFF, OFF, notice("Looking at the clip …")]
        try:
            for report in stylize_clip(host, *asked(*values)):
                if report.result is None:
                    yield [gr.skip(), ON, OFF, OFF, progress(report)]
                else:
                    yield [str(report.result.path), OFF, ON, ON, finished(report)]
        except InputError as error:
            yield [None, OFF, OFF, ON, notice(sentence(str(error)), "error")]

    @explained(len(controls.view.outputs) + 1)
    def preview(*values: Any) -> list[Any]:
        request = asked(*values)
        painted = preview_clip(host, *request)
        return [
            *controls.view.show(painted.content, painted.stylized, fixed=True),
            summary(painted, request.look.mode),
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
        show_progress_on=controls.view.outputs,
        **group,
        **PRIVATE,
    )
    reveal(judged, "video-preview-frame", "video-status")
    controls.play.click(None, js=PLAY_BOTH, **PRIVATE)
