"""Pages of a ranking that stay the same from one page to the next."""

from collections.abc import Awaitable, Callable

from services.search.model import Hit

MAX_RANKED = 20_000
"""Most hits that are put in order at once; among more equals, pages may overlap."""


async def stable_page(
    best: Callable[[int], Awaitable[list[Hit]]], *, offset: int, limit: int
) -> list[Hit]:
    """Cuts a page out of a ranking whose engine leaves the order of equals open.

    Copies of one picture have equal scores, and an engine that is asked for the
    best ten and for the best twenty may pick different ones among equals. So
    enough is asked for to see the end of the equals at the page's edge, and
    equals are put in order of their ids.

    Args:
        best: Gives the best `n` hits, best first.
        offset: Hits before the page.
        limit: Hits in the page, at least 1.

    Returns:
        At most `limit` hits, best first; fewer only at the end of the ranking.
    """
    end = offset + limit
    count = end + 1
    while True:
        hits = await best(count)
        edge_seen = len(hits) < count or hits[-1].score < hits[end - 1].score
        if edge_seen or count >= MAX_RANKED:
            break
        count = min(count * 2, MAX_RANKED)
    hits.sort(key=lambda hit: (-hit.score, hit.image_id))
    return hits[offset:end]
