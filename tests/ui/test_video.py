"""The Video tab in a real browser: a clip grows before the visitor's eyes, and stays."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect
from visitor import Files, Visit, make_clip

from ccpl.ui import clips
from ccpl.ui.video import frames_of
from ccpl.video import preview_frame, probe


def choose(visit: Visit, clip: Path) -> None:
    visit.tab("Video")
    visit.upload("#video-clip", clip)
    visit.page.get_by_label("range slider for Frame to preview").wait_for()
    visit.page.locator("#video-styles button").first.click()
    visit.page.locator("#video-style img").wait_for()


def test_the_slider_reaches_every_frame_in_steps_of_few_digits(tmp_path: Path):
    info = probe(make_clip(tmp_path / "a.mp4", seconds=2))  # of 12 frames a second
    slider = frames_of(info)
    assert slider == {"step": 0.083, "maximum": 1.992}
    last, end = (preview_frame(info.path, lambda x, *_: x, at=at) for at in (1.95, 1.992))
    assert np.array_equal(last.content, end.content)


def test_a_clip_becomes_one_player_in_step_with_its_original(visit: Visit, tmp_path: Path):
    choose(visit, make_clip(tmp_path / "my clip.mp4", seconds=3))
    visit.page.locator("#video-tab").get_by_text("More options").click()
    visit.page.get_by_label("Start at second").fill("1")
    visit.page.get_by_label("Make a GIF as well").check()
    visit.page.click("#video-run")
    assert "24 frames" in visit.wait("#video-status .done")
    videos = "[...document.querySelectorAll('#video-result video')]"
    visit.page.wait_for_function(
        f"""{videos}.every(one => one.readyState > 1 && !one.seeking) &&
        Math.abs({videos}[0].currentTime - {videos}[1].currentTime - 1) < 0.02"""
    )
    assert visit.page.evaluate(f"{videos}.map(one => one.muted)") == [True, False]
    visit.page.locator("#video-result .time").fill("1")
    visit.page.wait_for_function(f"{videos}.every(one => !one.seeking)")
    first, second = visit.page.evaluate(f"{videos}.map(one => one.currentTime)")
    assert abs(second - 1) < 1 / 12 and abs(first - second - 1) < 0.02
    visit.page.click("#video-result .play")
    visit.page.wait_for_function(  # pressed at once, before the end
        f"""{videos}.every(one => one.currentTime > 1.3) &&
        (document.querySelector('#video-result .play').click(), true)"""
    )
    visit.page.wait_for_function(f"{videos}.every(one => one.paused && !one.seeking)")
    first, second = visit.page.evaluate(f"{videos}.map(one => one.currentTime)")
    assert abs(first - second - 1) < 1 / 12
    with visit.page.expect_download() as download:
        visit.page.click("#video-download")
    assert download.value.suggested_filename == "my-clip-red-sun-wave-artistic.mp4"
    with visit.page.expect_download() as download:
        visit.page.click("#video-download-gif")
    assert Image.open(download.value.path()).n_frames > 10


def test_a_clip_for_editors_is_downloaded_where_the_browser_does_not_play_it(
    visit: Visit, files: Files
):
    choose(visit, files.clip)
    editors = visit.page.locator("#video-editors")
    assert not editors.is_visible()
    visit.page.locator("#video-mode input[value=photo]").check()
    editors.get_by_text("For editors").click()
    expect(editors.get_by_label("Usual")).to_be_checked()
    editors.get_by_label("8 bits").check()
    editors.get_by_label("Usual").check()
    editors.get_by_label("ProRes").check()
    editors.get_by_label("S-Log3").check()
    visit.page.click("#video-run")
    visit.wait("#video-status .done")
    assert "download it" in visit.wait("#video-result .unplayable")
    assert not visit.page.is_visible("#video-result video")
    with visit.page.expect_download() as download:
        visit.page.click("#video-download")
    assert download.value.suggested_filename.endswith(".mov")
    made = Path(download.value.path())
    assert b"apch" in made.read_bytes()  # ProRes 422 HQ
    assert probe(made).pixel_format == "yuv422p10le"


def test_a_clip_that_is_made_shows_itself_and_outlives_a_reload(
    visit: Visit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(clips, "ABANDONED", float("inf"))  # seconds a reload may take
    choose(visit, make_clip(tmp_path / "long.mp4", seconds=120, size="320x240"))
    visit.page.click("#video-run")
    visit.page.wait_for_selector("#video-view .after[src^=data]")
    newest = visit.page.get_attribute("#video-view .after", "src")
    visit.page.wait_for_function(
        "old => document.querySelector('#video-view .after').src !== old", arg=newest
    )
    visit.page.wait_for_selector("#video-status .progress:has-text('left')")
    visit.reload()
    visit.tab("Video")
    visit.wait("#video-status progress")
    visit.page.click("#video-cancel")
    assert "Cancelled" in visit.wait("#video-status .warning")


def test_any_frame_can_be_previewed(visit: Visit, files: Files):
    choose(visit, files.clip)
    visit.page.click("#video-preview")
    assert "at 0.00 s" in visit.wait("#video-status .done")
    first = visit.page.get_attribute("#video-view .before", "src")
    at = visit.page.get_by_label("range slider for Frame to preview")
    at.fill("1")
    at.dispatch_event("pointerup")
    assert "at 1.00 s" in visit.wait("#video-status .done:has-text('at 1')")
    visit.page.wait_for_function(
        "old => document.querySelector('#video-view .before').src !== old", arg=first
    )
