"""From images of good parts to judged defects."""

import re
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Page, expect

from tests.browser.visitor import Visitor
from tests.browser.workshop import NORMALS, Workshop, furnish, plate
from tests.support.eventually import eventually
from tests.support.inspection.metal import DEFECT
from tests.support.mesh import Mesh
from tests.support.person import Person

_ANOMALOUS = re.compile("^Anomalous")
# The strongest heat inside a box and outside of it, 0 to 255; the box is in fractions of the image.
_HEAT = """(canvas, [left, top, right, bottom]) => {
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  const most = { inside: 0, corner: 0 };
  for (let y = 0; y < height; y += 1) for (let x = 0; x < width; x += 1) {
    const alpha = data[(y * width + x) * 4 + 3];
    const [u, v] = [x / width, y / height];
    if (u > left && u < right && v > top && v < bottom) most.inside = Math.max(most.inside, alpha);
    else if (u > 0.9 && v < 0.1) most.corner = Math.max(most.corner, alpha);
  }
  return most;
}"""


@pytest.fixture(scope="module")
async def workshop(mesh: Mesh, http: httpx.AsyncClient) -> Workshop:
    """A set that is ready, with inspections to review."""
    return await furnish(await Person.register(mesh, http))


async def test_a_set_is_made_filled_and_taught(visitor: Visitor, workshop: Workshop) -> None:
    page = visitor.page
    await visitor.enter(workshop.owner, "/inspect")
    await page.get_by_role("button", name="New set").click()
    await page.get_by_label("Name").fill("Gear housings")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Gear housings")).to_be_visible()
    await expect(page.get_by_text("Not calibrated")).to_be_visible()

    await page.get_by_role("button", name="Add images").click()
    dialog = page.get_by_role("dialog", name="Add images")
    await dialog.get_by_label("Label").select_option(label=await _option(page, "good"))
    await dialog.get_by_role("button", name=f"Select the {NORMALS} images loaded").click()
    await dialog.get_by_role("button", name=f"Add {NORMALS} images").click()
    await expect(dialog).to_be_hidden()
    await expect(page.get_by_text(f"{NORMALS} images", exact=True)).to_be_visible()
    grid = page.get_by_role("grid", name="Images of the set")
    await expect(grid.get_by_role("gridcell").first).to_have_accessible_name(
        re.compile(r"plate-\d\d\.png")
    )

    await page.get_by_role("tab", name="Calibrate").click()
    await page.get_by_label("Target false-alarm rate, in percent").fill("5")
    await _outline_all_but_the_edge(page)
    await page.get_by_role("button", name="Calibrate", exact=True).click()
    await expect(page.get_by_role("progressbar", name="Calibration")).to_be_visible()
    await expect(page.get_by_text("Ready", exact=True)).to_be_visible()
    await expect(page.get_by_text("Version 1 in use")).to_be_visible()
    await expect(page.get_by_text("Made version 1, which is in use.", exact=True)).to_be_visible()


async def _outline_all_but_the_edge(page: Page) -> None:
    """By pointer, all but a corner; by key, that one."""
    picture = page.get_by_role("button", name="Set a corner")
    box = await picture.bounding_box()
    assert box is not None
    for x, y in ((0.1, 0.1), (0.9, 0.1), (0.9, 0.9)):
        await picture.click(position={"x": x * box["width"], "y": y * box["height"]})
    for _ in range(20):
        await page.keyboard.press("ArrowLeft")
        await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Close the outline").click()
    await expect(page.get_by_label("Outlines")).to_have_value(re.compile(r"^(\S+ ){3}10,90$"))


async def test_a_dropped_file_is_inspected_and_judged(visitor: Visitor, workshop: Workshop) -> None:
    page = visitor.page
    await visitor.enter(workshop.owner, f"/inspect/run?set={workshop.set_id}")
    await visitor.drop(
        page.get_by_text("Drop images or folders to inspect them"),
        {"fine.png": plate(0), "smeared.png": plate(200, "yellow")},
    )
    grid = page.get_by_role("grid", name="Inspected images")
    await expect(page.get_by_text("2 images inspected, 1 anomalous")).to_be_visible()
    await expect(grid.get_by_role("gridcell", name=re.compile("^Normal.*fine.png"))).to_be_visible()
    await grid.get_by_role("gridcell", name=re.compile("^Anomalous.*smeared.png")).click()

    await expect(page.get_by_role("heading", name="Anomalous")).to_be_visible()
    pane = page.get_by_role("group", name="smeared.png")
    await expect(pane.get_by_role("button", name=re.compile("^Region 1"))).to_be_visible()
    heat = await pane.locator("canvas").evaluate(_HEAT, list(DEFECT))
    assert heat["inside"] > heat["corner"]

    # The keys go to the note while one writes.
    await page.keyboard.press("e")
    await page.keyboard.type("a smear of paint")
    await page.keyboard.press("Escape")
    await page.keyboard.press("a")
    # The next one is on screen; going back shows what was said.
    await expect(page.get_by_role("heading", name="Normal", exact=True)).to_be_visible()
    await page.get_by_role("button", name="Previous image").click()
    verdict = page.get_by_role("group", name="Your verdict")
    await expect(verdict.get_by_role("button", name=_ANOMALOUS)).to_have_attribute(
        "aria-pressed", "true"
    )

    await page.get_by_role("link", name="History").click()
    past = page.get_by_role("grid", name="Past inspections").get_by_role("gridcell")
    await (
        past.filter(has_text="judged defective")
        .filter(has_not=page.get_by_role("img"))
        .first.click()
    )
    await expect(page.get_by_text("“a smear of paint”")).to_be_visible()


