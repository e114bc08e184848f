"""Only part of a picture: a mask painted over the content."""

from dataclasses import dataclass
from typing import Any

import gradio as gr
from PIL import Image, ImageChops, ImageOps

from ccpl.config import Limits
from ccpl.errors import InputError
from ccpl.image import fit_within
from ccpl.ui.parts import read_picture, shown

CANVAS = 900  # pixels: longest side of the picture that is painted on
BRUSH = "#ff5a36"


@dataclass(frozen=True)
class RegionEditor:
    """The accordion with the canvas."""

    accordion: gr.Accordion
    editor: gr.ImageEditor
    side: gr.Radio

    def follow(self, content: gr.Image, limits: Limits) -> None:
        """Put the content on the canvas when the accordion opens; a new content clears it."""

        def place(path: str | None) -> Image.Image | None:
            if not path:
                return None
            try:
                return fit_within(shown(read_picture(path, "content", limits)), CANVAS)
            except InputError:
                return None  # pressing Stylize will say what is wrong

        options: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        self.accordion.expand(place, content, self.editor, **options)
        content.change(lambda: (None, gr.Accordion(open=False)), None,
                       [self.editor, self.accordion], **options)  # fmt: skip


def region_editor() -> RegionEditor:
    """Lay out the accordion."""
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
        side = gr.Radio(
            [("Stylize what is painted", "inside"), ("Keep what is painted", "outside")],
            value="inside",
            label="Painted area",
        )
    return RegionEditor(accordion, editor, side)


def region_mask(drawing: dict[str, Any] | None, side: str) -> Image.Image | None:
    """What was painted as a mask.

    Args:
        drawing: the value of the editor.
        side: "inside" stylizes what is painted, "outside" the rest.
    Returns:
        Grey, white where the picture is stylized; None if nothing is painted.
    """
    layers = [layer for layer in (drawing or {}).get("layers", []) if layer is not None]
    if not layers:
        return None
    mask = Image.new("L", layers[0].size)
    for layer in layers:
        mask = ImageChops.lighter(mask, layer.convert("RGBA").getchannel("A"))
    if mask.getbbox() is None:
        return None
    return mask if side == "inside" else ImageOps.invert(mask)
