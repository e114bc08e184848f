"""The camera: live frames, a snapshot, and what is said where a browser gives none."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect
from visitor import Visit, files_in

REFUSING = """navigator.mediaDevices.getUserMedia = async () => {
  await new Promise(done => setTimeout(done, 50))
  throw new DOMException('no', '%s')
}"""
INSECURE = """Object.defineProperty(window, 'isSecureContext', {value: false})
Object.defineProperty(navigator, 'mediaDevices', {value: undefined})"""
OLD = "Object.defineProperty(navigator, 'mediaDevices', {value: undefined})"
CASES = {
    REFUSING % "NotFoundError": "No camera was found: connect one, then try again.",
    REFUSING % "NotAllowedError": "The camera is blocked for this page: allow it",
    REFUSING % "NotReadableError": "The camera is busy: close the program or the tab",
    REFUSING % "TypeError": "The camera did not start (TypeError): try again.",
    INSECURE: "Browsers lend a camera only to https pages and to their own computer: open",
    OLD: "This browser knows no cameras: open the page in another one.",
}
PROBLEM = ".camera-problem:visible"


@pytest.fixture
def visit_with(laptop: BrowserContext, url: str) -> Iterator[Callable[[str], Visit]]:
    """Makes a new visitor on whose page a script runs before all others."""
    visitors = []

    def visit(script: str) -> Visit:
        visitors.append(Visit(laptop.new_page()))
        visitors[-1].page.add_init_script(script)
        visitors[-1].open(url)
        return visitors[-1]

    yield visit
    for visitor in visitors:
        visitor.page.close()
        assert visitor.problems == []


def start(visit: Visit) -> str:
    """Start the live camera; the line about it once frames come."""
    visit.tab("Webcam")
    visit.page.wait_for_selector("#webcam-style img")
    visit.page.click("#webcam-start")
    return visit.wait("#webcam-stats .done")


def stop(visit: Visit) -> None:
    visit.page.click("#webcam-stop")
    visit.wait("#webcam-stats :text('Press Start and allow the camera.')")  # the camera is back
    visit.page.get_by_text("Click to Access Webcam").wait_for()


def test_frames_arrive_stylized_and_leave_nothing_behind(visit: Visit, kept: Path):
    visit.tab("Webcam")
    visit.page.wait_for_selector("#webcam-style img")
    before = files_in(kept)
    assert re.search(r"\d+\.\d frames a second at \d+ × \d+ px", start(visit))
    first = visit.page.get_attribute("#webcam-live img", "src")
    assert first.startswith("data:image/jpeg;base64,")
    visit.page.wait_for_function(
        "src => document.querySelector('#webcam-live img').src !== src", arg=first
    )
    assert not files_in(kept) - before
    stop(visit)
    visit.page.wait_for_function("!document.querySelector('#webcam-camera video')?.srcObject")


def test_the_camera_starts_again_after_stop(visit: Visit):
    start(visit)
    stop(visit)
    assert "frames a second" in start(visit)
    stop(visit)


def test_a_snapshot_brings_its_style_and_look(visit: Visit):
    visit.tab("Webcam")
    visit.page.locator("#webcam-styles button").nth(1).click()
    visit.page.locator("#webcam-server").get_by_label("Photo", exact=True).check()
    start(visit)
    visit.page.click("#webcam-snapshot")
    visit.page.wait_for_selector("#image-content img")
    expect(visit.page.locator("#image-style img")).to_have_attribute(
        "src", re.compile("moonlit-bay.jpg$")
    )
    expect(visit.page.locator("#image-mode").get_by_label("Photo")).to_be_checked()
    visit.tab("Webcam")
    stop(visit)


@pytest.mark.parametrize("script", CASES)
def test_a_camera_that_does_not_come_is_explained_beside_it(
    visit_with: Callable[[str], Visit], script: str
):
    visit = visit_with(script)
    visit.tab("Webcam")
    visit.page.click("#webcam-start")
    assert CASES[script] in visit.wait(PROBLEM)
    below = visit.page.locator(PROBLEM).evaluate(
        """line => line.getBoundingClientRect().top -
        document.querySelector('#webcam-camera').getBoundingClientRect().bottom"""
    )
    assert 0 <= below < 60
    assert "no_webcam_support" not in visit.page.inner_text("body")


@pytest.mark.parametrize("tab", ["image", "video"])
@pytest.mark.parametrize("script", [REFUSING % "NotAllowedError", INSECURE])
def test_the_other_tabs_explain_it_too(visit_with: Callable[[str], Visit], tab: str, script: str):
    visit = visit_with(script)
    visit.tab(tab.capitalize())
    box = visit.page.locator({"image": "#image-content", "video": "#video-clip"}[tab])
    box.get_by_label("Capture from camera").or_(box.get_by_label("Record video")).click()
    box.get_by_title("grant webcam access").locator("button").click()
    assert CASES[script] in visit.wait(PROBLEM)


def test_a_camera_that_comes_at_the_second_try_takes_the_sentence_away(
    visit_with: Callable[[str], Visit],
):
    visit = visit_with(
        """const give = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
        let turn = 0
        navigator.mediaDevices.getUserMedia = async wanted => {
          if (turn++) return give(wanted)
          throw new DOMException('no', 'NotReadableError')
        }"""
    )
    visit.tab("Webcam")
    visit.page.wait_for_selector("#webcam-style img")
    visit.page.click("#webcam-start")
    assert "busy" in visit.wait(PROBLEM)
    assert "frames a second" in start(visit)
    expect(visit.page.locator(PROBLEM)).to_have_count(0)
    stop(visit)


def test_on_a_phone_start_and_the_live_picture_are_in_sight(visit: Visit):
    visit.page.set_viewport_size({"width": 390, "height": 844})
    visit.tab("Webcam")
    visit.until(lambda: visit.sees("#webcam-start") and visit.sees("#webcam-live"))
    visit.page.mouse.wheel(0, 500)
    visit.until(lambda: visit.page.evaluate("scrollY") > 200)
    visit.until(lambda: visit.sees("#webcam-start") and visit.sees("#webcam-live"))
