"""Only part of a picture: a mask painted over the content."""

from typing import Any

import gradio as gr
from PIL import Image, ImageChops

from ccpl.errors import InputError
from ccpl.image import fit_within
from ccpl.ui.controls import LookControls
from ccpl.ui.parts import QUIET, read_picture, shown

CANVAS = 900  # pixels: longest side of the picture that is painted on
BRUSH = ("#ff5a36", 0.55)  # colour and opacity: the picture shows through
SOFT = 0.2  # how softly what is painted ends, unless it is set otherwise


def region_editor(content: gr.Image, look: LookControls) -> gr.ImageEditor:
    """Lay out the accordion with the canvas and the options of a look that need a mask.

    The content is put on the canvas when the accordion opens; a new content clears it.
    """

    def place(path: str | None) -> Image.Image | None:
        if not path:
            return None
        try:
            return fit_within(shown(read_picture(path, "content", look.limits)), CANVAS)
        except InputError:
            return None  # pressing Stylize will say what is wrong

    with gr.Accordion("Only part of the picture", open=False, elem_id="region") as accordion:
        gr.HTML(
            '<p class="hint">Paint over a part of the picture with the brush. Leave it '
            "unpainted to stylize everything.</p>",
            padding=False,
        )
        editor = gr.ImageEditor(
            label="Region",
            type="pil",
            sources=[],
            transforms=[],
            layers=False,
            buttons=[],
            brush=gr.Brush(default_size=48, colors=[BRUSH], color_mode="fixed"),
            height=360,
            elem_id="region-editor",
        )
        look.place("feather", value=SOFT)
        look.place_rest("mask")
    accordion.expand(place, content, editor, **QUIET)
    closed = "() => [null, {open: false, __type__: 'update'}]"
    content.change(None, None, [editor, accordion], js=closed, **QUIET)
    return editor


def painted_mask(drawing: dict[str, Any] | None) -> Image.Image | None:
    """What was painted, white in a grey picture, however translucent; None if nothing is.

    Args:
        drawing: the value of the editor.
    """
    layers = [layer for layer in (drawing or {}).get("layers", []) if layer is not None]
    if not layers:
        return None
    mask = Image.new("L", layers[0].size)
    for layer in layers:
        mask = ImageChops.lighter(mask, layer.convert("RGBA").getchannel("A"))
    opaque = mask.point(lambda alpha: min(255, round(alpha / BRUSH[1])))
    return opaque if mask.getbbox() else None
