"""A real Chromium, and people who look at the page with it."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from playwright.async_api import Browser, BrowserContext, async_playwright

from scripts.chromium import find_chromium
from tests.browser.exhibition import PUBLIC, Exhibition, exhibit
from tests.browser.looks import Look, look_at
from tests.browser.visitor import Visitor
from tests.support.mesh import Mesh, argus
from tests.support.person import Person

_FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    # A camera that shows a test picture.
    "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
)  # fmt: skip


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds where the pictures of pages go."""
    parser.addoption(
        "--screenshots", default="build/screenshots", help="folder for pictures of every page"
    )


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


@pytest.fixture(scope="session")
async def http(mesh: Mesh) -> AsyncIterator[httpx.AsyncClient]:
    """REST, for what a test finds there already."""
    async with httpx.AsyncClient(base_url=mesh.edge_url, trust_env=False, timeout=60) as client:
        yield client


@contextlib.asynccontextmanager
async def new_profile(chromium: Browser, mesh: Mesh, **how: Any) -> AsyncIterator[BrowserContext]:
    """A fresh profile: no cookies, no cache; its tabs share what a browser's tabs share."""
    context = await chromium.new_context(
        **{
            "base_url": mesh.edge_url,
            "viewport": {"width": 1440, "height": 900},
            "locale": "en-GB",
            "timezone_id": "Europe/Berlin",
            "permissions": ["clipboard-read", "clipboard-write"],
        }
        | how
    )
    try:
        yield context
    finally:
        await context.close()


@pytest.fixture
async def profile(chromium: Browser, mesh: Mesh) -> AsyncIterator[BrowserContext]:
    """A profile for one test."""
    async with new_profile(chromium, mesh) as context:
        yield context


@pytest.fixture
async def visitor(profile: BrowserContext) -> AsyncIterator[Visitor]:
    """Somebody at the page; afterwards the page has raised no error that nobody expected."""
    visitor = await Visitor.arrive(profile)
    yield visitor
    assert visitor.complaints() == []


@pytest.fixture
async def colleague(chromium: Browser, mesh: Mesh) -> AsyncIterator[Visitor]:
    """Somebody else, at a browser of their own."""
    async with new_profile(chromium, mesh) as context:
        visitor = await Visitor.arrive(context)
        yield visitor
        assert visitor.complaints() == []


@pytest.fixture(scope="session")
async def exhibition(mesh: Mesh, http: httpx.AsyncClient) -> Exhibition:
    """An administrator with something on every page."""
    owner = await Person.register(
        mesh, http, name="Ada Lovelace", email=f"ada.{uuid4().hex[:6]}@example.org"
    )
    local = ("--local", "--data-dir", str(mesh.data_dir))
    done = argus("user", "promote", owner.email, *local)
    assert done.returncode == 0, done.stderr
    return await exhibit(owner)


@pytest.fixture(scope="package")
async def stroller(chromium: Browser, mesh: Mesh, exhibition: Exhibition) -> AsyncIterator[Visitor]:
    """Somebody who goes through all pages, always so long after what was done there.

    Leaves before other tests stop parts of the mesh.
    """
    async with new_profile(chromium, mesh) as context:
        await context.clock.set_fixed_time(exhibition.seen_at)
        visitor = await Visitor.arrive(context)
        yield visitor
        assert visitor.complaints() == []


@pytest.fixture(scope="package")
async def looks(stroller: Visitor, exhibition: Exhibition) -> list[Look]:
    """How all pages look."""
    entrance = await look_at(stroller, PUBLIC)
    await stroller.enter(exhibition.owner, "/account")
    return [*entrance, *await look_at(stroller, exhibition.pages)]
