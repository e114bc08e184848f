"""Small things of the layout that look bad when they are off: cut words, crooked lines, gaps."""

from visitor import Files, Visit

PHONE = {"width": 390, "height": 844}
CUT = """[...document.querySelectorAll('button:not(.label-wrap)')].filter(one => one.offsetParent &&
  one.scrollWidth > one.clientWidth + 1).map(one => one.innerText)"""
CROOKED = """[...document.querySelectorAll('.label-wrap')].filter(one => one.offsetParent)
  .map(one => [...one.children].map(part => part.getBoundingClientRect()))
  .filter(([text, arrow]) => Math.abs(text.y + text.height / 2 - arrow.y - arrow.height / 2) > 2)
  .length"""


def left(visit: Visit, selector: str) -> float:
    """Where an element begins, in pixels."""
    return visit.page.locator(selector).first.bounding_box()["x"]


def test_on_a_phone_no_word_is_cut_and_lines_are_level(visit: Visit):
    visit.page.set_viewport_size(PHONE)
    rows = "[...document.querySelectorAll('.picker.pairs')].map(one => getComputedStyle(one)"
    columns = visit.page.evaluate(f"{rows}.gridTemplateColumns.split(' ').length)")
    assert columns == [2]
    visit.tab("Video")
    visit.page.click("#video-tune .label-wrap")
    visit.page.wait_for_selector("#video-tune-stop")
    assert visit.page.evaluate(CUT) == []
    assert visit.page.evaluate(CROOKED) == 0
    assert left(visit, "#video-tune .hint") == left(visit, "#video-tune .label-wrap")


def test_clip_and_style_are_of_one_height_and_nothing_empty_is_below(visit: Visit, files: Files):
    visit.tab("Video")
    visit.upload("#video-clip", files.clip)
    boxes = [visit.page.locator(part).bounding_box() for part in ("#video-clip", "#video-style")]
    assert boxes[0]["height"] == boxes[1]["height"]
    button = visit.page.locator("#video-animation").bounding_box()
    below = visit.page.get_by_text("Built-in clips").bounding_box()
    assert below["y"] - (button["y"] + button["height"]) < 24


def test_the_map_of_strokes_stands_below_its_control_without_a_frame(visit: Visit, files: Files):
    visit.upload("#image-content", files.content)
    visit.page.locator("#image-tab").get_by_text("More options").click()
    visit.page.click("#image-fine")
    visit.page.wait_for_selector("#image-fine-map img")
    width = "part => getComputedStyle(part).borderTopWidth"
    assert visit.page.eval_on_selector("#image-fine-map", width) in ("0px", "1px")
    places = [
        visit.page.locator(part).bounding_box()["y"]
        for part in ("#image-stroke-contrast", "#image-fine", "#image-fine-map")
    ]
    assert places == sorted(places)
