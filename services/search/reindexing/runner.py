"""Embeds every image for a space, and has searches change over to it when it has them all."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, suppress
from functools import partial

from services.clients.model import Space
from services.clients.patience import patiently
from services.clients.ports import Contents
from services.runtime.errors import Unavailable
from services.search.errors import SpaceGone
from services.search.indexing.consumption import Consumption
from services.search.indexing.image_worker import ImageWorker
from services.search.ports import EventStream, VectorIndex
from services.search.reindexing.images_to_copy import ImagesToCopy
from services.search.reindexing.model import Reindex, ReindexState
from services.search.reindexing.ports import Reindexes
from services.search.telemetry import reindex_waiting

LOOK_EVERY_S = 1.0
"""How often a replica looks whether there is something to do, or still is."""

Workers = Callable[[EventStream], AbstractAsyncContextManager[ImageWorker]]
"""Opens what makes images' points, with the events that they are of."""

_log = logging.getLogger(__name__)


class _Over(Exception):
    """There is nothing more to do: all is done, or it was cancelled, or another replica does it."""


class ReindexRunner:
    """Does what the newest reindexing needs; of several replicas one at a time.

    Images are worked on as events are (`indexing/`), with the same care: what fails is tried
    again, what ends the embedder is tried alone, and what storage says after the writing
    counts. While it runs, images go on to be indexed for the space in use, and
    searches use that.

    Args:
        reindexes: What is to be done.
        events: Storage's events.
        contents: Where images' bytes are.
        index: Has the space in use, and gets the other.
        current: The space that searches use.
        workers: Make points.
        replica: Name of this replica.
        capacity: Images that are under way at once.
        look_every_s: How often it looks for something to do.
    """

    def __init__(
        self,
        reindexes: Reindexes,
        events: EventStream,
        contents: Contents,
        index: VectorIndex,
        *,
        current: Callable[[], Awaitable[Space]],
        workers: Workers,
        replica: str,
        capacity: int,
        look_every_s: float = LOOK_EVERY_S,
    ) -> None:
        self._reindexes = reindexes
        self._events = events
        self._contents = contents
        self._index = index
        self._current = current
        self._workers = workers
        self._replica = replica
        self._capacity = capacity
        self._look_every_s = look_every_s

    async def run(self) -> None:
        """Looks for ever."""
        reindex_waiting.set(0)
        while True:
            reindex = await patiently(self._reindexes.newest)
            if (
                reindex is not None
                and reindex.runs
                and await patiently(partial(self._reindexes.hold, self._replica))
            ):
                await self._do(reindex)
            await asyncio.sleep(self._look_every_s)

    async def _do(self, reindex: Reindex) -> None:
        _log.info("embeds images for %s", reindex.space)
        # A task of its own, because Python 3.11's TaskGroup leaves its task marked as
        # cancelled when a child fails.
        session = asyncio.create_task(self._copy(reindex))
        try:
            await session
        except (SpaceGone, ExceptionGroup) as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                # A child that fails while the group is cancelled hides the cancellation.
                raise asyncio.CancelledError from error
            if isinstance(error, ExceptionGroup):
                _, others = error.split((SpaceGone, _Over))
                if others:
                    raise
            _log.info("stops embedding images for %s: %r", reindex.space.model, error)
        finally:
            reindex_waiting.set(0)
            # It ends by itself soon.
            with suppress(Unavailable):
                await self._reindexes.let_go(self._replica)

    async def _copy(self, reindex: Reindex) -> None:
        target = reindex.space
        current = await patiently(self._current)
        if current == target and not reindex.again:
            await self._end(current, reindex)
            return
        await patiently(partial(self._index.open, target), unless=SpaceGone)
        images = ImagesToCopy(
            self._index,
            self._reindexes,
            self._events,
            source=current.name,
            reindex=reindex,
        )
        async with self._workers(images) as worker:
            consumption = Consumption(
                images,
                self._contents,
                self._index,
                worker,
                target,
                capacity=self._capacity,
                seen=lambda: None,
                anew=reindex.again,
            )
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(consumption.commit(tasks))
                    tasks.create_task(consumption.read(tasks))
                    tasks.create_task(self._watch(reindex, images, current))
            finally:
                consumption.give_up()

    async def _watch(self, reindex: Reindex, images: ImagesToCopy, current: Space) -> None:
        """Raises `_Over` when there is nothing more to do."""
        while True:
            await asyncio.sleep(self._look_every_s)
            newest = await patiently(self._reindexes.newest)
            is_mine = await patiently(partial(self._reindexes.hold, self._replica))
            if (
                newest is None
                or not newest.runs
                or newest.start_s != reindex.start_s
                or not is_mine
            ):
                raise _Over("it was ended, or another replica goes on")
            if await patiently(self._current) != current:
                raise _Over("searches use another model by now")
            has = newest.done_count
            if not reindex.again:
                has = await patiently(partial(self._index.count, reindex.space), unless=SpaceGone)
            wanted = await patiently(partial(self._index.count, current), unless=SpaceGone)
            reindex_waiting.set(max(0, wanted - has))
            if images.is_done:
                await self._end(current, reindex)
                raise _Over("it is done")

    async def _end(self, current: Space, reindex: Reindex) -> None:
        """Has searches use the space. Each step can be repeated, if this process ends between."""
        target = reindex.space
        complete = await patiently(self._events.complete_spaces)
        if current != target:
            await patiently(partial(self._events.begin_announcing, target.name))
            if current.name in complete:
                # It has all that the former one had, and gets all that it misses from now on.
                await patiently(partial(self._events.end_announcing, target.name))
            await patiently(partial(self._index.use, target))
        elif reindex.again:
            # Images that the index lacks come too; the others keep their new vectors.
            await patiently(partial(self._events.begin_announcing, target.name))
            await patiently(self._contents.replay)
            await patiently(partial(self._events.end_announcing, target.name))
        await patiently(partial(self._reindexes.end, reindex, ReindexState.DONE))
        _log.info("searches use %s", target)
