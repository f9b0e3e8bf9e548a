"""Vectors in Qdrant Edge: Qdrant's engine inside this process, its shards in a folder.

Edge holds the interpreter lock during its calls, so a thread of their own
would not keep the event loop free; calls are made on the loop and kept short
(a query of 1,000 images 0.1 ms, of 100,000 13 ms; an upsert 0.05 ms an image).
That also puts writes one after another.

No HNSW graph is built here: `optimize()` would stop the process for its whole
run. What is searched is the part of the user's own images, by a plain scan.
"""

import asyncio
import logging
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import qdrant_edge as edge

from services.clients.model import Space, Vector
from services.search.errors import IndexUnavailable
from services.search.index.conditions import (
    KEYWORDS,
    USER_ID,
    VECTOR_NAME,
    payload_of,
    scope_condition,
)
from services.search.index.ranking import page_after
from services.search.model import Cursor, Hit, ImagePoint, Scope, StoredVector

UPSERT_CHUNK = 32
"""Points that one call writes, about 2 ms."""

FLUSH_EVERY = 1000
"""Points after which segments are written down and the log before them is let go, about 10 ms."""

_SPACE_PREFIX = "images-"
_UNFINISHED_SUFFIX = ".new"

_log = logging.getLogger(__name__)
T = TypeVar("T")


class EdgeIndex:
    """A folder of shards, one for each space, all open.

    Shards of former models stay open too, so that a deleted image leaves them
    as well. A write-ahead log keeps what was acknowledged through `kill -9`.

    Args:
        folder: Where the shards are; made if it is missing. One process at a time.

    Raises:
        IndexUnavailable: a shard cannot be opened, or another process has the folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._shards: dict[str, edge.EdgeShard] = {}
        self._unflushed: dict[str, int] = {}
        self._closed = False
        folder.mkdir(parents=True, exist_ok=True)
        for found in sorted(folder.glob(f"{_SPACE_PREFIX}*")):
            if found.suffix == _UNFINISHED_SUFFIX:
                shutil.rmtree(found)
            else:
                self._load(found.name)

    async def open(self, space: Space) -> None:
        """Makes the space's shard if it is new."""
        if space.name in self._shards:
            return
        path = self._folder / space.name
        unfinished = path.with_name(path.name + _UNFINISHED_SUFFIX)
        with _translated():
            # Made aside and renamed, so that a crash leaves a whole shard or none.
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            shard = edge.EdgeShard.create(str(unfinished), _config(space))
            shard.update(
                edge.UpdateOperation.create_field_index(
                    USER_ID, edge.KeywordIndexParams(is_tenant=True)
                )
            )
            for field in KEYWORDS:
                shard.update(
                    edge.UpdateOperation.create_field_index(field, edge.PayloadSchemaType.Keyword)
                )
            shard.flush()
            shard.close()
            unfinished.rename(path)
        self._load(space.name)
        _log.info("made the vector space %s", space.name)

    async def upsert(self, space: Space, points: Sequence[ImagePoint]) -> None:
        """Writes points in chunks, giving way to other work between them."""
        for point in points:
            _check_dimension(point.vector, space)
        for start in range(0, len(points), UPSERT_CHUNK):
            chunk = [
                edge.Point(point.image_id, {VECTOR_NAME: point.vector}, payload_of(point, space))
                for point in points[start : start + UPSERT_CHUNK]
            ]
            self._update(space.name, edge.UpdateOperation.upsert_points(chunk), len(chunk))
            await asyncio.sleep(0)

    async def delete(self, image_ids: Sequence[str]) -> None:
        """Deletes from every shard in the folder."""
        ids: list[int | UUID | str] = list(image_ids)
        if ids:
            for name in list(self._shards):
                self._update(name, edge.UpdateOperation.delete_points(ids), len(ids))

    async def search(
        self,
        space: Space,
        vector: Vector,
        scope: Scope,
        *,
        limit: int,
        after: Cursor | None = None,
    ) -> list[Hit]:
        """Scans the images in scope."""
        _check_dimension(vector, space)
        condition = scope_condition(scope, _Conditions())

        async def best(count: int) -> list[Hit]:
            request = edge.QueryRequest(
                limit=count,
                query=edge.Query.Nearest(vector, using=VECTOR_NAME),
                filter=condition,
                with_payload=False,
            )
            points = self._call(space.name, lambda shard: shard.query(request))
            return [Hit(str(point.id), point.score) for point in points]

        return await page_after(best, after=after, limit=limit)

    async def stored(self, space: Space, image_ids: Sequence[str]) -> Mapping[str, StoredVector]:
        """Reads vectors by id."""
        ids: list[int | UUID | str] = list(image_ids)
        records = self._call(
            space.name,
            lambda shard: shard.retrieve(ids, with_payload=[USER_ID], with_vector=[VECTOR_NAME]),
        )
        return {str(record.id): _stored(record) for record in records}

    async def count(self, space: Space) -> int:
        """Counts exactly."""
        return self._call(space.name, lambda shard: shard.count(edge.CountRequest()))

    async def probe(self) -> None:
        """Asks every shard for its state."""
        if self._closed:
            raise IndexUnavailable("the index is closed")
        for name in self._shards:
            self._call(name, lambda shard: shard.info())

    async def close(self) -> None:
        """Flushes and closes every shard."""
        self._closed = True
        for name, shard in self._shards.items():
            with _translated():
                shard.flush()
                shard.close()
            _log.info("closed the vector space %s", name)
        self._shards.clear()

    def _load(self, name: str) -> None:
        with _translated():
            self._shards[name] = edge.EdgeShard.load(str(self._folder / name))
            self._unflushed[name] = 0

    def _update(self, name: str, operation: edge.UpdateOperation, size: int) -> None:
        self._call(name, lambda shard: shard.update(operation))
        self._unflushed[name] += size
        if self._unflushed[name] >= FLUSH_EVERY:
            self._call(name, lambda shard: shard.flush())
            self._unflushed[name] = 0

    def _call(self, name: str, call: Callable[[edge.EdgeShard], T]) -> T:
        shard = self._shards.get(name)
        if shard is None:
            raise IndexUnavailable(f"the vector space {name} is not open")
        with _translated():
            return call(shard)


