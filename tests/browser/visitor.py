"""Somebody who looks at the page."""

import base64
import json
import re
from collections.abc import Mapping
from typing import Self
from uuid import uuid4

from playwright.async_api import (
    BrowserContext,
    ConsoleMessage,
    Error,
    FilePayload,
    Locator,
    Page,
    expect,
)

from tests.support.person import PASSWORD, Person

PATIENCE_MS = 30_000

expect.set_options(timeout=PATIENCE_MS)

# What a hand with files does: over the place, then let go.
_DROP = """(element, files) => {
  const data = new DataTransfer();
  for (const { name, type, base64 } of files) {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    data.items.add(new File([bytes], name, { type }));
  }
  for (const kind of ["dragenter", "dragover", "drop"]) {
    const how = { dataTransfer: data, bubbles: true, cancelable: true };
    element.dispatchEvent(new DragEvent(kind, how));
  }
}"""


class Visitor:
    """A tab, and who sits at it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.email = f"{uuid4().hex}@example.org"
        self._complaints: list[str] = []
        self._expected: list[re.Pattern[str]] = []
        page.on("pageerror", self._on_error)
        page.on("console", self._on_console)

    @classmethod
    async def arrive(cls, profile: BrowserContext) -> Self:
        """Opens a tab."""
        page = await profile.new_page()
        page.set_default_timeout(PATIENCE_MS)
        return cls(page)

    def expects(self, complaint: str) -> None:
        """From now on the console may say what matches this regular expression."""
        self._expected.append(re.compile(complaint))

    def complaints(self) -> list[str]:
        """What the page threw, and what the browser's console called errors."""
        return [
            one for one in self._complaints if not any(each.search(one) for each in self._expected)
        ]

    async def open(self, path: str) -> None:
        """Goes to a path of the page."""
        await self.page.goto(path)

    async def register(self, name: str = "Ada") -> None:
        """Makes an account, and is signed in afterwards."""
        await self.open("/register")
        await self.page.get_by_label("Name").fill(name)
        await self.page.get_by_role("textbox", name="Email").fill(self.email)
        await self.page.get_by_label("Password", exact=True).fill(PASSWORD)
        await self.page.get_by_role("button", name="Create account").click()
        await expect(self.page.get_by_role("navigation", name="Main")).to_be_visible()

    async def enter(self, person: Person, path: str) -> None:
        """Comes to a path of the page as a person who has an account; signs in on the way."""
        self.email = person.email
        await self.open(path)
        await self.sign_in()

    async def sign_in(self) -> None:
        """Signs in at the form that is shown."""
        await self.page.get_by_role("textbox", name="Email").fill(self.email)
        await self.page.get_by_label("Password").fill(PASSWORD)
        await self.page.get_by_role("button", name="Sign in").click()
        await expect(self.page.get_by_role("navigation", name="Main")).to_be_visible()

    async def sign_out(self) -> None:
        """Signs out by the button on the account's page."""
        await self.open("/account")
        await self.page.get_by_role("button", name="Sign out").click()
        await expect(self.page.get_by_role("button", name="Sign in")).to_be_visible()

    async def tokens(self) -> dict[str, str]:
        """What this browser keeps of the session."""
        kept = await self.page.evaluate("localStorage.getItem('argus.session')")
        return dict(json.loads(kept))

    async def close_session_elsewhere(self) -> None:
        """Closes the session as another program of this person would."""
        token = (await self.tokens())["accessToken"]
        answer = await self.page.request.post(
            "/api/auth/logout", data={}, headers={"authorization": f"Bearer {token}"}
        )
        assert answer.ok, await answer.text()

    async def drop(self, place: Locator, files: Mapping[str, bytes]) -> None:
        """Drops files, by their names, on a place of the page."""
        told = [
            {"name": name, "type": _kind(name), "base64": base64.b64encode(content).decode()}
            for name, content in files.items()
        ]
        await place.evaluate(_DROP, told)

    def _on_error(self, error: Error) -> None:
        self._complaints.append(f"thrown: {error}")

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._complaints.append(message.text)


def chosen(name: str, content: bytes) -> FilePayload:
    """A file as it is chosen in the browser's dialog."""
    return {"name": name, "mimeType": _kind(name), "buffer": content}


def _kind(name: str) -> str:
    suffix = name.rpartition(".")[2]
    return f"image/{'jpeg' if suffix == 'jpg' else suffix}"
