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
from services.search.errors import IndexUnavailable, PointRefused, SpaceGone
from services.search.index.conditions import (
    KEYWORDS,
    USER_ID,
    VECTOR_NAME,
    payload_of,
    scope_condition,
)
from services.search.index.ranking import page_after
from services.search.index.vectors import check_point, check_vector
from services.search.model import Cursor, Hit, ImagePoint, Scope, StoredVector

UPSERT_CHUNK = 32
"""Points that one call writes, about 2 ms."""

DELETE_CHUNK = 500
"""Points that are found and deleted at once."""

FLUSH_EVERY = 1000
"""Points after which segments are written down and the log before them is let go, about 10 ms."""

KEEP_FREE_BYTES = 192 * 2**20
"""Room on the disk below which nothing is written. Edge reserves files of 32 MiB without filling
them, and writes to them through memory: on a full disk that ends the process."""

_SPACE_PREFIX = "images-"
_UNFINISHED_SUFFIX = ".new"

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

    Raises:
        IndexUnavailable: a shard cannot be opened, or another process has the folder.
    """

    def __init__(self, folder: Path, *, keep_free_bytes: int = KEEP_FREE_BYTES) -> None:
        self._folder = folder
        self._keep_free_bytes = keep_free_bytes
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
        self._check_room()
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
        # Edge logs an operation before it checks it; a wrong one must not get there.
        for point in points:
            check_point(point, space)
        made = [_point(point, space) for point in points]
        for start in range(0, len(made), UPSERT_CHUNK):
            chunk = made[start : start + UPSERT_CHUNK]
            with _refusing():
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
        check_vector(vector, space)
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
        return {
            str(record.id): stored for record in records if (stored := _stored(record)) is not None
        }

    async def image_ids(
        self, space: Space, scope: Scope, *, limit: int, after: str = ""
    ) -> list[str]:
        """Reads ids only."""
        request = edge.ScrollRequest(
            offset=UUID(after) if after else None,
            # The engine's offset is the first id that it gives.
            limit=limit + 1,
            filter=scope_condition(scope, _Conditions()),
            with_payload=False,
            with_vector=False,
        )
        records, _ = self._call(space.name, lambda shard: shard.scroll(request))
        return [found for record in records if (found := str(record.id)) != after][:limit]

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
        for name in list(self._shards):
            while True:
                records, _ = self._call(name, lambda shard: shard.scroll(request))
                ids = [record.id for record in records]
                if not ids:
                    break
                self._update(name, edge.UpdateOperation.delete_points(ids), len(ids))
                await asyncio.sleep(0)

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

    def _check_room(self) -> None:
        if shutil.disk_usage(self._folder).free < self._keep_free_bytes:
            raise IndexUnavailable("the disk of the vector index is full", retry_after_s=5)

    def _update(self, name: str, operation: edge.UpdateOperation, size: int) -> None:
        self._check_room()
        self._call(name, lambda shard: shard.update(operation))
        self._unflushed[name] += size
        if self._unflushed[name] >= FLUSH_EVERY:
            self._call(name, lambda shard: shard.flush())
            self._unflushed[name] = 0

    def _call(self, name: str, call: Callable[[edge.EdgeShard], T]) -> T:
        shard = self._shards.get(name)
        if shard is None:
            raise SpaceGone(f"the vector space {name} is not open")
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


def _point(point: ImagePoint, space: Space) -> edge.Point:
    try:
        return edge.Point(point.image_id, {VECTOR_NAME: point.vector}, payload_of(point, space))
    except (TypeError, ValueError) as error:
        _log.warning("the vector index cannot hold image %s: %s", point.image_id, error)
        raise PointRefused("the index cannot hold what is known of the image") from error


def _stored(record: edge.Record) -> StoredVector | None:
    """A point as it was kept; None if it lacks something, and so must be made anew."""
    vectors, payload = record.vector, record.payload
    if not isinstance(vectors, dict) or VECTOR_NAME not in vectors or not payload:
        return None
    vector = [part for part in vectors[VECTOR_NAME] if isinstance(part, float)]  # type: ignore[union-attr] # a dense vector, as the shard's configuration says
    return StoredVector(str(payload.get(USER_ID, "")), vector)


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


@contextmanager
def _translated() -> Iterator[None]:
    """Turns Edge's failures into `IndexUnavailable`."""
    try:
        yield
    except BaseException as error:
        # When it meets a fault of its own, Edge raises what is no `Exception`.
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        _log.exception("the vector index failed")
        message = (
            "another process has the vector folder open"
            if "WouldBlock" in str(error)
            else "the vector index failed"
        )
        raise IndexUnavailable(message, retry_after_s=1) from error
