"""Views of a part: two regions of one picture, inspected together."""

import re

import httpx
from playwright.async_api import Page, expect

from tests.browser.looks import AXE, barriers
from tests.browser.visitor import Visitor, chosen
from tests.browser.workshop import plate, post
from tests.support.mesh import Mesh
from tests.support.person import Person

_IMAGES = 6
# In percent of the picture.
_REGIONS = {"Left half": "0,0 50,0 50,100 0,100", "Right half": "50,0 100,0 100,100 50,100"}


async def test_one_picture_of_two_regions_gets_one_verdict(
    visitor: Visitor, mesh: Mesh, http: httpx.AsyncClient
) -> None:
    owner = await Person.register(mesh, http, name="Ada Lovelace")
    added = [await owner.add(plate(seed), f"plate-{seed}.png") for seed in range(_IMAGES)]
    set_id = (await post(owner, "reference-sets", displayName="Plates"))["referenceSetId"]
    ids = [image["imageId"] for image in added]
    await post(owner, f"reference-sets/{set_id}:add", imageIds=ids)

    page = visitor.page
    await page.add_init_script(path=AXE)
    await visitor.enter(owner, f"/inspect/sets/{set_id}/views")
    for name, outline in _REGIONS.items():
        await _add_region(page, name, outline)
    views = page.get_by_role("region", name="Views").get_by_role("listitem")
    await expect(views.filter(has_text="Ready")).to_have_count(len(_REGIONS))

    assert await barriers(page) == []

    await page.get_by_role("link", name="Inspect a part").click()
    await page.get_by_label("Drop a picture of all views").set_input_files(
        chosen("smeared.png", plate(200, "yellow"))
    )
    await page.get_by_role("button", name="Inspect the part").click()
    # Of the part, whatever each half of it comes to.
    found = page.get_by_role("list", name="Views").get_by_role("listitem")
    await expect(found).to_have_count(len(_REGIONS))
    for name in _REGIONS:
        await expect(found.filter(has_text=name)).to_contain_text("the threshold")
    verdict = page.get_by_role(
        "heading", level=2, name=re.compile("Anomalous|Uninspectable|Normal")
    )
    await expect(verdict).to_be_visible()
    assert await barriers(page) == []

    await page.get_by_role("link", name="These inspections in the history").click()
    past = page.get_by_role("grid", name="Past inspections").get_by_role("gridcell")
    await expect(past).to_have_count(len(_REGIONS))


async def _add_region(page: Page, name: str, outline: str) -> None:
    """A view that is a region of the set's pictures, given in writing."""
    await page.get_by_role("button", name="Add a view").click()
    dialog = page.get_by_role("dialog", name="Add a view")
    await dialog.get_by_label("Name").fill(name)
    await dialog.get_by_label("Outlines").fill(outline)
    await dialog.get_by_label("Target false-alarm rate, in percent").fill("20")
    await dialog.get_by_role("button", name="Add and calibrate").click()
    await expect(dialog).to_be_hidden()
