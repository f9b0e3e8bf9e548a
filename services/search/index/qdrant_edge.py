"""Vectors in Qdrant Edge: Qdrant's engine inside this process, its shards in a folder.

Edge holds the interpreter lock during its calls, so a thread of their own
would not keep the event loop free; calls are made on the loop and kept short
(a query of 1,000 images 0.1 ms, of 100,000 13 ms; an upsert 0.3 ms an image,
most of it for words and payload).
That also puts writes one after another.

Few images are scanned, only the user's own. Where there are many, a process
builds a shard with an HNSW graph from a copy, and that takes the place of the
one so far (`edge/`): `optimize()` would stop this process for its whole run.
New images are scanned beside the graph until the next is built.
"""

import asyncio
import logging
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar, cast
from uuid import UUID

import qdrant_edge as edge

from services.clients.model import Space, Vector
from services.runtime.filters import Operator
from services.search.errors import IndexFull, IndexUnavailable, PointRefused, SpaceGone
from services.search.index.conditions import (
    LAYOUT,
    USER_ID,
    VECTOR_NAME,
    WORDS_NAME,
    layouts,
    payload_of,
    scope_condition,
    sparse,
    word_condition,
    words_of,
)
from services.search.index.crops import (
    CROP_BOXES,
    CROPS_NAME,
    NEAREST,
    SCANNED,
    crops_of,
    joined,
)
from services.search.index.edge.builder import Start, in_a_process
from services.search.index.edge.failures import translated as _translated
from services.search.index.edge.folders import UNFINISHED_SUFFIX, SpaceFolders
from services.search.index.edge.graphs import Graphs
from services.search.index.edge.qdrant_space import EdgeSpace
from services.search.index.qdrant_layout import add_crops, bring_up_to_date, is_up_to_date
from services.search.index.ranking import page_after
from services.search.index.tuning import BuildTuning, GraphTuning, Quantization
from services.search.index.vectors import check_point, check_vector
from services.search.index.versions import OwnVersions
from services.search.model import Cursor, Hit, ImagePoint, Scope, StoredVector

UPSERT_CHUNK = 8
"""Points that are made and written at once, about 3 ms."""

DELETE_CHUNK = 500
"""Points that are found and deleted at once."""

KEEP_FREE_BYTES = 192 * 2**20
"""Room on the disk below which nothing is written. Edge reserves files of 32 MiB without filling
them, and writes to them through memory: on a full disk that ends the process."""

DEFAULT_GRAPH = GraphTuning()
DEFAULT_BUILD = BuildTuning()

_CURABLE = ("Service runtime error", "Out of memory", "Timeout", "Cancelled")
"""How Edge's words begin where the point is not at fault: input and output, memory, time."""

_log = logging.getLogger(__name__)
T = TypeVar("T")


