"""The Video tab: a clip in, the same clip stylized out, in one player with the original.

A clip is made apart from the page (`Clips`); the page watches it, also after a reload.
"""

from collections.abc import Iterator
from dataclasses import replace
from math import ceil, floor
from pathlib import Path
from typing import Any, NamedTuple

import gradio as gr
from PIL import Image

from ccpl.errors import InputError
from ccpl.image import fit_within
from ccpl.painting.requests import Host
from ccpl.ui.builtin import Library
from ccpl.ui.clips import Clip, Clips
from ccpl.ui.jobs import make_gif, preview_clip, stylize_clip
from ccpl.ui.parts import (
    QUIET,
    explained,
    limits_text,
    notice,
    progress_bar,
    reveal,
    sentence,
    status_line,
)
from ccpl.ui.player import played, player
from ccpl.ui.tune import TuneInputs, tune_panel
from ccpl.ui.tuned import tuned_gallery
from ccpl.ui.video_controls import Asked, Controls, read_request, video_controls
from ccpl.ui.view import BeforeAfter, before_after, pictures, summary
from ccpl.video import VideoProgress, probe
from ccpl.video.probe import VideoInfo

EMPTY = (
    "<b>Your clip will appear here</b>Choose a clip and a style, then press Preview to judge "
    "a frame, or Stylize clip."
)
GROWING = 960  # pixels: longest side of the frames that are shown while a clip is made


class Stage(NamedTuple):
    """What comes of it."""

    view: BeforeAfter
    result: gr.HTML
    status: gr.HTML
    download: gr.DownloadButton
    animation: gr.DownloadButton
    preview: gr.Button
    run: gr.Button
    cancel: gr.Button
    job: gr.Textbox  # id of the clip that is being made; the page remembers it

    @property
    def outputs(self) -> list[gr.Component]:
        """What a clip that is being made changes."""
        return [
            self.view.component,
            self.result,
            self.download,
            self.animation,
            self.job,
            self.status,
        ]


def video_tab(page: gr.Blocks, host: Host, library: Library, own: gr.State) -> None:
    """Lay out the tab and wire it; `own` are names of the styles that the visitor tuned."""
    with gr.Row(elem_classes="workbench", elem_id="video-tab"):
        with gr.Column(scale=5, min_width=310, elem_classes="controls"):
            controls = video_controls(host, library)
            tuned = tuned_gallery(page, host, controls.look, own, controls.style.change)
            made_from = TuneInputs(controls.style, controls.clip, controls.look, controls.part)
            tune_panel(host, library, made_from, own, tuned)
        with gr.Column(scale=7, min_width=310, elem_classes="stage"):
            stage = _stage()
    gr.HTML(f'<p class="hint">{limits_text(host.limits, clips=True)}</p>', padding=False)
    _wire(page, host, library, controls, stage)


def _stage() -> Stage:
    view = before_after("video-view", "Frame, before and after", EMPTY)
    result = player("video-result")
    with gr.Column(elem_classes="dock"):
        with gr.Row(elem_classes="state"):
            status = status_line(elem_id="video-status")
            cancel = gr.Button("Cancel", size="sm", min_width=80, scale=0, elem_id="video-cancel")
        with gr.Row(elem_classes="actions"):
            preview = gr.Button("Preview", elem_id="video-preview", min_width=90)
            download = gr.DownloadButton(
                "Download", interactive=False, elem_id="video-download", min_width=90
            )
            animation = gr.DownloadButton(
                "Download GIF", visible=False, elem_id="video-download-gif", min_width=90
            )
            run = gr.Button("Stylize clip", variant="primary", elem_id="video-run", min_width=90)
    job = gr.Textbox(visible="hidden", elem_id="video-job")
    return Stage(view, result, status, download, animation, preview, run, cancel, job)


def frames_of(info: VideoInfo) -> dict[str, float]:
    """`step` and `maximum` of a slider over all of a clip's frames, in seconds.

    Whole milliseconds: the field beside it is as wide as the digits of a step.
    """
    step = max(1, floor(1000 / info.rate))
    steps = max(1, ceil(1000 * (info.seconds - 1 / info.rate) / step))
    return {"step": step / 1000, "maximum": step * steps / 1000}


def progress(report: VideoProgress) -> str:
    """A bar, how far it is and how long it will take."""
    text = f"Frame {report.done} of {report.total}, {report.fps:.1f} a second"
    return progress_bar(report.done, report.total, text, report.seconds_left)


def finished(report: VideoProgress, seconds: float) -> str:
    """What was made, how long it took, and a line for everything that could not be kept."""
    lines = [notice(f"Done: {report.done} frames in {seconds:.1f} s.", "done")]
    lines += [notice(sentence(text), "warning") for text in report.result.warnings]
    return "".join(lines)


