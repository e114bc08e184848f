"""Styles that a visitor uploads join the gallery, in this visitor's browser alone."""

from pathlib import Path

from visitor import Files, Visit, paint

STYLES = "#image-styles button"


def shows(visit: Visit, style: str) -> None:
    visit.page.wait_for_selector(f"#image-status .done:has-text('{style}')")


def test_an_uploaded_style_joins_the_gallery_and_can_be_chosen_again(
    visit: Visit, files: Files, url: str
):
    visit.upload("#image-content", files.content)
    visit.upload("#image-style", files.style)
    shows(visit, "own picture")
    visit.page.wait_for_selector(f"{STYLES}:nth-child(4)[aria-pressed=true]")
    own = visit.page.locator(STYLES).nth(3)
    assert own.inner_text() == "style"
    thumbnail = visit.page.evaluate("ccpl.own.items()[0].thumbnail")
    visit.until(lambda: own.locator("img").get_attribute("src") != thumbnail)
    visit.page.locator(STYLES).first.click()
    shows(visit, "Red Sun Wave")
    own.click()
    shows(visit, "own picture")
    visit.page.locator("#image-history button").first.click()
    shows(visit, "Red Sun Wave")
    visit.reload()
    visit.page.wait_for_selector(f"{STYLES}:nth-child(4)")
    assert visit.page.locator(STYLES).all_inner_texts()[3:] == ["style"]
    other = Visit(visit.page.context.new_page())
    other.open(url)
    other.page.wait_for_selector(f"{STYLES}:nth-child(3)")
    assert other.page.locator(STYLES).count() == 3
    other.page.close()


def test_the_oldest_of_many_uploaded_styles_goes(visit: Visit, tmp_path: Path):
    names = [f"own-{number}" for number in range(9)]
    for seed, name in enumerate(names):
        visit.upload("#image-style", paint(tmp_path / f"{name}.jpg", (60, 50), seed))
        visit.page.wait_for_selector(f"{STYLES}[aria-pressed=true]:has-text('{name}')")
        visit.page.locator("#image-style").get_by_label("Remove Image").click()
    assert visit.page.locator(STYLES).all_inner_texts()[3:] == names[1:]
