"""The page in a real browser: every tab's main path, by clicking."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, expect
from visitor import Files, Visit, files_in, make_clip, paint

TABS = {
    "Image": "#image-run",
    "Video": "#video-run",
    "Webcam": "#webcam-start",
    "Compare": "#compare-run",
}


def stylize(visit: Visit, files: Files) -> None:
    visit.upload("#image-content", files.content)
    visit.upload("#image-style", files.style)
    visit.result()


def test_an_uploaded_picture_is_stylized_and_offered_as_lossless_png(visit: Visit, files: Files):
    stylize(visit, files)
    assert "97 × 64 px" in visit.page.inner_text("#image-status")
    with visit.page.expect_download() as download:
        visit.page.click("#image-download")
    image = Image.open(download.value.path())
    assert (image.format, image.size, image.info["Mode"]) == ("PNG", (97, 64), "artistic")
    before = np.asarray(Image.open(files.content), np.int16)
    assert np.abs(np.asarray(image, np.int16) - before).mean() > 3


def test_the_divider_follows_the_keyboard(visit: Visit, files: Files):
    stylize(visit, files)
    divider = visit.page.locator("#image-result .divider")
    divider.focus()
    line = visit.page.locator("#image-result .line")
    before = line.bounding_box()["x"]
    for _ in range(25):
        divider.press("ArrowRight")
    frame = visit.page.locator("#image-result .frame").bounding_box()
    assert abs(line.bounding_box()["x"] - before - frame["width"] / 4) < 2


def test_an_example_needs_one_click_and_comes_back_from_the_history(visit: Visit):
    visit.page.locator("#image-examples button").first.click()
    first = visit.result()
    assert "Red Sun Wave, artistic" in first
    strength = visit.page.get_by_label("number input for Strength").first
    strength.fill("0.3")
    assert "Red Sun Wave" in visit.result()
    visit.page.locator("#image-styles button").nth(1).click()
    assert "Moonlit Bay" in visit.result()
    visit.page.locator("#image-history button").nth(2).click()
    visit.page.locator("#image-styles button[aria-pressed=true]:has-text('Red Sun')").wait_for()
    visit.wait("#image-status :text('Red Sun Wave, artistic')")
    expect(strength).to_have_value("1")
    expect(visit.page.locator("#image-history button")).to_have_count(3)


def test_surprise_me_fills_in_everything(visit: Visit):
    visit.page.click("#image-surprise")
    visit.result()


def test_a_file_that_is_no_picture_is_explained_in_one_sentence(visit: Visit, files: Files):
    visit.upload("#image-content", files.text)
    visit.upload("#image-style", files.style)
    text = visit.wait("#image-status [role=alert]")
    assert "content picture is not a picture" in text
    assert "Traceback" not in visit.page.content()


def test_only_the_painted_region_changes(visit: Visit, files: Files):
    visit.upload("#image-content", files.content)
    visit.upload("#image-style", files.style)
    visit.result()
    visit.page.get_by_text("Only part of the picture").click()
    canvas = visit.page.locator("#region-editor canvas").first
    canvas.wait_for()
    visit.page.wait_for_function("document.querySelector('#region-editor canvas').width > 0")
    canvas.hover()  # once it is at rest
    box = canvas.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    visit.page.mouse.move(x, y)
    visit.page.mouse.down()
    visit.page.mouse.move(x + 6, y + 3, steps=4)
    visit.page.mouse.up()
    visit.result()
    with visit.page.expect_download() as download:
        visit.page.click("#image-download")
    after = np.asarray(Image.open(download.value.path()), np.int16)
    before = np.asarray(Image.open(files.content), np.int16)
    change = np.abs(after - before).max(2)
    assert change[0, 0] == 0
    assert change.max() > 3


ON_TOP = """selector => {
  const whole = document.querySelector(selector)
  const { left, right, top, bottom } = whole.getBoundingClientRect()
  const fills = left <= 0 && top <= 0 && right >= innerWidth && bottom >= innerHeight
  const places = [.02, .25, .5, .75, .98]
  return fills && places.every(x => places.every(y =>
    whole.contains(document.elementFromPoint(x * innerWidth, y * innerHeight))))
}"""


def test_cancel_stops_a_clip_and_keeps_nothing(visit: Visit, kept: Path, tmp_path: Path):
    visit.tab("Video")
    visit.upload("#video-clip", make_clip(tmp_path / "long.mp4", seconds=120, size="320x240"))
    visit.page.locator("#video-styles button").first.click()
    visit.page.locator("#video-style img").wait_for()
    before = files_in(kept)
    visit.page.click("#video-run")
    visit.wait("#video-status progress")
    visit.page.click("#video-cancel")
    assert "Cancelled" in visit.wait("#video-status .warning")
    assert visit.page.locator("#video-result").count() == 0
    visit.until(lambda: not files_in(kept) - before)


def test_three_modes_are_compared_with_figures(visit: Visit):
    visit.tab("Compare")
    visit.page.locator("#compare-contents button").first.click()
    visit.page.locator("#compare-styles button").first.click()
    visit.page.locator("#compare-content img").wait_for()
    visit.page.locator("#compare-style img").wait_for()
    visit.page.click("#compare-run")
    assert "3 results" in visit.wait("#compare-status .done")
    for number in range(3):
        text = visit.wait(f"#compare-figures-{number} dl")
        assert all(word in text for word in ("Style distance", "Content similarity", "ms"))
        assert visit.page.get_attribute(f"#compare-image-{number} img", "alt")
    visit.page.hover("#compare-image-0")
    visit.page.locator("#compare-image-0").get_by_label("Fullscreen").click()
    visit.page.wait_for_selector("#compare-image-0.fullscreen")
    visit.until(lambda: visit.page.evaluate(ON_TOP, "#compare-image-0"))


def test_every_method_is_compared_where_there_are_weights_for_it(visit: Visit):
    visit.tab("Compare")
    visit.page.locator("#compare-contents button").first.click()
    visit.page.locator("#compare-styles button").first.click()
    visit.page.locator("#compare-content img").wait_for()
    visit.page.locator("#compare-style img").wait_for()
    assert visit.page.locator("#compare-image-4").count() == 0
    visit.page.locator("#compare-what").get_by_test_id("Methods-radio-label").click()
    visit.page.click("#compare-run")
    assert "5 results" in visit.wait("#compare-status .done")
    assert "Style distance" in visit.wait("#compare-figures-4 dl")
    names = [visit.page.get_attribute(f"#compare-image-{n} img", "alt") for n in range(5)]
    assert names == [f"Result: {name}" for name in ("SCT", "AdaIN", "WCT", "Style-Swap", "Linear")]


def test_nothing_shows_through_the_result_in_full_screen(visit: Visit):
    visit.page.wait_for_selector("#image-result .compare-view.filled")
    visit.page.click("#image-result .full-screen")
    visit.page.wait_for_function("document.fullscreenElement")
    visit.until(lambda: visit.page.evaluate(ON_TOP, "#image-result .compare-view"))
    visit.page.click("#image-result .full-screen")
    visit.page.wait_for_function("!document.fullscreenElement")
    assert not visit.page.evaluate(ON_TOP, "#image-result .compare-view")


@pytest.mark.parametrize(("tab", "run"), [("Image", "#image-run"), ("Compare", "#compare-run")])
def test_nothing_shines_through_the_buttons_that_stay_in_sight(visit: Visit, tab: str, run: str):
    visit.tab(tab)
    covered = visit.page.locator(f".dock:has({run})").evaluate(
        """dock => {
          const covered = []
          for (let y = 0; y <= document.documentElement.scrollHeight; y += 4) {
            scrollTo({top: y, behavior: 'instant'})
            const place = dock.getBoundingClientRect()
            if (place.top < 0 || place.bottom > innerHeight) continue
            const over = document.elementFromPoint(place.left + 40, place.top + 18)
            if (!dock.contains(over)) covered.push(`${y}: ${over.outerHTML.slice(0, 80)}`)
          }
          return covered
        }"""
    )
    assert covered == []


def test_on_a_phone_a_result_has_no_empty_bands(visit: Visit, files: Files, tmp_path: Path):
    visit.page.set_viewport_size({"width": 390, "height": 844})
    visit.upload("#image-content", paint(tmp_path / "wide.png", (800, 400), 3))
    visit.upload("#image-style", files.style)
    visit.result()
    picture = visit.page.locator("#image-result .after")
    view, shown = visit.page.locator("#image-result").bounding_box(), picture.bounding_box()
    assert shown["width"] > 300
    assert 0 <= view["height"] - shown["height"] < 8


def test_on_a_phone_results_come_into_sight(visit: Visit, files: Files):
    visit.page.set_viewport_size({"width": 390, "height": 844})
    visit.page.emulate_media(reduced_motion="reduce")
    stylize(visit, files)
    visit.until(lambda: visit.sees("#image-result"))
    visit.tab("Video")
    visit.page.click("#video-preview")
    visit.wait("#video-status .error")
    visit.page.locator("#video-clips button").first.click()
    visit.page.locator("#video-styles button").first.click()
    visit.page.wait_for_selector("#video-style img")
    visit.page.wait_for_selector("#video-clip video")
    visit.page.click("#video-preview")
    visit.wait("#video-status .done")
    visit.until(lambda: visit.sees("#video-view .frame"))
    visit.tab("Compare")
    visit.upload("#compare-content", files.content)
    visit.upload("#compare-style", files.style)
    visit.page.click("#compare-run")
    visit.wait("#compare-status .done")
    visit.until(lambda: visit.sees("#compare-image-0"))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_tab_is_wider_than_a_phone_or_a_large_screen(
    laptop: BrowserContext, url: str, theme: str
):
    visit = Visit(laptop.new_page())
    visit.page.emulate_media(color_scheme=theme)
    visit.open(url)
    brightness = []
    for width in (390, 1600):
        visit.page.set_viewport_size({"width": width, "height": 844})
        for name, button in TABS.items():
            visit.tab(name)
            visit.page.wait_for_selector(button)
            assert visit.overflow() <= 0, (width, name)
            shot = Image.open(io.BytesIO(visit.page.screenshot())).convert("L")
            brightness.append(np.asarray(shot).mean())
    assert (np.mean(brightness) < 100) == (theme == "dark")
    assert visit.problems == []
    visit.page.close()


def test_dark_reaches_the_scrollbars(visit: Visit):
    scheme = "getComputedStyle(document.documentElement).colorScheme"
    assert visit.page.evaluate(scheme) == "light"
    visit.page.click(".mode-switch")
    assert visit.page.evaluate(scheme) == "dark"
