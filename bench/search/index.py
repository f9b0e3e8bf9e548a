"""Search's own index, filled and asked as search does."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from bench.search.vectors import DIMENSION, LIMIT, Flags, Floats, Vectors, nearest, recall
from services.clients.model import Space
from services.runtime.filters import parse_filter
from services.search.index.conditions import FILTER_FIELDS
from services.search.index.qdrant_edge import EdgeIndex
from services.search.model import ImagePoint, Scope

SPACE = Space("bench", "bench", DIMENSION)
OWNER = "11111111-1111-4111-8111-111111111111"
FEW = "22222222-2222-4222-8222-222222222222"
"""Of every hundredth vector; no query of the owner's finds them."""

_BASE = (4 << 76) + (8 << 60)
_AT_ONCE = 1000


@dataclass(frozen=True)
class Asked:
    """What a stretch of queries took, and found."""

    ms: list[float]
    recall: float

    @property
    def p50_ms(self) -> float:
        """Median."""
        return float(np.quantile(self.ms, 0.5))

    @property
    def p99_ms(self) -> float:
        """Of a hundred, all but one are faster."""
        return float(np.quantile(self.ms, 0.99))


ALL = "all of a user's"
ONE_PERCENT = "a filter that keeps 1 %"
TENANT = "a user with 1 % of all"

SCOPES = {
    ALL: Scope(OWNER),
    ONE_PERCENT: Scope(OWNER, parse_filter("labels.lot = '7'", FILTER_FIELDS)),
    TENANT: Scope(FEW),
}


def is_in(name: str, count: int) -> Flags:
    """Which vectors a scope has."""
    numbers = np.arange(count)
    few = numbers % 100 == 0
    flags: Mapping[str, Flags] = {
        ALL: ~few,
        ONE_PERCENT: ~few & (numbers % 100 == 7),
        TENANT: few,
    }
    return flags[name]


def point(number: int, vector: Floats, owner: str = OWNER) -> ImagePoint:
    """A vector as search keeps it, of the owner or, if it is a hundredth one, of another user."""
    return ImagePoint(
        str(UUID(int=number + _BASE)),
        owner if number % 100 else FEW,
        vector.tolist(),
        f"{number}.jpg",
        "image/jpeg",
        {"lot": str(number % 100)},
        size_bytes=512_345,
        width=2048,
        height=1536,
    )


async def fill(
    index: EdgeIndex, vectors: Vectors, *, space: Space = SPACE, owner: str = OWNER
) -> float:
    """Puts all in; microseconds for each."""
    began = time.perf_counter()
    for start in range(0, len(vectors.kept), _AT_ONCE):
        some = vectors.kept[start : start + _AT_ONCE]
        await index.upsert(space, [point(start + n, row, owner) for n, row in enumerate(some)])
    return 1e6 * (time.perf_counter() - began) / len(vectors.kept)


async def asked(
    index: EdgeIndex,
    vectors: Vectors,
    scope: Scope,
    true: list[set[int]],
    *,
    space: Space = SPACE,
) -> Asked:
    """Asks every query twice and times the second."""
    spent, found = [], []
    for query in vectors.queries:
        vector = query.tolist()
        await index.search(space, vector, scope, limit=LIMIT)
        began = time.perf_counter()
        hits = await index.search(space, vector, scope, limit=LIMIT)
        spent.append(1e3 * (time.perf_counter() - began))
        found.append([UUID(hit.image_id).int - _BASE for hit in hits])
    return Asked(spent, recall(found, true))


def all_true(vectors: Vectors) -> dict[str, list[set[int]]]:
    """What each scope's queries should find."""
    return {name: nearest(vectors, is_in(name, len(vectors.kept))) for name in SCOPES}


async def beside_writes(
    index: EdgeIndex, vectors: Vectors, seconds: float, *, writes: Sequence[ImagePoint]
) -> list[float]:
    """Milliseconds of searches, one every 5 ms, while images come and graphs are built.

    Args:
        index: With a graph of the vectors.
        vectors: What is searched for.
        seconds: How long.
        writes: What is written again and again, 16 every 20 ms, with one build after the other;
            empty for neither.
    """
    ends = time.monotonic() + seconds

    async def write() -> None:
        start = 0
        while time.monotonic() < ends:
            await index.upsert(SPACE, writes[start : start + 16])
            start = (start + 16) % len(writes)
            await asyncio.sleep(0.02)

    async def build() -> None:
        while time.monotonic() < ends:
            await index.build_graph(SPACE)

    beside = [asyncio.create_task(one()) for one in (write, build)] if writes else []
    spent: list[float] = []
    while time.monotonic() < ends:
        vector = vectors.queries[len(spent) % len(vectors.queries)].tolist()
        due = time.perf_counter()
        await asyncio.sleep(0)
        await index.search(SPACE, vector, SCOPES[ALL], limit=LIMIT)
        spent.append(1e3 * (time.perf_counter() - due))
        await asyncio.sleep(0.005)
    await asyncio.gather(*beside)
    return spent
