"""Finding pictures: by words, by a picture, and on the map."""

import asyncio
import csv
import io
import re
from pathlib import Path

import httpx
import pytest
from PIL import Image
from playwright.async_api import Locator, expect

from tests.browser.visitor import Visitor, chosen
from tests.support.mesh import Mesh
from tests.support.person import Person
from tests.support.pictures import PHOTOGRAPHS, chelsea, encoded, photograph

_PARTS = ("Auth", "Storage", "Embedder", "Search", "Inspection")
_SURFACES = {"brick", "grass", "gravel"}
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
        labels={"kind": "surface" if name in _SURFACES else "scene"},
    )


def _results(visitor: Visitor) -> Locator:
    return visitor.page.get_by_role("grid", name="Results").get_by_role("gridcell")


async def _names(visitor: Visitor) -> list[str]:
    """What the results are called, read at one moment: cells come and go between two calls."""
    names: list[str] = await _results(visitor).evaluate_all(
        "(cells) => cells.map((cell) => cell.getAttribute('aria-label'))"
    )
    return names


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
    await first.get_by_role("button", name="About this match").click()
    await page.get_by_role("dialog").get_by_role("button", name="Only like this").click()
    await expect(page.get_by_role("button", name="Remove the picture")).to_be_visible()
    await expect(_results(visitor).first).to_be_visible()
    await expect(_results(visitor).filter(has_text="chelsea")).to_have_count(0)

    await page.go_back()
    await expect(page.get_by_label("Search by words")).to_have_value("a photo of a cat")
    await expect(first).to_have_accessible_name(re.compile("^chelsea.png"))


async def test_all_matches_are_saved_as_a_list(visitor: Visitor, hobbyist: Person) -> None:
    page = visitor.page
    await visitor.enter(hobbyist, "/search?q=a+photo+of+a+cat")
    await page.get_by_role("button", name="Save list").click()
    dialog = page.get_by_role("dialog", name="All matches as a file")
    async with page.expect_download() as waiting:
        await dialog.get_by_role("button", name="Save as CSV").click()
    download = await waiting.value
    assert download.suggested_filename == "matches.csv"
    saved = Path(await download.path()).read_text(encoding="utf-8-sig")  # noqa: ASYNC240 - a small file
    first, *others = csv.DictReader(io.StringIO(saved))
    assert (first["filename"], first["labels"]) == ("chelsea.png", "kind=scene")
    assert all(float(one["score"]) <= float(first["score"]) for one in others)
    await expect(dialog).to_be_hidden()


async def test_more_and_less_like_results_move_what_is_found(
    visitor: Visitor, hobbyist: Person
) -> None:
    page = visitor.page
    await visitor.enter(hobbyist, "/search?q=a+photo+of+a+cat")
    first = _results(visitor).first
    await expect(first).to_have_accessible_name(re.compile("^chelsea.png"))
    await first.hover()
    await first.get_by_role("button", name="Less like this").click()
    less = page.get_by_role("button", name="Less like chelsea.png", exact=True)
    await expect(less).to_be_visible()
    await expect(first).not_to_have_accessible_name(re.compile("^chelsea.png"))
    await expect(page).to_have_url(re.compile("less="))

    await less.click()
    await page.get_by_role("dialog").get_by_text("More like it").click()
    await expect(page).to_have_url(re.compile("more="))
    await page.go_back()
    await expect(less).to_be_visible()
    await page.get_by_role("button", name=re.compile("^Remove: less like")).click()
    await expect(first).to_have_accessible_name(re.compile("^chelsea.png"))


async def test_words_behind_a_minus_are_left_out_and_can_be_let_in(
    visitor: Visitor, hobbyist: Person
) -> None:
    page = visitor.page
    await visitor.enter(hobbyist, "/search")
    await page.get_by_label("Search by words").fill("a photo of a cat -chelsea")
    await page.keyboard.press("Enter")
    first = _results(visitor).first
    await expect(first).to_be_visible()
    await expect(first).not_to_have_accessible_name(re.compile("^chelsea"))
    await page.get_by_role("button", name="Remove the filter without chelsea").click()
    await expect(first).to_have_accessible_name(re.compile("^chelsea.png"))
    await page.get_by_label("Search by words").fill('"chelsea"')
    await page.keyboard.press("Enter")
    await expect(_results(visitor)).to_have_count(1)
    await page.get_by_label("Search by words").fill("-chelsea")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("What do you look for?")).to_be_visible()


async def test_a_box_on_a_picture_finds_what_is_in_it(visitor: Visitor, hobbyist: Person) -> None:
    page = visitor.page
    both = Image.new("RGB", (800, 400))
    for left, name in ((0, "coffee"), (400, "rocket")):
        with Image.open(io.BytesIO(photograph(name))) as one:
            both.paste(one.convert("RGB").resize((400, 400)), (left, 0))
    await visitor.enter(hobbyist, "/search")
    await page.get_by_label("Picture to search with").set_input_files(
        chosen("both.png", encoded(both))
    )
    first = _results(visitor).first
    await expect(first).to_be_visible()
    for share, found in ((0.0, "coffee.png"), (0.5, "rocket.jpg")):
        await page.get_by_role("button", name=re.compile("Choose a part of both.png")).click()
        dialog = page.get_by_role("dialog", name="Search with a part")
        picture = dialog.get_by_role("img", name="both.png")
        await expect(picture).to_have_js_property("complete", value=True)
        await _draw(visitor, picture, (share + 0.02, 0.02), (share + 0.48, 0.98))
        await dialog.get_by_role("button", name="Search this part").click()
        await expect(dialog).to_be_hidden()
        await expect(first).to_have_accessible_name(re.compile(f"^{found}"))
    await expect(page).to_have_url(re.compile("box=0.5"))


