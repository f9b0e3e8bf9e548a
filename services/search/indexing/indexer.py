"""The event consumer: every image that storage keeps gets a point, every one that goes loses it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from services.clients.model import Space
from services.clients.patience import patiently
from services.clients.ports import Contents
from services.search.errors import EventsLost, SpaceChanged, SpaceGone
from services.search.indexing.consumption import Consumption
from services.search.indexing.image_worker import ImageWorker
from services.search.indexing.space_choice import SpaceChoice
from services.search.ports import Arrivals, Changeover, EventStream, ImageEmbedder, VectorIndex

ASK_FOR_SPACE_EVERY_S = 3.0
ASK_AGAIN_AFTER_S = 1.0
"""How soon the embedder is asked again after it named another space than the one in use."""

_BEGIN_ANEW = (SpaceChanged, EventsLost, SpaceGone)

_log = logging.getLogger(__name__)


class Indexer:
    """Keeps the index true to storage's events, in the space that searches use.

    At least once and idempotent: a point's id is the image's id, an event is
    taken off the stream only after its point is kept and its outcome announced.

    Searches stay with their space as long as the embedder has its model. Another
    default model is made ready beside it (`reindexing/`); the index says when
    searches change over, and every replica follows.

    Args:
        events: What happened to images.
        contents: Where their bytes are.
        embedder: Tells the spaces of its models.
        index: Where points go.
        worker: Makes an image's point.
        arrivals: Told of images that others may wait for.
        changeover: Has another space made beside the one in use.
        use: Told which space searches are to use.
        restore: Brings an open space what a restore has left for it, before images are announced.
        capacity: Events that are under way at once.
        ask_every_s: How often the embedder is asked for its spaces.
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
        changeover: Changeover,
        use: Callable[[Space], None],
        restore: Callable[[Space], Awaitable[None]],
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
        self._changeover = changeover
        self._use = use
        self._restore = restore
        self._space: Space | None = None
        self._offered: Sequence[Space] = ()
        """Spaces of the embedder's models when it was last asked, its default's first."""

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
        space = self._space = self._space or await self._first_space()
        await patiently(partial(self._prepare, space), unless=_BEGIN_ANEW)
        _log.info("indexing for %s", space)
        noted = await patiently(self._changeover.noted_default)
        if noted is None:
            noted = self._offered[0]
            await patiently(partial(self._changeover.note_default, noted))
        default, model = SpaceChoice(noted), SpaceChoice(space)
        consumption = Consumption(
            self._events,
            self._contents,
            self._index,
            self._worker,
            space,
            arrivals=self._arrivals,
            capacity=self._capacity,
            seen=partial(self._seen, space, default, model),
            following=self._changeover,
        )
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(consumption.commit(tasks))
                tasks.create_task(consumption.keep())
                tasks.create_task(consumption.read(tasks))
                tasks.create_task(self._watch(space, default, model))
        finally:
            consumption.give_up()

    async def _first_space(self) -> Space:
        """The space to begin with: the one in use, if the embedder has its model.

        Else the embedder's default, if it is known to be complete or none is. Otherwise
        the embedder must speak of nothing else first: it may just be exchanged.
        """
        choice = SpaceChoice(None)
        while True:
            offered = await self._ask()
            if kept := await self._in_use():
                return kept
            complete = await patiently(self._events.complete_spaces)
            if not complete or offered[0].name in complete or choice.asked(offered[0]):
                return offered[0]
            await asyncio.sleep(self._ask_again_after_s)

    async def _watch(self, space: Space, default: SpaceChoice, model: SpaceChoice) -> None:
        """Raises `SpaceChanged` when another space is to be indexed for.

        Args:
            space: The one that is.
            default: Takes in which default the embedder has.
            model: Takes in whether the embedder still has the space's model.
        """
        while True:
            is_sure = default.is_sure and model.is_sure
            await asyncio.sleep(self._ask_every_s if is_sure else self._ask_again_after_s)
            offered = await self._ask()
            in_use = await self._in_use()
            if in_use is not None and in_use != space:
                self._change_to(in_use)
            await patiently(partial(self._changeover.announce_missed, space.name))
            is_gone = model.asked(space if space in offered else offered[0])
            if default.asked(offered[0]):
                await self._take_default(space, offered)
                default.settle(offered[0])
            if is_gone:
                self._change_to(offered[0])

    async def _take_default(self, space: Space, offered: Sequence[Space]) -> None:
        """Another model is the default for good: has its space made, if searches can wait for it.

        Raises:
            SpaceChanged: They cannot, because the model in use is not there any more.
        """
        taken = offered[0]
        await patiently(partial(self._changeover.note_default, taken))
        if taken == space:
            await patiently(partial(self._changeover.stay, space))
        elif space in offered:
            _log.info("has images embedded for %s, too", taken)
            await patiently(partial(self._changeover.follow, taken))
        else:
            self._change_to(taken)

    async def _ask(self) -> Sequence[Space]:
        self._offered = await patiently(self._embedder.spaces)
        return self._offered

    async def _in_use(self) -> Space | None:
        """The space that the index says is in use, if the embedder has its model."""
        name = await patiently(self._index.in_use)
        return next((space for space in self._offered if space.name == name), None)

    def _change_to(self, space: Space) -> None:
        self._space = space
        raise SpaceChanged(space)

    def _seen(self, space: Space, default: SpaceChoice, model: SpaceChoice) -> None:
        """An image was embedded: the model is there, and the default unless it was named."""
        model.seen()
        if space == self._offered[0] or space not in self._offered:
            default.seen()

    async def _prepare(self, space: Space) -> None:
        """Opens the index, and has every image announced if the space may lack some.

        Nothing is consumed before, so that a complete space stays so.
        """
        await self._index.open(space)
        if await self._in_use() is None:
            await self._index.use(space)
        self._use(space)
        await self._events.open()
        await self._restore(space)
        is_empty = await self._index.count(space) == 0
        # Announced again, images keep their vectors and get what former code did not write.
        lacks_some = is_empty or await self._index.outdated(space)
        if lacks_some or space.name not in await self._events.complete_spaces():
            await self._events.begin_announcing(space.name)
            images = await self._contents.replay()
            await self._events.end_announcing(space.name)
            _log.info("asked for %d images to be announced for %s", images, space.name)
