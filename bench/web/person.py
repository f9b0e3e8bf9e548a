"""People with a browser: a profile of their own, signed in as the page does it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from argus.auth.v1 import auth_pb2
from playwright.async_api import BrowserContext, Page, Playwright, Route

from bench.running import RunningMesh
from mesh.client.account import AccountFile
from mesh.client.connection import Connection, connect
from mesh.supervision.ports import draw_port

PASSWORD = "a long password"
SCREEN = (1440, 900)
PATIENCE_MS = 60_000
_FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    # What is looked at is never in the background, whatever window is in front.
    "--disable-backgrounding-occluded-windows", "--disable-renderer-backgrounding",
)  # fmt: skip


@dataclass(frozen=True)
class Bench:
    """What everything is measured on."""

    playwright: Playwright
    chromium: Path
    mesh: RunningMesh
    work: Path
    """For files that nobody needs afterwards."""

    @property
    def url(self) -> str:
        """The page's origin."""
        return f"http://{self.mesh.server}"


@dataclass(frozen=True)
class Person:
    """Somebody with an account, and a connection as `argus` has it."""

    email: str
    user_id: str
    connection: Connection


@asynccontextmanager
async def new_person(bench: Bench) -> AsyncIterator[Person]:
    """An account that nobody else uses."""
    email = f"{uuid4().hex}@example.org"
    accounts = AccountFile(bench.work / "accounts" / email)
    async with connect(bench.mesh.server, accounts) as connection:
        await connection.sign_in(email, PASSWORD, name="Bench")
        me = await connection.call(connection.auth.GetMe, auth_pb2.GetMeRequest())
        yield Person(email, me.user_id, connection)


@dataclass(frozen=True)
class Browser:
    """A Chromium, which Lighthouse reaches too."""

    context: BrowserContext
    page: Page
    port: int
    """Of its debugging protocol."""


@asynccontextmanager
async def browser(bench: Bench, person: Person | None) -> AsyncIterator[Browser]:
    """Opens one with an empty profile; with a person, signed in and on the first page."""
    port = draw_port("127.0.0.1", [])
    context = await bench.playwright.chromium.launch_persistent_context(
        bench.work / "profiles" / uuid4().hex,
        executable_path=bench.chromium,
        args=[*_FLAGS, f"--remote-debugging-port={port}", f"--window-size={SCREEN[0]},{SCREEN[1]}"],
        base_url=bench.url,
        # Lighthouse sets its own.
        no_viewport=True,
        locale="en-GB",
    )
    try:
        context.set_default_timeout(PATIENCE_MS)
        page = context.pages[0]
        if person is not None:
            await page.goto("/sign-in")
            await page.get_by_label("Email").fill(person.email)
            await page.get_by_label("Password").fill(PASSWORD)
            await page.get_by_role("button", name="Sign in").click()
            await page.get_by_role("navigation", name="Main").wait_for()
        yield Browser(context, page, port)
    finally:
        await context.close()


async def show_everywhere(page: Page, picture: bytes) -> None:
    """Answers every request for a stored picture with this WebP: records alone were stored."""

    async def answer(route: Route) -> None:
        await route.fulfill(
            body=picture,
            content_type="image/webp",
            headers={"cache-control": "private, max-age=3600"},
        )

    await page.route("**/images/**", answer)
