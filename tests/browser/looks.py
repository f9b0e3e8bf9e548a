"""How every page looks, and what axe finds on it: light and dark, on a desktop and on a phone."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from playwright.async_api import Page, expect

from tests.browser.exhibition import Shown
from tests.browser.visitor import Visitor
from tests.support.eventually import eventually

_SCREENS = {"desktop": (1440, 900), "phone": (390, 844)}
_THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
AXE = Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js"
_RUN = """async () => {
  const { violations } = await axe.run(document, { resultTypes: ["violations"] });
  return violations.map(({ id, help, nodes }) => ({
    id, help,
    at: nodes.slice(0, 3).map(({ target, failureSummary }) => ({ target, failureSummary })),
  }));
}"""
# Resolves when what changed is on screen, and nothing fades or moves any more.
_PAINTED = """() => new Promise((done) => {
  const moves = (each) =>
    each.playState === "running" && each.effect?.getTiming().iterations !== Infinity;
  const look = () => {
    if (document.getAnimations().some(moves)) requestAnimationFrame(look);
    else done();
  };
  requestAnimationFrame(() => requestAnimationFrame(look));
})"""


@dataclass(frozen=True)
class Look:
    """A page on a screen, in a theme.

    Attributes:
        name: `search-phone-dark`.
        picture: A PNG.
        barriers: What axe finds.
    """

    name: str
    picture: bytes
    barriers: list[dict[str, Any]]


async def look_at(visitor: Visitor, pages: Sequence[Shown]) -> list[Look]:
    """Goes through pages."""
    # As the browser's own tools do: the policy of the page lets no foreign script in.
    await visitor.page.add_init_script(path=AXE)
    return [look for shown in pages for look in await _looks(visitor, shown)]


async def barriers(page: Page) -> list[dict[str, Any]]:
    """What axe finds on a page that was opened after `look_at`."""
    await page.evaluate(_PAINTED)
    return list(await page.evaluate(_RUN))


async def _looks(visitor: Visitor, shown: Shown) -> list[Look]:
    page = visitor.page
    looks: list[Look] = []
    for screen, (width, height) in _SCREENS.items():
        await page.set_viewport_size({"width": width, "height": height})
        await page.emulate_media(color_scheme="light")
        await visitor.open(shown.path)
        for name in shown.presses:
            await page.get_by_role("button", name=re.compile(name)).first.click()
        await _arrived(page, shown)
        for theme in _THEMES:
            await page.emulate_media(color_scheme=theme)
            found = await barriers(page)
            picture = await page.screenshot(caret="hide")
            looks.append(Look(f"{shown.name}-{screen}-{theme}", picture, found))
    return looks


async def _arrived(page: Page, shown: Shown) -> None:
    """All that comes is there."""
    await expect(page.get_by_text(re.compile(shown.words)).first).to_be_visible()
    await expect(page.locator(".skeleton")).to_have_count(0)
    await expect(page.locator("[role=progressbar]:not([aria-valuenow])")).to_have_count(0)

    async def complete() -> bool:
        # `wait_for_function` would poll a text by `eval`, which the policy of the page forbids.
        return bool(await page.evaluate("[...document.images].every(({ complete }) => complete)"))

    await eventually(complete, "every picture has come")
