"""From an answer's last byte to its results on the page."""

from dataclasses import dataclass, field

import numpy as np
from playwright.async_api import Page

from bench.web.recorder import install

_THINGS = ("cat", "rocket launch", "cup of coffee", "lawn", "temple", "red flower")
_WAYS = ("a photo of a {}", "{} in the morning", "a large {}", "{} seen from above", "no {}")
QUERIES = tuple(way.format(thing) for way in _WAYS for thing in _THINGS)
_WARM = 5


@dataclass
class Searches:
    """Milliseconds of each search."""

    shown_ms: list[float] = field(default_factory=list)
    """From the answer's last byte to the results in the DOM."""
    answer_ms: list[float] = field(default_factory=list)
    """From the key's press to the answer's last byte."""

    @property
    def p50_ms(self) -> float:
        """Half of the results were shown sooner."""
        return float(np.median(self.shown_ms))

    @property
    def p95_ms(self) -> float:
        """Of 100 results 95 were shown sooner."""
        return float(np.quantile(self.shown_ms, 0.95))


async def measure_searches(page: Page) -> Searches:
    """Types one search after the other; the first few only warm up."""
    searches = Searches()
    await page.goto("/search")
    box = page.get_by_label("Search by words")
    await box.wait_for()
    await install(page)
    await page.evaluate("argusBench.watchResults()")
    for number, query in enumerate(QUERIES):
        await box.fill(query)
        since = await page.evaluate("performance.now()")
        await box.press("Enter")
        found = await page.wait_for_function("(since) => argusBench.resultsAfter(since)", arg=since)
        times = await found.json_value()
        # What is loaded after the results must not be in the way of the next search.
        await page.wait_for_load_state("networkidle")
        await page.wait_for_timeout(150)
        if number >= _WARM:
            searches.shown_ms.append(times["shownMs"])
            searches.answer_ms.append(times["answerMs"])
    return searches
