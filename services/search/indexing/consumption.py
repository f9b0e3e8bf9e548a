"""Events on their way, from their stream to their end.

An event says that something happened to an image; what is true of it now says
storage, whatever the event: an image that storage has gets a point, one that it
has not loses it. Replicas that work on the same image at once may write over
each other, so storage is asked again after the writing, and what is not as it
says is done again. Whoever writes last therefore leaves it right, unless storage
has changed since, and then another event is on its way.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from services.clients.model import ImageContent, Space
from services.clients.patience import TRANSIENT, patiently
from services.clients.ports import Contents
from services.runtime.declared import Attributes
from services.runtime.errors import ArgusError
from services.runtime.telemetry_contract import (
    IMAGE_ID,
    INDEX_IMAGE,
    MESSAGE_ID,
    MESSAGING_OPERATION,
    MESSAGING_SYSTEM,
    OUTCOME,
    STAGE,
)
from services.runtime.tracing import link_to
from services.search.errors import IndexingFailed, SpaceGone
from services.search.indexing.image_worker import ImageWorker, point_of
from services.search.indexing.point_writer import PointWriter
from services.search.model import ImageEvent, ImagePoint, Newcomer, Outcome, StoredVector
from services.search.ports import Arrivals, EventStream, Following, VectorIndex
from services.search.telemetry import (
    images_under_way,
    index_delay_s,
    index_stage_s,
    indexed_images,
    tracing,
)

READ_BATCH = 32
"""Events that are read and resolved at once."""

INLINE_BYTES = 8 * 2**20
"""Bytes of images that may come with the links to the images of one batch."""

COMMIT_BATCH = 64
"""Points that are written, announced and acknowledged together."""

KEEP_EVERY_S = 15.0
"""How often this replica says that it is at work on its events; others take over what nobody
spoke of for a minute."""

LOOK_FOR_ABANDONED_EVERY_S = 20.0

MOST_DELIVERIES = 5
"""Events that were handed out so often, and whose work fails in a way that nobody foresaw, are
given up: indexing begins anew each time, and all others wait."""

STEADY_S = 2 * KEEP_EVERY_S
"""For how long Redis must have answered before abandoned events are looked for. While it was down
nobody could say anything, and the events of all replicas look abandoned."""

_log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Done:
    """An event whose work is done but for being written down."""

    event: ImageEvent
    kind: str
    """indexed, reused, deleted, or the reason of a failure."""
    is_new: bool = False
    """Whether nobody could find the image before."""
    point: ImagePoint | None = None
    outcome: Outcome | None = None

    @property
    def is_change(self) -> bool:
        """Whether the image could be found before, and its name or labels changed."""
        return self.point is not None and not self.is_new and self.event.kind == "updated"

    def agrees(self, content: ImageContent | None) -> bool:
        """Whether what was written is what storage says now."""
        if self.point is not None:
            point = self.point
            return content is not None and point_of(content, point.vector, point.crops) == point
        return self.kind != "deleted" or content is None


class Consumption:
    """Events on their way, for as long as the space stays the same.

    Args:
        events: What happened to images.
        contents: Where their bytes are.
        index: Where points go.
        worker: Makes an image's point.
        space: Whose points.
        capacity: Events that are under way at once.
        seen: Told whenever an image was embedded for the space.
        arrivals: Told of images that others may wait for; None if none of them is news.
        following: The space that is to have each image, too; None if there is none.
        anew: Embed images also if the space has a vector of them.
    """

    def __init__(
        self,
        events: EventStream,
        contents: Contents,
        index: VectorIndex,
        worker: ImageWorker,
        space: Space,
        *,
        capacity: int,
        seen: Callable[[], None],
        arrivals: Arrivals | None = None,
        following: Following | None = None,
        anew: bool = False,
    ) -> None:
        self._capacity = capacity
        self._events = events
        self._contents = contents
        self._index = index
        self._worker = worker
        self._space = space
        self._arrivals = arrivals
        self._seen = seen
        self._following = following
        self._anew = anew
        self._writer = PointWriter(index, space)
        # No more than the capacity, because an event is under way until it is written down.
        self._done: asyncio.Queue[_Done] = asyncio.Queue()
        self._under_way: set[str] = set()
        self._has_room = asyncio.Event()
        self._steady_since = time.monotonic()
        # The newest work for each image; the next waits for it, so that events keep their order.
        self._newest: dict[str, asyncio.Task[_Done]] = {}

    async def read(self, tasks: asyncio.TaskGroup) -> None:
        """Reads events and starts their work; first those that were left unfinished."""
        unfinished = await self._of_stream(self._events.own_unfinished)
        for start in range(0, len(unfinished), READ_BATCH):
            await self._room()
            await self._start(unfinished[start : start + READ_BATCH], tasks)
        look_at = 0.0
        while True:
            room = min(await self._room(), READ_BATCH)
            batch: list[ImageEvent] = []
            now = time.monotonic()
            if now >= look_at and now >= self._steady_since + STEADY_S:
                look_at = now + LOOK_FOR_ABANDONED_EVERY_S
                batch = await self._of_stream(partial(self._events.abandoned, room))
            if not batch:
                batch = await self._of_stream(partial(self._events.read, room))
            await self._start(batch, tasks)

    async def keep(self) -> None:
        """Says again and again that the events under way are worked on."""
        while True:
            await asyncio.sleep(KEEP_EVERY_S)
            await self._of_stream(lambda: self._events.keep(list(self._under_way)))

    async def commit(self, tasks: asyncio.TaskGroup) -> None:
        """Writes down what is done: points, then deletions, then outcomes.

        What storage sees otherwise by then is begun again.
        """
        while True:
            batch = [await self._done.get()]
            while len(batch) < COMMIT_BATCH and not self._done.empty():
                batch.append(self._done.get_nowait())
            again = await self._write(batch)
            ended = {done.event.message_id for done in batch} - {one.message_id for one in again}
            self._under_way -= ended
            images_under_way.add(-len(ended))
            self._has_room.set()
            if again:
                await self._begin(again, tasks)

    def give_up(self) -> None:
        """Counts what is under way no more; after the session's end."""
        images_under_way.add(-len(self._under_way))
        self._under_way.clear()

    async def _of_stream(self, call: Callable[[], Awaitable[T]]) -> T:
        """Calls until the stream answers, and remembers since when it does."""

        async def once() -> T:
            try:
                return await call()
            except TRANSIENT:
                self._steady_since = float("inf")
                raise

        answer = await patiently(once)
        self._steady_since = min(self._steady_since, time.monotonic())
        return answer

    async def _room(self) -> int:
        """Waits until events can be taken; how many."""
        while len(self._under_way) >= self._capacity:
            self._has_room.clear()
            await self._has_room.wait()
        return self._capacity - len(self._under_way)

    async def _start(self, batch: Sequence[ImageEvent], tasks: asyncio.TaskGroup) -> None:
        batch = [event for event in batch if event.message_id not in self._under_way]
        # From now on: what they need may have to be waited for.
        self._under_way |= {event.message_id for event in batch}
        images_under_way.add(len(batch))
        await self._begin(batch, tasks)

    async def _begin(self, batch: Sequence[ImageEvent], tasks: asyncio.TaskGroup) -> None:
        """Starts the work of events that are under way."""
        contents = await self._resolve({event.image_id for event in batch}, INLINE_BYTES)
        kept = sorted(contents)
        stored: Mapping[str, StoredVector] = {}
        if kept and not self._anew:
            stored = await patiently(
                lambda: self._index.stored(self._space, kept, crops=self._worker.makes_crops),
                unless=SpaceGone,
            )
        for event in batch:
            image_id = event.image_id
            work = partial(self._work, event, contents.get(image_id), stored.get(image_id))
            task = tasks.create_task(self._in_order(self._newest.get(image_id), work))
            self._newest[image_id] = task
            task.add_done_callback(partial(self._forget, image_id))

    async def _resolve(
        self, image_ids: Collection[str], inline_bytes: int = 0
    ) -> Mapping[str, ImageContent]:
        """What storage has of images now; with bytes that it has at hand, up to so many."""
        if not image_ids:
            return {}
        wanted = sorted(image_ids)
        started = time.perf_counter()
        contents = await patiently(
            lambda: self._contents.resolve(wanted, inline_bytes=inline_bytes)
        )
        index_stage_s.record(time.perf_counter() - started, {STAGE: "resolve"})
        return contents

    async def _in_order(
        self,
        previous: asyncio.Task[_Done] | None,
        work: Callable[[ImagePoint | None], Awaitable[_Done]],
    ) -> _Done:
        """Does an image's work after the one before, which may just have made its point."""
        known: ImagePoint | None = None
        if previous is not None:
            await asyncio.wait([previous])
            known = previous.result().point
        done = await work(known)
        self._done.put_nowait(done)
        return done

    def _forget(self, image_id: str, task: asyncio.Task[_Done]) -> None:
        if self._newest.get(image_id) is task:
            del self._newest[image_id]

    async def _work(
        self,
        event: ImageEvent,
        content: ImageContent | None,
        stored: StoredVector | None,
        known: ImagePoint | None,
    ) -> _Done:
        about: Attributes = {
            MESSAGING_SYSTEM: "redis",
            MESSAGING_OPERATION: "process",
            MESSAGE_ID: event.message_id,
            IMAGE_ID: event.image_id,
        }
        # A trace of its own: it may be begun long after its cause has ended, and again.
        with tracing.span(INDEX_IMAGE, about, links=link_to(event.cause)) as span:
            try:
                done = await self._index_image(event, content, stored, known)
            except (ArgusError, asyncio.CancelledError):
                raise
            except Exception as error:
                if event.deliveries < MOST_DELIVERIES:
                    # Indexing begins anew, and hands it out once more.
                    raise
                _log.exception("gave up image %s", event.image_id)
                done = _refused(
                    event, IndexingFailed.reason, f"indexing it fails ({type(error).__name__})"
                )
            span.say({OUTCOME: done.kind})
            if done.outcome is not None and done.outcome.reason:
                span.failed(done.outcome.reason)
            return done

    async def _index_image(
        self,
        event: ImageEvent,
        content: ImageContent | None,
        stored: StoredVector | None,
        known: ImagePoint | None,
    ) -> _Done:
        if content is None:
            return _Done(event, "deleted")
        # An image's bytes never change: announced again, it keeps its vector.
        kept = known or stored
        is_new = not content.was_indexed
        lacks_crops = kept is not None and kept.crops is None and self._worker.makes_crops
        if kept is not None and kept.user_id == content.user_id and not lacks_crops:
            point = point_of(content, kept.vector, kept.crops)
            return _indexed(event, "reused", point, is_new=is_new)
        result = await self._worker.process(event, content, self._space)
        if result is None:
            return _Done(event, "deleted")
        if isinstance(result, Outcome):
            return _Done(event, result.reason, outcome=result)
        self._seen()
        return _indexed(event, "indexed", result, is_new=is_new)

    async def _write(self, batch: Sequence[_Done]) -> list[ImageEvent]:
        """Writes and ends what is done; events of images that storage sees otherwise now."""
        started = time.perf_counter()
        # One image may be in the batch twice; what came of it last counts.
        last = {done.event.image_id: done for done in batch}
        points = [done.point for done in last.values() if done.point is not None]
        await self._prepare_arrivals(last.values())
        refused = await self._writer.write(points)
        batch = [
            done
            if done.point is None or (error := refused.get(done.event.image_id)) is None
            else _refused(done.event, error.reason, error.message)
            for done in batch
        ]
        deleted = [image_id for image_id, done in last.items() if done.kind == "deleted"]
        await patiently(lambda: self._index.delete(deleted))
        contents = await self._resolve(last.keys())
        differ = {
            image_id for image_id, done in last.items() if not done.agrees(contents.get(image_id))
        }
        again = [done.event for done in batch if done.event.image_id in differ]
        batch = [done for done in batch if done.event.image_id not in differ]
        outcomes = [done.outcome for done in batch if done.outcome is not None]
        message_ids = [done.event.message_id for done in batch]
        await self._tell_arrivals(batch)
        await self._tell_others_missed(batch)
        given_up = {
            done.event: done.outcome
            for done in batch
            if done.outcome is not None and done.outcome.reason == IndexingFailed.reason
        }
        await self._of_stream(lambda: self._events.finish(message_ids, outcomes, given_up))
        index_stage_s.record(time.perf_counter() - started, {STAGE: "commit"})
        now_ms = time.time() * 1000
        for done in batch:
            indexed_images.add(1, {OUTCOME: done.kind})
            sent_ms = int(done.event.message_id.partition("-")[0])
            index_delay_s.record(max(0.0, now_ms - sent_ms) / 1000, {OUTCOME: done.kind})
        return again

    async def _prepare_arrivals(self, batch: Iterable[_Done]) -> None:
        """Remembers what images are that are about to change."""
        arrivals = self._arrivals
        if arrivals is None:
            return
        changed = [done.point for done in batch if done.point is not None and done.is_change]
        await patiently(lambda: arrivals.before(self._space, changed), unless=SpaceGone)

    async def _tell_arrivals(self, batch: Sequence[_Done]) -> None:
        """Has those images compared with saved searches that are new, or are not what they were."""
        arrivals = self._arrivals
        if arrivals is None:
            return
        points = {done.event.image_id: done.point for done in batch if done.point is not None}
        new = {done.event.image_id for done in batch if done.is_new}
        changed = {done.event.image_id for done in batch if done.is_change}
        newcomers = [
            Newcomer(image_id, points[image_id].user_id, is_change=image_id not in new)
            for image_id in sorted(new | changed)
        ]
        gone = {done.event.image_id for done in batch if done.kind == "deleted"} - points.keys()
        await patiently(lambda: arrivals.after(newcomers, there=points.keys(), gone=gone))

    async def _tell_others_missed(self, batch: Sequence[_Done]) -> None:
        """Remembers which other models' spaces do not get what ends now: images, or labels."""
        image_ids = sorted({done.event.image_id for done in batch if done.point is not None})
        if not image_ids:
            return
        changed = any(done.event.kind == "updated" and done.point is not None for done in batch)
        followed = await self._tell_following(image_ids, changed=changed)
        complete = await self._of_stream(self._events.complete_spaces)
        others = set(complete) - {self._space.name, followed}
        missed = [
            name
            for name in others
            if changed or await patiently(partial(self._index.lacks, name, image_ids))
        ]
        await self._of_stream(lambda: self._events.set_missed(missed))

    async def _tell_following(self, image_ids: Sequence[str], *, changed: bool) -> str:
        """Remembers for the space that follows which images it has not as they are now; its name.

        Empty if none does, or it is this one.
        """
        following = self._following
        if following is None:
            return ""
        name = await self._of_stream(following.followed)
        if not name or name == self._space.name:
            return ""
        if changed or await patiently(partial(self._index.lacks, name, image_ids)):
            await self._of_stream(lambda: following.add_missed(name, image_ids))
        return name


def _indexed(event: ImageEvent, kind: str, point: ImagePoint, *, is_new: bool) -> _Done:
    return _Done(event, kind, is_new, point, Outcome(event.image_id))


def _refused(event: ImageEvent, reason: str, message: str) -> _Done:
    return _Done(event, reason, outcome=Outcome(event.image_id, reason, message))
