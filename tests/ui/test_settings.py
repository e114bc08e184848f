"""Looks are kept: in the address, over a reload, in names, and for many pictures at once."""

from urllib.parse import parse_qs, urlsplit
from zipfile import ZipFile

from visitor import Files, Visit


def asked(visit: Visit) -> dict[str, list[str]]:
    return parse_qs(urlsplit(visit.page.url).query)


def test_the_address_holds_the_look_and_opens_it_again(visit: Visit, files: Files, url: str):
    visit.upload("#image-content", files.content)
    visit.page.locator("#image-styles button").nth(1).click()
    visit.page.locator("#image-mode").get_by_label("Perceptual").check()
    visit.page.get_by_label("number input for Strength").first.fill("0.4")
    visit.page.get_by_text("More options").first.click()
    visit.page.get_by_label("Keep the original colours").first.check()
    look = {
        "style": ["moonlit-bay"],
        "mode": ["perceptual"],
        "strength": ["0.4"],
        "keep_colors": ["true"],
    }
    visit.until(lambda: asked(visit) == look)
    visit.result()
    visit.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visit.page.click("#image-copy")
    assert visit.wait("#image-status :text('Copied')") == "Copied a link to this look."
    link = visit.page.evaluate("navigator.clipboard.readText()")
    visit.reload()
    assert "Moonlit Bay, perceptual" in visit.result()
    with visit.page.expect_download() as download:
        visit.page.click("#image-download")
    name = "content-moonlit-bay-perceptual-strength-0.4-keep-colors.png"
    assert download.value.suggested_filename == name
    other = Visit(visit.page.context.new_page())
    other.open(link)
    other.page.locator("#image-styles button[aria-pressed=true]:has-text('Moonlit')").wait_for()
    assert other.page.locator("#image-content img").count() == 0
    other.until(lambda: asked(other) == look)
    other.page.close()


def test_an_address_that_asks_for_nonsense_is_explained(visit: Visit, url: str):
    visit.reload(f"{url}?mode=cubist&strength=7&style=red-sun-wave")
    text = visit.wait("#image-status .warning")
    assert text.endswith("was followed without it: mode, strength.")
    visit.page.locator("#image-styles button[aria-pressed=true]").wait_for()


def test_several_pictures_come_back_as_an_archive(visit: Visit, files: Files):
    visit.page.locator("#image-styles button").first.click()
    visit.page.get_by_text("Several pictures at once").click()
    visit.page.locator("#several-files input[type=file]").set_input_files(
        [files.content, files.text, files.style]
    )
    visit.page.locator("#several-files tr.file").nth(2).wait_for()
    visit.page.click("#several-run")
    assert "2 pictures" in visit.wait("#several-status .done")
    assert "notes.png" in visit.page.inner_text("#several-status .warning")
    with visit.page.expect_download() as download:
        visit.page.click("#several-download")
    assert ZipFile(download.value.path()).namelist() == [
        "01-content-red-sun-wave-artistic.png",
        "03-style-red-sun-wave-artistic.png",
    ]
