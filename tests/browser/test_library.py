"""Adding images, looking at them, labelling, deleting, and what other tabs see of it."""

import re

import httpx
from playwright.async_api import BrowserContext, Locator, expect

from tests.browser.visitor import Visitor
from tests.support.mesh import Mesh
from tests.support.person import Person
from tests.support.pictures import drawing, encoded, photograph

_PHOTOGRAPHS = {
    name: photograph(name.partition(".")[0]) for name in ("chelsea.png", "coffee.png", "rocket.jpg")
}


def _cells(visitor: Visitor) -> Locator:
    return visitor.page.get_by_role("grid", name="Images").get_by_role("gridcell")


async def _library(mesh: Mesh, http: httpx.AsyncClient, count: int) -> Person:
    """Somebody with so many drawings, `0.png` the oldest."""
    person = await Person.register(mesh, http)
    for seed in range(count):
        await person.add(encoded(drawing(seed)), f"{seed}.png")
    return person


async def test_files_are_dropped_and_appear_and_why_one_is_refused_is_said(
    visitor: Visitor,
) -> None:
    page = visitor.page
    await visitor.register()
    await page.get_by_role("link", name="Library", exact=True).click()
    await visitor.drop(
        page.get_by_text("Drop your first images here"),
        {**_PHOTOGRAPHS, "again.png": _PHOTOGRAPHS["chelsea.png"], "broken.png": b"no picture"},
    )
    panel = page.get_by_role("region", name="Uploads")
    await expect(panel.get_by_role("heading")).to_have_text("3 added, 1 already here, 1 not added")
    files = panel.get_by_role("listitem")
    await expect(files.filter(has_text="broken.png")).to_contain_text(
        "This is no image that Argus takes."
    )
    await expect(files.filter(has_text=re.compile("Same as (chelsea|again).png"))).to_have_count(1)
    # They are seen to become searchable, without anybody's asking anew.
    await expect(_cells(visitor)).to_have_count(3)
    await expect(page.get_by_text("Indexing")).to_have_count(0)
    await expect(page.get_by_role("gridcell", name=re.compile("^rocket.jpg"))).to_be_visible()

    await visitor.drop(
        page.get_by_role("grid", name="Images"), {"cup.png": _PHOTOGRAPHS["coffee.png"]}
    )
    twin = panel.get_by_role("listitem").filter(has_text="cup.png")
    await twin.get_by_role("link", name=re.compile("Already here")).click()
    await expect(page.get_by_role("heading", name="coffee.png")).to_be_visible()


