"""The panel that makes, keeps and drops tuned styles; see tuned.py for the gallery of them."""

import contextlib
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import gradio as gr
import torch
from PIL import Image

from ccpl.config import VideoConfig
from ccpl.errors import InputError
from ccpl.files.tuned import SUFFIX, check_name, find_tuned, tuned_names
from ccpl.look import AUTO
from ccpl.painting.requests import Host
from ccpl.training.tune.config import TuneConfig
from ccpl.training.tune.run import Progress, Session, follow
from ccpl.ui.builtin import Library
from ccpl.ui.controls import LookControls
from ccpl.ui.gpu import ZERO_GPU, gpu
from ccpl.ui.parts import (
    QUIET,
    live_image,
    notice,
    progress_bar,
    read_picture,
    sentence,
    status_line,
)
from ccpl.ui.tuned import Gallery, is_hosted, showing
from ccpl.video import preview_frame

LOOK_EVERY = 0.5  # seconds between two changes of what is shown
NO_GPU = (
    "Tuning takes minutes of computing, and this page runs without a GPU: run the app on your own "
    "computer to tune."
)


class TuneInputs(NamedTuple):
    """What a tuning on a tab is made from."""

    style: gr.Image
    content: gr.Image | gr.Video  # its preview; a clip is what it is tuned to, too
    look: LookControls
    part: Mapping[str, gr.Number] = MappingProxyType({})  # of a clip


def tune_panel(
    host: Host, library: Library, inputs: TuneInputs, own: gr.State, gallery: Gallery
) -> None:
    """Lay out and wire the part of a tab that tunes."""
    clip = isinstance(inputs.content, gr.Video)
    tab = inputs.look.tab
    what = "shot" if clip else "style"
    most = host.limits.tune_minutes
    with gr.Accordion(f"Tune to this {what}", open=False, elem_id=f"{tab}-tune"):
        about = (
            "A network of its own, for this clip and this style: it stays still and looks right "
            "here, and works for other takes of the scene."
            if clip
            else "A network of its own, for the style above: closer to its strokes and colours."
        )
        gr.HTML(f'<p class="hint">{about}</p>', padding=False)
        with gr.Row():
            name = gr.Textbox(label="Name", placeholder="rain", elem_id=f"{tab}-tune-name")
            minutes = gr.Slider(
                min(1, most), most, value=min(5, most), step=0.5, buttons=[], label="Minutes",
                elem_id=f"{tab}-tune-minutes",
            )  # fmt: skip
        preview = live_image(
            label="Original, general network, tuned so far", visible=False,
            elem_id=f"{tab}-tune-preview", alt_text="Original, general network, tuned so far",
        )  # fmt: skip
        status = status_line(elem_id=f"{tab}-tune-status")
        with gr.Row(elem_classes="actions"):
            stop = gr.Button("Stop, keep the best", min_width=90, elem_id=f"{tab}-tune-stop")
            run = gr.Button(
                f"Tune to this {what}", variant="primary", min_width=90, elem_id=f"{tab}-tune-run"
            )
        with gr.Row(elem_classes="actions"):
            delete = gr.Button("Delete the chosen one", min_width=90, size="sm")
            download = gr.DownloadButton("Download the chosen one", min_width=90, size="sm")
    stops: dict[str, threading.Event] = {}
    choice = gallery.choice
    made = run.click(
        tuning(host, library, stops, clip=clip),
        [name, minutes, own, inputs.style, inputs.content, inputs.look.by_name["mode"],
         *inputs.part.values()],
        [preview, choice, own, status],
        concurrency_id="tuning", concurrency_limit=1, **QUIET,
    )  # fmt: skip

    def halt(request: gr.Request) -> None:
        if event := stops.get(request.session_hash):
            event.set()

    stop.click(halt, None, None, queue=False, **QUIET)
    dropped = delete.click(
        deleting(host), [choice, own], [choice, own, status], queue=False, **QUIET
    )
    for event in (made, dropped):
        event.then(showing(host, gallery), own, gallery.outputs, queue=False, **QUIET)
    choice.change(lambda name: file_of(host, name), choice, download, queue=False, **QUIET)


