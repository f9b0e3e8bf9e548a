"""From the outbox to the stream that search reads."""

from services.runtime.wakeup import Wakeup
from services.storage.ports import EventStream, Outbox

BATCH = 200
POLL_EVERY_S = 1.0
LOOK_AGAIN_S = 0.1
"""Another replica is telling, and may have looked before the newest event was committed."""

MAX_BACKLOG = 10_000


class OutboxRelay:
    """Tells search what was committed, at least once and in order.

    While search is so far behind that the stream holds `max_backlog` events,
    they wait in the outbox: PostgreSQL's disk is larger than Redis's memory.
    """

    def __init__(
        self, outbox: Outbox, stream: EventStream, *, max_backlog: int = MAX_BACKLOG
    ) -> None:
        self._outbox = outbox
        self._stream = stream
        self._max_backlog = max_backlog
        self._wakeup = Wakeup()

    def wake(self) -> None:
        """Says that there is something to tell, instead of waiting for the next look."""
        self._wakeup.call()

    async def run(self) -> None:
        """Relays for ever; fails with the store or the stream, and may be run again."""
        while True:
            self._wakeup.clear()
            while relayed := await self.relay_once():
                pass
            # Then it looks for other replicas' events, and those of a process that died.
            await self._wakeup.rest(LOOK_AGAIN_S if relayed is None else POLL_EVERY_S)

    async def relay_once(self) -> bool | None:
        """Relays one batch; True if there may be more, None if another replica is relaying."""
        if await self._stream.backlog() >= self._max_backlog:
            return False
        count = await self._outbox.hand_over(self._stream.publish, BATCH)
        return None if count is None else count == BATCH