async def test_an_image_of_the_library_is_inspected(visitor: Visitor, workshop: Workshop) -> None:
    page = visitor.page
    await visitor.enter(workshop.owner, f"/inspect/run?set={workshop.set_id}&source=library")
    await page.get_by_role("button", name="Choose images").click()
    dialog = page.get_by_role("dialog", name="Choose images to inspect")
    await dialog.get_by_role("gridcell", name="plate-05.png").click()
    await dialog.get_by_role("button", name="Inspect 1 image").click()
    cell = page.get_by_role("gridcell", name=re.compile("^Normal.*plate-05.png"))
    await cell.click()
    await expect(page.get_by_role("heading", name="Normal", exact=True)).to_be_visible()


async def test_the_review_queue_shrinks_by_keys_and_undo_brings_back(
    visitor: Visitor, workshop: Workshop
) -> None:
    page = visitor.page
    await visitor.enter(workshop.owner, f"/inspect/review?set={workshop.set_id}")
    said = page.get_by_role("status").filter(has_text="judged")
    await expect(said).to_contain_text(re.compile(r"0 judged · \d+ left"))
    words = await said.text_content() or ""
    waiting = int(words.split("·")[1].split()[0])
    assert waiting >= len(workshop.defect_ids)
    anomalous = page.get_by_role("group", name="Your verdict").get_by_role(
        "button", name=_ANOMALOUS
    )

    await expect(anomalous).to_be_enabled()
    await page.keyboard.press("a")
    await expect(said).to_have_text(f"1 judged · {waiting - 1} left")
    await expect(anomalous).to_be_enabled()
    await page.keyboard.press("Control+z")
    await expect(said).to_have_text(f"0 judged · {waiting} left")
    for judged in range(waiting):
        await expect(said).to_contain_text(f"{judged} judged")
        await expect(anomalous).to_be_enabled()
        await page.keyboard.press("a")
    await expect(page.get_by_role("heading", name="All reviewed")).to_be_visible()

    async def arrived() -> bool:
        queue = await workshop.owner.call(
            "GET", "/api/qa/queue", params={"referenceSetId": workshop.set_id}
        )
        return not queue.json().get("items")

    await eventually(arrived, "the last verdict has reached the server")
    await page.reload()
    await expect(page.get_by_role("heading", name="Nothing to review")).to_be_visible()


async def test_a_threshold_is_moved_with_what_it_changes_in_view(
    visitor: Visitor, workshop: Workshop
) -> None:
    page = visitor.page
    await visitor.enter(workshop.owner, f"/inspect/sets/{workshop.set_id}/threshold")
    await expect(page.get_by_text(re.compile("Move the threshold to see"))).to_be_visible()
    slider = page.get_by_role("slider", name="Threshold")
    await slider.focus()
    # Beyond all scores: the defects would pass.
    await page.keyboard.press("End")
    change = page.get_by_role("region", name="What it would change")
    await expect(
        change.get_by_text(
            re.compile(r"[1-9]\d*\s*of the last \d+ inspections would become normal")
        )
    ).to_be_visible()
    await expect(change.get_by_text(re.compile("good parts will be rejected"))).to_be_visible()
    await page.keyboard.press("ArrowLeft")
    await page.get_by_role("button", name="Use this threshold").click()
    await expect(page.get_by_text("Version 2 in use")).to_be_visible()

    await page.get_by_role("tab", name="Versions").click()
    table = page.get_by_role("region", name="Versions").get_by_role("table")
    await expect(table.get_by_role("columnheader", name="Version 2 In use")).to_be_visible()
    await expect(table.get_by_role("columnheader", name="Version 1")).to_be_visible()
    await expect(table.get_by_text("Set by a person")).to_be_visible()
    await table.get_by_role("button", name="Use version 1").click()
    await expect(page.get_by_text("Version 1 in use")).to_be_visible()


