"""The relay between an outbox and a stream."""

from collections.abc import Awaitable, Callable, Sequence

import pytest

from services.storage.ports import Event
from services.storage.relay import BATCH, OutboxRelay


class ListOutbox:
    """An outbox in memory."""

    def __init__(self, count: int) -> None:
        self.events: list[Event] = [
            {"type": "uploaded", "image_id": str(number)} for number in range(count)
        ]
        self.busy = False

    async def hand_over(
        self, publish: Callable[[Sequence[Event]], Awaitable[None]], limit: int
    ) -> int | None:
        if self.busy:
            return None
        batch = self.events[:limit]
        if batch:
            await publish(batch)
            self.events = self.events[limit:]
        return len(batch)


class ListStream:
    """A stream in memory that may be down."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.down = False

    async def publish(self, events: Sequence[Event]) -> None:
        if self.down:
            raise ConnectionError("down")
        self.events += events

    async def dead(self) -> int:
        return 0

    async def backlog(self) -> int:
        return len(self.events)


async def test_everything_is_told_in_order() -> None:
    outbox, stream = ListOutbox(BATCH + 3), ListStream()
    committed = list(outbox.events)
    relay = OutboxRelay(outbox, stream)

    assert await relay.relay_once()
    assert not await relay.relay_once()

    assert stream.events == committed
    assert outbox.events == []


async def test_what_could_not_be_told_stays() -> None:
    outbox, stream = ListOutbox(2), ListStream()
    relay = OutboxRelay(outbox, stream)
    stream.down = True
    with pytest.raises(ConnectionError):
        await relay.relay_once()
    assert len(outbox.events) == 2

    stream.down = False
    await relay.relay_once()

    assert len(stream.events) == 2


async def test_an_outbox_that_another_replica_hands_over_is_looked_at_again_soon() -> None:
    outbox, stream = ListOutbox(2), ListStream()
    relay = OutboxRelay(outbox, stream)
    outbox.busy = True

    assert await relay.relay_once() is None

    assert stream.events == []


async def test_events_wait_while_search_is_far_behind() -> None:
    outbox, stream = ListOutbox(2 * BATCH), ListStream()
    relay = OutboxRelay(outbox, stream, max_backlog=BATCH)

    assert await relay.relay_once()
    assert not await relay.relay_once()
    assert len(outbox.events) == BATCH

    stream.events.clear()
    await relay.relay_once()
    assert outbox.events == []