class EdgeIndex:
    """A folder of shards, one for each space, all open.

    Shards of former models stay open too, so that a deleted image leaves them
    as well. A write-ahead log keeps what was acknowledged through `kill -9`.

    Args:
        folder: Where the shards are; made if it is missing. One process at a time.
        keep_free_bytes: Room on the folder's disk below which nothing is written.
        graph: What graphs are like, and how they are searched.
        build: When graphs are built.
        start: Begins to build one.
        crops: Whether it keeps parts of images.

    Raises:
        IndexUnavailable: a shard cannot be opened, or another process has the folder.
    """

    def __init__(
        self,
        folder: Path,
        *,
        keep_free_bytes: int = KEEP_FREE_BYTES,
        graph: GraphTuning = DEFAULT_GRAPH,
        build: BuildTuning = DEFAULT_BUILD,
        start: Start = in_a_process,
        crops: bool = False,
    ) -> None:
        self.keeps_crops = crops
        self._keep_free_bytes = keep_free_bytes
        self._graph = graph
        self._shards: dict[str, EdgeSpace] = {}
        self._searched: dict[str, EdgeSpace] = {}
        self._up_to_date: set[str] = set()
        self._closed = False
        self._versions = OwnVersions()
        self._folders = SpaceFolders(folder)
        self._graphs = Graphs(
            self._searched,
            self._folders,
            graph,
            build,
            keep_free_bytes=keep_free_bytes,
            start=start,
        )
        for name, path in self._folders.recover().items():
            self._load(name, path)

    async def open(self, space: Space) -> None:
        """Makes the space's shard if it is new."""
        if space.name in self._searched:
            return
        if space.name not in self._shards:
            self._make(space)
        self._bring_up_to_date(space)
        self._searched[space.name] = self._shards[space.name]
        with _translated():
            self._graphs.consider()

    def _make(self, space: Space) -> None:
        self._check_room()
        path = self._folders.first(space.name)
        unfinished = path.with_name(path.name + UNFINISHED_SUFFIX)
        with _translated():
            # Made aside and renamed, so that a crash leaves a whole shard or none.
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            shard = edge.EdgeShard.create(str(unfinished), _config(space, self._graph))
            bring_up_to_date(shard)
            shard.flush()
            shard.close()
            unfinished.rename(path)
        self._load(space.name, path)
        self._up_to_date.add(space.name)
        _log.info("made the vector space %s", space.name)

    async def upsert(self, space: Space, points: Sequence[ImagePoint]) -> None:
        """Writes points in chunks, giving way to other work between them."""
        # Edge logs an operation before it checks it; a wrong one must not get there.
        for point in points:
            check_point(point, space)
        async with self._versions.writing({point.user_id for point in points}):
            for start in range(0, len(points), UPSERT_CHUNK):
                some = points[start : start + UPSERT_CHUNK]
                chunk = [self._point(point, space) for point in some]
                with _refusing():
                    await self._update(
                        space.name,
                        edge.UpdateOperation.upsert_points(chunk),
                        [point.id for point in chunk],
                    )
                await asyncio.sleep(0)
        with _translated():
            self._graphs.consider()

    async def delete(self, image_ids: Sequence[str]) -> None:
        """Deletes from every shard in the folder."""
        ids: list[int | UUID | str] = list(image_ids)
        if ids:
            async with self._versions.writing(self._owners(ids)):
                for name in list(self._shards):
                    await self._update(name, edge.UpdateOperation.delete_points(ids), ids)
            with _translated():
                self._graphs.consider()

    async def search(
        self,
        space: Space,
        vector: Vector,
        scope: Scope,
        *,
        limit: int,
        after: Cursor | None = None,
        exact: bool = False,
        crops: bool = False,
    ) -> list[Hit]:
        """Walks the graph and scans what it has not; scans all where the scope leaves little."""
        check_vector(vector, space)
        condition = scope_condition(scope, _Conditions())
        params = search_params(self._graph, exact=exact)

        async def found(request: edge.QueryRequest) -> list[Hit]:
            points = self._call(space.name, lambda shard: shard.query(request))
            return [Hit(str(point.id), point.score) for point in points]

        async def whole(count: int) -> list[Hit]:
            return await found(
                edge.QueryRequest(
                    limit=count,
                    query=edge.Query.Nearest(vector, using=VECTOR_NAME),
                    filter=condition,
                    with_payload=False,
                    params=params,
                )
            )

        if not (crops and self.keeps_crops):
            return await page_after(whole, after=after, limit=limit)
        scans = exact or await self.count_in(space, scope, exact=False) <= SCANNED

        async def parts(count: int) -> list[Hit]:
            near = edge.Prefetch(
                limit=max(NEAREST, count),
                query=edge.Query.Nearest(vector, using=VECTOR_NAME),
                filter=condition,
                params=params,
            )
            return await found(
                edge.QueryRequest(
                    limit=count,
                    query=edge.Query.Nearest([vector], using=CROPS_NAME),
                    filter=condition,
                    prefetches=[] if scans else [near],
                    with_payload=False,
                    params=params,
                )
            )

        return await page_after(joined(whole, parts), after=after, limit=limit)

    async def search_words(
        self,
        space: Space,
        weights: Mapping[str, float],
        scope: Scope,
        *,
        limit: int,
        after: Cursor | None = None,
    ) -> list[Hit]:
        """Adds up weights in the sparse index."""
        vector = sparse(weights)
        query = edge.SparseVector(list(vector), list(vector.values()))
        condition = scope_condition(scope, _Conditions())

        async def best(count: int) -> list[Hit]:
            request = edge.QueryRequest(
                limit=count,
                query=edge.Query.Nearest(query, using=WORDS_NAME),
                filter=condition,
                with_payload=False,
            )
            points = self._call(space.name, lambda shard: shard.query(request))
            return [Hit(str(point.id), point.score) for point in points]

        return await page_after(best, after=after, limit=limit)

    async def version(self, space: Space, user_id: str) -> str | None:  # noqa: ARG002 - one for all spaces
        """Known here, because nobody else writes."""
        return await self._versions.of(user_id)

    async def own(
        self, space: Space, user_id: str, image_ids: Sequence[str]
    ) -> Mapping[str, Vector]:
        """Reads vectors by whose they are and by id."""
        if not image_ids:
            return {}
        request = edge.ScrollRequest(
            limit=len(image_ids),
            filter=scope_condition(Scope(user_id, within=image_ids), _Conditions()),
            with_payload=[USER_ID],
            with_vector=[VECTOR_NAME],
        )
        records, _ = self._call(space.name, lambda shard: shard.scroll(request))
        return {
            str(record.id): stored.vector
            for record in records
            if (stored := _stored(record)) is not None
        }

    async def stored(
        self, space: Space, image_ids: Sequence[str], *, crops: bool = False
    ) -> Mapping[str, StoredVector]:
        """Reads vectors by id."""
        ids: list[int | UUID | str] = list(image_ids)
        has_crops = crops and self.keeps_crops
        fields = [USER_ID, CROP_BOXES] if has_crops else [USER_ID]
        names = [VECTOR_NAME, CROPS_NAME] if has_crops else [VECTOR_NAME]
        records = self._call(
            space.name,
            lambda shard: shard.retrieve(ids, with_payload=fields, with_vector=names),
        )
        return {
            str(record.id): stored for record in records if (stored := _stored(record)) is not None
        }

    async def image_ids(
        self, space: Space, scope: Scope, *, limit: int, after: str = ""
    ) -> list[str]:
        """Reads ids only."""
        condition = scope_condition(scope, _Conditions())
        return self._ids(space.name, condition, limit=limit, after=after)

    def _ids(
        self, space_name: str, condition: edge.Filter | None, *, limit: int, after: str
    ) -> list[str]:
        request = edge.ScrollRequest(
            offset=UUID(after) if after else None,
            # The engine's offset is the first id that it gives.
            limit=limit + 1,
            filter=condition,
            with_payload=False,
            with_vector=False,
        )
        records, _ = self._call(space_name, lambda shard: shard.scroll(request))
        return [found for record in records if (found := str(record.id)) != after][:limit]

    async def all_ids(self, space_name: str, *, limit: int, after: str = "") -> list[str]:
        """Reads ids only."""
        if space_name not in self._shards:
            return []
        return self._ids(space_name, None, limit=limit, after=after)

    async def in_use(self) -> str:
        """Reads a file."""
        with _translated():
            return self._folders.in_use()

    async def use(self, space: Space) -> None:
        """Writes a file, if it says otherwise."""
        with _translated():
            if self._folders.in_use() != space.name:
                self._folders.use(space.name)

    async def lacks(self, space_name: str, image_ids: Sequence[str]) -> bool:
        """Reads ids only."""
        ids: list[int | UUID | str] = list(image_ids)
        if space_name not in self._shards:
            return True
        found = self._call(
            space_name,
            lambda shard: shard.retrieve(ids, with_payload=False, with_vector=False),
        )
        return len(found) < len(set(image_ids))

    async def count(self, space: Space) -> int:
        """Counts exactly."""
        return self._call(space.name, lambda shard: shard.count(edge.CountRequest()))

    async def count_in(self, space: Space, scope: Scope, *, exact: bool = True) -> int:
        """Counts, or asks the payload indexes."""
        condition = scope_condition(scope, _Conditions())
        request = edge.CountRequest(exact=exact, filter=condition)
        return self._call(space.name, lambda shard: shard.count(request))

    async def word_counts(
        self, space: Space, user_id: str, words: Sequence[str]
    ) -> Mapping[str, int]:
        """Counts exactly, giving way to other work between words."""
        counts: dict[str, int] = {}
        for word in words:
            condition = word_condition(user_id, word, _Conditions())
            request = edge.CountRequest(exact=True, filter=condition)
            counts[word] = self._call(space.name, partial(_count, request))
            await asyncio.sleep(0)
        return {word: count for word, count in counts.items() if count}

    async def outdated(self, space: Space) -> bool:
        """Counts exactly."""
        make = _Conditions()
        present = [make.equals(LAYOUT, one) for one in layouts(crops=self.keeps_crops)]
        request = edge.CountRequest(exact=True, filter=make.none_of(present))
        return self._call(space.name, lambda shard: shard.count(request)) > 0

    async def values(
        self, space: Space, field: str, scope: Scope, *, limit: int
    ) -> Mapping[str, int]:
        """Counts exactly."""
        request = edge.FacetRequest(
            field, limit=limit, exact=True, filter=scope_condition(scope, _Conditions())
        )
        found = self._call(space.name, lambda shard: shard.facet(request))
        return {str(hit.value): hit.count for hit in found.hits}

    async def count_of_user(self, user_id: str) -> int:
        """Counts exactly, in every shard."""
        condition = _Conditions().equals(USER_ID, user_id)
        request = edge.CountRequest(exact=True, filter=condition)
        return sum(
            self._call(name, lambda shard: shard.count(request)) for name in list(self._shards)
        )

    async def delete_of_user(self, user_id: str) -> None:
        """Deletes from every shard, in chunks, giving way to other work between them."""
        request = edge.ScrollRequest(
            limit=DELETE_CHUNK,
            filter=_Conditions().equals(USER_ID, user_id),
            with_payload=False,
            with_vector=False,
        )
        async with self._versions.writing([user_id]):
            for name in list(self._shards):
                while True:
                    records, _ = self._call(name, lambda shard: shard.scroll(request))
                    ids = [record.id for record in records]
                    if not ids:
                        break
                    await self._update(name, edge.UpdateOperation.delete_points(ids), ids)
                    await asyncio.sleep(0)

    async def probe(self) -> None:
        """Asks every shard for its state."""
        if self._closed:
            raise IndexUnavailable("the index is closed")
        for name in self._shards:
            self._call(name, lambda shard: shard.info())

    async def close(self) -> None:
        """Gives up a graph that is being built, and flushes and closes every shard."""
        self._closed = True
        await self._graphs.close()
        for name, shard in self._shards.items():
            with _translated():
                shard.close()
            _log.info("closed the vector space %s", name)
        self._shards.clear()
        self._searched.clear()

    def _point(self, point: ImagePoint, space: Space) -> edge.Point:
        # A shard without their vectors would refuse parts.
        return _point(point if self.keeps_crops else replace(point, crops=None), space)

    async def build_graph(self, space: Space) -> None:
        """Builds the space's shard anew now, with a graph if it has points enough for one.

        Raises:
            BuildFailed: it is as it was.
            IndexUnavailable: likewise; there is too little room on the disk, or Edge failed.
        """
        await self._graphs.build(space.name)

    def _owners(self, ids: list[int | UUID | str]) -> set[str]:
        """Whose images these are, in all shards."""
        return {
            str((record.payload or {}).get(USER_ID, ""))
            for name in self._shards
            for record in self._call(name, lambda shard: shard.retrieve(ids, [USER_ID]))
        }

    def _load(self, name: str, path: Path) -> None:
        with _translated():
            self._shards[name] = EdgeSpace(path)

    def _bring_up_to_date(self, space: Space) -> None:
        """Adds to a shard of former code what it lacks, when it is first used."""
        name = space.name
        if self.keeps_crops:
            self._check_room()
            self._call(name, lambda shard: add_crops(shard, space.dimension))
        if name in self._up_to_date:
            return
        if not self._call(name, is_up_to_date):
            self._check_room()
            self._call(name, bring_up_to_date)
            _log.info("added words, times and sizes to the vector space %s", name)
        self._up_to_date.add(name)

    def _check_room(self) -> None:
        if self._folders.free_bytes() < self._keep_free_bytes:
            raise IndexFull("the disk of the vector index is full", retry_after_s=5)

    async def _update(
        self, name: str, operation: edge.UpdateOperation, ids: Iterable[int | UUID | str]
    ) -> None:
        shard = self._shards.get(name)
        if shard is not None:
            await shard.writable()
        self._check_room()
        self._call(name, lambda shard: shard.update(operation, ids))

    def _call(self, name: str, call: Callable[[EdgeSpace], T]) -> T:
        shard = self._shards.get(name)
        if shard is None:
            raise SpaceGone(f"the vector space {name} is not open")
        with _translated():
            return call(shard)