async def test_what_people_said_is_saved_as_a_file(visitor: Visitor, workshop: Workshop) -> None:
    page = visitor.page
    await visitor.enter(workshop.owner, f"/inspect/sets/{workshop.set_id}/export")
    async with page.expect_download() as waiting:
        await page.get_by_role("button", name="Export as CSV").click()
    download = await waiting.value
    assert download.suggested_filename.endswith(".csv")
    saved = Path(await download.path()).read_text()  # noqa: ASYNC240 - a small file
    assert workshop.judged_id in saved
    assert "red paint" in saved


async def test_a_viewer_is_invited_accepts_looks_and_changes_nothing(
    visitor: Visitor, colleague: Visitor, workshop: Workshop, mesh: Mesh, http: httpx.AsyncClient
) -> None:
    guest = await Person.register(mesh, http)
    await visitor.enter(workshop.owner, f"/inspect/sets/{workshop.set_id}/share")
    await visitor.page.get_by_label("Email address").fill(guest.email)
    await visitor.page.get_by_label("Role", exact=True).select_option("Viewer")
    await visitor.page.get_by_role("button", name="Invite", exact=True).click()
    await expect(visitor.page.get_by_label(f"Role of {guest.email}")).to_be_visible()
    await expect(visitor.page.get_by_text("· invited")).to_be_visible()

    page = colleague.page
    await colleague.enter(guest, "/inspect")
    await expect(
        page.get_by_text(f"{workshop.owner.email} shares the reference set")
    ).to_be_visible()
    await page.get_by_role("button", name="Accept Brushed plates").click()
    shared = page.get_by_role("region", name="Reference sets shared with you")
    await shared.get_by_role("link", name="Brushed plates", exact=True).click()
    await expect(page.get_by_text("Shared with you: read only")).to_be_visible()
    images = page.get_by_role("grid", name="Images of the set").get_by_role("gridcell")
    # A thumbnail is shown, and the owner's name for it is not.
    picture = images.first.locator("img")
    await expect(picture).to_have_js_property("complete", value=True)
    assert await picture.evaluate("image => image.naturalWidth") > 0
    await expect(images.first).not_to_have_accessible_name(re.compile("plate-"))
    await expect(page.get_by_role("button", name="Add images")).to_have_count(0)
    await page.get_by_role("tab", name="Threshold").click()
    await expect(page.get_by_role("slider", name="Threshold")).to_be_visible()
    await expect(page.get_by_role("button", name="Use this threshold")).to_have_count(0)
    await page.get_by_role("tab", name="Calibrate").click()
    await expect(page.get_by_text(re.compile("You see here what is under way"))).to_be_visible()
    await expect(page.get_by_role("button", name="Calibrate", exact=True)).to_have_count(0)


async def test_a_group_is_made_joined_and_shared_with(
    visitor: Visitor, colleague: Visitor, workshop: Workshop, mesh: Mesh, http: httpx.AsyncClient
) -> None:
    guest = await Person.register(mesh, http)
    name = f"Line {guest.user_id[:8]}"
    page = visitor.page
    await visitor.enter(workshop.owner, "/account")
    await page.get_by_role("button", name="New group").click()
    await page.get_by_label("Name", exact=True).fill(name)
    await page.get_by_role("button", name="Create", exact=True).click()
    await page.get_by_role("button", name=f"Open {name}").click()
    await page.get_by_role("textbox", name="Email address").fill(guest.email)
    await page.get_by_role("button", name="Invite", exact=True).click()
    await expect(page.get_by_text("invited", exact=True)).to_be_visible()
    await colleague.enter(guest, "/account")
    await colleague.page.get_by_role("button", name=f"Join {name}").click()
    await expect(colleague.page.get_by_role("button", name=f"Open {name}")).to_be_visible()

    await page.goto(f"{mesh.edge_url}/inspect/sets/{workshop.set_id}/share")
    await page.get_by_label("Group", exact=True).select_option(name)
    await page.get_by_role("button", name="Share with the group").click()
    await expect(page.get_by_label(f"Role of {name}")).to_be_visible()
    await colleague.page.goto(f"{mesh.edge_url}/inspect")
    shared = colleague.page.get_by_role("region", name="Reference sets shared with you")
    await expect(shared.get_by_role("link", name="Brushed plates", exact=True)).to_be_visible()
    await page.get_by_role("button", name=f"Stop sharing with {name}").click()
    await expect(page.get_by_label(f"Role of {name}")).to_have_count(0)
    await colleague.page.reload()
    await expect(colleague.page.get_by_text("No reference sets yet")).to_be_visible()


async def _option(page: Page, words: str) -> str:
    """The label of the option that has these words."""
    option = page.get_by_role("dialog").get_by_role("option").filter(has_text=words)
    await expect(option).to_have_count(1)
    return await option.text_content() or ""
