"""Delivers the results that wait in the outbox, beside the inspections that they are of."""

import asyncio
import logging
import random
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from services.inspection.line.sink_model import NotDelivered, Parcel, SinkKind
from services.inspection.line.sink_ports import Courier, ResultSinks
from services.inspection.telemetry import results
from services.runtime.backoff import Draw, full_jitter_s
from services.runtime.telemetry_contract import KIND, OUTCOME
from services.runtime.wakeup import Wakeup

AT_ONCE = 32
AT_ONCE_OF_SINK = 8
LOOK_EVERY_S = 1.0
GATHER_S = 0.05
LEASE = timedelta(minutes=2)
"""How long one try may take, after which another replica tries; much longer than it does."""
FIRST_WAIT_S = 5.0
LAST_WAIT_S = 1800.0
"""Ceilings of the waits of one result, by its tries."""
FIRST_PAUSE_S = 1.0
LAST_PAUSE_S = 300.0
"""Ceilings of the pauses of a sink, by its tries in a row that failed: thousands of results do not
knock at a receiver that is down."""
GIVE_UP_AFTER = timedelta(days=1)
KEEP_GIVEN_UP = timedelta(days=7)
FORGET_EVERY_S = 600.0

_log = logging.getLogger(__name__)


class ResultSender:
    """Delivers results until each is taken or a day old.

    Args:
        sinks: What is to be delivered.
        couriers: Who delivers.
        clock: The present, aware and in UTC.
        draw: Where waits are drawn from.
    """

    def __init__(
        self,
        sinks: ResultSinks,
        couriers: Mapping[SinkKind, Courier],
        *,
        clock: Callable[[], datetime],
        draw: Draw = random.uniform,
    ) -> None:
        self._sinks = sinks
        self._couriers = couriers
        self._clock = clock
        self._draw = draw
        self._wakeup = Wakeup()

    def wake(self) -> None:
        """Says that there may be a new result."""
        self._wakeup.call()

    async def run(self) -> None:
        """Delivers what is due, for ever."""
        loop, forget_at = asyncio.get_running_loop(), 0.0
        while True:
            self._wakeup.clear()
            while await self.send_due():
                pass
            if loop.time() >= forget_at:
                await self._sinks.forget_given_up_before(self._clock() - KEEP_GIVEN_UP)
                forget_at = loop.time() + FORGET_EVERY_S
            # Inspections that are written one after the other are looked for together.
            await asyncio.sleep(GATHER_S)
            await self._wakeup.rest(LOOK_EVERY_S)

    async def send_due(self) -> int:
        """Delivers some of what is due; how many were tried."""
        now = self._clock()
        parcels = await self._sinks.claim(
            now, until=now + LEASE, limit=AT_ONCE, limit_of_sink=AT_ONCE_OF_SINK
        )
        async with asyncio.TaskGroup() as group:
            for parcel in parcels:
                group.create_task(self._send(parcel))
        return len(parcels)

    async def _send(self, parcel: Parcel) -> None:
        kind = parcel.target.kind
        try:
            await self._couriers[kind].deliver(parcel)
        except NotDelivered as failure:
            outcome = await self._failed(parcel, failure)
        except Exception:  # noqa: BLE001 - one result that trips us must not stop the others
            _log.exception("result %s could not be handed over", parcel.delivery.delivery_id)
            slip = NotDelivered("an internal error, which the log of inspection has")
            outcome = await self._failed(parcel, slip)
        else:
            await self._sinks.delivered(parcel.delivery, self._clock())
            outcome = "delivered"
        results.add(1, {KIND: kind.value.lower(), OUTCOME: outcome})

    async def _failed(self, parcel: Parcel, failure: NotDelivered) -> str:
        """Notes what did not arrive; what became of it."""
        delivery, now = parcel.delivery, self._clock()
        over = failure.final or now - delivery.created_at >= GIVE_UP_AFTER
        wait_s = max(
            full_jitter_s(delivery.tries, first_s=FIRST_WAIT_S, max_s=LAST_WAIT_S, draw=self._draw),
            min(failure.again_after_s, LAST_WAIT_S),
        )
        pause_s = full_jitter_s(
            parcel.failures + 1, first_s=FIRST_PAUSE_S, max_s=LAST_PAUSE_S, draw=self._draw
        )
        _log.warning(
            "result %s of set %s was not taken at try %d, %s: %s",
            delivery.delivery_id,
            delivery.set_id,
            delivery.tries,
            "which was the last" if over else "is tried again",
            failure.problem,
        )
        await self._sinks.failed(
            delivery,
            failure.problem,
            due_at=None if over else now + timedelta(seconds=wait_s),
            blocked_until=now + timedelta(seconds=pause_s),
            now=now,
        )
        return "given_up" if over else "retried"
