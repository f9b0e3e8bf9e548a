"""The event consumer: every image that storage keeps gets a point, every one that goes loses it."""

import asyncio
import logging
from functools import partial

from services.clients.model import Space
from services.clients.patience import patiently
from services.clients.ports import Contents
from services.search.errors import EventsLost, SpaceChanged, SpaceGone
from services.search.indexing.consumption import Consumption
from services.search.indexing.image_worker import ImageWorker
from services.search.indexing.space_choice import SpaceChoice
from services.search.ports import Arrivals, EventStream, ImageEmbedder, VectorIndex

ASK_FOR_SPACE_EVERY_S = 3.0
ASK_AGAIN_AFTER_S = 1.0
"""How soon the embedder is asked again after it named another space than the one in use."""

_BEGIN_ANEW = (SpaceChanged, EventsLost, SpaceGone)

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
        arrivals: Told of images that others may wait for.
        capacity: Events that are under way at once.
        ask_every_s: How often the embedder is asked for its space.
        ask_again_after_s: How often while it names another than the one in use.
    """

    def __init__(
        self,
        events: EventStream,
        contents: Contents,
        embedder: ImageEmbedder,
        index: VectorIndex,
        worker: ImageWorker,
        *,
        arrivals: Arrivals,
        capacity: int,
        ask_every_s: float = ASK_FOR_SPACE_EVERY_S,
        ask_again_after_s: float = ASK_AGAIN_AFTER_S,
    ) -> None:
        self._capacity = capacity
        self._ask_every_s = ask_every_s
        self._ask_again_after_s = ask_again_after_s
        self._events = events
        self._contents = contents
        self._embedder = embedder
        self._index = index
        self._worker = worker
        self._arrivals = arrivals
        self._space: Space | None = None

    async def run(self) -> None:
        """Indexes for ever; begins anew when the model changes or events or vectors were lost."""
        while True:
            # A task of its own, because Python 3.11's TaskGroup leaves its task marked as
            # cancelled when a child fails.
            session = asyncio.create_task(self._run_once())
            try:
                await session
            except (*_BEGIN_ANEW, ExceptionGroup) as error:
                task = asyncio.current_task()
                if task is not None and task.cancelling():
                    # A child that fails while the group is cancelled hides the cancellation.
                    raise asyncio.CancelledError from error
                if isinstance(error, ExceptionGroup) and error.split(_BEGIN_ANEW)[1]:
                    raise
                _log.warning("begins anew: %r", error)

    async def _run_once(self) -> None:
        if self._space is None:
            self._space = await self._first_space()
        space = self._space
        await patiently(partial(self._prepare, space), unless=_BEGIN_ANEW)
        _log.info("indexing for %s", space)
        choice = SpaceChoice(space)
        consumption = Consumption(
            self._events,
            self._contents,
            self._index,
            self._worker,
            space,
            arrivals=self._arrivals,
            capacity=self._capacity,
            seen=choice.seen,
        )
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(consumption.commit(tasks))
            tasks.create_task(consumption.keep())
            tasks.create_task(consumption.read(tasks))
            tasks.create_task(self._watch(choice))

    async def _first_space(self) -> Space:
        """The space to begin with: the embedder's, if it is known to be complete or none is.

        Otherwise the embedder must speak of nothing else first: it may just be exchanged.
        """
        choice = SpaceChoice(None)
        while True:
            answer = await patiently(self._embedder.space)
            complete = await patiently(self._events.complete_spaces)
            if not complete or answer.name in complete or choice.asked(answer):
                return answer
            await asyncio.sleep(self._ask_again_after_s)

    async def _watch(self, choice: SpaceChoice) -> None:
        """Raises `SpaceChanged` when the embedder runs another model for good."""
        while True:
            await asyncio.sleep(self._ask_every_s if choice.is_sure else self._ask_again_after_s)
            answer = await patiently(self._embedder.space)
            if choice.asked(answer):
                self._space = answer
                raise SpaceChanged(answer)

    async def _prepare(self, space: Space) -> None:
        """Opens the index, and has every image announced if the space may lack some.

        Nothing is consumed before, so that a complete space stays so.
        """
        await self._index.open(space)
        await self._events.open()
        is_empty = await self._index.count(space) == 0
        # Announced again, images keep their vectors and get what former code did not write.
        lacks_some = is_empty or await self._index.outdated(space)
        if lacks_some or space.name not in await self._events.complete_spaces():
            await self._events.begin_announcing(space.name)
            images = await self._contents.replay()
            await self._events.end_announcing(space.name)
            _log.info("asked for %d images to be announced for %s", images, space.name)
