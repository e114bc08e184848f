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
from gradio.data_classes import FileData, ImageData, ListFiles
from gradio.events import Dependency
from PIL import Image

from ccpl.colour.chart import lut_of_chart
from ccpl.colour.cube import SUFFIX, parse_cube
from ccpl.colour.lut import Lut
from ccpl.config import Limits
from ccpl.errors import InputError
from ccpl.image import load_image

PRIVATE: dict[str, Any] = {"api_visibility": "private"}
QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
DISPLAY_SIDE = 1600  # pixels: longest side of what is shown; downloads are full size
REVEAL = """() => setTimeout(() => {
  if (document.querySelector('#%s .error')) return
  const part = document.querySelector('#%s')
  if (!part) return
  const place = part.getBoundingClientRect()
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


def _paths_as_sent(payload: ListFiles | None) -> list[str]:
    return [file.path for file in payload.root] if payload else []


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


def content_picture(tab: str) -> gr.Image:
    """The content picture of a tab."""
    return picture_input(
        label="Content picture",
        sources=["upload", "clipboard", "webcam"],
        height=190,
        min_width=140,
        elem_id=f"{tab}-content",
        alt_text="The content picture",
        placeholder="Drop a picture here\n- or -\nclick to choose one",
    )


def style_picture(tab: str, height: int = 190) -> gr.Image:
    """The style picture of a tab, as high in pixels as what stands beside it."""
    return picture_input(
        label="Style picture",
        sources=["upload", "clipboard"],
        height=height,
        min_width=140,
        elem_id=f"{tab}-style",
        alt_text="The style picture",
        placeholder="Drop a style here\n- or -\npick one below",
    )


def clip_input(**options: Any) -> gr.Video:
    """A clip input that passes on the path of the file as it was sent."""
    # An unmirrored camera: for a mirrored one Gradio would call an ffmpeg on PATH.
    component = gr.Video(webcam_options=gr.WebcamOptions(mirror=False), buttons=[], **options)
    component.preprocess = _path_as_sent
    return component


def files_input(**options: Any) -> gr.File:
    """A list of files that were uploaded before; passes on their paths, checked by Gradio."""
    component = gr.File(file_count="multiple", **options)
    component.preprocess = _paths_as_sent
    return component


def live_image(**options: Any) -> gr.Image:
    """An image output that is sent inside the reply; nothing is stored."""
    component = gr.Image(interactive=False, buttons=["fullscreen"], **options)
    component.postprocess = _inline_jpeg
    return component


def read_picture(path: str | None, kind: str, limits: Limits) -> Image.Image:
    """Load an uploaded picture.

    Args:
        path: where the server put it.
        kind: what it is for, "content" or "style"; named in the sentence if something is wrong.
    Raises:
        InputError: nothing was given, or it cannot be used.
    """
    data = _uploaded(path, kind)
    try:
        return load_image(data, max_megapixels=limits.megapixels)
    except InputError as error:
        raise InputError(str(error).replace("the picture", f"the {kind} picture", 1)) from None


def read_style(path: str | None, kind: str, limits: Limits) -> Image.Image | Lut:
    """Load an uploaded style; see `read_picture`. A .cube file, or the chart of one, is a LUT."""
    data = _uploaded(path, kind)
    if Path(path).suffix.lower() == SUFFIX:
        return parse_cube(data, Path(path).name)
    return lut_of_chart(data, Path(path).name) or read_picture(path, kind, limits)


def _uploaded(path: str | None, kind: str) -> bytes:
    if not path:
        raise InputError(f"Choose a {kind} picture first.")
    try:
        return Path(path).read_bytes()
    except OSError:
        raise InputError(f"The {kind} picture is gone from the server; choose it again.") from None


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


def time_left(seconds: float) -> str:
    """Seconds up to a minute, minutes beyond."""
    return f"{seconds:.0f} s left" if seconds < 60 else f"{seconds / 60:.0f} min left"


def progress_bar(done: int, total: int, text: str, seconds: float) -> str:
    """A bar, how far it is and how long it will take."""
    return (
        f'<div class="progress busy" role="status"><progress max="{total}" value="{done}" '
        f'aria-label="Progress"></progress><span>{text}, {time_left(seconds)}</span></div>'
    )


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


def limits_text(limits: Limits, *, clips: bool = False) -> str:
    """What a visitor may ask for, in one sentence, where there are clips or else pictures."""
    parts = []
    if not clips:
        parts.append(f"pictures up to {limits.megapixels:g} megapixels")
    elif limits.seconds:
        parts.append(f"clips up to {limits.seconds:g} s")
    parts.append(f"files up to {limits.upload_mb} MB")
    if limits.longest_side:
        parts.append(f"results up to {limits.longest_side} px on the longer side")
    return sentence("Limits: " + ", ".join(parts))
