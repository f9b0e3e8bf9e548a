"""A space's shard, whose place another can take between two calls."""

import asyncio
import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from uuid import UUID

import qdrant_edge as edge

from services.search.errors import IndexUnavailable
from services.search.index.conditions import WORDS_NAME
from services.search.index.crops import CROPS_NAME
from services.search.index.edge.folders import OWN_PREFIX

FLUSH_EVERY = 1000
"""Points after which segments are written down and the log before them is let go, some 50 ms."""

BRING_CHUNK = 32
"""Points that are brought to another shard at once, about 4 ms."""

GONE_SHARE = 0.2
"""Of the vectors in the graph, deleted or replaced ones above which it is worth another."""

_STATE = f"{OWN_PREFIX}waiting.json"

PointId = int | UUID | str


class EdgeSpace:
    """A shard with the methods of one.

    What is written while another is being built from a copy is remembered, and
    brought there before it takes this one's place. That needs no file: if the
    process ends before, this shard has everything and still counts.

    Args:
        path: Its folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._shard = edge.EdgeShard.load(str(path))
        self._unflushed = 0
        self._written, in_graph = _read_state(path)
        self._in_graph = _in_graph(self._shard) if in_graph is None else in_graph
        self._changes: _Changes | None = None
        self._writable = asyncio.Event()
        self._writable.set()

    # The shard's own methods.

    def query(self, request: edge.QueryRequest) -> list[edge.ScoredPoint]:
        """As the shard's."""
        return self._shard.query(request)

    def scroll(self, request: edge.ScrollRequest) -> tuple[list[edge.Record], PointId | None]:
        """As the shard's."""
        return self._shard.scroll(request)

    def count(self, request: edge.CountRequest) -> int:
        """As the shard's."""
        return self._shard.count(request)

    def facet(self, request: edge.FacetRequest) -> edge.FacetResponse:
        """As the shard's."""
        return self._shard.facet(request)

    def retrieve(
        self,
        ids: Sequence[PointId],
        with_payload: bool | list[str] = False,
        with_vector: bool | list[str] = False,
    ) -> list[edge.Record]:
        """As the shard's."""
        return self._shard.retrieve(list(ids), with_payload=with_payload, with_vector=with_vector)

    def info(self) -> "edge.ShardInfo":
        """As the shard's."""
        return self._shard.info()

    def update(
        self,
        operation: edge.UpdateOperation,
        ids: Iterable[PointId] = (),
    ) -> None:
        """Writes, as the shard does, and flushes now and then.

        Args:
            operation: What to write.
            ids: All points that it writes or deletes; without them the operation itself is done
                again in the shard that takes this one's place, so that it must not depend on
                how often it is done.

        Raises:
            IndexUnavailable: the shard is being copied; `writable` waits.
        """
        if not self._writable.is_set():
            raise IndexUnavailable("the vector space is being copied", retry_after_s=1)
        touched = [str(one) for one in ids]
        if self._changes is not None:
            # Also what fails may have left something.
            self._changes.ids.update(dict.fromkeys(touched))
        before = self._shard.info().points_count
        self._shard.update(operation)
        if self._changes is not None and not touched:
            self._changes.operations.append(operation)
        if self._shard.info().points_count >= before:
            self._written += len(touched)
        self._unflushed += len(touched)
        if self._unflushed >= FLUSH_EVERY:
            self.flush()

    def flush(self) -> None:
        """Has everything on the disk."""
        self._shard.flush()
        self._unflushed = 0
        _write_state(self.path, self._written, self._in_graph)

    def close(self) -> None:
        """Flushes and lets go of the files."""
        self.flush()
        self._shard.close()

    # Of the graph.

    def in_graph(self) -> int:
        """About how many vectors the graph has, gone ones included."""
        return self._in_graph

    def waiting(self) -> int:
        """About how many points no graph has; never fewer than there are."""
        info = self._shard.info()
        return max(min(self._written, info.points_count), info.points_count - self._in_graph)

    def wants_graph(self, from_points: int) -> bool:
        """True if so many points wait for a graph, or much of the graph is of points gone."""
        info = self._shard.info()
        waiting = self.waiting()
        gone = self._in_graph + waiting - info.points_count
        return waiting >= from_points or (
            self._in_graph >= from_points and gone > GONE_SHARE * self._in_graph
        )

    async def writable(self) -> None:
        """Waits while the shard is being copied."""
        await self._writable.wait()

    def hold(self) -> None:
        """Begins a copy: all is on the disk, and nothing is written until `release`."""
        self.flush()
        self._changes = _Changes()
        self._writable.clear()

    def release(self) -> None:
        """Lets writes go on; the copy was made, or given up."""
        self._writable.set()

    def forget_copy(self) -> None:
        """No other shard takes this one's place after all."""
        self._changes = None
        self.release()

    async def move_to(
        self, path: Path, check_room: Callable[[], None], finish: Callable[[], None]
    ) -> None:
        """Has a shard that was built from the copy take this one's place.

        What was written since the copy is brought there in chunks, giving way to other work
        between them; the last ones, and the change itself, are at once, between two calls.

        Args:
            path: Folder of the other shard.
            check_room: Raises if the disk is too full to write.
            finish: Has that folder count instead of this one's.

        Raises:
            OSError: from `finish`; it does not count, and this shard goes on.
        """
        if self._changes is None:
            raise RuntimeError("no copy was begun")
        other = edge.EdgeShard.load(str(path))
        in_graph = _in_graph(other)
        try:
            brought = await self._bring(other, self._changes, check_room)
            finish()
        except BaseException:
            other.close()
            raise
        former, self._shard = self._shard, other
        self.path = path
        self._written = brought
        self._in_graph = in_graph
        self.forget_copy()
        # It does not count any more.
        with suppress(Exception):
            former.close()
        self.flush()

    async def _bring(
        self, other: edge.EdgeShard, changes: "_Changes", check_room: Callable[[], None]
    ) -> int:
        """Brings all that changed; nothing has changed since when this returns."""
        brought = 0
        unflushed = 0
        while changes.ids or changes.operations:
            check_room()
            is_last = len(changes.ids) <= BRING_CHUNK
            done = self._bring_some(other, changes)
            brought += done
            unflushed += done
            if unflushed >= FLUSH_EVERY:
                other.flush()
                unflushed = 0
            if not is_last:
                await asyncio.sleep(0)
        other.flush()
        return brought

    def _bring_some(self, other: edge.EdgeShard, changes: "_Changes") -> int:
        # What names no points comes first: it was done before the points were last read.
        while changes.operations:
            other.update(changes.operations[0])
            del changes.operations[0]
        ids = [one for one, _ in zip(changes.ids, range(BRING_CHUNK), strict=False)]
        if not ids:
            return 0
        records = self._shard.retrieve(list(ids), with_payload=True, with_vector=True)
        found = {str(record.id) for record in records}
        gone: list[PointId] = [one for one in ids if str(UUID(one)) not in found]
        if gone:
            other.update(edge.UpdateOperation.delete_points(gone))
        if records:
            other.update(
                edge.UpdateOperation.upsert_points(
                    [
                        # Read with its vectors, as they are to be written.
                        edge.Point(record.id, record.vector or {}, record.payload)
                        for record in records
                    ]
                )
            )
        for one in ids:
            del changes.ids[one]
        return len(ids)


