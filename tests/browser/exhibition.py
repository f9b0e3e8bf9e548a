"""Every page, with a small believable data set: photographs, and metal parts that are inspected."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tests.browser.workshop import Workshop, furnish, inspect, plate
from tests.support.person import Person
from tests.support.pictures import PHOTOGRAPHS

_SURFACES = {"brick", "grass", "gravel", "coins"}


@dataclass(frozen=True)
class Shown:
    """A page to look at.

    Attributes:
        name: For a file's name.
        path: Where it is.
        words: A regular expression of words that are there when it is all there.
    """

    name: str
    path: str
    words: str


PUBLIC = (
    Shown("sign-in", "/sign-in", "Create an account"),
    Shown("register", "/register", "Have an account?"),
)


@dataclass(frozen=True)
class Exhibition:
    """Who has it all, and their pages."""

    owner: Person
    pages: tuple[Shown, ...]
    seen_at: datetime
    """Some minutes after it was made: what pages say of ages is always the same."""


async def exhibit(owner: Person) -> Exhibition:
    """Makes the data set; the same each time."""
    # One after the other, so that the library has one order.
    for name, path in PHOTOGRAPHS.items():
        await owner.add(
            path.read_bytes(),
            path.name,
            "image/png" if path.suffix == ".png" else "image/jpeg",
            labels={"kind": "surface" if name in _SURFACES else "scene"},
        )
    workshop = await furnish(owner)
    await asyncio.gather(*(inspect(owner, workshop.set_id, plate(seed)) for seed in range(40, 52)))
    latest = await owner.call(
        "GET", "/api/qa/inspections", params={"imageId": workshop.defect_ids[0]}
    )
    past = latest.json()["inspections"][0]["inspection"]["inspectionId"]
    # The half minute keeps all ages away from where they round differently.
    seen_at = datetime.now(UTC) + timedelta(minutes=3, seconds=30)
    return Exhibition(owner, _pages(workshop, past), seen_at)


def _pages(workshop: Workshop, past: str) -> tuple[Shown, ...]:
    one = f"/inspect/sets/{workshop.set_id}"
    return (
        Shown("search", "/search?q=a+photo+of+a+cat", "clearly ahead|images"),
        Shown("search-start", "/search", "Search by words or by a picture"),
        Shown("map", "/map?colour=label:kind", "like ones lie near"),
        Shown("inspect", "/inspect", "Brushed plates"),
        Shown("inspect-images", f"{one}/images", "Removing takes an image out"),
        Shown("inspect-calibrate", f"{one}/calibrate", "Calibrate again"),
        Shown("inspect-versions", f"{one}/versions", "Painted defects found"),
        Shown("inspect-threshold", f"{one}/threshold", "Move the threshold to see"),
        Shown("inspect-statistics", f"{one}/statistics", "Statistics"),
        Shown("inspect-share", f"{one}/share", "Share this set"),
        Shown("inspect-export", f"{one}/export", "Export what people said"),
        Shown("inspect-run", f"/inspect/run?set={workshop.set_id}", "Drop images or folders"),
        Shown("inspect-review", f"/inspect/review?set={workshop.set_id}", "What was found|Nearest normal"),
        Shown("inspect-review-grid", f"/inspect/review?set={workshop.set_id}&view=grid", "Select those"),
        Shown("inspect-history", "/inspect/history", "judged defective"),
        Shown("inspect-result", f"/inspect/history/{past}", "Nearest normal images"),
        Shown("status", "/status", "Everything works"),
        Shown("account", "/account", "Member since"),
        Shown("not-found", "/no/such/page", "Nothing to see here"),
    )
