"""One server and one browser for all tests of the app, and small pictures of our own."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright
from visitor import PATIENCE, Files, Visit, make_clip, paint

from ccpl.ui.app import serve

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """A picture, a style, a clip of two seconds, and a text that calls itself a picture."""
    folder = tmp_path_factory.mktemp("uploads")
    text = folder / "notes.png"
    text.write_text("not a picture")
    return Files(
        paint(folder / "content.png", (97, 64), 1),
        paint(folder / "style.jpg", (80, 80), 2),
        make_clip(folder / "clip.mp4", seconds=2),
        text,
    )


@pytest.fixture(scope="session")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like examples/ with small pictures, the pair of one example among them."""
    folder = tmp_path_factory.mktemp("examples")
    names = {
        "styles": {
            "red-sun-wave": {"name": "Red Sun Wave", "about": "a print"},
            "moonlit-bay": {"name": "Moonlit Bay", "about": "an oil"},
            "fauve-valley": {"name": "Fauve Valley", "about": "a landscape"},
        },
        "contents": {"canal-houses": {"name": "Canal Houses", "about": "a photo"}},
        "clips": {"boat": {"name": "Boat", "about": "a clip"}},
    }
    for section, entries in names.items():
        (folder / section).mkdir()
        for seed, slug in enumerate(entries):
            if section == "clips":
                make_clip(folder / section / f"{slug}.mp4", seconds=1)
            else:
                paint(folder / section / f"{slug}.jpg", (120, 90), seed + len(section))
    (folder / "names.json").write_text(json.dumps(names))
    return folder


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the app keeps uploads and results."""
    return tmp_path_factory.mktemp("gradio")


@pytest.fixture(scope="session")
def tuned_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the app's tuned styles; a test that puts one there takes it away."""
    return tmp_path_factory.mktemp("tuned")


@pytest.fixture(scope="session")
def url(examples: Path, kept: Path, tuned_folder: Path) -> Iterator[str]:
    """The address of the app, served from this process on a free port."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(kept))
        patch.setattr("ccpl.ui.app.tuned_folder", lambda: tuned_folder)
        app, address = serve(device="cpu", examples=examples, block=False)
        yield address
        app.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium with a fake camera."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), headless=True, args=list(FLAGS)
        )
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def laptop(browser: Browser) -> Iterator[BrowserContext]:
    """A profile that keeps its cache, so that the page is fetched once."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme="light")
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


@pytest.fixture
def visit(laptop: BrowserContext, url: str) -> Iterator[Visit]:
    """A new visitor; at the end nothing may have gone wrong on the page."""
    visitor = Visit(laptop.new_page())
    visitor.open(url)
    yield visitor
    visitor.page.close()
    assert visitor.problems == []
