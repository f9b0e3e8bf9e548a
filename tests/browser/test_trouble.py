"""What people are told when something does not work, and that the page goes on by itself."""

import asyncio
import contextlib
import os
import re
import signal
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest
from playwright.async_api import BrowserContext, Locator, Page, Route, expect

from tests.browser.visitor import Visitor
from tests.browser.workshop import calibrate, plate, post
from tests.support.mesh import Mesh
from tests.support.person import Person
from tests.support.pictures import drawing, encoded

# Adds up how far things moved by themselves, as browsers count it: 0.1 is the most that is good.
_WATCH_SHIFTS = """
window.shifted = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""
_MOST_SHIFT = 0.1


@pytest.fixture(scope="module")
async def person(mesh: Mesh, http: httpx.AsyncClient) -> Person:
    """Somebody with a few images."""
    person = await Person.register(mesh, http)
    await asyncio.gather(
        *(person.add(encoded(drawing(seed)), f"drawing-{seed}.png") for seed in range(6))
    )
    return person


async def test_offline_is_said_and_what_failed_comes_back(
    visitor: Visitor, profile: BrowserContext, person: Person
) -> None:
    visitor.expects("ERR_INTERNET_DISCONNECTED")
    page = visitor.page
    await visitor.enter(person, "/search?q=colours")
    results = page.get_by_role("grid", name="Results").get_by_role("gridcell")
    await expect(results).to_have_count(6)
    await profile.set_offline(offline=True)
    await expect(page.get_by_text(re.compile("^You are offline"))).to_be_visible()
    # What is there stays, and a search says why it cannot be made.
    await expect(results).to_have_count(6)
    await page.get_by_label("Search by words").fill("lines")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile("lines"))
    await profile.set_offline(offline=False)
    await expect(page.get_by_text(re.compile("^You are offline"))).to_be_hidden()
    await expect(page.get_by_role("progressbar", name="Searching")).to_be_hidden()
    await expect(results).to_have_count(6)


async def test_a_part_that_is_down_is_named_and_the_page_recovers(
    visitor: Visitor, mesh: Mesh, person: Person
) -> None:
    visitor.expects("503|504|ERR_")
    page = visitor.page
    await visitor.enter(person, "/search")
    async with _kept_down(mesh, "search"):
        await page.get_by_label("Search by words").fill("colours")
        await page.keyboard.press("Enter")
        said = page.get_by_role("alert")
        await expect(said.get_by_role("heading", name="Not available right now")).to_be_visible()
        again = said.get_by_role("button", name="Try again")
        await expect(again).to_be_visible()
        await page.get_by_role("link", name="Status").click()
        await expect(page.get_by_text("Search does not answer.", exact=True)).to_be_visible()
    await expect(page.get_by_text("Everything works")).to_be_visible(timeout=120_000)
    await page.go_back()
    results = page.get_by_role("grid", name="Results").get_by_role("gridcell")
    await expect(results.or_(again).first).to_be_visible()
    if await again.is_visible():
        await again.click()
    await expect(results).to_have_count(6)


async def test_an_expired_token_is_renewed_unseen(visitor: Visitor, person: Person) -> None:
    page = visitor.page
    await visitor.enter(person, "/account")
    before = await visitor.tokens()
    await page.evaluate(
        "localStorage.setItem('argus.session',"
        " JSON.stringify({...JSON.parse(localStorage.getItem('argus.session')), expiresAt: 0}))"
    )
    await page.get_by_role("link", name="Status").click()
    await expect(page.get_by_role("list", name="Parts")).to_be_visible()
    assert (await visitor.tokens())["refreshToken"] != before["refreshToken"]


async def test_a_token_that_the_server_refuses_is_renewed_unseen(
    visitor: Visitor, person: Person
) -> None:
    visitor.expects("401")
    page = visitor.page
    await visitor.enter(person, "/account")
    await page.evaluate(
        "localStorage.setItem('argus.session', JSON.stringify("
        "{...JSON.parse(localStorage.getItem('argus.session')), accessToken: 'a.b.c'}))"
    )
    await page.get_by_role("link", name="Status").click()
    await expect(page.get_by_role("list", name="Parts")).to_be_visible()
    assert (await visitor.tokens())["accessToken"] != "a.b.c"


async def test_a_full_store_is_said_and_the_image_can_be_kept_later(
    visitor: Visitor, person: Person
) -> None:
    visitor.expects("507")
    page = visitor.page
    images = [(await person.add(plate(seed), f"plate-{seed}.png"))["imageId"] for seed in range(6)]
    set_id = (await post(person, "reference-sets", displayName="Plates"))["referenceSetId"]
    await post(person, f"reference-sets/{set_id}:add", imageIds=images)
    await calibrate(person, set_id)

    async def full(route: Route) -> None:
        if route.request.method == "PUT":
            await route.fulfill(status=507)
        else:
            await route.continue_()

    await page.route("**/images/**", full)
    await visitor.enter(person, f"/inspect/run?set={set_id}")
    await visitor.drop(
        page.get_by_text("Drop images or folders to inspect them"),
        {"smeared.png": plate(50, "yellow")},
    )
    await page.get_by_role("gridcell", name=re.compile("^Anomalous.*smeared.png")).click()
    keep = page.get_by_role("button", name="Keep")
    await keep.click()
    await expect(page.get_by_text(re.compile("store is full"))).to_be_visible()
    await page.unroute("**/images/**")
    await keep.click()
    await expect(keep).to_be_hidden()
    await expect(page.get_by_text(re.compile("store is full"))).to_be_hidden()


@pytest.mark.parametrize("path", ["/search?q=colours", "/inspect", "/status", "/map"])
async def test_on_a_slow_network_places_are_kept(
    visitor: Visitor, person: Person, path: str
) -> None:
    page = visitor.page
    await visitor.enter(person, "/account")
    arrive = asyncio.Event()

    async def slow(route: Route) -> None:
        await arrive.wait()
        with contextlib.suppress(Exception):  # the page may have given it up
            await route.continue_()

    await page.add_init_script(_WATCH_SHIFTS)
    await page.route("**/argus.*/**", slow)
    await visitor.open(path)
    await expect(page.locator(".skeleton").first).to_be_visible()
    arrive.set()
    await expect(page.locator(".skeleton")).to_have_count(0)
    assert await page.evaluate("window.shifted") <= _MOST_SHIFT


async def test_what_is_not_there_is_said(visitor: Visitor, person: Person) -> None:
    visitor.expects("404")
    page = visitor.page
    await visitor.enter(person, "/no/such/page")
    await expect(page.get_by_role("heading", name="Nothing to see here")).to_be_visible()
    for path in (
        f"/inspect/sets/{uuid4()}",
        f"/inspect/history/{uuid4()}",
        "/inspect/sets/nonsense",
        "/inspect/history/nonsense",
    ):
        await visitor.open(path)
        await expect(_heading(page, "Not found")).to_be_visible()


def _heading(page: Page, words: str) -> Locator:
    return page.get_by_role("alert").get_by_role("heading", name=words)


@contextlib.asynccontextmanager
async def _kept_down(mesh: Mesh, part: str) -> AsyncIterator[None]:
    """Kills a part, and again whenever its supervisor has started it."""
    up_again = asyncio.Event()

    async def kill() -> None:
        while not up_again.is_set():
            pid = mesh.pid(part)
            if pid:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(up_again.wait(), 0.1)

    killing = asyncio.create_task(kill())
    try:
        yield
    finally:
        up_again.set()
        await killing
