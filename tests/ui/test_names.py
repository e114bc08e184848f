"""What the page owes everyone: an address, names, focus, downloads that say what they are."""

from visitor import Files, Visit, axe_findings


def test_the_address_of_the_api_page_opens_it(visit: Visit, url: str):
    # It asks the server whether there are tools for agents and figures on use; there are not.
    visit.expected.append("Failed to load")
    visit.page.wait_for_selector("#image-result .after[src^=data]")  # all of the first is there
    visit.reload(f"{url}?view=api")
    visit.wait(".api-docs :text('/stylize_image')")


def test_pictures_to_pick_are_called_by_their_names(visit: Visit):
    buttons = visit.page.locator("#image-styles button")
    assert buttons.all_inner_texts() == ["Red Sun Wave", "Moonlit Bay", "Fauve Valley"]
    assert visit.page.get_by_role("button", name="Moonlit Bay", exact=True).count() == 1
    assert visit.page.locator(".picker img:not([alt=''])").count() == 0
    small = buttons.evaluate_all("all => all.filter(one => one.offsetHeight < 24)")
    assert small == []


def test_keyboards_see_where_they_are(visit: Visit):
    strength = visit.page.get_by_label("range slider for Strength").first
    strength.focus()
    strength.press("ArrowLeft")
    assert strength.evaluate("slider => getComputedStyle(slider).outlineStyle") == "solid"


def test_compared_pictures_are_downloads_with_names(visit: Visit, files: Files):
    visit.tab("Compare")
    visit.upload("#compare-content", files.content)
    visit.page.locator("#compare-styles button").first.click()
    visit.page.click("#compare-run")
    assert "3 results" in visit.wait("#compare-status .done")
    visit.page.locator("#compare-cancel").wait_for(state="hidden")
    assert axe_findings(visit) == []
    with visit.page.expect_download() as download:
        visit.page.locator("#compare-image-1 [aria-label=Download]").click()
    assert download.value.suggested_filename == "content-red-sun-wave-photo-max-side-768.png"
