"""Strokes that are fine where one looks: the control, and the map on request."""

import gradio as gr
from PIL import Image

from ccpl.config import Limits
from ccpl.errors import InputError
from ccpl.image import fit_within, split_alpha, to_image, to_tensor
from ccpl.painting.strokes import attention
from ccpl.ui.controls import LookControls
from ccpl.ui.parts import QUIET, read_picture, shown

MAP_SIDE = 480  # pixels: longest side of the map as it is shown
FAINT = 0.25  # how much of the picture shows where strokes are broad


def stroke_options(look: LookControls, content: gr.Image) -> None:
    """Lay out the options of networks that paint; photo mode does not show them.

    The map is of the content, and goes when another one comes.
    """

    def show(path: str | None) -> tuple[gr.Image, gr.HTML]:
        try:
            picture = looked_at(path, look.limits)
        except InputError as error:
            return gr.Image(visible=False), gr.HTML(f'<p class="hint">{error}</p>', visible=True)
        return gr.Image(picture, visible=True), gr.HTML(visible=False)

    with gr.Column(elem_classes="painting-only"):
        look.place_rest("painting")
        button = gr.Button("Show where strokes are fine", size="sm", elem_id="image-fine")
        view = gr.Image(
            label="Bright: the finest strokes",
            interactive=False,
            visible=False,
            buttons=[],
            elem_id="image-fine-map",
        )
        problem = gr.HTML(visible=False, padding=False)
        look.place_rest("transform")
    button.click(show, content, [view, problem], **QUIET)
    gone = "() => ({visible: false, __type__: 'update'})"
    content.change(None, None, view, js=gone, **QUIET)


def looked_at(path: str | None, limits: Limits) -> Image.Image:
    """The picture, dark where strokes would be broad.

    Raises:
        InputError: there is none, or it cannot be used.
    """
    if not path:
        raise InputError("Choose a content picture first.")
    picture = fit_within(split_alpha(shown(read_picture(path, "content", limits)))[0], MAP_SIDE)
    source = to_tensor(picture)
    fine = (
        to_image(attention(source).expand(-1, 3, -1, -1))
        .convert("L")
        .resize(picture.size, Image.Resampling.BICUBIC)
    )
    light = fine.point(lambda value: round(255 * FAINT + value * (1 - FAINT)))
    return Image.composite(picture, Image.new("RGB", picture.size), light)