async def test_the_viewer_walks_the_library(
    visitor: Visitor, mesh: Mesh, http: httpx.AsyncClient
) -> None:
    page = visitor.page
    await visitor.enter(await _library(mesh, http, 3), "/library")
    await _cells(visitor).first.click()
    await expect(page.get_by_role("heading", name="2.png")).to_be_visible()
    await expect(page.get_by_role("button", name="Previous image")).to_be_disabled()
    await page.get_by_role("button", name="Next image").click()
    await expect(page.get_by_role("heading", name="1.png")).to_be_visible()
    await expect(page.get_by_text("2 of 3", exact=True)).to_be_visible()
    await page.get_by_role("button", name="Previous image").click()
    await expect(page.get_by_role("heading", name="2.png")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(_cells(visitor)).to_have_count(3)


async def test_some_are_labelled_and_found_by_it(
    visitor: Visitor, mesh: Mesh, http: httpx.AsyncClient
) -> None:
    page = visitor.page
    await visitor.enter(await _library(mesh, http, 4), "/library")
    await _cells(visitor).nth(0).click(modifiers=["ControlOrMeta"])
    await _cells(visitor).nth(1).click(modifiers=["ControlOrMeta"])
    tray = page.get_by_role("region", name="Selection")
    await expect(tray.get_by_role("status")).to_have_text("2 images selected")
    await tray.get_by_role("button", name="Label").click()
    dialog = page.get_by_role("dialog", name="Label 2 images")
    await dialog.get_by_role("combobox", name="Label").fill("line")
    await dialog.get_by_role("combobox", name="Value").fill("7")
    await dialog.get_by_role("button", name="Add").click()
    await expect(dialog.get_by_text("line: 7")).to_be_visible()
    await dialog.get_by_role("button", name=re.compile("^(Apply|Label)")).click()
    await expect(dialog).to_be_hidden()
    await tray.get_by_role("button", name="Clear the selection").click()

    await _cells(visitor).nth(0).click()
    about = page.get_by_role("complementary", name="About this image")
    await about.get_by_role("button", name="line: 7", exact=True).click()
    await expect(_cells(visitor)).to_have_count(2)
    await page.get_by_role("button", name="Remove the filter line: 7").click()
    await expect(_cells(visitor)).to_have_count(4)


async def test_what_is_deleted_comes_back_and_another_tab_sees_it(
    visitor: Visitor, profile: BrowserContext, mesh: Mesh, http: httpx.AsyncClient
) -> None:
    page = visitor.page
    person = await _library(mesh, http, 3)
    await visitor.enter(person, "/library")
    other = await Visitor.arrive(profile)
    await other.open("/library")
    await expect(_cells(other)).to_have_count(3)

    # What is added anywhere appears in both, so both listen from here on.
    await person.add(encoded(drawing(9)), "new.png")
    await expect(other.page.get_by_role("gridcell", name=re.compile("^new.png"))).to_be_visible()

    await expect(_cells(visitor)).to_have_count(4)
    await _cells(visitor).nth(0).click(modifiers=["ControlOrMeta"])
    await page.keyboard.press("Delete")
    await expect(_cells(visitor)).to_have_count(3)
    await expect(_cells(other)).to_have_count(3)
    await page.get_by_role("button", name="Undo").click()
    await expect(_cells(visitor)).to_have_count(4)
    await expect(_cells(other)).to_have_count(4)

    await page.get_by_role("gridcell", name="1.png").click(modifiers=["ControlOrMeta"])
    await page.keyboard.press("Delete")
    await expect(_cells(other)).to_have_count(3)
    await page.get_by_role("link", name="Trash").click()
    await expect(page.get_by_role("gridcell", name="1.png")).to_be_visible()
    await page.get_by_role("button", name="Restore all").click()
    await expect(page.get_by_role("heading", name="The trash is empty")).to_be_visible()
    await expect(_cells(other)).to_have_count(4)
    assert other.complaints() == []


async def test_duplicates_are_moved_to_the_trash_and_brought_back(
    visitor: Visitor, mesh: Mesh, http: httpx.AsyncClient
) -> None:
    page = visitor.page
    person = await _library(mesh, http, 2)
    await person.add(encoded(drawing(0)), "again.png")
    await visitor.enter(person, "/library")
    await page.get_by_role("link", name="Duplicates").click()
    await expect(page.get_by_text("1 duplicate in 1 group")).to_be_visible()
    await expect(page.get_by_role("button", name="Keep 0.png")).to_have_attribute(
        "aria-pressed", "true"
    )
    await page.get_by_role("button", name="Move 1 image to the trash, like 0.png").click()
    await expect(page.get_by_text("All duplicates are dealt with")).to_be_visible()
    await page.get_by_role("button", name="Undo").click()
    await expect(page.get_by_role("button", name="Keep again.png")).to_be_visible()
    await page.get_by_role("button", name="Move 1 image to the trash", exact=True).click()
    await expect(page.get_by_text("All duplicates are dealt with")).to_be_visible()
    await page.get_by_role("link", name="Library", exact=True).first.click()
    await expect(_cells(visitor)).to_have_count(2)
    await expect(page.get_by_role("gridcell", name=re.compile("^again.png"))).to_have_count(0)
