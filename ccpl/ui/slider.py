"""Before and after: an ImageSlider, and a range input that moves it by keyboard."""

from dataclasses import dataclass

import gradio as gr
from PIL import Image

from ccpl.painting.requests import Painted
from ccpl.ui.parts import PRIVATE, notice, shown

MOVE = "(percent) => ({__type__: 'update', slider_position: percent})"
DESCRIBE = """() => setTimeout(() => document.querySelectorAll('#%s img').forEach(
  (image, place) => { image.alt = ['Left of the divider', 'Right of the divider'][place] }), 100)"""
HEIGHT = 460  # pixels at most
HEIGHT_AT_LEAST = 160  # pixels; leaves the divider and the buttons room over a panorama
PAGE_MARGINS = 64  # pixels left and right of a narrow page's parts, together


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
        """Values for `outputs`; both pictures are of one size.

        On a phone the view is no higher than the pictures are at the width of the page.
        """
        pair = (shown(left), shown(right))
        slider = gr.ImageSlider(
            pair, height=_view_height(*left.size), visible=True, slider_position=50
        )
        return [gr.HTML(visible=False), slider, 50]


def _view_height(width: int, height: int) -> str:
    """In CSS: of pictures of that size where they are as wide as a phone's page, within bounds."""
    fitting = f"calc((100vw - {PAGE_MARGINS}px) * {height / width:.4f})"
    return f"clamp({HEIGHT_AT_LEAST}px, {fitting}, {HEIGHT}px)"


def before_after(elem_id: str, label: str, empty: str) -> BeforeAfter:
    """Lay out a before/after view.

    Args:
        elem_id: id of the slider; the other parts are named after it, "-view" is always there.
        label: what is compared.
        empty: what to do to see something here.
    """
    with gr.Column(elem_id=f"{elem_id}-view"):
        hint = gr.HTML(
            f'<div class="empty" style="height:{_view_height(3, 2)}"><p>{empty}</p></div>',
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


def summary(painted: Painted, mode: str) -> str:
    """A notice on what was made and how long it took."""
    width, height = painted.stylized.size
    return notice(f"Done: {width} × {height} px, {mode}, in {painted.seconds:.2f} s.", "done")