class _Conditions:
    """Conditions as Edge writes them."""

    def equals(self, field: str, value: str) -> edge.Filter:
        return edge.Filter(must=[edge.FieldCondition(field, edge.MatchValue(value))])

    def is_one_of(self, image_ids: Collection[str]) -> edge.Filter:
        return edge.Filter(must=[edge.HasIdCondition(set(image_ids))])

    def all_of(self, conditions: list[edge.Filter]) -> edge.Filter:
        return edge.Filter(must=list(conditions))

    def any_of(self, conditions: list[edge.Filter]) -> edge.Filter:
        return edge.Filter(should=list(conditions))

    def none_of(self, conditions: list[edge.Filter]) -> edge.Filter:
        return edge.Filter(must_not=list(conditions))


def _config(space: Space) -> edge.EdgeConfig:
    return edge.EdgeConfig(
        vectors={
            VECTOR_NAME: edge.EdgeVectorParams(size=space.dimension, distance=edge.Distance.Cosine)
        },
        hnsw_config=edge.HnswIndexConfig(m=16, ef_construct=200, full_scan_threshold=10_000),
        wal_enabled=True,
    )


def _stored(record: edge.Record) -> StoredVector:
    vectors, payload = record.vector, record.payload
    if not isinstance(vectors, dict) or payload is None:
        raise IndexUnavailable("the index gave a point without vector or payload")
    vector = [part for part in vectors[VECTOR_NAME] if isinstance(part, float)]  # type: ignore[union-attr] # a dense vector, as the shard's configuration says
    return StoredVector(str(payload[USER_ID]), vector)


def _check_dimension(vector: Vector, space: Space) -> None:
    # Edge logs an operation before it checks it; a wrong one must not get there.
    if len(vector) != space.dimension:
        raise ValueError(f"a vector of {len(vector)} for {space}")


@contextmanager
def _translated() -> Iterator[None]:
    """Turns Edge's failures into `IndexUnavailable`."""
    try:
        yield
    except Exception as error:
        # Edge raises plain `Exception`, with Rust's message.
        _log.exception("the vector index failed")
        message = (
            "another process has the vector folder open"
            if "WouldBlock" in str(error)
            else "the vector index failed"
        )
        raise IndexUnavailable(message, retry_after_s=1) from error
