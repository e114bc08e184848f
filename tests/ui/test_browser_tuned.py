"""A tuned style painted in the visitor's browser: offered, chosen, and what the server paints."""

import base64
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from visitor import Files, Visit

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


def gap(found: Image.Image, path: Path, content: Path) -> int:
    """The largest difference to what the server paints."""
    expected = load_tuned_stylizer(path, "cpu").stylize(load_image(content))
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
    sent = []
    visit.page.on("request", lambda request: sent.append(request) if request.post_data else None)
    visit.page.set_input_files(f'{panel} [data-part="still"]', files.content)
    visit.page.wait_for_selector(f"{panel} .notice.done")
    assert gap(painted(visit, panel), tuned, files.content) <= NEAR
    with visit.page.expect_download() as download:
        visit.page.click(f'{panel} [data-part="snapshot"]')
    assert download.value.suggested_filename == "picture-rain-2-perceptual.png"
    visit.page.locator(f"{panel} input[value=photo]").check()  # lets the tuned style go
    chosen = visit.page.locator(f"{panel} [aria-pressed=true] span")
    assert chosen.all_inner_texts() == ["Red Sun Wave"]
    assert sent == []
