"""A real Chromium, and people who look at the page with it."""

import contextlib
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, BrowserContext, async_playwright

from scripts.chromium import find_chromium
from tests.browser.visitor import Visitor
from tests.support.mesh import Mesh

_FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    # A camera that shows a test picture.
    "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
)  # fmt: skip


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """One browser for all tests."""
    program = find_chromium()
    if program is None:
        pytest.fail("There is no Chromium; `python -m scripts.chromium` installs one.")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=[*_FLAGS])
        yield browser
        await browser.close()


@pytest.fixture
async def profile(chromium: Browser, mesh: Mesh) -> AsyncIterator[BrowserContext]:
    """A fresh profile: no cookies, no cache; its tabs share what a browser's tabs share."""
    async with contextlib.AsyncExitStack() as stack:
        context = await chromium.new_context(
            base_url=mesh.edge_url,
            viewport={"width": 1440, "height": 900},
            locale="en-GB",
            timezone_id="Europe/Berlin",
            permissions=["clipboard-read", "clipboard-write"],
        )
        stack.push_async_callback(context.close)
        yield context


@pytest.fixture
async def visitor(profile: BrowserContext) -> AsyncIterator[Visitor]:
    """Somebody at the page; afterwards the page has raised no error that nobody expected."""
    visitor = await Visitor.arrive(profile)
    yield visitor
    assert visitor.complaints() == []
