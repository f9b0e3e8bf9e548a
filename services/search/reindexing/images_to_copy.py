"""Images of one space as events for another, or for itself: `EventStream`, as indexing reads it."""

import asyncio
import itertools
import time
from collections import deque
from collections.abc import Collection, Mapping, Sequence

from services.search.model import ImageEvent, Outcome
from services.search.ports import EventStream, VectorIndex
from services.search.reindexing.model import Reindex
from services.search.reindexing.ports import Reindexes

READ_AT_ONCE = 500
LOOK_AGAIN_S = 0.5


class ImagesToCopy:
    """Every image of one space, in the order of ids, then what the other has missed meanwhile.

    What is finished is remembered, so that a new one of the same goes on from there. An image's
    id is all that is read of the former space.

    Args:
        index: Has both spaces.
        reindexes: Remembers.
        events: Counts attempts at images that end the embedder.
        source: Name of the space whose images are read.
        reindex: Has the other, and the id up to which images were finished before.
    """

    def __init__(
        self,
        index: VectorIndex,
        reindexes: Reindexes,
        events: EventStream,
        *,
        source: str,
        reindex: Reindex,
    ) -> None:
        self._index = index
        self._reindexes = reindexes
        self._events = events
        self._source = source
        self._reindex = reindex
        self._target = reindex.space
        self._read_to = reindex.cursor
        self._at_end = False
        self._waiting: deque[str] = deque()
        self._missed: dict[str, float] = {}
        """Those that were read and are not finished, with when they were missed."""
        self._ordered: dict[str, str] = {}
        """Images of message ids in the order of ids, but for a first part that is done."""
        self._embedded: set[str] = set()
        """Message ids among them whose images were embedded."""
        self._images: dict[str, str] = {}
        """Images of message ids that are under way."""
        self._numbers = itertools.count()
        self.is_done = False
        """True while nothing is left, and nothing under way."""

    async def open(self) -> None:
        """Nothing is to be made."""

    async def read(self, count: int) -> list[ImageEvent]:
        """The next images; none if there are none now."""
        if not self._waiting and not self._at_end:
            ids = await self._index.all_ids(self._source, limit=READ_AT_ONCE, after=self._read_to)
            self._at_end = not ids
            self._waiting.extend(ids)
            self._read_to = ids[-1] if ids else self._read_to
        if self._waiting:
            ids = [self._waiting.popleft() for _ in range(min(count, len(self._waiting)))]
            events = [self._event(image_id) for image_id in ids]
            self._ordered |= {event.message_id: event.image_id for event in events}
            return events
        missed = await self._reindexes.missed(self._target.name, limit=count + len(self._missed))
        # One that is under way, and was missed once more, waits until that is finished.
        fresh = [image_id for image_id in missed if image_id not in self._missed][:count]
        if fresh:
            self.is_done = False
            self._missed |= {image_id: missed[image_id] for image_id in fresh}
            return [self._event(image_id) for image_id in fresh]
        self.is_done = not missed and not self._images
        await asyncio.sleep(LOOK_AGAIN_S)
        return []

    async def finish(
        self,
        message_ids: Sequence[str],
        outcomes: Sequence[Outcome],
        given_up: Mapping[ImageEvent, Outcome],
    ) -> None:
        """Remembers what is done, and why not what is not; nothing is announced.

        What was given up is tried once more after the change, and is an event then.
        """
        del given_up
        for outcome in outcomes:
            if outcome.reason:
                await self._reindexes.set_failed(self._target, outcome.image_id, outcome.reason)
        embedded = {outcome.image_id for outcome in outcomes if not outcome.reason}
        self._embedded |= {
            message_id
            for message_id in self._ordered.keys() & set(message_ids)
            if self._images[message_id] in embedded
        }
        ids = {self._images[message_id] for message_id in message_ids}
        missed = {image_id: at for image_id, at in self._missed.items() if image_id in ids}
        await self._reindexes.forget_missed(self._target.name, missed)
        under_way = self._images.keys() - set(message_ids)
        done = list(
            itertools.takewhile(lambda message_id: message_id not in under_way, self._ordered)
        )
        if done:
            count = len(self._embedded.intersection(done))
            await self._reindexes.move_on(self._reindex, self._ordered[done[-1]], count)
        # Nothing before is lost by being said again, if Redis did not answer.
        for message_id in done:
            del self._ordered[message_id]
            self._embedded.discard(message_id)
        for message_id in message_ids:
            del self._images[message_id]
        for image_id in missed:
            del self._missed[image_id]

    async def complete_spaces(self) -> Collection[str]:
        """No other space is told."""
        return ()

    async def begin_announcing(self, space_name: str) -> None:
        """Nothing is announced."""

    async def end_announcing(self, space_name: str) -> None:
        """Nothing is announced."""

    async def set_missed(self, space_names: Collection[str]) -> None:
        """No other space is told."""

    async def own_unfinished(self) -> list[ImageEvent]:
        """What was not finished is read again."""
        return []

    async def abandoned(self, count: int) -> list[ImageEvent]:
        """Nobody else reads."""
        del count
        return []

    async def keep(self, message_ids: Collection[str]) -> None:
        """Nobody else reads."""

    async def begin_alone(self, message_id: str, attempt_id: str) -> int:
        """Counted by the image."""
        return await self._events.begin_alone(self._alone(message_id), attempt_id)

    async def end_alone(self, message_id: str, attempt_id: str) -> None:
        """Forgotten by the image."""
        await self._events.end_alone(self._alone(message_id), attempt_id)

    def _alone(self, message_id: str) -> str:
        return f"{self._target.name}:{self._images[message_id]}"

    def _event(self, image_id: str) -> ImageEvent:
        message_id = f"{time.time_ns() // 1_000_000}-{next(self._numbers)}"
        self._images[message_id] = image_id
        return ImageEvent(message_id, "updated", image_id)
