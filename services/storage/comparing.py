"""What services ask that compare what they keep with storage's records."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from uuid import UUID

from services.storage.checking import WaitingEvents
from services.storage.model import Standing
from services.storage.ports import Clock, Standings


class Comparing:
    """Tells which images are there, and announces those again that others do not have right.

    Args:
        standings: Records.
        events: Events on their way.
        clock: What time it is.
        announced: Told when there are new events in the outbox.
    """

    def __init__(
        self,
        standings: Standings,
        events: WaitingEvents,
        *,
        clock: Clock,
        announced: Callable[[], None],
    ) -> None:
        self._standings = standings
        self._events = events
        self._clock = clock
        self._announced = announced

    async def describe(self, image_ids: Sequence[UUID], *, with_events: bool) -> list[Standing]:
        """Whether images are there, in the order asked for.

        Args:
            image_ids: Which.
            with_events: Whether to look for events of them.
        """
        waiting: set[str] = set()
        if with_events:
            # Before the records: what an event brings about is seen, or the event is.
            waiting = {str(one) for one in await self._standings.outbox(image_ids)}
            waiting |= set(await self._events.images())
        known = await self._standings.standings(image_ids)
        return [
            replace(
                known.get(image_id) or _unknown(image_id), event_waiting=str(image_id) in waiting
            )
            for image_id in image_ids
        ]

    async def indexed(self, after: UUID | None, limit: int) -> Sequence[UUID]:
        """Ids of images that are INDEXED, ascending, behind `after`."""
        return await self._standings.indexed(after, limit)

    async def announce(self, image_ids: Sequence[UUID]) -> None:
        """Announces images as they are."""
        await self._standings.announce(image_ids, self._clock())
        self._announced()


def _unknown(image_id: UUID) -> Standing:
    return Standing(image_id, None, exists=False, kept=False, indexed=False, changed_at=None)
