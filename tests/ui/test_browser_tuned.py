"""A tuned style painted in the visitor's browser: offered, chosen, and what the server paints."""

import base64
import io
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser
from visitor import PATIENCE, Files, Visit

from ccpl.files.tuned import Tuned, TunedFacts, save_tuned
from ccpl.image import load_image
from ccpl.models import FixedCode
from ccpl.models.painter.fixed import fold
from ccpl.painting.stylizer import Stylizer
from ccpl.painting.tuned import load_tuned_stylizer
from ccpl.ui.in_browser import INSTALL, is_there
from tests.conftest import random_network

pytestmark = pytest.mark.skipif(not is_there(), reason=INSTALL)
NEAR = 2  # of 255
ON_GPU = (
    "--no-sandbox",
    "--enable-unsafe-webgpu",
    "--use-webgpu-adapter=swiftshader",
    "--enable-features=Vulkan",
)
PAINT = """async ({pixels, width, height, graph}) => {
  const { Painter } = await import(location)
  const bytes = Uint8ClampedArray.from(atob(pixels), (letter) => letter.charCodeAt(0))
  const painter = await Painter.open({ emulated: true })
  const image = new ImageData(bytes, width, height)
  const made = await painter.paint({ style: painter.tuned(graph), image, stroke: 4 })
  const data = Array.from(made.image.data, (value) => String.fromCharCode(value)).join('')
  return [made.device, btoa(data)]
}"""
PIXELS = "part => part.querySelector('canvas').toDataURL('image/png').split(',')[1]"


@pytest.fixture
def tuned(tuned_folder: Path, picture) -> Iterator[Path]:
    """The one tuned style of the page."""
    style, network = picture(70, 90), random_network("perceptual")
    painter = fold(network, Stylizer(network).encode_style(style))
    path = tuned_folder / "Rain 2.safetensors"
    save_tuned(Tuned(TunedFacts("rain", "perceptual", ""), painter, FixedCode(), style), path)
    yield path
    path.unlink()


def painted(visit: Visit, panel: str) -> Image.Image:
    data = visit.page.eval_on_selector(panel, PIXELS)
    return Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB")


def gap(found: Image.Image, path: Path, content: Image.Image, **look: float) -> int:
    """The largest difference to what the server paints."""
    stylizer = load_tuned_stylizer(path, "cpu")
    expected = stylizer.stylize(content, look=replace(stylizer.look, **look))
    assert found.size == expected.size
    return int(np.abs(np.asarray(found, int) - np.asarray(expected, int)).max())


def test_a_picture_is_painted_in_a_tuned_style_without_being_sent(
    tuned: Path, visit: Visit, files: Files
):
    panel = "#image-here"
    visit.page.wait_for_selector(f"{panel} .ready", state="attached")
    visit.page.get_by_text("Private: in this browser").first.click()
    visit.page.get_by_role("button", name="Rain 2").locator("visible=true").click()
    assert visit.page.is_checked(f"{panel} input[value=perceptual]")
    by_itself = "#image-result .after[src^=data]"  # comes of what the page sends by itself
    visit.page.wait_for_selector(by_itself, state="attached")
    sent = []
    visit.page.on("request", lambda request: sent.append(request) if request.post_data else None)
    visit.page.set_input_files(f'{panel} [data-part="still"]', files.content)
    visit.page.wait_for_selector(f"{panel} .notice.done")
    assert gap(painted(visit, panel), tuned, load_image(files.content)) <= NEAR
    with visit.page.expect_download() as download:
        visit.page.click(f'{panel} [data-part="snapshot"]')
    assert download.value.suggested_filename == "picture-rain-2-perceptual.png"
    visit.page.locator(f"{panel} input[value=photo]").check()  # lets the tuned style go
    chosen = visit.page.locator(f"{panel} [aria-pressed=true] span")
    assert chosen.all_inner_texts() == ["Red Sun Wave"]
    assert sent == []


def test_a_gpu_paints_what_the_server_paints(tuned: Path, browser: Browser, url: str, picture):
    content = picture(24, 32)
    emulating = browser.browser_type.launch(
        executable_path=shutil.which("chromium"), headless=True, args=list(ON_GPU)
    )
    page = emulating.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(f"{url}browser/painter.js")
    if not page.evaluate("navigator.gpu?.requestAdapter().then(Boolean)"):
        emulating.close()
        pytest.skip("this Chromium emulates no GPU")
    pixels = base64.b64encode(content.convert("RGBA").tobytes()).decode()
    asked = {"pixels": pixels, "width": content.width, "height": content.height}
    device, data = page.evaluate(PAINT, {**asked, "graph": "tuned/Rain%202.onnx"})
    emulating.close()
    found = Image.frombytes("RGBA", content.size, base64.b64decode(data)).convert("RGB")
    assert device == "webgpu"
    assert gap(found, tuned, content, stroke_size=4.0) <= NEAR


def test_the_live_page_paints_the_camera_in_a_tuned_style(tuned: Path, laptop, url: str):
    page = laptop.new_page()
    visit, asked = Visit(page), []
    page.on("request", lambda request: asked.append(request.url.removeprefix(f"{url}browser/")))
    page.goto(f"{url}live?tuned=Rain%202&side=96&strength=0.8&mirror=false")
    page.wait_for_function("Number(document.body.dataset.frames) >= 3")
    assert page.inner_text("p") == ""
    assert page.evaluate("document.querySelector('canvas').width") == 96
    shown = Image.open(io.BytesIO(base64.b64decode(page.eval_on_selector("body", PIXELS))))
    assert np.asarray(shown.convert("RGB")).std() > 5
    assert "tuned/Rain%202.onnx" in asked
    assert not [path for path in asked if path.startswith(("graphs/", "codes/"))]
    assert visit.problems == []
    page.close()


def test_the_live_page_says_which_tuned_styles_there_are(tuned: Path, laptop, url: str):
    page = laptop.new_page()
    page.goto(f"{url}live?tuned=snow")
    page.get_by_text("There is no tuned style 'snow'; there are Rain 2; make one with").wait_for()
    assert page.evaluate("document.body.dataset.frames") is None
    page.close()
