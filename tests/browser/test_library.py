"""The library: what is dropped is uploaded, labelled, opened, deleted and brought back."""

import re

from playwright.async_api import BrowserContext, Locator, expect

from tests.browser.visitor import Visitor
from tests.support.pictures import PHOTOGRAPHS

CAT, COFFEE, ROCKET = (PHOTOGRAPHS[name].read_bytes() for name in ("chelsea", "coffee", "rocket"))
BROKEN = CAT[:2000]


def cells(visitor: Visitor) -> Locator:
    return visitor.page.get_by_role("grid", name="Images").get_by_role("gridcell")


def cell(visitor: Visitor, name: str) -> Locator:
    return visitor.page.get_by_role("gridcell", name=re.compile(re.escape(name)))


async def fill(visitor: Visitor) -> None:
    """Registers and drops three photographs, and waits until search finds them."""
    await visitor.register()
    await expect(visitor.page.get_by_text("Drop your first images here")).to_be_visible()
    await visitor.drop(
        visitor.page.get_by_role("main"),
        {"chelsea.png": CAT, "coffee.png": COFFEE, "rocket.jpg": ROCKET},
    )
    await expect(cells(visitor)).to_have_count(3)
    for name in ("chelsea.png", "coffee.png", "rocket.jpg"):
        await expect(visitor.page.get_by_role("gridcell", name=name, exact=True)).to_be_visible()


async def test_what_is_dropped_is_kept_and_what_cannot_be_says_why(visitor: Visitor) -> None:
    visitor.expects("400")
    await fill(visitor)
    uploads = visitor.page.get_by_role("region", name="Uploads")
    await visitor.drop(
        visitor.page.get_by_role("main"), {"broken.png": BROKEN, "cat-again.png": CAT}
    )
    await expect(uploads).to_contain_text("broken.png")
    await expect(uploads.get_by_role("link", name=re.compile("Already here"))).to_be_visible()
    await expect(uploads.get_by_role("listitem").filter(has_text="broken.png")).to_contain_text(
        re.compile("read|damaged|broken|incomplete", re.IGNORECASE)
    )
    await expect(cell(visitor, "coffee.png")).to_be_visible()


async def test_an_image_opens_large_and_the_arrows_walk_the_list(visitor: Visitor) -> None:
    await fill(visitor)
    await cell(visitor, "rocket.jpg").click()
    await expect(visitor.page).to_have_title(re.compile(r"rocket\.jpg"))
    await visitor.page.keyboard.press("ArrowRight")
    await expect(visitor.page).to_have_title(re.compile(r"coffee\.png|chelsea\.png"))
    await visitor.page.keyboard.press("Escape")
    await expect(cells(visitor)).to_have_count(3)
    await expect(visitor.page).to_have_url(re.compile("/library$"))


async def test_labels_are_set_found_and_taken_back(visitor: Visitor) -> None:
    await fill(visitor)
    await cell(visitor, "chelsea.png").click(modifiers=["Control"])
    await cell(visitor, "coffee.png").click(modifiers=["Control"])
    tray = visitor.page.get_by_role("region", name="Selection")
    await expect(tray).to_contain_text("2 images selected")
    await tray.get_by_role("button", name="Label", exact=True).click()
    dialog = visitor.page.get_by_role("dialog", name=re.compile("Label 2 images"))
    await dialog.get_by_label("Label", exact=True).fill("room")
    await dialog.get_by_label("Value").fill("kitchen")
    await dialog.get_by_role("button", name="Add").click()
    await dialog.get_by_role("button", name="Apply").click()
    await expect(dialog).to_be_hidden()

    await (
        visitor.page.get_by_role("button", name="Filter by label")
        .or_(visitor.page.get_by_role("button", name="Labels", exact=True))
        .first.click()
    )
    await visitor.page.get_by_role("button", name=re.compile("^kitchen")).click()
    await expect(cells(visitor)).to_have_count(2)
    await expect(visitor.page).to_have_url(re.compile("label=room%3Akitchen"))
    # The undo of labelling is in the toast that told of it.
    await visitor.page.get_by_role("button", name="Undo").click()
    await expect(visitor.page.get_by_text("No image fits these filters")).to_be_visible()


async def test_what_is_deleted_comes_back_by_undo_and_from_the_trash(
    visitor: Visitor, profile: BrowserContext
) -> None:
    await fill(visitor)
    other = await Visitor.arrive(profile)
    await other.open("/library")
    await expect(cells(other)).to_have_count(3)
    tray = visitor.page.get_by_role("region", name="Selection")

    await cell(visitor, "coffee.png").click(modifiers=["Control"])
    await tray.get_by_role("button", name="Delete").click()
    await expect(cells(visitor)).to_have_count(2)
    await visitor.page.get_by_role("button", name="Undo").click()
    await expect(cells(visitor)).to_have_count(3)

    await cell(visitor, "coffee.png").click(modifiers=["Control"])
    await tray.get_by_role("button", name="Delete").click()
    await other.page.bring_to_front()
    await expect(cells(other)).to_have_count(2)
    await other.open("/library/trash")
    await expect(cells(other)).to_have_count(1)
    await other.page.get_by_role("button", name="Restore all").click()
    await expect(other.page.get_by_text("The trash is empty")).to_be_visible()
    await visitor.page.bring_to_front()
    await expect(cells(visitor)).to_have_count(3)
    assert other.complaints() == []