def _count(request: edge.CountRequest, shard: edge.EdgeShard) -> int:
    return shard.count(request)


_BOUNDS = {"<": "lt", "<=": "lte", ">": "gt", ">=": "gte"}


class _Conditions:
    """Conditions as Edge writes them."""

    def equals(self, field: str, value: str) -> edge.Filter:
        return edge.Filter(must=[edge.FieldCondition(field, edge.MatchValue(value))])

    def compares(self, field: str, op: Operator, value: int) -> edge.Filter:
        # Whole numbers of 15 digits are exact as floats.
        same = {"gte": float(value), "lte": float(value)}
        bounds = same if op == "=" else {_BOUNDS[op]: float(value)}
        return edge.Filter(must=[edge.FieldCondition(field, range=edge.RangeFloat(**bounds))])

    def is_one_of(self, image_ids: Collection[str]) -> edge.Filter:
        return edge.Filter(must=[edge.HasIdCondition(set(image_ids))])

    def all_of(self, conditions: list[edge.Filter]) -> edge.Filter:
        return edge.Filter(must=list(conditions))

    def any_of(self, conditions: list[edge.Filter]) -> edge.Filter:
        return edge.Filter(should=list(conditions))

    def none_of(self, conditions: list[edge.Filter]) -> edge.Filter:
        return edge.Filter(must_not=list(conditions))


