"""LUTs in a real browser: a look is downloaded as .cube, and taken as a style again."""

from pathlib import Path

from playwright.sync_api import Locator
from visitor import Files, Visit

from ccpl.colour.cube import load_cube, save_cube
from ccpl.colour.lut import identity, plain_lut


def photo(visit: Visit) -> None:
    visit.page.locator("#image-mode").get_by_label("Photo").check()


def lut(visit: Visit) -> Locator:
    return visit.page.get_by_test_id("Use a LUT (.cube) as style-upload-button")


def test_the_look_of_a_result_is_downloaded_as_a_cube(visit: Visit, files: Files):
    assert not visit.page.locator("#image-cube").is_visible()
    photo(visit)
    visit.upload("#image-content", files.content)
    visit.upload("#image-style", files.style)
    visit.result()
    with visit.page.expect_download() as download:
        visit.page.click("#image-cube")
    assert download.value.suggested_filename.endswith(".cube")
    assert load_cube(download.value.path()).size == 33
    assert visit.problems == []


def test_a_cube_is_taken_as_style_and_colours_are_its(visit: Visit, files: Files, tmp_path: Path):
    cube = save_cube(plain_lut(1 - identity(2)), tmp_path / "invert.cube")
    visit.upload("#image-content", files.content)
    lut(visit).set_input_files(cube)
    assert "photo" in visit.result()
    (tmp_path / "broken.cube").write_text("LUT_3D_SIZE 2\n0 0 x")
    lut(visit).set_input_files(tmp_path / "broken.cube")
    assert "line 2: 'x' is no number" in visit.wait("#image-status .error")
    assert visit.problems == []


def test_what_only_photo_mode_takes_is_shown_there_and_changes_the_result(
    visit: Visit, files: Files
):
    visit.upload("#image-content", files.content)
    visit.upload("#image-style", files.style)
    visit.result()
    transfer = visit.page.locator("#image-transfer")
    assert not transfer.is_visible()
    photo(visit)
    visit.result()
    before = visit.page.get_attribute("#image-result .after", "src")
    transfer.get_by_label("Light").check()
    visit.result()
    assert visit.page.get_attribute("#image-result .after", "src") != before
    assert visit.problems == []
