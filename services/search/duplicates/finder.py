"""The use case: a user's duplicates, told cluster by cluster."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass
from uuid import UUID

from services.clients.ports import Catalog, QueryEmbedder
from services.runtime.errors import ResourceExhausted
from services.runtime.filters import parse_filter
from services.runtime.pages import PageTokenError, decode_page_token, encode_page_token
from services.runtime.telemetry_contract import KIND
from services.runtime.text import kept_filter
from services.search.duplicates.comparing import Comparer, Comparison
from services.search.duplicates.kept_clusters import Found, KeptClusters
from services.search.duplicates.model import (
    Clusters,
    DuplicatesRequest,
    Kind,
    Member,
    Piece,
    Progress,
    Summary,
    Told,
)
from services.search.errors import CursorInvalid
from services.search.index.conditions import FILTER_FIELDS
from services.search.mapping.layout import unpacked
from services.search.ports import VectorIndex
from services.search.telemetry import duplicate_clusters

HEARTBEAT_S = 5.0
"""Longest silence before the summary; the contract promises 15 s."""
AT_ONCE = 2
"""Comparisons at once."""
MOST_WAITING = 32
"""Comparisons that wait for their turn; whoever comes then is refused."""
IN_A_PIECE = 200
"""Most images of a message."""
RECORDS_AT_ONCE = 400
"""Records that are asked for at once, unless a piece has more; storage gives 500."""


@dataclass(frozen=True, slots=True)
class _Place:
    """A place behind some images of a cluster.

    Attributes:
        version: Of what the cluster was told.
        key: The cluster's.
        told: How many of its images come before.
    """

    version: str
    key: tuple[int, int, str]
    told: int


@dataclass(frozen=True, slots=True)
class _Slice:
    """Some images of a cluster, before anything is known of them but their ids."""

    cluster: int
    first: int
    ids: list[str]


class DuplicateFinder:
    """Has images compared aside, and tells what was found with storage's records.

    Isolation is checked twice, as in a search: index and storage are asked for the
    user's images only, and records come from storage with the caller's own token.

    Args:
        index: Vectors of the users' images.
        embedder: Tells the space in use.
        catalog: Records, as the caller may see them.
        comparer: Compares.
        kept: What was found lately.
        heartbeat_s: Longest silence before the summary.
    """

    def __init__(
        self,
        index: VectorIndex,
        embedder: QueryEmbedder,
        catalog: Catalog,
        comparer: Comparer,
        kept: KeptClusters,
        *,
        heartbeat_s: float = HEARTBEAT_S,
    ) -> None:
        self._index = index
        self._embedder = embedder
        self._catalog = catalog
        self._comparer = comparer
        self._kept = kept
        self._heartbeat_s = heartbeat_s
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    async def find(self, request: DuplicatesRequest) -> AsyncGenerator[Told]:
        """Progress, then a summary, then clusters in pieces.

        Raises:
            FilterError, CursorInvalid: they cannot be read, or do not belong together.
            TooManyImages: there are more than are compared at once.
            ResourceExhausted: too many wait for their turn.
            DuplicatesFailed: comparing failed.
            Unavailable: a part that is needed is down.
        """
        where = kept_filter(parse_filter(request.filter, FILTER_FIELDS))
        space = await self._embedder.space()
        comparison = Comparison(
            request.user_id,
            request.kinds,
            where,
            request.max_distance,
            # As exact as the caller's number is, wherever it was written.
            round(request.min_cosine, 6),
            request.min_size,
            space,
        )
        identity = _identity(request, comparison)
        place = _read_cursor(request.after_cursor, identity)
        found = self._kept.get(identity, place.version) if place else None
        if found is None:
            await self._index.open(space)
            async for told in self._compared(comparison, identity):
                if isinstance(told, Found):
                    found = told
                else:
                    yield told
        if found is None:  # the last thing told is what was found
            raise RuntimeError("a comparison ended without a result")
        alike = Kind.ALIKE in request.kinds
        yield Summary(
            found.clusters,
            request.max_distance,
            comparison.min_cosine,
            space.model if alike else "",
        )
        async for piece in self._pieces(found, identity, place, request.limit):
            yield piece

    async def _compared(
        self, comparison: Comparison, identity: tuple[str, ...]
    ) -> AsyncGenerator[Progress | Found]:
        """How far it is, and at last what was found."""
        if self._waiting >= MOST_WAITING:
            raise ResourceExhausted("too many wait for their duplicates", retry_after_s=30)
        latest = Progress("waiting")

        def report(progress: Progress) -> None:
            nonlocal latest
            latest = progress

        async def compare() -> Found:
            self._waiting += 1
            try:
                await self._turn.acquire()
            finally:
                self._waiting -= 1
            try:
                return await self._comparer.compare(
                    comparison, lambda version: self._kept.get(identity, version), report
                )
            finally:
                self._turn.release()

        task = asyncio.ensure_future(compare())
        try:
            yield latest
            while not (await asyncio.wait({task}, timeout=self._heartbeat_s))[0]:
                yield latest
            found = task.result()
        finally:
            if not task.done():
                task.cancel()
                await asyncio.wait({task})
        self._kept.keep(identity, found)
        yield found

    async def _pieces(
        self, found: Found, identity: tuple[str, ...], place: _Place | None, limit: int
    ) -> AsyncGenerator[Piece]:
        clusters = found.clusters
        told = 0
        slices = list(_batch(clusters, *_begin(found, place)))
        while slices:
            images = await self._catalog.images([one for some in slices for one in some.ids])
            for some in slices:
                start = int(clusters.starts[some.cluster]) + some.first
                members = [
                    Member(
                        images[image_id],
                        int(clusters.distances[start + at]),
                        _cosine(clusters, some.cluster, start + at),
                    )
                    for at, image_id in enumerate(some.ids)
                    if image_id in images
                ]
                size = clusters.size(some.cluster)
                is_whole = len(some.ids) == size
                if some.first == 0 and some.ids[0] not in images:
                    continue  # what the others were compared with is gone
                if not members or (is_whole and len(members) < 2):
                    continue
                kind = Kind(int(clusters.kinds[some.cluster]))
                if some.first == 0:
                    duplicate_clusters.add(1, {KIND: kind.name.lower()})
                end = some.first + len(some.ids)
                at = _Place(found.version, clusters.key(some.cluster), end)
                yield Piece(kind, members, size, some.first, _write_cursor(at, identity))
                told += end == size
                if limit and told == limit:
                    return
            last = slices[-1]
            slices = list(_batch(clusters, last.cluster, last.first + len(last.ids)))


def _cosine(clusters: Clusters, cluster: int, at: int) -> float | None:
    if clusters.kinds[cluster] != Kind.ALIKE:
        return None
    return float(clusters.cosines[at])


def _begin(found: Found, place: _Place | None) -> tuple[int, int]:
    """The cluster to go on with, and how many of its images were told."""
    if place is None:
        return 0, 0
    low, high = 0, len(found.clusters)
    while low < high:
        middle = (low + high) // 2
        if found.clusters.key(middle) < place.key:
            low = middle + 1
        else:
            high = middle
    if low < len(found.clusters) and found.clusters.key(low) == place.key:
        return low, place.told
    return low, 0


def _batch(clusters: Clusters, cluster: int, told: int) -> Iterator[_Slice]:
    """Slices from a place on, so many that their records are asked for at once."""
    count = 0
    while cluster < len(clusters):
        size = clusters.size(cluster)
        if told >= size:
            cluster, told = cluster + 1, 0
            continue
        taken = min(IN_A_PIECE, size - told)
        if count and count + taken > RECORDS_AT_ONCE:
            return
        start = int(clusters.starts[cluster]) + told
        yield _Slice(cluster, told, unpacked(clusters.ids[start : start + taken]))
        count, told = count + taken, told + taken


def _identity(request: DuplicatesRequest, comparison: Comparison) -> tuple[str, ...]:
    """All that shapes what is found, which a cursor therefore belongs to."""
    return (
        request.user_id,
        "duplicates",
        " ".join(kind.name for kind in sorted(request.kinds)),
        str(comparison.max_distance),
        repr(comparison.min_cosine),
        request.filter,
        str(comparison.min_size),
    )


def _write_cursor(place: _Place, identity: tuple[str, ...]) -> str:
    return encode_page_token((place.version, *place.key, place.told), *identity)


def _read_cursor(cursor: str, identity: tuple[str, ...]) -> _Place | None:
    if not cursor:
        return None
    try:
        version, kind, size, best, told = decode_page_token(
            cursor, (str, int, int, str, int), *identity
        )
        place = _Place(str(version), (int(kind), int(size), UUID(hex=str(best)).hex), int(told))
    except (PageTokenError, ValueError):
        raise CursorInvalid(
            "the cursor is of none of your searches for duplicates, or of another; send it "
            "unchanged, with the same request",
            field="after_cursor",
        ) from None
    if place.told < 0:
        raise CursorInvalid("the cursor is damaged", field="after_cursor")
    return place
