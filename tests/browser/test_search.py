"""Finding pictures: by words, by a picture, and on the map."""

import asyncio
import re

import httpx
import pytest
from playwright.async_api import Locator, expect

from tests.browser.visitor import Visitor, chosen
from tests.support.mesh import Mesh
from tests.support.person import Person
from tests.support.pictures import PHOTOGRAPHS, photograph

_PARTS = ("Auth", "Storage", "Embedder", "Search", "Inspection")
# How many pixels of a canvas have something on them.
_DRAWN = """(canvas) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let drawn = 0;
  for (let at = 3; at < data.length; at += 4) if (data[at] > 0) drawn += 1;
  return drawn;
}"""


@pytest.fixture(scope="module")
async def hobbyist(mesh: Mesh, http: httpx.AsyncClient) -> Person:
    """Somebody with photographs; surfaces are labelled `kind: surface`."""
    person = await Person.register(mesh, http)
    await asyncio.gather(*(_add(person, name) for name in PHOTOGRAPHS))
    await person.until_mapped()
    return person


async def _add(person: Person, name: str) -> None:
    path = PHOTOGRAPHS[name]
    await person.add(
        photograph(name),
        path.name,
        "image/png" if path.suffix == ".png" else "image/jpeg",
        labels={"kind": "surface" if name in {"brick", "grass", "gravel"} else "scene"},
    )


def _results(visitor: Visitor) -> Locator:
    return visitor.page.get_by_role("grid", name="Results").get_by_role("gridcell")


async def test_words_find_a_picture_and_it_finds_its_like(
    visitor: Visitor, hobbyist: Person
) -> None:
    page = visitor.page
    await visitor.enter(hobbyist, "/search")
    await page.get_by_label("Search by words").fill("a photo of a cat")
    await page.keyboard.press("Enter")
    first = _results(visitor).first
    await expect(first).to_have_accessible_name(re.compile("^chelsea.png"))
    await expect(page).to_have_url(re.compile("cat"))

    await first.hover()
    await first.get_by_role("button", name="More like this").click()
    await expect(page.get_by_role("button", name="Remove the picture")).to_be_visible()
    await expect(_results(visitor).first).to_be_visible()
    await expect(_results(visitor).filter(has_text="chelsea")).to_have_count(0)

    await page.go_back()
    await expect(page.get_by_label("Search by words")).to_have_value("a photo of a cat")
    await expect(first).to_have_accessible_name(re.compile("^chelsea.png"))


async def test_a_picture_finds_itself_by_drop_and_by_choice(
    visitor: Visitor, hobbyist: Person
) -> None:
    page = visitor.page
    await visitor.enter(hobbyist, "/search")
    await visitor.drop(
        page.get_by_role("heading", name="Search", exact=True), {"cup.png": photograph("coffee")}
    )
    await expect(_results(visitor).first).to_have_accessible_name(re.compile("^coffee.png"))
    await page.get_by_label("Picture to search with").set_input_files(
        chosen("start.jpg", photograph("rocket"))
    )
    await expect(_results(visitor).first).to_have_accessible_name(re.compile("^rocket.jpg"))


async def test_labels_narrow_a_search(visitor: Visitor, hobbyist: Person) -> None:
    page = visitor.page
    await visitor.enter(hobbyist, "/search?q=a+photo+of+a+cat")
    await expect(_results(visitor).first).to_have_accessible_name(re.compile("^chelsea.png"))
    await page.get_by_role("button", name="Labels").click()
    await page.get_by_role("dialog").get_by_role("button", name=re.compile("^surface")).click()
    await page.keyboard.press("Escape")
    await expect(_results(visitor)).to_have_count(3)
    await page.get_by_role("button", name="Remove the filter kind: surface").click()
    await expect(_results(visitor).first).to_have_accessible_name(re.compile("^chelsea.png"))


async def test_a_region_of_the_map_lists_its_images(visitor: Visitor, hobbyist: Person) -> None:
    page = visitor.page
    await visitor.enter(hobbyist, "/map")
    stage = page.get_by_role("application", name="Map of your images")
    await expect(stage).to_be_visible()
    await expect(page.get_by_text(f"{len(PHOTOGRAPHS)} images; like ones lie near")).to_be_visible()
    assert await stage.locator("canvas").first.evaluate(_DRAWN) > 0

    await page.get_by_role("radio", name="Box").check(force=True)
    box = await stage.bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + 4, box["y"] + 4)
    await page.mouse.down()
    await page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    await page.mouse.move(box["x"] + box["width"] - 4, box["y"] + box["height"] - 4)
    await page.mouse.up()
    region = page.get_by_role("complementary", name="Images in the region")
    await expect(region.get_by_role("status")).to_have_text(re.compile(r"^\d+ in the region"))
    cells = region.get_by_role("gridcell")
    await expect(cells.first).to_have_accessible_name(re.compile(r"\.(png|jpg)$"))
    await page.keyboard.press("Escape")
    await expect(region).to_be_hidden()


async def test_the_status_says_that_all_parts_work(visitor: Visitor, hobbyist: Person) -> None:
    await visitor.enter(hobbyist, "/status")
    await expect(visitor.page.get_by_text("Everything works")).to_be_visible()
    parts = visitor.page.get_by_role("list", name="Parts").get_by_role("listitem")
    await expect(parts).to_have_count(len(_PARTS))
    for name in _PARTS:
        await expect(
            parts.filter(has=visitor.page.get_by_role("heading", name=name))
        ).to_contain_text("Works")
