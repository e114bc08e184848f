"""Accessibility: axe-core finds nothing on any tab, light and dark, empty and filled."""

import pytest
from visitor import Files, Visit, axe_findings


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(visit: Visit, files: Files, theme: str):
    visit.page.wait_for_selector("#image-result .after[src^=data]")
    if theme == "dark":
        visit.page.click(".mode-switch")
    for tab in ("Video", "Webcam", "Compare", "Image"):
        visit.tab(tab)
        assert axe_findings(visit) == [], tab
    visit.upload("#image-content", files.content)
    visit.page.locator("#image-styles button").first.click()
    visit.result()
    visit.page.get_by_text("More options").first.click()
    assert axe_findings(visit) == []
