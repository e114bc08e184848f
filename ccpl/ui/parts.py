"""Small parts the tabs share: inputs that hand over files as they were sent, outputs that leave
nothing on disk, and one-sentence notices instead of tracebacks."""

import base64
import functools
import html
import io
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.data_classes import FileData, ImageData
from gradio.events import Dependency
from PIL import Image

from ccpl.config import ARCHS, MODES, Limits
from ccpl.errors import InputError
from ccpl.files.weights import available_models
from ccpl.image import load_image

MODE_CHOICES = [("Artistic", "artistic"), ("Photo", "photo"), ("Perceptual", "perceptual")]
MODE_INFO = (
    "Artistic: colours and brushwork. Perceptual: calmer, faithful to shapes. "
    "Photo: light and colour only."
)
ENGINE_CHOICES = [("Fast", "lite"), ("Quality", "vgg19")]
PRIVATE: dict[str, Any] = {"api_visibility": "private"}
QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
DISPLAY_SIDE = 1600  # pixels: longest side of what is shown; downloads are full size
REVEAL = """() => setTimeout(() => {
  if (document.querySelector('#%s .error')) return
  const part = document.querySelector('#%s'), place = part.getBoundingClientRect()
  if (place.top >= 0 && place.bottom <= innerHeight) return
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches
  part.scrollIntoView({behavior: still ? 'instant' : 'smooth', block: 'center'})
}, 100)"""  # by then the page shows what came


def reveal(event: Dependency, part: str, status: str) -> None:
    """Scroll to what an event made, unless it is in sight or the event failed.

    Args:
        event: what made it.
        part: id of an element that is always there.
        status: id of the line that tells errors.
    """
    event.then(None, js=REVEAL % (status, part), **PRIVATE)


def _path_as_sent(payload: FileData | None) -> str | None:
    return payload.path if payload else None


def _inline_jpeg(value: Image.Image | None) -> ImageData | None:
    if value is None:
        return None
    buffer = io.BytesIO()
    value.save(buffer, "JPEG", quality=88)
    return ImageData(url="data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode())


# Conversions are set on the instances: for a subclass Gradio would write a .pyi beside this file.
# They last as long as no handler returns the component itself with new properties.
def picture_input(**options: Any) -> gr.Image:
    """A picture input that passes on the path of the file as it was sent, undecoded."""
    component = gr.Image(type="filepath", format="png", buttons=[], **options)
    component.preprocess = _path_as_sent
    return component


def clip_input(**options: Any) -> gr.Video:
    """A clip input that passes on the path of the file as it was sent."""
    # An unmirrored camera: for a mirrored one Gradio would call an ffmpeg on PATH.
    component = gr.Video(webcam_options=gr.WebcamOptions(mirror=False), buttons=[], **options)
    component.preprocess = _path_as_sent
    return component


def live_image(**options: Any) -> gr.Image:
    """An image output that is sent inside the reply; nothing is stored."""
    component = gr.Image(interactive=False, buttons=["fullscreen"], **options)
    component.postprocess = _inline_jpeg
    return component


def mode_radio(label: str = "Mode") -> gr.Radio:
    """The three modes."""
    return gr.Radio(MODE_CHOICES, value="artistic", label=label, info=MODE_INFO)


def available_archs() -> dict[str, list[str]]:
    """The architectures that each mode has weights for."""
    models = available_models()
    return {mode: [arch for arch in ARCHS if f"{arch}.{mode}" in models] for mode in MODES}


def engine_choice() -> gr.Radio | gr.State:
    """The architecture: a choice where there is one, else lite, which takes no room."""
    if not any("vgg19" in archs for archs in available_archs().values()):
        return gr.State("lite")
    return gr.Radio(
        ENGINE_CHOICES, value="lite", label="Engine",
        info="Quality is the large reference network; it takes several times as long.",
    )  # fmt: skip


def strength_slider(label: str, value: float = 1.0) -> gr.Slider:
    """How much of the style."""
    return gr.Slider(
        0, 1, value=value, step=0.05, label=label, buttons=[],
        info="0 keeps the original, 1 is the full style.",
    )  # fmt: skip


def side_number(limits: Limits, value: int = 0) -> gr.Number:
    """The longest side of the result."""
    most = f" At most {limits.longest_side} here." if limits.longest_side else ""
    return gr.Number(
        label="Longest side in pixels", value=value, precision=0,
        info=f"0 keeps the size of the original.{most}",
    )  # fmt: skip


def read_picture(path: str | None, kind: str, limits: Limits) -> Image.Image:
    """Load an uploaded picture.

    Args:
        path: where the server put it.
        kind: what it is for, "content" or "style"; named in the sentence if something is wrong.
    Raises:
        InputError: nothing was given, or it cannot be used.
    """
    if not path:
        raise InputError(f"Choose a {kind} picture first.")
    try:
        data = Path(path).read_bytes()
    except OSError:
        raise InputError(f"The {kind} picture is gone from the server; choose it again.") from None
    try:
        return load_image(data, max_megapixels=limits.megapixels)
    except InputError as error:
        raise InputError(str(error).replace("the picture", f"the {kind} picture", 1)) from None


def shown(image: Image.Image) -> Image.Image:
    """A picture as displayed: RGB, at most DISPLAY_SIDE pixels."""
    image = image.copy() if max(image.size) <= DISPLAY_SIDE else _reduced(image)
    if image.mode == "RGBA":
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("RGB")


def _reduced(image: Image.Image) -> Image.Image:
    scale = DISPLAY_SIDE / max(image.size)
    return image.resize([max(1, round(n * scale)) for n in image.size], Image.Resampling.LANCZOS)


def result_path(name: str) -> Path:
    """A fresh place for a result among the files that are deleted after an hour."""
    cache = Path(gr.utils.get_upload_folder())
    cache.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(dir=cache)) / name


def capped(max_side: float | None, limits: Limits) -> int | None:
    """The longest side asked for, within what is allowed; 0 or None asks for the original size."""
    if max_side and max_side < 1:
        raise InputError(f"The longest side must be at least 1 pixel, got {max_side:g}.")
    sides = [int(side) for side in (max_side, limits.longest_side) if side]
    return min(sides) if sides else None


def sentence(text: str) -> str:
    """Upper case in front, a full stop at the end."""
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def notice(text: str, kind: str = "info") -> str:
    """A line of text for a status area; kind is info, done, warning or error."""
    role = "alert" if kind == "error" else "status"
    return f'<p class="notice {kind}" role="{role}">{html.escape(text)}</p>'


def status_line(text: str = "", **options: Any) -> gr.HTML:
    """An area for notices that keeps its height."""
    return gr.HTML(notice(text), elem_classes="status", **options)


def explained(outputs: int) -> Callable[[Callable], Callable]:
    """Turn an InputError of a handler into a notice in its last output; the others stay."""

    def decorate(handler: Callable) -> Callable:
        @functools.wraps(handler)
        def run(*args: Any) -> Any:
            try:
                return handler(*args)
            except InputError as error:
                problem = notice(sentence(str(error)), "error")
            return [*(gr.skip() for _ in range(outputs - 1)), problem]

        return run

    return decorate


def limits_text(limits: Limits) -> str:
    """What a visitor may ask for, in one sentence."""
    parts = [f"pictures up to {limits.megapixels:g} megapixels"]
    if limits.seconds:
        parts.append(f"clips up to {limits.seconds:g} s")
    parts.append(f"files up to {limits.upload_mb} MB")
    if limits.longest_side:
        parts.append(f"results up to {limits.longest_side} px on the longer side")
    return sentence("Limits: " + ", ".join(parts))
