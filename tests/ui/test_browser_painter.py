"""The networks run in the visitor's browser paint what the server paints."""

import base64
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from PIL import Image
from playwright.sync_api import Page

from ccpl.export.pieces import to_vector
from ccpl.look import Look
from ccpl.painting.shipped import load_stylizer
from ccpl.ui.in_browser import INSTALL, is_there
from tests.conftest import draw_picture

pytestmark = pytest.mark.skipif(not is_there(), reason=INSTALL)
NEAR = 2  # of 255
PAINT = """async ({pixels, width, height, mode, slug, strength, stroke}) => {
  const { Painter } = await import(location)
  const bytes = Uint8ClampedArray.from(atob(pixels), (letter) => letter.charCodeAt(0))
  const painter = await Painter.open()
  const style = painter.builtIn(slug)
  const image = new ImageData(bytes, width, height)
  const result = await painter.paint({ mode, style, image, strength, stroke })
  painter.close()
  const data = Array.from(result.image.data, (value) => String.fromCharCode(value)).join('')
  return { ...painter.facts, pixels: btoa(data) }
}"""


@pytest.fixture(scope="module")
def page(laptop, url: str) -> Iterator[Page]:
    """A page of the app that has none of Gradio."""
    page = laptop.new_page()
    page.goto(f"{url}browser/painter.js")
    yield page
    page.close()


def painted_there(page: Page, picture: Image.Image, **asked) -> tuple[Image.Image, dict]:
    pixels = base64.b64encode(picture.convert("RGBA").tobytes()).decode()
    facts = page.evaluate(
        PAINT,
        {
            "pixels": pixels,
            "width": picture.width,
            "height": picture.height,
            "strength": 1,
            "stroke": 1,
            **asked,
        },
    )
    data = base64.b64decode(facts.pop("pixels"))
    return Image.frombytes("RGBA", picture.size, data).convert("RGB"), facts


def painted_here(picture: Image.Image, style, look: Look) -> Image.Image:
    stylizer = load_stylizer(look.mode, device="cpu", dtype="float32")
    return stylizer.stylize(picture, Image.open(style), look)


def gap(one: Image.Image, other: Image.Image) -> int:
    return int(np.abs(np.asarray(one, int) - np.asarray(other, int)).max())


@pytest.mark.parametrize(
    ("look", "size"),
    [
        (Look(mode="artistic", strength=0.7, stroke_size=2.0), (72, 96)),
        (Look(mode="photo"), (61, 90)),
    ],
)
def test_webassembly_paints_what_the_server_paints(page, examples, look, size):
    picture = Image.fromarray(draw_picture(*size))
    asked = {"mode": look.mode, "strength": look.strength, "stroke": look.stroke_size}
    found, facts = painted_there(page, picture, slug="moonlit-bay", **asked)
    assert facts["threads"] >= 1
    assert gap(found, painted_here(picture, examples / "styles/moonlit-bay.jpg", look)) <= NEAR


def test_the_page_is_isolated_so_that_there_are_threads(page):
    assert page.evaluate("crossOriginIsolated")


def test_a_style_is_encoded_in_the_browser_as_on_the_server(page):
    style = Image.fromarray(draw_picture(512, 512, 4))
    codes = page.evaluate(
        """async ({pixels, mode}) => {
          const { Painter } = await import(location)
          const bytes = Uint8ClampedArray.from(atob(pixels), (letter) => letter.charCodeAt(0))
          const painter = await Painter.open()
          const image = { data: bytes, width: 512, height: 512 }
          const code = await painter.ask('encode', { key: 'own', mode, image })
          painter.close()
          return Array.from(code)
        }""",
        {"pixels": base64.b64encode(style.convert("RGBA").tobytes()).decode(), "mode": "artistic"},
    )
    stylizer = load_stylizer("artistic", device="cpu", dtype="float32")
    expected = to_vector(stylizer.network, stylizer.encode_style(style))
    assert torch.allclose(torch.tensor(codes)[None], expected, atol=2e-3)


def test_unknown_parts_are_one_sentence(page, url):
    for path, words in {
        "graphs/none.picture.onnx": "Unknown mode 'none'; expected one of artistic",
        "codes/photo/none": "Unknown style 'none'; expected one of",
        "ort/none.mjs": "There is no none.mjs.",
        "package.json": "There is no package.json.",
    }.items():
        reply = page.request.get(f"{url}browser/{path}")
        assert reply.status == 404
        assert reply.text().startswith(words)
        assert "\n" not in reply.text()
