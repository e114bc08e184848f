"""The camera painted in the visitor's browser: on its tab, on /live, and with the server gone."""

import re
from pathlib import Path

import httpx
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, Request, expect
from visitor import Files, Visit, axe_findings

from ccpl.look import Look
from ccpl.ui.app import serve
from ccpl.ui.in_browser import INSTALL, is_there

pytestmark = pytest.mark.skipif(not is_there(), reason=INSTALL)
PANEL = "#webcam-here"


def open_panel(visit: Visit) -> None:
    visit.tab("Webcam")
    visit.page.wait_for_selector(f"{PANEL} .ready", state="attached")
    visit.page.click(f"{PANEL} [data-where=here]")


def press(visit: Visit, part: str) -> None:
    visit.page.click(f'{PANEL} [data-part="{part}"]')


def wait_for_frames(page: Page, count: int, element: str = f"{PANEL} canvas") -> None:
    """Until so many more frames were painted."""
    seen = page.eval_on_selector(element, "part => Number(part.dataset.frames ?? 0)")
    page.wait_for_function(
        "([element, count]) => Number(document.querySelector(element).dataset.frames) >= count",
        arg=[element, seen + count],
    )


def status(visit: Visit, panel: str = PANEL) -> Locator:
    return visit.page.locator(f'{panel} [data-part="status"]')


def sent(visit: Visit) -> list[Request]:
    """What the page sends from now on, once it has sent what it does by itself."""
    visit.page.wait_for_selector("#image-result .after[src^=data]", state="attached")
    sent = []
    visit.page.on("request", lambda request: sent.append(request) if request.post_data else None)
    return sent


def choose(visit: Visit, side: int = 96) -> None:
    visit.page.select_option(f'{PANEL} [data-part="side"]', str(side))


def test_the_camera_is_painted_and_saved_with_its_settings(visit: Visit, tmp_path: Path):
    open_panel(visit)
    choose(visit)
    visit.page.get_by_label("Photo", exact=True).locator("visible=true").check()
    visit.page.locator(f"{PANEL} .picker button").nth(1).click()
    press(visit, "start")
    wait_for_frames(visit.page, 3)
    told = re.compile(r"\d\.\d frames a second at 96 × 72 px, \d+ ms a frame \(CPU, \d")
    expect(status(visit)).to_have_text(told)
    with visit.page.expect_download() as download:
        press(visit, "snapshot")
    assert download.value.suggested_filename == "camera-moonlit-bay-photo.png"
    download.value.save_as(tmp_path / "snapshot.png")
    with Image.open(tmp_path / "snapshot.png") as image:
        assert image.size == (96, 72)
        image.load()
        expected = {"Style": "Moonlit Bay", "Mode": "photo", "Strength": "1"}
        assert expected.items() <= image.text.items()
        assert image.text.keys() - {"Software", "Style"} <= Look().settings().keys()
    press(visit, "record")
    wait_for_frames(visit.page, 3)
    with visit.page.expect_download() as download:
        press(visit, "record")
    assert download.value.suggested_filename.startswith("camera-moonlit-bay-photo.")
    press(visit, "stop")
    expect(status(visit)).to_contain_text("Nothing was sent")


def refuses(address: str) -> bool:
    try:
        httpx.get(address)
    except httpx.ConnectError:
        return True
    except httpx.TransportError:
        pass
    return False


def test_frames_go_on_when_the_server_is_stopped(laptop, examples: Path):
    app, address = serve(device="cpu", examples=examples, block=False)
    page = laptop.new_page()
    visit = Visit(page)
    visit.open(address)
    open_panel(visit)
    choose(visit)
    visit.page.locator(f"{PANEL} input[value=photo]").check()
    press(visit, "start")
    wait_for_frames(page, 2)
    app.close()
    visit.until(lambda: refuses(address))  # closing does not wait for the end
    wait_for_frames(page, 5)
    visit.page.locator(f'{PANEL} [data-part="strength"]').fill("0.5")
    wait_for_frames(page, 2)
    visit.page.locator(f"{PANEL} .picker button").nth(1).click()
    visit.page.wait_for_selector(f"{PANEL} .notice.error:has-text('The last look stays.')")
    wait_for_frames(page, 2)
    page.close()


def test_a_picture_is_painted_without_being_sent(visit: Visit, files: Files):
    panel = "#image-here"
    visit.page.wait_for_selector(f"{panel} .ready", state="attached")
    visit.page.get_by_text("Private: in this browser").first.click()
    assert not visit.page.is_visible("#image-tab")
    assert not visit.page.is_visible(f'{panel} [data-part="start"]')
    visit.page.locator(f"{panel} input[value=photo]").check()
    requests = sent(visit)
    visit.page.set_input_files(f'{panel} [data-part="own-style"]', files.style)
    expect(visit.page.locator(f"{panel} [aria-pressed=true] span")).to_have_count(0)
    visit.page.set_input_files(f'{panel} [data-part="still"]', files.content)
    expect(status(visit, panel)).to_have_text(re.compile(r"Done: 97 × 64 px in \d+\.\d s \(CPU"))
    assert axe_findings(visit) == []
    visit.page.set_input_files(f'{panel} [data-part="still"]', files.text)
    problem = "This file is no picture that the browser reads."
    visit.page.wait_for_selector(f"{panel} .notice.error:has-text('{problem}')")
    assert requests == []


def test_a_browser_that_cannot_paint_leaves_it_to_the_server(visit: Visit, files: Files):
    visit.expected.append("404")
    visit.page.route("**/browser/ort/**", lambda route: route.fulfill(status=404, body="No room."))
    visit.page.wait_for_selector("#image-here .ready", state="attached")
    visit.page.get_by_text("Private: in this browser").first.click()
    visit.page.set_input_files('#image-here [data-part="still"]', files.content)
    visit.page.wait_for_selector("#image-tab")
    text = visit.page.inner_text("#image-here .fallback")
    assert text.startswith("This browser cannot paint by itself: No room. Here the server paints")
    assert visit.page.locator("#image-content img").count() == 0  # nothing was sent


def test_the_live_page_starts_by_itself(laptop, url: str):
    page = laptop.new_page()
    visit = Visit(page)
    page.goto(f"{url}live?style=moonlit-bay&mode=photo&side=96&strength=0.8")
    page.wait_for_function("Number(document.body.dataset.frames) >= 3")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgba(0, 0, 0, 0)"
    assert page.inner_text("p") == ""
    assert page.evaluate("document.querySelector('canvas').width") == 96
    assert visit.problems == []
    page.close()


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("style=none", "Unknown style “none”; there are red-sun-wave, moonlit-bay, fauve-valley."),
        ("mode=none", "Unknown mode “none”; there are artistic, photo, perceptual."),
        ("strength=2", "The strength must lie between 0 and 1."),
    ],
)
def test_the_live_page_says_what_is_wrong(laptop, url: str, query: str, words: str):
    page = laptop.new_page()
    page.goto(f"{url}live?{query}")
    page.get_by_text(words).wait_for()
    page.close()
