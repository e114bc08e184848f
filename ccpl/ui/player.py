"""A player for a clip and its original, side by side at the same frame; see js/player.js."""

from typing import Any

import gradio as gr

from ccpl.ui.clips import Clip
from ccpl.ui.view import NAMES
from ccpl.video import probe

TEMPLATE = """
<p class="notice warning unplayable" role="alert" hidden>This browser does not play the codec of the
  clip: download it.</p>
<figure class="player compare-view filled" aria-label="Stylized clip beside the original">
  <div class="frame">
    <video class="before" playsinline muted preload="auto"></video>
    <video class="after" playsinline preload="auto"></video>
    <input class="divider" type="range" min="0" max="100" value="50" step="1"
      aria-label="Clip: divider">
    <span class="line"></span><span class="name">{0}</span><span class="name">{1}</span>
  </div>
  <figcaption>
    <button class="play" type="button">Play</button>
    <input class="time" type="range" min="0" value="0" aria-label="Time in the clip">
    <span class="clock"></span>
  </figcaption>
</figure>
"""


def player(elem_id: str) -> gr.HTML:
    """Lay out a player; it is shown with its first clip."""
    return gr.HTML(
        None,
        html_template=TEMPLATE.format(*NAMES),
        js_on_load="ccpl.player(element, props, watch)",
        apply_default_css=False,
        elem_id=elem_id,
        elem_classes="view",
        visible=False,
    )


def played(clip: Clip) -> dict[str, Any]:
    """What a player shows: a finished clip beside its original."""
    result = clip.report.result.path
    return {
        "before": clip.source,
        "after": str(result),
        "start": clip.start,
        "rate": float(probe(result).rate),
    }
