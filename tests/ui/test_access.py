"""Accessibility: axe-core finds nothing on any tab, light and dark, empty and filled."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from visitor import Files, Visit

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice", "experimental"]


def found(visit: Visit) -> list[str]:
    """What axe has to say about what is seen now."""
    results = Axe().run(visit.page, options={"runOnly": RULES}).response
    return [
        f"{one['id']}: {node['html'][:120]}"
        for one in results["violations"]
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(visit: Visit, files: Files, theme: str):
    visit.page.wait_for_selector("#image-result .after[src^=data]")
    if theme == "dark":
        visit.page.click(".mode-switch")
    for tab in ("Video", "Webcam", "Compare", "Image"):
        visit.tab(tab)
        assert found(visit) == [], tab
    visit.upload("#image-content", files.content)
    visit.page.locator("#image-styles button").first.click()
    visit.result()
    visit.page.get_by_text("More options").first.click()
    assert found(visit) == []
