"""Animated pictures on the Video tab."""

import base64
from pathlib import Path

import pytest
from PIL import Image
from visitor import Files, Visit

from ccpl.video import probe

DROP = """([name, kind, text]) => {
  const bytes = Uint8Array.from(atob(text), letter => letter.charCodeAt(0))
  const data = new DataTransfer()
  data.items.add(new File([bytes], name, {type: kind}))
  document.querySelector('#video-clip button').dispatchEvent(
    new DragEvent('drop', {dataTransfer: data, bubbles: true, cancelable: true}))
}"""
KINDS = {
    "a.gif": "image/gif",
    "a.webp": "image/webp",
    "a.png": "image/apng",
    "a.avif": "image/avif",
}


def draw(path: Path, count: int = 4) -> Path:
    """Pictures of a bar that moves over nothing."""
    frames = [Image.new("RGBA", (96, 64)) for _ in range(count)]
    for n, frame in enumerate(frames):
        frame.paste((220, 80, 40, 255), (12 * n, 0, 12 * n + 24, 64))
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=200)
    return path


def made(visit: Visit, kept: Path) -> Path:
    """Stylize what was given; the newest result."""
    visit.page.locator("#video-clip video").wait_for()
    visit.page.locator("#video-styles button").first.click()
    visit.page.locator("#video-style img").wait_for()
    visit.page.click("#video-run")
    visit.wait("#video-status .done")
    return max(kept.rglob("a-*.mp4"), key=lambda path: path.stat().st_mtime)


@pytest.mark.parametrize("name", KINDS)
def test_an_animation_is_shown_and_stylized(visit: Visit, kept: Path, tmp_path: Path, name: str):
    path = draw(tmp_path / name)
    visit.tab("Video")
    with visit.page.expect_file_chooser() as chooser:
        visit.page.click("#video-animation")
    chooser.value.set_files(path)
    info = probe(made(visit, kept))
    assert (info.width, info.height, info.rate, info.seconds) == (96, 64, 5, 0.8)
    assert "Transparent places are shown on white" in visit.wait("#video-status .warning")


def test_an_animation_may_be_dropped_on_the_clip(visit: Visit, tmp_path: Path):
    data = base64.b64encode(draw(tmp_path / "a.gif").read_bytes()).decode()
    visit.tab("Video")
    visit.page.locator("#video-clip button").first.wait_for()
    visit.page.evaluate(DROP, ["a.gif", "image/gif", data])
    visit.page.locator("#video-clip video").wait_for()


def test_a_picture_that_does_not_move_is_sent_to_the_image_tab(visit: Visit, files: Files):
    visit.tab("Video")
    with visit.page.expect_file_chooser() as chooser:
        visit.page.click("#video-animation")
    chooser.value.set_files(files.content)
    text = visit.wait("#video-animation-status .error")
    assert text == "This picture does not move: give it to the Image tab."
