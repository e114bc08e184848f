"""Before and after: two pictures of one size on top of each other, with a divider.

The browser holds the result at full strength besides, and shows any other strength by itself.
"""

import base64
import io
from dataclasses import dataclass
from typing import Any

import gradio as gr
from PIL import Image

from ccpl.painting.requests import Painted
from ccpl.ui.parts import shown

NAMES = ("Original", "Stylized")
TEMPLATE = """
<figure class="compare-view" data-name="{name}" aria-label="{label}">
  <div class="frame">
    <img class="before" alt=""><img class="full" alt=""><img class="after" alt="">
    <input class="divider" type="range" min="0" max="100" value="{divider}" step="1"
      aria-label="{label}: divider">
    <span class="line"></span><span class="name"></span><span class="name"></span>
  </div>
  <div class="empty">{empty}</div>
  <figcaption><span class="caption"></span>
    <button class="hold" type="button" aria-pressed="false">Hold to see the original</button>
    <button class="full-screen" type="button" aria-label="Full screen">
      <svg viewBox="0 0 24 24" width="18" height="18" aria-hidden="true">
      <path fill="none" stroke="currentColor"
      stroke-width="2" d="M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5"/></svg></button>
  </figcaption>
</figure>
"""
DIVIDER = 50  # percent


@dataclass(frozen=True)
class BeforeAfter:
    """The view; `show` makes its value."""

    component: gr.HTML

    @property
    def outputs(self) -> list[gr.Component]:
        """What `show` returns values for."""
        return [self.component]

    def show(self, left: Image.Image, right: Image.Image, **facts: Any) -> list:
        """Values for `outputs`; see `pictures`."""
        return [pictures(left, right, **facts)]


def pictures(
    before: Image.Image,
    after: Image.Image,
    *,
    full: Image.Image | None = None,
    names: tuple[str, str] = NAMES,
    caption: str = "",
    fixed: bool = False,
) -> dict[str, Any]:
    """What a view shows.

    Args:
        before, after: pictures of one size.
        full: the result at full strength, if `after` is weaker.
        names: of both sides.
        caption: a line below.
        fixed: whether a strength that is set beside the view has nothing to do with it.
    """
    return {
        "before": _inline(before),
        "after": _inline(after),
        "full": _inline(full) if full is not None and full is not after else None,
        "names": names,
        "caption": caption,
        "fixed": fixed,
    }


def _inline(image: Image.Image) -> str:
    """At the size shown, inside the reply: a JPEG is made and sent in no time."""
    buffer = io.BytesIO()
    shown(image).save(buffer, "JPEG", quality=95, subsampling=0)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()


def before_after(elem_id: str, label: str, empty: str) -> BeforeAfter:
    """Lay out a before/after view.

    Args:
        elem_id: id of the view.
        label: what is compared.
        empty: what to do to see something here, as HTML.
    """
    template = TEMPLATE.format(name=elem_id, label=label, empty=f"<p>{empty}</p>", divider=DIVIDER)
    return BeforeAfter(
        gr.HTML(
            None,
            html_template=template,
            js_on_load="ccpl.view(element, props, watch)",
            apply_default_css=False,
            elem_id=elem_id,
            elem_classes="view",
        )
    )


def summary(painted: Painted, mode: str, asked: float | None = None) -> str:
    """A notice on what was made and how long it took.

    Args:
        asked: number of the request: the page puts in what the visitor waited.
    """
    width, height = painted.stylized.size
    since = "" if asked is None else f' data-asked="{asked}"'
    return (
        f'<p class="notice done" role="status">Done: {width} × {height} px, {mode}, '
        f"in <span{since}>{painted.seconds:.1f}</span> s.</p>"
    )
