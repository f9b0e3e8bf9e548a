"""What axe finds on each page, light and dark, on a desktop and on a phone: nothing."""

import json
from collections.abc import Sequence

from playwright.async_api import expect

from tests.browser.exhibition import Exhibition
from tests.browser.looks import Look, barriers
from tests.browser.visitor import Visitor


def test_no_page_has_a_barrier(looks: Sequence[Look]) -> None:
    found = {look.name: look.barriers for look in looks if look.barriers}
    assert not found, json.dumps(found, indent=1)


async def test_dialogs_have_no_barrier(
    stroller: Visitor, looks: Sequence[Look], exhibition: Exhibition
) -> None:
    assert looks
    page = stroller.page
    images = next(shown for shown in exhibition.pages if shown.name == "inspect-images")
    await stroller.open(images.path)
    await page.get_by_role("button", name="Add images").click()
    await expect(page.get_by_role("dialog").get_by_role("gridcell").first).to_be_visible()
    assert await barriers(page) == []
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_be_hidden()
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    assert await barriers(page) == []