def search_params(graph: GraphTuning, *, exact: bool = False) -> edge.SearchParams:
    """How a query walks the graph.

    Args:
        graph: The settings.
        exact: Without the graph and without quantized vectors.
    """
    if exact:
        return edge.SearchParams(
            exact=True, quantization=edge.QuantizationSearchParams(ignore=True)
        )
    if graph.quantization is Quantization.NONE:
        return edge.SearchParams(hnsw_ef=graph.ef)
    return edge.SearchParams(
        hnsw_ef=graph.ef,
        quantization=edge.QuantizationSearchParams(rescore=True, oversampling=graph.oversampling),
    )


def _config(space: Space, graph: GraphTuning) -> edge.EdgeConfig:
    return edge.EdgeConfig(
        vectors={
            VECTOR_NAME: edge.EdgeVectorParams(size=space.dimension, distance=edge.Distance.Cosine)
        },
        hnsw_config=edge.HnswIndexConfig(
            m=graph.m, ef_construct=graph.ef_construct, full_scan_threshold=graph.full_scan_kb
        ),
        wal_enabled=True,
    )


def _point(point: ImagePoint, space: Space) -> edge.Point:
    try:
        vectors: dict[str, edge.NamedVector] = {VECTOR_NAME: point.vector}
        if words := words_of(point):
            vectors[WORDS_NAME] = edge.SparseVector(list(words), list(words.values()))
        if point.crops:
            vectors[CROPS_NAME] = [crop.vector for crop in point.crops]
        return edge.Point(point.image_id, vectors, payload_of(point, space))
    except (TypeError, ValueError) as error:
        _log.warning("the vector index cannot hold image %s: %s", point.image_id, error)
        raise PointRefused("the index cannot hold what is known of the image") from error


def _stored(record: edge.Record) -> StoredVector | None:
    """A point as it was kept; None if it lacks something, and so must be made anew."""
    vectors, payload = record.vector, record.payload
    if not isinstance(vectors, dict) or VECTOR_NAME not in vectors or not payload:
        return None
    # A dense vector, as the shard's configuration says.
    vector = cast("Vector", vectors[VECTOR_NAME])
    crops = crops_of(vectors.get(CROPS_NAME), payload.get(CROP_BOXES))
    return StoredVector(str(payload.get(USER_ID, "")), vector, crops)


@contextmanager
def _refusing() -> Iterator[None]:
    """Tells what Edge will never take from what it cannot do now.

    Raises:
        PointRefused: it is so.
    """
    try:
        yield
    except IndexUnavailable as error:
        cause = error.__cause__
        # Edge raises plain `Exception`, with Rust's message.
        if type(cause) is Exception and not str(cause).startswith(_CURABLE):
            raise PointRefused(f"the index does not take it: {cause!s:.200}") from cause
        raise
