"""Every page, with a small believable data set: photographs, and a wall that is inspected."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from PIL import Image, ImageDraw, ImageOps

from tests.browser.workshop import Workshop, furnish, post
from tests.support.inspection.surfaces import crops
from tests.support.person import Person
from tests.support.pictures import PHOTOGRAPHS, encoded

_SIDE = 256
# Blots of a smear: x, y and radius in pixels.
_SMEAR = ((96, 120, 22), (112, 138, 26), (128, 150, 18), (104, 152, 14))
_PAINT = {
    "yellow-paint": "#e8d63a", "white-paint": "#f4f2ec", "soot": "#0f0c0b", "red-paint": "#c01818",
}  # fmt: skip
_DELETED = ("retina", "ihc")
_SURFACES = {"brick", "grass", "gravel", "coins"}


@dataclass(frozen=True)
class Shown:
    """A page to look at.

    Attributes:
        name: For a file's name.
        path: Where it is.
        words: A regular expression of words that are there when it is all there.
        presses: Regular expressions of the names of buttons that are pressed first, in their order.
    """

    name: str
    path: str
    words: str
    presses: tuple[str, ...] = ()


PUBLIC = (
    Shown("sign-in", "/sign-in", "Create an account"),
    Shown("register", "/register", "Have an account?"),
    Shown("forgot-password", "/forgot-password", "Remembered it?"),
    Shown("reset-password", "/reset-password", "Too late?"),
    Shown("confirm-email", "/confirm-email", "From the mail."),
)


@dataclass(frozen=True)
class Exhibition:
    """Who has it all, and their pages."""

    owner: Person
    pages: tuple[Shown, ...]
    seen_at: datetime
    """Some minutes after it was made: what pages say of ages is always the same."""


def _wall(seed: int, defect: str) -> bytes:
    """A piece of a brick wall; with a smear of paint on it if it has a defect."""
    wall = Image.fromarray(crops("brick", seed + 1, height=_SIDE, width=_SIDE)[seed])
    picture = ImageOps.colorize(wall.convert("L"), "#241510", "#e9d5c3", mid="#a5694f")
    if defect:
        draw = ImageDraw.Draw(picture)
        for at, (x, y, radius) in enumerate(_SMEAR):
            shift = 6 * (seed % 5) - 3 * at
            draw.ellipse(
                (x - radius + shift, y - radius, x + radius + shift, y + radius), _PAINT[defect]
            )
    return encoded(picture)


async def exhibit(owner: Person) -> Exhibition:
    """Makes the data set; the same each time."""
    workshop = await furnish(
        owner, "Brick wall, north side", picture=_wall, stem="wall", defects=tuple(_PAINT)
    )
    await asyncio.gather(
        *(
            post(owner, "inspect", referenceSetId=workshop.set_id, imageId=image_id)
            for image_id in workshop.normal_ids[:8]
        )
    )
    for image_id in workshop.normal_ids[:5]:
        await post(owner, "feedback", imageId=image_id, action="mark_normal")
    # One after the other, so that the library has one order.
    ids: dict[str, str] = {}
    for name, path in PHOTOGRAPHS.items():
        added = await owner.add(
            path.read_bytes(),
            path.name,
            "image/png" if path.suffix == ".png" else "image/jpeg",
            labels={"kind": "surface" if name in _SURFACES else "scene"},
        )
        ids[name] = added["imageId"]
    for name in _DELETED:
        await owner.call("DELETE", f"/api/images/{ids[name]}")
    await owner.until_mapped()
    latest = await owner.call(
        "GET", "/api/qa/inspections", params={"imageId": workshop.defect_ids[0]}
    )
    past = latest.json()["inspections"][0]["inspection"]["inspectionId"]
    # The half minute keeps all ages away from where they round differently.
    seen_at = datetime.now(UTC) + timedelta(minutes=4, seconds=30)
    return Exhibition(owner, _pages(workshop, ids["chelsea"], ids["coffee"], past), seen_at)


def _pages(workshop: Workshop, cat: str, cup: str, past: str) -> tuple[Shown, ...]:
    one = f"/inspect/sets/{workshop.set_id}"
    review = f"/inspect/review?set={workshop.set_id}"
    return (
        Shown("library", "/library", r"^\d+ images$"),
        Shown("image", f"/library/{cat}", "chelsea.png"),
        Shown("duplicates", "/library/duplicates?kinds=alike", "in \\d+ groups?|No duplicates"),
        Shown("trash", "/library/trash", "Restore all"),
        Shown(
            "search",
            "/search?q=a+photo+of+an+animal+-retina&less=words:a+close-up&label=kind:scene",
            r"^\d+ images",
        ),
        Shown(
            "search-facets", "/search?q=a+photo+of+a+cat", "How many of your images", ("^Labels$",)
        ),
        Shown(
            "search-match",
            f"/search?q=a+cat+in+chelsea&like={cup}&less=words:a+close-up",
            "In its name or labels",
            ("^About this match",),
        ),
        Shown(
            "search-part",
            f"/search?like={cat}",
            "The part reaches",
            ("^Choose a part of", "^Box in the middle$"),
        ),
        Shown("search-start", "/search", "Search by words or by a picture"),
        Shown("map", "/map?colour=label:kind", "like ones lie near"),
        Shown("inspect", "/inspect", "Brick wall"),
        Shown("inspect-images", f"{one}/images", "Removing takes an image out"),
        Shown("inspect-calibrate", f"{one}/calibrate", "Calibrate again"),
        Shown("inspect-versions", f"{one}/versions", "Painted defects found"),
        Shown("inspect-threshold", f"{one}/threshold", "Move the threshold to see"),
        Shown("inspect-statistics", f"{one}/statistics", "Statistics"),
        Shown("inspect-share", f"{one}/share", "Share this set"),
        Shown("inspect-export", f"{one}/export", "Export what people said"),
        Shown("inspect-run", f"/inspect/run?set={workshop.set_id}", "Drop images or folders"),
        Shown(
            "inspect-review",
            f"/inspect/review?set={workshop.set_id}",
            "What was found|Nearest normal",
        ),
        Shown(
            "inspect-review-grid",
            f"{review}&view=grid",
            "Select those",
        ),
        Shown("inspect-history", "/inspect/history", "minutes ago"),
        Shown("inspect-result", f"/inspect/history/{past}", "Nearest normal images"),
        Shown("status", "/status", "Everything works"),
        Shown("account", "/account", "Member since"),
        Shown("admin", "/admin", "People"),
        Shown("admin-audit", "/admin?tab=audit", "argus audit verify"),
        Shown("admin-keys", "/admin?tab=keys", "Replace now"),
        Shown("admin-model", "/admin?tab=model", "Searches use"),
        Shown("not-found", "/no/such/page", "Nothing to see here"),
    )
