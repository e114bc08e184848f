"""Before and after: an ImageSlider, and a range input that moves it by keyboard."""

from dataclasses import dataclass

import gradio as gr
from PIL import Image

from ccpl.ui.jobs import Picture
from ccpl.ui.parts import PRIVATE, notice, shown

MOVE = "(percent) => ({__type__: 'update', slider_position: percent})"
DESCRIBE = """() => setTimeout(() => document.querySelectorAll('#%s img').forEach(
  (image, place) => { image.alt = ['Left of the divider', 'Right of the divider'][place] }), 100)"""
HEIGHT = 460  # pixels, reserved before there is a result


@dataclass(frozen=True)
class BeforeAfter:
    """The empty state, the slider and its range twin; `show` updates all three."""

    empty: gr.HTML
    slider: gr.ImageSlider
    position: gr.Slider

    @property
    def outputs(self) -> list[gr.Component]:
        """What `show` returns values for."""
        return [self.empty, self.slider, self.position]

    def show(self, left: Image.Image, right: Image.Image) -> list:
        """Values for `outputs`; both pictures are of one size."""
        pair = (shown(left), shown(right))
        return [gr.HTML(visible=False), gr.ImageSlider(pair, visible=True, slider_position=50), 50]


def before_after(elem_id: str, label: str, empty: str) -> BeforeAfter:
    """Lay out a before/after view.

    Args:
        elem_id: id of the slider; the other parts are named after it.
        label: what is compared.
        empty: what to do to see something here.
    """
    hint = gr.HTML(
        f'<div class="empty" style="height:{HEIGHT}px"><p>{empty}</p></div>',
        elem_id=f"{elem_id}-empty",
        padding=False,
    )
    slider = gr.ImageSlider(
        label=label,
        format="png",
        type="pil",
        interactive=False,
        buttons=["fullscreen"],
        height=HEIGHT,
        max_height=HEIGHT,
        elem_id=elem_id,
        visible=False,
    )
    position = gr.Slider(
        0,
        100,
        value=50,
        step=1,
        label="Divider",
        elem_id=f"{elem_id}-position",
        elem_classes="twin",
        buttons=[],
    )
    slider.change(None, js=DESCRIBE % elem_id, **PRIVATE)
    position.input(None, position, slider, js=MOVE, **PRIVATE)
    return BeforeAfter(hint, slider, position)


def summary(picture: Picture, mode: str) -> str:
    """A notice on what was made and how long it took."""
    width, height = picture.stylized.size
    return notice(f"Done: {width} × {height} px, {mode}, in {picture.seconds:.2f} s.", "done")