def file_of(host: Host, name: str) -> gr.DownloadButton:
    """The download of the chosen style."""
    path = host.tuned / f"{name}{SUFFIX}"
    there = name in tuned_names(host.tuned)
    return gr.DownloadButton(value=str(path) if there else None, interactive=there)


def deleting(host: Host) -> Callable:
    """A handler that drops the chosen style."""

    def delete(name: str, own: list[str]) -> list[Any]:
        try:
            find_tuned(name, host.tuned, listing=not is_hosted(host)).unlink()
        except (InputError, OSError) as error:
            return [gr.skip(), gr.skip(), notice(sentence(str(error)), "error")]
        left = [kept for kept in own if kept != name]
        return [AUTO, [*left], notice(f"Deleted {name}.", "done")]

    return delete


@gpu(duration=lambda config, *_: int(60 * config.minutes + 60))
def tune_style(config: TuneConfig, style: Image.Image, preview: Image.Image) -> Iterator[Progress]:
    """Tune; closing the generator keeps the best so far."""
    yield from follow(Session(config, style, preview=preview))


def tuning(
    host: Host,
    library: Library,
    stops: dict[str, threading.Event],
    *,
    clip: bool,
) -> Callable:
    """A handler that tunes to the style, or to the style and the clip, of a tab."""

    def run(
        request: gr.Request, name: str, minutes: float, own: list[str], *values: Any
    ) -> Iterator[list[Any]]:
        stop = stops[request.session_hash] = threading.Event()
        skipped = [gr.skip()] * 3
        try:
            if is_hosted(host) and not (ZERO_GPU or torch.cuda.is_available()):
                raise InputError(NO_GPU)
            yield [*skipped, notice("Looking at the style …", "busy")]
            config, style, preview = asked(host, library, name, minutes, *values, clip=clip)
            looked = 0.0
            with contextlib.closing(tune_style(config, style, preview)) as steps:
                for progress in steps:
                    if stop.is_set():
                        break
                    if progress.preview or time.monotonic() - looked > LOOK_EVERY:
                        looked = time.monotonic()
                        yield [_picture(progress), *skipped[1:], _status(progress)]
            label = config.label
            kept = [*own, label]
            yield [gr.skip(), label, kept, notice(f"Tuned: {label} is chosen.", "done")]
        except InputError as error:
            yield [*skipped, notice(sentence(str(error)), "error")]
        finally:
            stops.pop(request.session_hash, None)

    return run


def asked(
    host: Host,
    library: Library,
    name: str,
    minutes: float,
    style: str | None,
    content: str | None,
    mode: str,
    start: float | None = None,
    end: float | None = None,
    *,
    clip: bool,
) -> tuple[TuneConfig, Image.Image, Image.Image | None]:
    """What a panel asks for, the style, and what the previews show.

    Raises:
        InputError: something is missing or cannot be used.
    """
    picture = read_picture(style, "style", host.limits)
    if clip and not content:
        raise InputError("Choose a clip first.")
    label = free_name(host, name.strip() or library.name_of(style))
    config = TuneConfig(
        style=style, mode=mode, minutes=minutes, name=label, device=host.device,
        output=str(host.tuned / f"{label}{SUFFIX}"),
        **({"clip": content, "start": start, "end": end} if clip else {}),
    )  # fmt: skip
    if clip:
        part = VideoConfig(start=start, end=end)
        frame = preview_frame(content, lambda frames, *_: frames, config=part).content
        return config, picture, Image.fromarray(frame)
    shown = read_picture(content, "content", host.limits) if content else None
    return config, picture, shown


def free_name(host: Host, name: str) -> str:
    """The name, with a number or, on a hosted page, a secret behind it."""
    check_name(name)
    if is_hosted(host):
        return f"{name[:40]} {secrets.token_hex(8)}"
    there, number, free = tuned_names(host.tuned), 2, name
    while free in there:
        free, number = f"{name} {number}", number + 1
    return free


def _picture(progress: Progress) -> Any:
    return gr.skip() if progress.preview is None else gr.Image(progress.preview, visible=True)


def _status(progress: Progress) -> str:
    report = progress.report
    if report.note:
        return notice(sentence(report.note), "warning")
    text = f"Step {report.step}, loss {report.losses['total']:.2f}"
    return progress_bar(round(100 * report.share), 100, text, report.seconds_left)
