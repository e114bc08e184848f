"""What is set on the Video tab, and what it asks for."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import gradio as gr

from ccpl.config import VideoConfig
from ccpl.errors import InputError
from ccpl.look import Look
from ccpl.options import options
from ccpl.painting.requests import Host, Inputs
from ccpl.ui.animation import animation_input, original_of
from ccpl.ui.builtin import Library, fill_from, thumbnails
from ccpl.ui.controls import LookControls, control, photo_options
from ccpl.ui.parts import clip_input, style_picture

# Fields of a VideoConfig that are asked for.
PART = ("start", "end")
HEIGHT = 212  # pixels of clip and style
EDITORS = ("codec", "bits", "input_transform", "output_transform")


class Controls(NamedTuple):
    """What a visitor sets."""

    clip: gr.Video
    style: gr.Image
    part: dict[str, gr.Number]  # by their names: PART
    editors: dict[str, gr.Radio]  # and EDITORS, which photo mode alone shows
    look: LookControls
    at: gr.Slider
    gif: gr.Checkbox

    @property
    def inputs(self) -> list[gr.Component]:
        """The components whose values the handlers get: files, fields of a config, the look."""
        fields = [*self.part.values(), *self.editors.values()]
        return [self.clip, self.style, *fields, *self.look.components]


class Asked(NamedTuple):
    """What the controls ask for, as `stylize_clip` and `preview_clip` take it."""

    source: str
    inputs: Inputs
    look: Look
    config: VideoConfig


def video_controls(host: Host, library: Library) -> Controls:
    with gr.Row(elem_classes="pair"):
        clip = clip_input(
            label="Clip", sources=["upload", "webcam"], height=HEIGHT, min_width=140,
            elem_id="video-clip",
        )  # fmt: skip
        style = style_picture("video", HEIGHT)
    animation_input(clip, host.limits)
    clips = thumbnails(library.clips, "Built-in clips", "video-clips")
    fill_from(clips, library.clips, clip)
    styles = thumbnails(library.styles, "Built-in styles", "video-styles")
    fill_from(styles, library.styles, style)
    look = LookControls(host.limits, "video", moving=True)
    for name in ("mode", "arch", "strength"):
        look.place(name)
    photo_options(look, "consistency")
    at = gr.Slider(
        0,
        1,
        value=0,
        step=0.04,
        buttons=[],
        label="Frame to preview",
        info="In seconds of the clip; moving it previews that frame.",
        elem_id="video-at",
        visible=False,
    )
    with gr.Accordion("More options", open=False):
        look.place("end_strength")
        with gr.Row():
            part = _fields(PART)
        look.place_rest("clip")
        look.place_rest()
        with gr.Column(elem_classes="painting-only"):
            look.place_rest("painting")
            look.place_rest("transform")
        gif = gr.Checkbox(label="Make a GIF as well", info="Without sound.", elem_id="video-gif")
    with (
        gr.Column(elem_classes="photo-only"),
        gr.Accordion("For editors", open=False, elem_id="video-editors"),
    ):
        editors = _fields(EDITORS)
    return Controls(clip, style, part, editors, look, at, gif)


def _fields(names: Sequence[str]) -> dict[str, gr.Component]:
    """Lay out controls for fields of a VideoConfig."""
    return {item.name: control(item) for item in options(VideoConfig) if item.name in names}


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
    names = [*controls.part, *controls.editors]
    fields = dict(zip(names, values[: len(names)], strict=True))
    look = controls.look.look(values[len(names) :])
    if look.mode != "photo":  # what is not shown is not asked for
        fields = {name: value for name, value in fields.items() if name in controls.part}
    config = VideoConfig(**fields)
    wanted = host.settled(look)
    inputs = library.read_inputs(host.limits, wanted, style)
    return Asked(original_of(clip), inputs, wanted, config)
