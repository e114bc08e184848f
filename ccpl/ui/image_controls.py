"""What is set on the Image tab: content, style, and everything about them."""

from typing import NamedTuple

import gradio as gr

from ccpl.painting.requests import Host
from ccpl.ui.builtin import Library, thumbnails
from ccpl.ui.controls import LookControls, photo_options
from ccpl.ui.luts import lut_button
from ccpl.ui.parts import QUIET, content_picture, files_input, picture_input, style_picture
from ccpl.ui.region import region_editor
from ccpl.ui.several import Several
from ccpl.ui.strokes import stroke_options


class Controls(NamedTuple):
    """What a visitor sets."""

    content: gr.Image
    style: gr.Image
    second: gr.Image
    region: gr.ImageEditor
    look: LookControls
    styles: gr.HTML
    contents: gr.HTML
    second_name: gr.Dropdown
    copy: gr.Button
    several: Several
    own: tuple[gr.File, gr.Button]  # styles that were uploaded; pressed when there is a new one
    lut: gr.UploadButton

    @property
    def inputs(self) -> list[gr.Component]:
        """The components whose values the handler gets: files, then the look."""
        return [self.content, self.style, self.second, self.region, *self.look.components]

    @property
    def visible(self) -> list[gr.Component]:
        """Those among them a visitor changes."""
        return [self.content, self.style, self.second, self.region, *self.look.visible]


def image_controls(host: Host, library: Library) -> Controls:
    with gr.Row(elem_classes="pair"):
        content = content_picture("image")
        style = style_picture("image")
    _style_part(style)
    contents = thumbnails(library.contents, "Built-in pictures", "image-contents")
    styles = thumbnails(
        library.styles, "Styles: your picture in all of them", "image-styles", own=True
    )
    own = files_input(visible=False), gr.Button(visible="hidden", elem_id="image-own")
    style.upload(None, style, None, js="file => { ccpl.own.add(file) }", **QUIET)
    look = LookControls(host.limits, "image")
    for name in ("mode", "arch", "strength"):
        look.place(name)
    photo_options(look)
    lut = lut_button()
    with gr.Accordion("Slow and beautiful", open=False):
        look.place("optimize", label="Improve the picture step by step")
        look.place_rest("optimize")
    with gr.Accordion("More options", open=False):
        look.place_rest()
        stroke_options(look, content)
    with gr.Accordion("Blend with a second style", open=False):
        second, second_name = _second_style(library)
        look.place_rest("second style")
    region = region_editor(content, look)
    several = Several()
    copy = gr.Button("Copy a link to this look", size="sm", elem_id="image-copy")
    return Controls(
        content,
        style,
        second,
        region,
        look,
        styles,
        contents,
        second_name,
        copy,
        several,
        own,
        lut,
    )


def _style_part(style: gr.Image) -> None:
    """Dragging over the style picture takes a part of it; see js/crop.js."""
    whole = gr.Button("Take the whole style picture again", size="sm", elem_id="image-whole")
    cut = gr.Button(visible="hidden", elem_id="image-crop")
    cut.click(None, style, style, js="style => ccpl.crop.taken(style)", **QUIET)
    whole.click(None, None, style, js="() => ccpl.crop.whole()", **QUIET)
    style.change(None, style, None, js="style => { ccpl.crop.changed(style) }", **QUIET)


def _second_style(library: Library) -> tuple[gr.Image, gr.Dropdown]:
    second = picture_input(
        label="Second style picture",
        sources=["upload", "clipboard"],
        height=170,
        alt_text="The second style picture",
        placeholder="Drop a second style here\n- or -\nchoose one below",
        elem_id="image-second",
    )
    choices = [(style.name, style.slug) for style in library.styles]
    name = gr.Dropdown(
        choices, value=None, label="Built-in style", visible=bool(choices), elem_id="second-name"
    )
    return second, name
