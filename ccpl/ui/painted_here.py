"""What paints in the browser on the Image and the Webcam tab; see browser/tab.js."""

import html
import json

import gradio as gr

from ccpl import __version__
from ccpl.config import MODES
from ccpl.look import Look
from ccpl.options import options

TEMPLATE = """
<div class="where" role="group" aria-label="Where {what} painted">
  <button type="button" data-where="server" aria-pressed="true">On the server</button>
  <button type="button" data-where="here" aria-pressed="false">Private: in this browser</button>
</div>
<p class="notice warning fallback" role="alert" data-part="fallback"></p>
<section class="here {kind}" data-part="facts" data-facts="{facts}"
  aria-label="{title} painted in this browser">
  <div class="here-controls">
    <p class="hint">Your pictures never leave this computer: the network comes to you once,
      then works without the server.</p>
    <div class="here-buttons">
      <button type="button" data-part="start" class="first moving">Start camera</button>
      <button type="button" data-part="stop" class="moving">Stop</button>
      <label class="file">Open a picture
        <input type="file" accept="image/*" data-part="still"></label>
    </div>
    <fieldset data-part="mode"><legend>Mode</legend>{modes}</fieldset>
    <label class="line">Strength
      <input type="range" min="0" max="1" step="0.05" value="1" data-part="strength"></label>
    <div class="pairs"><label class="line">Resolution <select data-part="side"></select></label>
      <label class="moving"><input type="checkbox" checked data-part="mirror"> Mirror</label></div>
    <p class="picker-label" id="{tab}-here-styles">Style</p>
    <div class="picker styles" role="group" aria-labelledby="{tab}-here-styles"
      data-part="styles"></div>
    <div hidden><p class="picker-label" id="{tab}-here-tuned">Tuned styles</p>
      <div class="picker styles" role="group" aria-labelledby="{tab}-here-tuned"
        data-part="tuned"></div></div>
    <label class="file">Your own style
      <input type="file" accept="image/*" data-part="own-style"></label>
  </div>
  <div class="here-stage">
    <div class="here-frame"><canvas role="img" aria-label="Stylized picture"></canvas>
      <p class="here-empty">{empty}</p></div>
    <p class="notice" role="status" data-part="status"></p>
    <div class="here-buttons">
      <button type="button" data-part="snapshot">Save picture</button>
      <button type="button" data-part="record" class="moving">Record</button>
      <button type="button" data-part="full-screen">Full screen</button>
    </div>
  </div>
</section>
"""
MODE = '<label><input type="radio" name="{tab}-here-mode" value="{name}"{checked}> {title}</label>'
LOAD = """import(new URL('browser/tab.js', document.baseURI))
  .then((tab) => tab.mount(element, props, watch))"""
TOLD = ("mode", "strength", "stroke_size")  # what a saved picture tells of its look


def painted_here(tab: str, server: str, *, camera: bool) -> gr.HTML:
    """Lay out the choice between server and browser, and what belongs to the latter.

    Its value names the tuned styles; see `tuned.shown`.

    Args:
        tab: what the ids begin with.
        server: selector of the parts that the server paints for, which give way.
        camera: whether a camera is painted, too, or still pictures alone.
    """
    by_name = {item.name: item for item in options(Look)}
    facts = {
        "software": f"ccpl {__version__}",
        "labels": {name: by_name[name].label for name in TOLD},
        "modes": MODES,
        "server": server,
    }
    titles = by_name["mode"].titles
    modes = "".join(
        MODE.format(tab=tab, name=name, title=titles[name], checked=" checked" * (name == MODES[0]))
        for name in MODES
    )
    template = TEMPLATE.format(
        tab=tab,
        what="frames are" if camera else "the picture is",
        title="Camera" if camera else "Picture",
        kind="" if camera else "still",
        empty="Press Start camera, or open a picture." if camera else "Open a picture.",
        facts=html.escape(json.dumps(facts)),
        modes=modes,
    )
    return gr.HTML(
        {},
        html_template=template,
        js_on_load=LOAD,
        apply_default_css=False,
        elem_id=f"{tab}-here",
    )
