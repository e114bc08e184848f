"""The Image tab in a real browser: every change asks for a result, and the newest counts."""

import io
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect
from visitor import Files, Visit, paint

from ccpl.look import Look
from ccpl.painting.requests import Inputs, Painted
from ccpl.painting.tiles import Step
from ccpl.ui import image_results
from ccpl.ui.jobs import paint_picture, save_result
from ccpl.ui.turns import Newest


def choose(visit: Visit, files: Files) -> None:
    """A picture and a style of one's own; the result comes by itself."""
    visit.upload("#image-content", files.content)
    visit.upload("#image-style", files.style)
    visit.result()


def result(visit: Visit) -> Image.Image:
    """What can be downloaded."""
    with visit.page.expect_download() as download:
        visit.page.click("#image-download")
    return Image.open(download.value.path())


def screen(visit: Visit) -> np.ndarray:
    """What the view shows below the knob, away from its edges."""
    shot = visit.page.locator("#image-result .frame").screenshot()
    pixels = np.asarray(Image.open(io.BytesIO(shot)).convert("RGB"), np.int16)
    height, width = pixels.shape[:2]
    return pixels[height * 6 // 10 : height * 9 // 10, width // 10 : width * 9 // 10]


def test_the_style_that_was_clicked_last_is_the_one_of_the_result(visit: Visit, files: Files):
    visit.upload("#image-content", files.content)
    styles = visit.page.locator("#image-styles button")
    for place in (0, 1, 0, 1, 0, 2):
        styles.nth(place).click()
        pressed = f"#image-styles button:nth-child({place + 1})[aria-pressed=true]"
        visit.page.wait_for_selector(pressed)
    visit.page.wait_for_selector("#image-status .done:has-text('Fauve Valley')")
    assert result(visit).info["Style"] == "Fauve Valley"
    assert visit.page.is_visible(pressed)


def test_an_older_result_that_comes_late_does_not_stay(
    visit: Visit,
    files: Files,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
):
    saving, come = threading.Event(), threading.Event()
    request.addfinalizer(come.set)

    def save_late(painted: Painted, content: str, inputs: Inputs, look: Look) -> Path:
        if inputs.names == ["Red Sun Wave"]:
            saving.set()
            come.wait()
        return save_result(painted, content, inputs, look)

    visit.upload("#image-content", files.content)
    monkeypatch.setattr(image_results, "save_result", save_late)
    monkeypatch.setattr(Newest, "wants", lambda *_: True)  # the server lets it through
    styles = visit.page.locator("#image-styles button")
    styles.nth(0).click()
    visit.until(saving.is_set)
    styles.nth(1).click()
    assert "Moonlit Bay" in visit.result()
    visit.wants_new()
    come.set()
    assert "Moonlit Bay" in visit.result()
    assert result(visit).info["Style"] == "Moonlit Bay"


class Large(NamedTuple):
    """Large pictures rest after a step as long as they may not go on; each tells its end."""

    going: threading.Event
    ended: threading.Semaphore


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> Iterator[Large]:
    large = Large(threading.Event(), threading.Semaphore(0))

    def paint(*asked) -> Iterator[Step | Painted]:
        step = None
        try:
            for step in paint_picture(*asked):
                yield step
                if isinstance(step, Step):
                    large.going.wait()
        finally:
            if isinstance(step, Step):
                large.ended.release()

    monkeypatch.setattr(image_results, "paint_picture", paint)
    yield large
    large.going.set()


def test_a_newer_request_ends_a_large_one_and_cancel_keeps_what_there_was(
    visit: Visit, files: Files, tmp_path: Path, large: Large
):
    visit.page.locator("#image-styles button").first.click()
    visit.upload("#image-content", paint(tmp_path / "large.jpg", (2600, 1500), 3))
    visit.page.wait_for_selector("#image-status .progress:has(progress):has-text('left')")
    before = visit.page.get_attribute("#image-result .after", "src")
    visit.page.click("#image-cancel")
    assert visit.wait("#image-status .warning") == "Cancelled."
    large.going.set()
    large.ended.acquire()
    large.going.clear()
    visit.page.click("#image-run")
    visit.page.wait_for_selector("#image-status progress")
    visit.upload("#image-content", files.content)
    assert "97 × 64 px" in visit.result()
    large.going.set()
    large.ended.acquire()
    assert visit.page.get_attribute("#image-result .after", "src") != before
    expect(visit.page.locator("#image-history button")).to_have_count(1)


def test_every_change_asks_for_a_new_result(visit: Visit, files: Files):
    choose(visit, files)
    strength = visit.page.get_by_label("range slider for Strength").first
    strength.focus()
    for key, value in (("Home", 0), ("End", 1), ("ArrowLeft", 0.95)):
        strength.press(key)
        visit.result()
        assert float(result(visit).info["Strength"]) == value
    visit.page.get_by_label("number input for Strength").first.fill("0.4")
    visit.result()
    assert float(result(visit).info["Strength"]) == 0.4
    visit.page.get_by_text("More options").first.click()
    visit.page.get_by_label("Keep the original colours").first.check()
    visit.result()
    assert result(visit).info["Keep the original colours"] == "yes"
    visit.page.get_by_text("Blend with a second style").click()
    visit.upload("#image-second", paint(files.style.with_name("second.png"), (70, 80), 9))
    visit.page.wait_for_selector("#image-status .done:has-text('own picture + own picture')")
    visit.result()
    assert result(visit).info["Style"] == "own picture + own picture"
    visit.page.locator("#image-mode").get_by_label("Photo").check()
    assert "photo" in visit.result()


def test_a_notice_goes_when_what_it_was_about_goes(visit: Visit, files: Files):
    visit.page.click("#image-run")
    assert visit.wait("#image-status [role=alert]") == "Choose a content picture first."
    visit.upload("#image-content", files.content)
    visit.page.wait_for_selector("#image-status [role=alert]", state="detached")


def test_strength_is_seen_while_the_slider_moves(visit: Visit, files: Files):
    choose(visit, files)
    whole = visit.page.locator("#image-result .divider")
    whole.fill("0")
    exact = screen(visit)
    held = visit.page.get_by_label("range slider for Strength").first
    own = visit.page.locator("#image-styles button", has_text="style").last
    own.locator("img").wait_for()  # it joins the gallery, and what lies below moves
    held.hover()  # once it is at rest; wherever it is, it comes into the window
    box = held.bounding_box()
    visit.page.mouse.move(box["x"] + box["width"] - 4, box["y"] + box["height"] / 2)
    visit.page.mouse.down()
    visit.page.mouse.move(box["x"] + 1, box["y"] + box["height"] / 2, steps=5)
    visit.page.wait_for_selector("#image-result .after", state="hidden")
    faded = screen(visit)
    visit.page.locator("#image-result .hold").evaluate("button => button.focus()")
    visit.page.keyboard.down(" ")
    original = screen(visit)
    visit.page.keyboard.up(" ")
    assert np.abs(faded - original).max() < 6 < np.abs(exact - original).mean()
    visit.page.mouse.up()
    visit.result()
    visit.page.wait_for_selector("#image-result .after:not([hidden])")
    assert np.abs(screen(visit) - faded).max() < 6


def test_half_strength_in_the_browser_is_that_of_the_network(visit: Visit, files: Files):
    choose(visit, files)
    visit.page.locator("#image-result .divider").fill("0")
    number = visit.page.get_by_label("number input for Strength").first
    with visit.held("#image-ask"):
        number.fill("0.5")
        visit.page.wait_for_selector("#image-result .after", state="hidden")
        faded = screen(visit)
    visit.result()
    assert np.abs(screen(visit) - faded).max() < 8


@pytest.mark.parametrize("way", ["mouse", "key"])
def test_holding_shows_the_original(visit: Visit, files: Files, way: str):
    choose(visit, files)
    visit.page.locator("#image-result .divider").fill("0")
    stylized = screen(visit)
    visit.page.locator("#image-result .divider").fill("100")
    original = screen(visit)
    visit.page.locator("#image-result .divider").fill("0")
    hold = visit.page.locator("#image-result .hold")
    if way == "key":
        hold.focus()
        visit.page.keyboard.down("Enter")
    else:
        hold.hover()
        visit.page.mouse.down()
    expect(hold).to_have_attribute("aria-pressed", "true")
    assert np.abs(screen(visit) - original).max() < 6
    assert np.abs(stylized - original).mean() > 6
    if way == "key":
        visit.page.keyboard.up("Enter")
    else:
        visit.page.mouse.up()
    assert np.abs(screen(visit) - stylized).max() < 6


def test_the_result_stays_in_sight_while_it_is_tuned(visit: Visit, files: Files):
    choose(visit, files)
    for width, height in ((1280, 800), (1920, 1080), (390, 844)):
        visit.page.set_viewport_size({"width": width, "height": height})
        strength = visit.page.get_by_label("range slider for Strength").first
        on_top = strength.evaluate(
            """slider => { slider.scrollIntoView({block: 'end', behavior: 'instant'})
            scrollBy({top: 150, behavior: 'instant'})
            const { x, y, height } = slider.getBoundingClientRect()
            return document.elementFromPoint(x + 9, y + height / 2).type }"""
        )
        assert on_top == "range"
        assert visit.sees("#image-result .frame") and visit.sees("#image-run")
        if width > 1000:
            frame = visit.page.locator("#image-result .frame").bounding_box()
            assert frame["width"] > 0.5 * width or frame["height"] > 0.6 * height


def test_an_upload_is_shown_in_every_style(visit: Visit, files: Files):
    pictures = visit.page.locator("#image-styles img")
    sources = "images => images.map(image => image.src)"
    styles = pictures.evaluate_all(sources)
    visit.upload("#image-content", files.content)
    visit.until(lambda: not set(styles) & set(pictures.evaluate_all(sources)))
    previews = pictures.evaluate_all(sources)
    first = visit.page.locator("#image-styles button").first
    first.hover()
    expect(pictures.first).to_have_attribute("src", styles[0])
    visit.page.mouse.move(0, 0)
    expect(pictures.first).to_have_attribute("src", previews[0])
    visit.page.locator("#image-mode").get_by_label("Photo").check()
    visit.until(lambda: not set(previews) & set(pictures.evaluate_all(sources)))
    first.click()
    assert "Red Sun Wave, photo" in visit.result()


def test_a_long_touch_only_looks_at_a_style(visit: Visit, files: Files):
    first = visit.page.locator("#image-styles button").first
    style = first.locator("img").get_attribute("src")
    visit.upload("#image-content", files.content)
    visit.until(lambda: first.locator("img").get_attribute("src") != style)
    touch = {"pointerType": "touch", "bubbles": True}
    first.dispatch_event("pointerdown", touch)
    visit.until(lambda: first.locator("img").get_attribute("src") == style)
    first.dispatch_event("pointerup", touch)
    first.dispatch_event("click")
    assert first.locator("img").get_attribute("src") != style
    assert visit.page.locator("#image-style img").count() == 0


def test_a_picture_that_is_improved_grows_and_a_stop_keeps_it(visit: Visit, files: Files):
    choose(visit, files)
    first = visit.page.get_attribute("#image-result .after", "src")
    visit.page.click("text=Slow and beautiful")
    visit.page.click("#image-optimize label:has-text('Neighbours')")
    visit.page.wait_for_function(
        "first => document.querySelector('#image-result .after').src !== first", arg=first
    )
    visit.page.wait_for_selector("#image-status progress")
    visit.page.click("#image-cancel")
    assert "artistic" in visit.result()
    assert visit.page.get_attribute("#image-result .after", "src") != first
    kept = result(visit)
    assert kept.info["Slow and beautiful"] == "nnst" and float(kept.info["Seconds"]) < 150


def test_dragging_over_the_style_takes_a_part_of_it(visit: Visit, files: Files, tmp_path: Path):
    half = Image.new("RGB", (80, 60), "red")
    half.paste("blue", (40, 0, 80, 60))
    half.save(tmp_path / "halves.png")
    visit.upload("#image-content", files.content)
    visit.upload("#image-style", tmp_path / "halves.png")
    visit.result()
    picture = visit.page.locator("#image-style img")
    whole = picture.get_attribute("src")
    assert not visit.page.is_visible("#image-whole")
    box = picture.bounding_box()
    scale = min(box["width"] / 80, box["height"] / 60)
    left = box["x"] + (box["width"] - 80 * scale) / 2
    top = box["y"] + (box["height"] - 60 * scale) / 2
    visit.page.mouse.move(left + 44 * scale, top + 10 * scale)  # all of it is blue
    visit.page.mouse.down()
    visit.page.mouse.move(left + 60 * scale, top + 30 * scale)
    expect(visit.page.locator(".crop-frame")).to_have_count(1)
    visit.page.mouse.move(left + 90 * scale, top + 50 * scale)  # beyond its edge
    visit.page.mouse.up()
    visit.result()
    assert visit.page.locator(".crop-frame").count() == 0
    expect(picture).not_to_have_attribute("src", whole)
    part = picture.evaluate(
        """async image => { await image.decode()
        const canvas = document.createElement('canvas')
        canvas.width = image.naturalWidth; canvas.height = image.naturalHeight
        const context = canvas.getContext('2d'); context.drawImage(image, 0, 0)
        return [canvas.width, canvas.height, ...context.getImageData(0, 0, 1, 1).data] }"""
    )
    assert part == [36, 40, 0, 0, 255, 255]
    visit.page.click("#image-whole")
    visit.result()
    expect(picture).to_have_attribute("src", whole)
    visit.until(lambda: not visit.page.is_visible("#image-whole"))


def test_the_first_view_is_a_finished_example(visit: Visit):
    visit.page.wait_for_selector("#image-result .after[src^=data]")
    assert "Canal Houses in the style of Red Sun Wave, artistic" in visit.page.inner_text(
        "#image-result .caption"
    )


def test_where_strokes_are_fine_is_shown_on_request(visit: Visit, files: Files):
    visit.page.get_by_text("More options").first.click()
    visit.page.get_by_text("Show where strokes are fine").click()
    visit.page.get_by_text("Choose a content picture first.").wait_for()
    visit.upload("#image-content", files.content)
    visit.page.get_by_text("Show where strokes are fine").click()
    visit.page.wait_for_selector("#image-fine-map img")
    visit.page.locator("#image-mode").get_by_test_id("Photo-radio-label").click()
    expect(visit.page.locator("#image-stroke-contrast")).to_be_hidden()
