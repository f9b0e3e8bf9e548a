"""Pages of a ranking that go on where the page before ended, whatever came or went meanwhile."""

from collections.abc import Awaitable, Callable

from services.search.model import Cursor, Hit

MAX_RANKED = 20_000
"""Most hits that are put in order at once; among more equals, pages may overlap."""

SCORE_DIGITS = 6
"""Digits behind the point to which scores are told apart. Engines add up a product's parts in an
order that depends on what else there is, so that the last digits of one image's score may differ
from page to page."""


def rank(hit: Hit | Cursor) -> tuple[float, str]:
    """What a ranking is sorted by: the best score first, equals in order of their ids."""
    return (-hit.score, hit.image_id)


async def page_after(
    best: Callable[[int], Awaitable[list[Hit]]], *, after: Cursor | None, limit: int
) -> list[Hit]:
    """Cuts a page out of a ranking whose engine leaves the order of equals open.

    Copies of one picture have equal scores, and an engine that is asked for the
    best ten and for the best twenty may pick different ones among equals. So
    enough is asked for to see the end of the equals at the page's edge, and
    equals are put in order of their ids.

    A page begins after a hit, not after a number of hits: images that were
    deleted or added since the page before move no other image across its edge.

    Args:
        best: Gives the best `n` hits, best first.
        after: The last hit of the page before; None for the first page.
        limit: Hits in the page, at least 1.

    Returns:
        At most `limit` hits, best first; fewer only at the end of the ranking.
    """
    count = (after.depth if after else 0) + limit + 1
    while True:
        count = min(count, MAX_RANKED)
        hits = [Hit(hit.image_id, round(hit.score, SCORE_DIGITS)) for hit in await best(count)]
        # The engine's order is that of its scores; the last one's equals may not all be there.
        is_whole = len(hits) < count or count == MAX_RANKED
        page = sorted(hits if after is None else _behind(after, hits), key=rank)
        if is_whole or (len(page) > limit and hits[-1].score < page[limit - 1].score):
            return page[:limit]
        count *= 2


def _behind(after: Cursor, hits: list[Hit]) -> list[Hit]:
    edge = rank(after)
    return [hit for hit in hits if rank(hit) > edge]