class _Changes:
    """What was written since a copy was begun: points in the order of their first writing."""

    def __init__(self) -> None:
        self.ids: dict[str, None] = {}
        self.operations: list[edge.UpdateOperation] = []


def _in_graph(shard: edge.EdgeShard) -> int:
    """About how many vectors the graph has, gone ones included; all, of a shard just built.

    Edge counts vectors of words among those that are indexed, wherever they are, and those of parts
    where the others are.
    """
    info = shard.info()
    left = max(0, info.indexed_vectors_count - _having(shard, WORDS_NAME))
    crops = _having(shard, CROPS_NAME)
    return left * info.points_count // max(1, info.points_count + crops)


def _having(shard: edge.EdgeShard, vector_name: str) -> int:
    """How many points have a vector."""
    having = edge.Filter(must=[edge.HasVectorCondition(vector_name)])
    return shard.count(edge.CountRequest(exact=True, filter=having))


def _read_state(path: Path) -> tuple[int, int | None]:
    """How much was written since the graph, and how much it has; None if that is not known."""
    try:
        state = json.loads((path / _STATE).read_text())
        in_graph = state.get("in_graph")
        return int(state["written"]), None if in_graph is None else int(in_graph)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return 0, None


def _write_state(path: Path, written: int, in_graph: int) -> None:
    """Only a hint when to build; points that no graph has ever had are counted without it."""
    unfinished = path / f"{_STATE}.new"
    with suppress(OSError):
        unfinished.write_text(json.dumps({"written": written, "in_graph": in_graph}))
        unfinished.rename(path / _STATE)
