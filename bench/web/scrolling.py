"""A library of very many images, scrolled by wheel and by its timeline."""

from dataclasses import dataclass

from playwright.async_api import Page

from bench.web.person import show_everywhere
from bench.web.recorder import Recording, install, recorded

_SECONDS = 4.0
_TURNS_PER_S = 30
_WHEEL_PX = 240
_JUMPS = 12
_PAUSE_MS = 250
_CELLS = '[role="grid"] [role="gridcell"]'


@dataclass
class Scrolling:
    """What it was like."""

    images: int
    wheel: Recording
    jumps: Recording
    most_cells: int
    """Cells in the DOM, the most that were seen."""


async def measure_scrolling(page: Page, images: int, picture: bytes) -> Scrolling:
    """Turns the wheel for a while, then jumps along the timeline."""
    await show_everywhere(page, picture)
    await page.goto("/library")
    grid = page.get_by_role("grid", name="Images")
    await grid.get_by_role("gridcell").first.wait_for()
    await install(page)
    box = await grid.bounding_box()
    if box is None:
        raise RuntimeError("the grid has no place")
    await page.mouse.move(box["x"] + box["width"] / 2, 450)
    cells = [await page.locator(_CELLS).count()]
    async with recorded(page) as wheel:
        for _ in range(round(_SECONDS * _TURNS_PER_S)):
            await page.mouse.wheel(0, _WHEEL_PX)
            await page.wait_for_timeout(1000 / _TURNS_PER_S)
    cells.append(await page.locator(_CELLS).count())
    timeline = page.get_by_role("slider")
    track = await timeline.bounding_box()
    if track is None:
        raise RuntimeError("the timeline has no place")
    async with recorded(page) as jumps:
        for number in range(_JUMPS):
            share = (number * 5 % _JUMPS + 0.5) / _JUMPS
            await page.mouse.click(
                track["x"] + track["width"] / 2, track["y"] + track["height"] * share
            )
            await page.wait_for_timeout(_PAUSE_MS)
            cells.append(await page.locator(_CELLS).count())
    await page.unroute_all(behavior="ignoreErrors")
    return Scrolling(images, wheel, jumps, max(cells))
