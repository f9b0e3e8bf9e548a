"""The event consumer: every image that storage keeps gets a point, every one that goes loses it."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

from services.clients.model import ImageContent, Space
from services.clients.patience import patiently
from services.clients.ports import Contents
from services.search.errors import EventsLost, SpaceChanged
from services.search.indexing.image_worker import ImageWorker, point_of
from services.search.model import ImageEvent, ImagePoint, Outcome, StoredVector
from services.search.ports import EventStream, ImageEmbedder, VectorIndex
from services.search.telemetry import (
    images_under_way,
    index_delay_s,
    index_stage_s,
    indexed_images,
)

READ_BATCH = 32
"""Events that are read and resolved at once."""

COMMIT_BATCH = 64
"""Points that are written, announced and acknowledged together."""

ASK_FOR_SPACE_EVERY_S = 3.0
LOOK_FOR_ABANDONED_EVERY_S = 20.0

_log = logging.getLogger(__name__)


class Indexer:
    """Keeps the index true to storage's events.

    At least once and idempotent: a point's id is the image's id, an event is
    taken off the stream only after its point is kept and its outcome announced.

    Args:
        events: What happened to images.
        contents: Where their bytes are.
        embedder: Tells the space in use.
        index: Where points go.
        worker: Makes an image's point.
        capacity: Events that are under way at once.
    """

    def __init__(
        self,
        events: EventStream,
        contents: Contents,
        embedder: ImageEmbedder,
        index: VectorIndex,
        worker: ImageWorker,
        *,
        capacity: int,
    ) -> None:
        self._capacity = capacity
        self._events = events
        self._contents = contents
        self._embedder = embedder
        self._index = index
        self._worker = worker

    async def run(self) -> None:
        """Indexes for ever; begins anew when the model changes or the events were lost."""
        while True:
            # A task of its own, because Python 3.11's TaskGroup leaves its task marked as
            # cancelled when a child fails.
            session = asyncio.create_task(self._run_once())
            try:
                await session
            except (SpaceChanged, EventsLost, ExceptionGroup) as error:
                task = asyncio.current_task()
                if task is not None and task.cancelling():
                    # A child that fails while the group is cancelled hides the cancellation.
                    raise asyncio.CancelledError from error
                if isinstance(error, ExceptionGroup) and error.split((SpaceChanged, EventsLost))[1]:
                    raise
                _log.warning("begins anew: %r", error)

    async def _run_once(self) -> None:
        space = await patiently(self._prepare)
        _log.info("indexing for %s", space)
        consumption = _Consumption(
            self._events,
            self._contents,
            self._index,
            self._worker,
            space,
            capacity=self._capacity,
        )
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(consumption.commit())
            tasks.create_task(consumption.read(tasks))
            tasks.create_task(self._watch(space))

    async def _watch(self, space: Space) -> None:
        """Raises `SpaceChanged` when the embedder was started anew with another model."""
        while True:
            await asyncio.sleep(ASK_FOR_SPACE_EVERY_S)
            now = await patiently(self._embedder.space)
            if now != space:
                raise SpaceChanged(f"from {space} to {now}")

    async def _prepare(self) -> Space:
        """Opens the index, and has every image announced if it lacks some.

        Nothing is consumed before: a space that has points was replayed for, or
        has consumed every event since it was.
        """
        space = await self._embedder.space()
        await self._index.open(space)
        await self._events.open()
        is_empty = await self._index.count(space) == 0
        if is_empty or await self._events.replayed_for() != space.name:
            images = await self._contents.replay()
            await self._events.set_replayed_for(space.name)
            _log.info("asked for %d images to be announced for %s", images, space.name)
        return space


@dataclass(frozen=True, slots=True)
class _Done:
    """An event whose work is done but for being written down."""

    event: ImageEvent
    kind: str
    """indexed, reused, gone, deleted, or the reason of a failure."""
    point: ImagePoint | None = None
    outcome: Outcome | None = None


class _Consumption:
    """Events on their way, for as long as the space stays the same."""

    def __init__(
        self,
        events: EventStream,
        contents: Contents,
        index: VectorIndex,
        worker: ImageWorker,
        space: Space,
        *,
        capacity: int,
    ) -> None:
        self._capacity = capacity
        self._events = events
        self._contents = contents
        self._index = index
        self._worker = worker
        self._space = space
        self._done: asyncio.Queue[_Done] = asyncio.Queue()
        self._under_way: set[str] = set()
        self._has_room = asyncio.Event()
        # The newest work for each image; the next waits for it, so that events keep their order.
        self._newest: dict[str, asyncio.Task[None]] = {}

    async def read(self, tasks: asyncio.TaskGroup) -> None:
        """Reads events and starts their work; first those that were left unfinished."""
        unfinished = await patiently(self._events.own_unfinished)
        for start in range(0, len(unfinished), READ_BATCH):
            await self._room()
            await self._start(unfinished[start : start + READ_BATCH], tasks)
        look_at = 0.0
        while True:
            room = min(await self._room(), READ_BATCH)
            batch: list[ImageEvent] = []
            if time.monotonic() >= look_at:
                look_at = time.monotonic() + LOOK_FOR_ABANDONED_EVERY_S
                batch = await patiently(partial(self._events.abandoned, room))
            if not batch:
                batch = await patiently(partial(self._events.read, room))
            await self._start(batch, tasks)

    async def commit(self) -> None:
        """Writes down what is done: points, then deletions, then outcomes."""
        while True:
            batch = [await self._done.get()]
            while len(batch) < COMMIT_BATCH and not self._done.empty():
                batch.append(self._done.get_nowait())
            await self._write(batch)
            for done in batch:
                self._under_way.discard(done.event.message_id)
            images_under_way.add(-len(batch))
            self._has_room.set()

    async def _room(self) -> int:
        """Waits until events can be taken; how many."""
        while len(self._under_way) >= self._capacity:
            self._has_room.clear()
            await self._has_room.wait()
        return self._capacity - len(self._under_way)

    async def _start(self, batch: Sequence[ImageEvent], tasks: asyncio.TaskGroup) -> None:
        # Events that take long look abandoned, to this replica too.
        batch = [event for event in batch if event.message_id not in self._under_way]
        uploaded = sorted({event.image_id for event in batch if event.kind == "uploaded"})
        contents: dict[str, ImageContent] = {}
        stored: dict[str, StoredVector] = {}
        if uploaded:
            started = time.perf_counter()
            contents |= await patiently(lambda: self._contents.resolve(uploaded))
            index_stage_s.record(time.perf_counter() - started, {"stage": "resolve"})
            stored |= await patiently(lambda: self._index.stored(self._space, uploaded))
        self._under_way |= {event.message_id for event in batch}
        images_under_way.add(len(batch))
        for event in batch:
            image_id = event.image_id
            work = partial(self._work, event, contents.get(image_id), stored.get(image_id))
            task = tasks.create_task(self._in_order(self._newest.get(image_id), work))
            self._newest[image_id] = task
            task.add_done_callback(partial(self._forget, image_id))

    async def _in_order(
        self, previous: asyncio.Task[None] | None, work: Callable[[], Awaitable[_Done]]
    ) -> None:
        if previous is not None:
            await asyncio.wait([previous])
        self._done.put_nowait(await work())

    def _forget(self, image_id: str, task: asyncio.Task[None]) -> None:
        if self._newest.get(image_id) is task:
            del self._newest[image_id]

    async def _work(
        self, event: ImageEvent, content: ImageContent | None, stored: StoredVector | None
    ) -> _Done:
        if event.kind == "deleted":
            return _Done(event, "deleted")
        if content is None:
            return _Done(event, "gone")
        if stored is not None and stored.user_id == content.user_id:
            # An image's bytes never change: announced again, it keeps its vector.
            return _indexed(event, "reused", point_of(content, stored.vector))
        result = await self._worker.process(event, content, self._space)
        if result is None:
            return _Done(event, "gone")
        if isinstance(result, Outcome):
            return _Done(event, result.reason, outcome=result)
        return _indexed(event, "indexed", result)

    async def _write(self, batch: Sequence[_Done]) -> None:
        started = time.perf_counter()
        # One image may be in the batch twice; its last point counts.
        points = {done.event.image_id: done.point for done in batch if done.point is not None}
        deleted = [done.event.image_id for done in batch if done.kind == "deleted"]
        outcomes = [done.outcome for done in batch if done.outcome is not None]
        message_ids = [done.event.message_id for done in batch]
        await patiently(lambda: self._index.upsert(self._space, list(points.values())))
        await patiently(lambda: self._index.delete(deleted))
        await patiently(lambda: self._events.finish(message_ids, outcomes))
        index_stage_s.record(time.perf_counter() - started, {"stage": "commit"})
        now_ms = time.time() * 1000
        for done in batch:
            indexed_images.add(1, {"outcome": done.kind})
            sent_ms = int(done.event.message_id.partition("-")[0])
            index_delay_s.record(max(0.0, now_ms - sent_ms) / 1000, {"outcome": done.kind})


def _indexed(event: ImageEvent, kind: str, point: ImagePoint) -> _Done:
    return _Done(event, kind, point, Outcome(event.image_id))
