"""A visitor of the app: a page in a browser, what goes wrong on it, and files to upload."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import NamedTuple
from urllib.parse import urlsplit

import imageio_ffmpeg
import numpy as np
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import ConsoleMessage, Page, Request

PATIENCE = 180_000  # milliseconds until something on the page counts as missing
# When the visitor last did what may ask for a result, and when each result was asked for.
ACTS = """
window.acted = 0
for (const act of ['pointerdown', 'input'])
  addEventListener(act, ({ target }) => {
    if (!target.closest?.('#image-cancel')) acted = performance.now()
  }, true)
new MutationObserver(() => {
  for (const done of document.querySelectorAll('#image-status .done[data-request]'))
    done.askedAt = Number(done.dataset.request)
}).observe(document, { childList: true, subtree: true, attributeFilter: ['data-request'] })
"""
CUT = ("signal is aborted", "Connection errored")  # what Gradio's page logs when it is left
AXE_RULES = [
    "wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice", "experimental",
]  # fmt: skip


class Files(NamedTuple):
    """What visitors upload."""

    content: Path
    style: Path
    clip: Path
    text: Path


def paint(path: Path, size: tuple[int, int], seed: int) -> Path:
    """A smooth, colourful picture."""
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 256, (4, 5, 3), np.uint8)
    Image.fromarray(small).resize(size, Image.Resampling.BICUBIC).save(path)
    return path


def make_clip(path: Path, seconds: int, size: str = "96x64") -> Path:
    """A test card at 12 frames a second."""
    source = f"testsrc2=size={size}:rate=12:duration={seconds}"
    ffmpeg = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-f", "lavfi", "-i", source]
    subprocess.run([*ffmpeg, "-pix_fmt", "yuv420p", path], check=True)
    return path


def files_in(folder: Path) -> set[str]:
    """Every file below a folder whose contents may be disappearing meanwhile."""
    return {os.path.join(place, name) for place, _, names in os.walk(folder) for name in names}


class Visit:
    """A page, and what went wrong on it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.problems: list[str] = []
        self.expected: list[str] = []  # parts of what may go wrong
        page.add_init_script(ACTS)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not any(part in message.text for part in self.expected):
            self.problems.append(message.text)

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws") and parts.hostname not in (
            "127.0.0.1",
            "localhost",
        ):
            self.problems.append(f"request to {request.url}")

    def open(self, url: str) -> None:
        """Load the page."""
        self.page.goto(url)
        self._there()

    def reload(self, url: str | None = None) -> None:
        """Load the page again, or another."""
        self.expected += CUT
        self.page.reload() if url is None else self.page.goto(url, wait_until="commit")
        self._there()

    def _there(self) -> None:
        self.page.wait_for_selector("#image-run", state="attached")
        self.page.wait_for_selector("#image-styles button", state="attached")  # scripts make them

    def tab(self, name: str) -> None:
        """Go to a tab."""
        self.page.get_by_role("tab", name=name).click()

    def upload(self, selector: str, path: Path) -> None:
        """Give a file to the input with that id and wait until it is shown."""
        box = self.page.locator(selector)
        box.locator("input[type=file]").first.set_input_files(path)
        box.get_by_label("Remove Image").or_(box.get_by_label("Clear")).first.wait_for()

    def wait(self, selector: str) -> str:
        """The text of an element once it is there."""
        self.page.wait_for_selector(selector)
        return self.page.inner_text(selector)

    def result(self) -> str:
        """The status of the Image tab when a result is shown; each counts once.

        What was asked for before the visitor last did something does not count, however late it
        comes.
        """
        found = self.page.wait_for_function(
            """() => {
            const done = document.querySelector('#image-status .done:not(:has([data-asked]))')
            if (!(done?.askedAt >= acted)) return null
            done.classList.remove('done')
            return done.innerText }"""
        )
        return found.json_value()

    def wants_new(self) -> None:
        """Results that were asked for before count no more."""
        self.page.evaluate("acted = performance.now()")

    @contextmanager
    def held(self, button: str) -> Iterator[None]:
        """The page does not get through to a button until the end of the block."""
        self.page.evaluate(
            """button => { window.hold = event => { if (event.target.matches(button))
              event.stopImmediatePropagation() }
            addEventListener('click', hold, true) }""",
            button,
        )
        yield
        self.page.evaluate("removeEventListener('click', hold, true)")
        self.page.eval_on_selector(button, "button => button.click()")

    def until(self, condition: Callable[[], bool]) -> None:
        """Let the page run until something holds."""
        deadline = monotonic() + PATIENCE / 1000
        while not condition():
            assert monotonic() < deadline, f"not so within {PATIENCE / 1000:.0f} seconds"
            self.page.wait_for_timeout(20)

    def sees(self, selector: str) -> bool:
        """Whether all of an element lies within the window."""
        return self.page.locator(selector).evaluate(
            """part => { const place = part.getBoundingClientRect()
            return place.top >= 0 && place.bottom <= innerHeight }"""
        )

    def overflow(self) -> int:
        """Pixels the page is wider than its window."""
        return self.page.evaluate("document.documentElement.scrollWidth - innerWidth")


def axe_findings(visit: Visit) -> list[str]:
    """What axe-core has to say about what is seen, once no colour is changing any more."""
    visit.page.wait_for_function(
        "document.getAnimations().every(one => !(one instanceof CSSTransition))"
    )
    results = Axe().run(visit.page, options={"runOnly": AXE_RULES}).response
    return [
        f"{one['id']}: {node['html'][:120]}"
        for one in results["violations"]
        for node in one["nodes"]
    ]