def watched(clip: Clip) -> Iterator[list[Any]]:
    """Values of `Stage.outputs` while a clip is made, and when it is."""
    shown = None
    for report in clip.watch():
        if report is None:
            yield [*[gr.skip()] * 4, clip.id, notice("Waiting for other clips …", "busy")]
        elif report.result:
            yield _result(clip, report)
        else:
            newest, frame = report.newest, gr.skip()
            if newest is not shown:
                before, after = (fit_within(Image.fromarray(x), GROWING) for x in newest)
                frame, shown = pictures(before, after, fixed=True), newest
            yield [frame, gr.skip(), gr.skip(), gr.skip(), clip.id, progress(report)]
    if clip.cancelled:
        kept = notice("Cancelled; nothing was kept.", "warning")
        yield [*[gr.skip()] * 4, "", kept]


def _result(clip: Clip, report: VideoProgress) -> list[Any]:
    path = report.result.path
    animation = path.with_suffix(".gif")
    return [
        gr.HTML(visible=False),
        gr.HTML(played(clip), visible=True),
        gr.DownloadButton(value=str(path), interactive=True),
        gr.DownloadButton(value=str(animation), visible=True)
        if animation.exists()
        else gr.DownloadButton(visible=False),
        clip.id,
        finished(report, clip.seconds),
    ]


def _wire(page: gr.Blocks, host: Host, library: Library, controls: Controls, stage: Stage) -> None:
    clips = Clips()

    def asked(*values: Any) -> Asked:
        return read_request(host, library, controls, *values)

    def explaining(steps: Iterator[list[Any]]) -> Iterator[list[Any]]:
        try:
            yield from steps
        except InputError as error:
            yield [*[gr.skip()] * 4, "", notice(sentence(str(error)), "error")]

    def begin(*values: Any) -> Iterator[list[Any]]:
        *values, gif = values

        def steps() -> Iterator[list[Any]]:
            request = asked(*values)
            make = make_gif if gif else stylize_clip
            clip = clips.begin(
                lambda: make(host, *request), request.source, request.config.start or 0
            )
            yield [
                gr.HTML(visible=True), gr.HTML(visible=False), gr.DownloadButton(interactive=False),
                gr.DownloadButton(visible=False), clip.id, notice("Looking at the clip …", "busy"),
            ]  # fmt: skip
            yield from watched(clip)

        yield from explaining(steps())

    def find(name: str | None) -> Iterator[list[Any]]:
        clip = clips.find(name)
        if clip:
            yield from explaining(watched(clip))

    def cancel(name: str | None) -> None:
        clip = clips.find(name)
        if clip:
            clip.cancel()

    @explained(2)
    def reach(clip: str | None) -> list[Any]:
        if not clip:
            return [gr.Slider(visible=False), gr.skip()]
        return [gr.Slider(**frames_of(probe(Path(clip))), value=0, visible=True), gr.skip()]

    @explained(3)
    def preview(at: float, *values: Any) -> list[Any]:
        request = asked(*values)
        config = replace(request.config, start=None, end=None) if at else request.config
        frame = preview_clip(host, *request[:3], config, at=at or None)
        view = pictures(frame.content, frame.stylized, fixed=True)
        status = summary(frame, f"{request.look.mode}, at {at:.2f} s")
        return [gr.HTML(view, visible=True), gr.HTML(visible=False), status]

    busy = "() => ccpl.requests.WORKING"
    gr.on([stage.run.click, stage.preview.click, controls.at.release], None, None, stage.status,
          js=busy, **QUIET)  # fmt: skip
    running = stage.run.click(
        begin, [*controls.inputs, controls.gif], stage.outputs,
        concurrency_id="video", concurrency_limit=16, **QUIET,
    )  # fmt: skip
    page.load(
        find, stage.job, stage.outputs, js="() => sessionStorage.getItem('ccpl.clip') ?? ''",
        concurrency_id="video", **QUIET,
    )  # fmt: skip
    stage.job.change(
        None, stage.job, None, js="name => { sessionStorage.setItem('ccpl.clip', name) }", **QUIET
    )
    stage.cancel.click(cancel, stage.job, None, queue=False, **QUIET)
    controls.clip.change(None, None, stage.status, js=f"() => {notice('')!r}", **QUIET)
    controls.clip.change(reach, controls.clip, [controls.at, stage.status], queue=False, **QUIET)
    judged = gr.on(
        [stage.preview.click, controls.at.release],
        preview,
        [controls.at, *controls.inputs],
        [stage.view.component, stage.result, stage.status],
        trigger_mode="always_last",
        concurrency_id="previews of clips",
        concurrency_limit=2,
        **QUIET,
    )
    reveal(judged, "video-view", "video-status")
    reveal(running, "video-result", "video-status")
