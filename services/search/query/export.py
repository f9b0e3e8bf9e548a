"""All matches of a query, however many, each with a place to go on from."""

import asyncio
import math
from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from services.runtime.pages import PageTokenError, decode_page_token, encode_page_token
from services.search.errors import CursorInvalid
from services.search.model import Hit, Match, SearchRequest
from services.search.query.found import Found
from services.search.query.identity import identity_of
from services.search.query.ranking import BEFORE_ALL, Ranking
from services.search.query.read_mask import check_mask
from services.search.query.searcher import Searcher

SCORED_AT_ONCE = 1000
"""Images that are scored at once; an embedded index is asked on the event loop."""

SHOWN_FIRST = 20
SHOWN_AT_ONCE = 200
"""Matches that storage is asked for at once: few, so that the first come soon, then more."""

_ROW = np.dtype([("behind", "f8"), ("high", "u8"), ("low", "u8"), ("score", "f8")])
"""What orders an image: its score downwards, then its id as two numbers; and the score."""

Rows = NDArray[Any]


class Export:
    """Gives matches best first, from one look at all scores, as fast as they are taken.

    Every image in scope is compared, exactly. What is remembered of each meanwhile is 32 bytes.

    Args:
        searcher: Ranks images and shows them.
    """

    def __init__(self, searcher: Searcher) -> None:
        self._searcher = searcher

    async def stream(
        self, request: SearchRequest, cursor: str, limit: int
    ) -> AsyncGenerator[tuple[Match, str], None]:
        """Matches and the cursor behind each.

        Args:
            request: What to find; its `limit` and page token count for nothing.
            cursor: The last one that was received; empty for the beginning.
            limit: Most matches; 0 for all.

        Raises:
            CursorInvalid: The cursor is none of this query's.
            ArgusError: As `Searcher.search`.
        """
        check_mask(request.read_mask)
        ranking = await self._searcher.ranking(request)
        identity = ("stream", *identity_of(request, ranking.plan.space))
        after = _read_cursor(cursor, identity)
        rows = await _ranked(ranking)
        left = rows if after is None else rows[_behind(rows, after)]
        rank, size, given = len(rows) - len(left), SHOWN_FIRST, 0
        while len(left):
            found = [Found(_hit(row), rank + number) for number, row in enumerate(left[:size], 1)]
            left, rank, size = left[size:], rank + len(found), SHOWN_AT_ONCE
            for match in await self._searcher.showing.matches(
                found,
                ranking.plan,
                request,
                calibration=ranking.calibration,
                crops=ranking.crops,
            ):
                yield match, _write_cursor(ranking, match, identity)
                given += 1
                if given == limit:
                    return


async def _ranked(ranking: Ranking) -> Rows:
    """A row of each image in scope that is close enough, best first."""
    index, plan = ranking.index, ranking.plan
    chunks = [np.empty(0, _ROW)]
    after = ""
    while ids := await index.image_ids(
        plan.space, ranking.scope, limit=SCORED_AT_ONCE, after=after
    ):
        after = ids[-1]
        hits = await index.search(
            plan.space,
            plan.vector,
            replace(ranking.scope, within=ids),
            limit=len(ids),
            exact=True,
            crops=ranking.crops,
        )
        chunks.append(np.array([_row(hit, ranking) for hit in hits], _ROW))
        await asyncio.sleep(0)
    rows = np.concatenate(chunks)
    if ranking.min_score is not None:
        rows = rows[rows["score"] >= ranking.min_score]
    ordered: Rows = rows[np.lexsort((rows["low"], rows["high"], rows["behind"]))]
    return ordered


def _row(hit: Hit, ranking: Ranking) -> tuple[float, int, int, float]:
    return (ranking.key(hit)[0], *_halves(hit.image_id), hit.score)


def _hit(row: Any) -> Hit:  # noqa: ANN401 - a record of numpy
    return Hit(str(UUID(int=(int(row["high"]) << 64) | int(row["low"]))), float(row["score"]))


def _halves(image_id: str) -> tuple[int, int]:
    number = UUID(image_id).int
    return number >> 64, number & (2**64 - 1)


def _behind(rows: Rows, after: tuple[float, str]) -> NDArray[np.bool_]:
    """Which rows come behind a place; not the image itself, whatever its last digits are now."""
    high, low = (np.uint64(half) for half in _halves(after[1]))
    same_score = rows["behind"] == after[0]
    same_high = rows["high"] == high
    later = (rows["high"] > high) | (same_high & (rows["low"] > low))
    behind: NDArray[np.bool_] = (rows["behind"] > after[0]) | (same_score & later)
    behind &= ~(same_high & (rows["low"] == low))
    return behind


def _write_cursor(ranking: Ranking, match: Match, identity: tuple[str, ...]) -> str:
    image_id = match.image.image_id
    behind = BEFORE_ALL[0] if image_id == ranking.plan.first else -match.score
    return encode_page_token((repr(behind), image_id), *identity)


def _read_cursor(cursor: str, identity: tuple[str, ...]) -> tuple[float, str] | None:
    if not cursor:
        return None
    try:
        behind, image_id = decode_page_token(cursor, (str, str), *identity)
        place = float(behind), str(UUID(str(image_id)))
    except (PageTokenError, ValueError):
        raise CursorInvalid(
            "the cursor belongs to another query, or is damaged", field="cursor"
        ) from None
    if not math.isfinite(place[0]):
        raise CursorInvalid("the cursor is damaged", field="cursor")
    return place