async def _draw(
    visitor: Visitor, place: Locator, begin: tuple[float, float], end: tuple[float, float]
) -> None:
    """Drags from one place of a picture to another, in fractions of it."""
    box = await place.bounding_box()
    assert box is not None
    mouse = visitor.page.mouse
    for step, (x, y) in enumerate((begin, (end[0], begin[1]), end)):
        await mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        if step == 0:
            await mouse.down()
    await mouse.up()


async def test_a_box_is_resized_and_moved_by_its_handles(
    visitor: Visitor, hobbyist: Person
) -> None:
    page = visitor.page
    await visitor.enter(hobbyist, "/search?q=a+photo+of+a+cat")
    await expect(_results(visitor).first).to_be_visible()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("m")
    await expect(page.get_by_role("button", name="Remove the picture")).to_be_visible()
    await page.keyboard.press("b")
    dialog = page.get_by_role("dialog", name="Search with a part")
    await dialog.get_by_role("button", name="Box in the middle").click()
    said = dialog.get_by_role("status")
    await expect(said).to_have_text(
        "The part reaches from 25 % to 75 % across, from 25 % to 75 % down."
    )
    picture = dialog.get_by_role("img")
    await _draw(visitor, picture, (0.75, 0.75), (0.9, 0.6))
    await expect(said).to_have_text(
        "The part reaches from 25 % to 90 % across, from 25 % to 60 % down."
    )
    await _draw(visitor, picture, (0.5, 0.4), (0.4, 0.6))
    await expect(said).to_have_text(
        "The part reaches from 15 % to 80 % across, from 45 % to 80 % down."
    )
    await dialog.get_by_role("button", name="Clear the box").click()
    await expect(dialog.get_by_role("button", name="Search this part")).to_be_disabled()


async def test_near_duplicates_are_one_result_that_can_be_opened(
    visitor: Visitor, mesh: Mesh, http: httpx.AsyncClient
) -> None:
    person, page = await Person.register(mesh, http), visitor.page
    small = chelsea().resize((300, 200))
    await person.add(photograph("chelsea"), "cat.png", "image/png")
    await person.add(encoded(small, "JPEG", quality=80), "cat-small.jpg", "image/jpeg")
    await person.add(photograph("coffee"), "cup.png", "image/png")
    await visitor.enter(person, "/search?q=a+photo+of+an+animal")
    await expect(_results(visitor)).to_have_count(3)
    await page.get_by_role("button", name="Options").click()
    await page.get_by_role("checkbox", name="Show near-duplicates once").check()
    await page.keyboard.press("Escape")
    await expect(_results(visitor)).to_have_count(2)
    await expect(page).to_have_url(re.compile("fold=1"))
    first = _results(visitor).first
    await expect(first).to_have_accessible_name(re.compile("1 near-duplicate$"))
    shown = re.search(r"^\S+", await first.get_attribute("aria-label") or "")
    assert shown is not None
    await first.get_by_role("button", name="Near-duplicates: +1").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_role("heading", name="1 near-duplicate")).to_be_visible()
    other = "cat-small.jpg" if shown[0].startswith("cat.png") else "cat.png"
    await dialog.get_by_role("button", name=other).click()
    await expect(page).to_have_url(re.compile("/library/"))


async def test_a_match_is_explained_and_a_search_is_its_address(
    visitor: Visitor, hobbyist: Person
) -> None:
    page = visitor.page
    await visitor.enter(hobbyist, "/search?q=chelsea+the+cat&less=words:a+cup+of+coffee")
    first = _results(visitor).first
    await expect(first).to_have_accessible_name(re.compile("^chelsea.png"))
    await first.hover()
    await first.get_by_role("button", name="About this match").click()
    dialog = page.get_by_role("dialog", name="chelsea.png")
    table = dialog.get_by_role("table")
    await expect(table.get_by_role("row")).to_have_count(5)
    less = table.get_by_role("row", name=re.compile("a cup of coffee"))
    await expect(less).to_contain_text("-0.")
    await expect(dialog.get_by_text("In its name or labels:")).to_contain_text("chelsea")
    await page.keyboard.press("Escape")

    await page.get_by_role("button", name="Labels").click()
    await page.get_by_role("dialog").get_by_role("button", name=re.compile("^scene")).click()
    await page.get_by_role("dialog").get_by_role("button", name=re.compile(r" 20\d\d ")).click()
    await page.keyboard.press("Escape")
    await expect(page).to_have_url(re.compile("label=kind%3Ascene&month=20"))
    await expect(first).to_have_accessible_name(re.compile("^chelsea.png"))
    # The results before stay until the new ones are there: the surfaces leave with them.
    scenes = len(PHOTOGRAPHS.keys() - _SURFACES)
    await expect(_results(visitor)).to_have_count(scenes)
    names = await _names(visitor)
    await page.goto(page.url)
    await expect(_results(visitor)).to_have_count(scenes)
    assert await _names(visitor) == names


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
