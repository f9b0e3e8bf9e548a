"""The use case: how an installation is now, whatever of it is down."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from services.installation.model import PartReport, PartState, QueueReport, StatusReport
from services.installation.ports import Backlog, Part, Peers, Totals
from services.runtime.errors import Unavailable

MOST_S = 2.0
"""Longest that anything is waited for; all are asked at once."""

T = TypeVar("T")
_log = logging.getLogger(__name__)


class Observation:
    """Looks at the parts, the queues and the models at once, and waits for none of them long.

    Args:
        parts: The other services, in the order in which they are shown.
        own: The service that answers; it works only while all others do.
        queues: What waits.
        totals: What was done.
        peers: Who knows the models.
        most_s: Longest that anything is waited for.
        clock: Seconds since 1970.
    """

    def __init__(
        self,
        parts: Sequence[Part],
        own: Part,
        *,
        queues: Sequence[Backlog],
        totals: Totals,
        peers: Peers,
        most_s: float = MOST_S,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._parts = parts
        self._own = own
        self._queues = queues
        self._totals = totals
        self._peers = peers
        self._most_s = most_s
        self._clock = clock

    async def report(self) -> StatusReport:
        """How everything is; what cannot be found out in time is left out."""
        at = self._clock()
        parts, own, queues, totals, models = await asyncio.gather(
            asyncio.gather(*(self._look(part) for part in self._parts)),
            self._look(self._own),
            asyncio.gather(*(self._or_none(queue.report()) for queue in self._queues)),
            self._or_none(self._totals.totals()),
            self._or_none(self._peers.models()),
        )
        found: list[QueueReport] = [queue for queue in queues if queue is not None]
        return StatusReport(
            at=at,
            parts=[*parts, _needing(own, parts)],
            queues=found,
            models=models or [],
            totals=totals or {},
        )

    async def _look(self, part: Part) -> PartReport:
        started = time.perf_counter()
        state, problem = PartState.SERVING, ""
        try:
            async with asyncio.timeout(self._most_s):
                await part.check()
        except Unavailable:
            state = PartState.NOT_SERVING
            problem = f"{part.name} answers, but something that it needs is down."
        except TimeoutError:
            state, problem = PartState.UNREACHABLE, f"{part.name} does not answer in time."
        except Exception as error:  # noqa: BLE001 - whatever a check raises means "down"
            _log.info("%s cannot be asked: %r", part.name, error)
            state, problem = PartState.UNREACHABLE, f"{part.name} does not answer."
        message = f"{problem} {part.without_it}" if problem else ""
        return PartReport(part.name, state, time.perf_counter() - started, message)

    async def _or_none(self, asked: Awaitable[T]) -> T | None:
        try:
            async with asyncio.timeout(self._most_s):
                return await asked
        except Exception as error:  # noqa: BLE001 - drivers raise what they like
            _log.info("left out of the status: %r", error)
            return None


def _needing(own: PartReport, others: Sequence[PartReport]) -> PartReport:
    """A part's report, if it does not work without the others."""
    down = [one.name for one in others if one.state is not PartState.SERVING]
    if own.state is not PartState.SERVING or not down:
        return own
    message = f"{own.name} needs {_listed(down)}."
    return replace(own, state=PartState.NOT_SERVING, message=message)


def _listed(names: Sequence[str]) -> str:
    """Names as one writes them: `a`, `a and b`, `a, b and c`."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
