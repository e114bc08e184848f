"""The Webcam tab: frames come in, stylized frames go out, and neither is ever stored."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter
from typing import Any

import gradio as gr
import torch
from gradio.events import Dependency
from PIL import Image

from ccpl.errors import InputError
from ccpl.image import to_image, to_tensor
from ccpl.look import Look
from ccpl.painting.requests import Host
from ccpl.painting.stylizer import FrameStylizer
from ccpl.ui.builtin import Library, fill_from, thumbnails
from ccpl.ui.controls import LookControls
from ccpl.ui.gpu import ZERO_GPU
from ccpl.ui.image import Controls
from ccpl.ui.painted_here import painted_here
from ccpl.ui.parts import (
    PRIVATE,
    QUIET,
    live_image,
    notice,
    picture_input,
    read_picture,
    sentence,
    status_line,
)

BUDGET = 0.060  # seconds a frame may take here; leaves room for the way through the browser
SIDES = (192, 256, 320, 384, 448, 512, 640)  # pixels, longest side
FIRST_SIDE = 384
PATIENCE = 8  # frames between two changes of the resolution
STREAM_EVERY = 0.04  # seconds between frames the browser sends; older unseen ones are dropped
VISITORS = 4  # cameras at once
SECONDS = {True: 120, False: 900}  # of one camera: hosted, local
CAMERA_FILE = Path(__file__).with_name("camera.html")  # what the page knows of cameras
READY = "Press Start and allow the camera."
CAMERA = {"width": {"ideal": 640}, "height": {"ideal": 480}}

START = """async () => {
  const box = document.querySelector('#webcam-camera');
  box.querySelector('[title="grant webcam access"] button')?.click();
  for (let turn = 0; turn < 600; turn += window.cameraAsks ? 0 : 1) {
    if (document.querySelector('.camera-problem')) return;
    const record = box.querySelector('[title="start recording"]');
    if (record && box.querySelector('video')?.videoWidth) {
      record.closest('button').click();
      return;
    }
    await new Promise(done => setTimeout(done, 100));
  }
}"""
STOP = """() => {
  const box = document.querySelector('#webcam-camera');
  document.querySelectorAll('.camera-problem').forEach(line => line.remove());
  if (!box.querySelector('[title="start recording"]'))
    box.querySelector('.capture-button')?.click();
  box.querySelector('video')?.srcObject?.getTracks().forEach(track => track.stop());
}"""


@dataclass
class Live:
    """What is remembered of one camera from frame to frame, in memory only."""

    key: tuple[str | None, Look] | None = None  # style and look the painter was made for
    painter: FrameStylizer | None = None
    side: int = FIRST_SIDE
    seconds: float = 0.0  # running mean of a frame's time
    since_change: int = 0
    arrivals: deque[float] = field(default_factory=lambda: deque(maxlen=20))
    frame: Image.Image | None = None  # the newest, for a snapshot

    @property
    def fps(self) -> float:
        """Frames a second over the last ones."""
        span = self.arrivals[-1] - self.arrivals[0] if len(self.arrivals) > 1 else 0
        return (len(self.arrivals) - 1) / span if span else 0.0


def adapted_side(side: int, seconds: float) -> int:
    """The next size up or down when frames take much less or more than BUDGET."""
    place = SIDES.index(side)
    if seconds > BUDGET * 1.15 and place > 0:
        return SIDES[place - 1]
    # a size up costs about half as much again
    if seconds < BUDGET * 0.55 and place < len(SIDES) - 1:
        return SIDES[place + 1]
    return side


def stylize_frame(
    host: Host, frame: Image.Image, style: str | None, look: Look, side: int | None, live: Live
) -> tuple[Image.Image, Live]:
    """Stylize the newest frame of a camera.

    Args:
        style: path of the style picture.
        side: longest side in pixels, None adapts it to the machine.
        live: what the last call returned.
    Raises:
        InputError: no usable style, or the weights the look asks for are missing.
    """
    key = (style, replace(look, strength=1.0))  # the strength may change from frame to frame
    if live.key != key:
        styles = [] if look.names_tuned else [read_picture(style, "style", host.limits)]
        stylizer = host.stylizer(look, styles)
        live.painter, live.key = stylizer.frame_stylizer(next(iter(styles), None), look), key
    began = perf_counter()
    frame = frame.convert("RGB")
    small = frame.copy()
    small.thumbnail([side or live.side] * 2, Image.Resampling.BILINEAR)
    first = torch.tensor([live.frame is None])
    result = live.painter(to_tensor(small), torch.tensor([float(look.strength)]), first)
    now = perf_counter()
    live.frame = frame
    live.arrivals.append(now)
    live.seconds = live.seconds * 0.8 + (now - began) * 0.2 if live.seconds else now - began
    live.since_change += 1
    if not side and live.since_change >= PATIENCE:
        larger_or_smaller = adapted_side(live.side, live.seconds)
        if larger_or_smaller != live.side:
            live.side, live.since_change, live.seconds = larger_or_smaller, 0, 0.0
    return to_image(result), live


def webcam_tab(
    host: Host, library: Library, tabs: gr.Tabs, target: Controls
) -> tuple[gr.Image, LookControls, gr.HTML]:
    """Lay out the tab and wire it; a snapshot goes to `target`, the controls of the first tab.

    Returns:
        The style and the look that are set here, and what paints in the browser.
    """
    # A GPU that is lent by the call is no use for single frames.
    host = replace(host, device="cpu") if ZERO_GPU else host
    seconds = SECONDS[host.limits.seconds is not None]
    here = painted_here("webcam", "#webcam-server", camera=True)
    with gr.Row(elem_classes="workbench", elem_id="webcam-server"):
        with gr.Column(scale=5, min_width=310, elem_classes="controls"):
            camera, facing, mirror, start, stop = _camera(seconds)
            style, look, side = _look(host, library)
        with gr.Column(scale=7, min_width=310, elem_id="webcam-stage", elem_classes="stage"):
            output = live_image(
                label="Live",
                height=480,
                elem_id="webcam-live",
                elem_classes="todo",
                alt_text="Stylized camera picture",
            )
            stats = status_line(READY, elem_id="webcam-stats")
            snapshot = gr.Button("Snapshot to the Image tab", elem_id="webcam-snapshot")
    live = gr.State(None, time_to_live=seconds + 60)
    streaming = camera.stream(
        _handler(host, look),
        [camera, style, side, live, *look.components],
        [output, stats, live],
        time_limit=seconds,
        stream_every=STREAM_EVERY,
        concurrency_id="webcam",
        concurrency_limit=VISITORS,
        **QUIET,
    )
    _wire_camera(camera, facing, mirror, start, stop, live, stats, streaming)
    _wire_snapshot(snapshot, live, style, look, tabs, target, stats)
    return style, look, here


def _wire_snapshot(
    snapshot: gr.Button,
    live: gr.State,
    style: gr.Image,
    look: LookControls,
    tabs: gr.Tabs,
    target: Controls,
    stats: gr.HTML,
) -> None:
    """The newest frame goes to the first tab, with the style and the look it is seen in."""
    filled = [target.content, target.style, *(target.look.by_name[name] for name in look.by_name)]

    def take(live: Live | None, *seen: Any) -> list[Any]:
        if live is None or live.frame is None:
            problem = notice("Start the camera first.", "error")
            return [*(gr.skip() for _ in (*filled, tabs)), problem]
        sent = notice("Sent to the Image tab.", "done")
        return [live.frame, *seen, gr.Tabs(selected="image"), sent]

    snapshot.click(
        take, [live, style, *look.components], [*filled, tabs, stats], queue=False, **QUIET
    )


def _camera(seconds: int) -> tuple[gr.Image, gr.Radio, gr.Checkbox, gr.Button, gr.Button]:
    camera = gr.Image(
        label="Camera",
        sources="webcam",
        streaming=True,
        type="pil",
        height=260,
        buttons=[],
        webcam_options=_options("user", True),
        elem_id="webcam-camera",
    )
    with gr.Row(elem_classes="actions"):
        stop = gr.Button("Stop", elem_id="webcam-stop", min_width=120)
        start = gr.Button("Start", variant="primary", elem_id="webcam-start", min_width=120)
    with gr.Row():
        facing = gr.Radio(
            [("Front", "user"), ("Rear", "environment")], value="user", label="Camera on phones"
        )
        mirror = gr.Checkbox(value=True, label="Mirror", info="As in a looking glass.")
    gr.HTML(
        f'<p class="hint">Frames are never stored. A camera runs for {seconds // 60} minutes at '
        "most, then press Start again.</p>",
        padding=False,
    )
    return camera, facing, mirror, start, stop


def _options(facing: str, mirror: bool) -> gr.WebcamOptions:
    return gr.WebcamOptions(mirror, {"video": {"facingMode": facing, **CAMERA}})


def _look(host: Host, library: Library) -> tuple[gr.Image, LookControls, gr.Dropdown]:
    style = picture_input(
        label="Style",
        value=str(library.styles[0].path) if library.styles else None,
        sources=["upload", "clipboard"],
        height=170,
        elem_id="webcam-style",
        alt_text="The style picture",
    )
    fill_from(thumbnails(library.styles, "Built-in styles", "webcam-styles"), library.styles, style)
    look = LookControls(host.limits)
    look.place("mode")
    look.place("strength")
    look.place("tuned")
    side = gr.Dropdown(
        [("Automatic", 0), *((f"{n} px", n) for n in SIDES)], value=0, label="Resolution",
        info="Automatic keeps it fluent on this machine.",
    )  # fmt: skip
    return style, look, side


def _handler(host: Host, look: LookControls) -> Callable:
    def stylize(
        frame: Image.Image | None, style: str | None, side: int, live: Live | None, *values: Any
    ) -> tuple[Any, Any, Live | None]:
        if frame is None:
            return gr.skip(), gr.skip(), live
        try:
            image, live = stylize_frame(
                host, frame, style, look.look(values), side or None, live or Live()
            )
        except InputError as error:
            return gr.skip(), notice(sentence(str(error)), "error"), live
        text = f"{live.fps:.1f} frames a second at {image.width} × {image.height} px, "
        return image, notice(f"{text}{live.seconds * 1000:.0f} ms a frame.", "done"), live

    return stylize


def _wire_camera(
    camera: gr.Image,
    facing: gr.Radio,
    mirror: gr.Checkbox,
    start: gr.Button,
    stop: gr.Button,
    live: gr.State,
    stats: gr.HTML,
    streaming: Dependency,
) -> None:
    """Start and Stop press the camera's own buttons; taking it off the page frees the device."""

    def remove() -> tuple[gr.Image, None]:
        return gr.Image(visible=False), None

    def put_back(side: str, mirrored: bool) -> tuple[gr.Image, str]:
        return gr.Image(visible=True, webcam_options=_options(side, mirrored)), notice(READY)

    start.click(None, js=START, **PRIVATE)
    for event in (stop.click, facing.input):
        event(None, js=STOP, cancels=[streaming], **PRIVATE).then(
            remove, None, [camera, live], queue=False, **QUIET
        ).then(put_back, [facing, mirror], [camera, stats], queue=False, **QUIET)
    mirror.input(
        lambda side, mirrored: gr.Image(webcam_options=_options(side, mirrored)),
        [facing, mirror], camera, queue=False, **QUIET,
    )  # fmt: skip
