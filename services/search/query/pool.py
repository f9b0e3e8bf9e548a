"""The best candidates of a search, with their vectors, for what compares images with each other."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.search.model import Hit, StoredVector
from services.search.ports import VectorIndex
from services.search.query.found import Found
from services.search.query.planner import Plan
from services.search.query.ranking import Ranking

POOL = 1000
"""Candidates at most. A search that compares them ends with them."""

READ_AT_ONCE = 250
"""Vectors that are read at once; an embedded index is read on the event loop."""

Matrix = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One of the best."""

    found: Found
    key: tuple[float, str]
    """What the ranking is sorted by."""


async def best_candidates(ranking: Ranking) -> list[Candidate]:
    """The best images of a ranking now, at most `POOL`, best first."""
    hits: Sequence[Hit] = await ranking.page(None, POOL)
    return [Candidate(Found(hit, number), ranking.key(hit)) for number, hit in enumerate(hits, 1)]


async def stored_of(
    index: VectorIndex, plan: Plan, image_ids: Sequence[str], *, crops: bool = False
) -> dict[str, StoredVector]:
    """Vectors of those images that are still there, with those of their parts if wanted."""
    found: dict[str, StoredVector] = {}
    for start in range(0, len(image_ids), READ_AT_ONCE):
        some = image_ids[start : start + READ_AT_ONCE]
        found.update(await index.stored(plan.space, some, crops=crops))
        await asyncio.sleep(0)
    return found


async def with_vectors(
    index: VectorIndex, plan: Plan, candidates: Sequence[Candidate]
) -> tuple[list[Candidate], Matrix]:
    """Those of the candidates that are still there, and a row of unit length for each."""
    vectors = await stored_of(index, plan, [one.found.hit.image_id for one in candidates])
    there = [one for one in candidates if one.found.hit.image_id in vectors]
    if not there:
        return [], np.zeros((0, plan.space.dimension), np.float32)
    rows = np.array([vectors[one.found.hit.image_id].vector for one in there], np.float32)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return there, np.divide(rows, lengths, out=rows, where=lengths > 0)
