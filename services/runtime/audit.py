"""Sends what is noted of calls to where it is kept, before the calls are answered.

One XADD for each noted call, in the stream `argus:audit`, from which auth appends to the chain
(`docs/decisions/0023-roles-and-audit.md`). Nothing fails because it cannot be noted: what has
happened has happened. Entries that Redis did not take wait here, and are sent when it does.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Protocol

import redis.asyncio
from opentelemetry import metrics

from services.runtime.audit_entry import AuditEntry
from services.runtime.instruments import counter
from services.runtime.telemetry_contract import AUDIT_ENTRIES, OUTCOME

STREAM = "argus:audit"
FIELD = "record"

WRITE_TIMEOUT_S = 1.0
"""What a call waits at most for its entry."""

WAITING = 10_000
"""Entries that wait for Redis; the oldest go when there are more."""

RETRY_EVERY_S = 1.0

STRANGERS_AT_ONCE = 100
STRANGERS_PER_S = 1.0
"""Refusals of callers whom nobody knows: so many are noted, and so many more each second."""

_log = logging.getLogger("services.audit")


class AuditSink(Protocol):
    """Where records go."""

    async def write(self, record: str) -> None:
        """Takes a record; whatever it raises, it may be written again."""


class RedisAudit:
    """`AuditSink`: the stream that auth reads."""

    def __init__(self, client: redis.asyncio.Redis) -> None:
        self._client = client

    async def write(self, record: str) -> None:
        """Takes a record."""
        await self._client.xadd(STREAM, {FIELD: record})


class AuditTrail:
    """Notes calls.

    Args:
        sink: Where records go.
        meters: Where measurements go.
        clock: Seconds that only grow.
        timeout_s: What a call waits at most for its entry.
    """

    def __init__(
        self,
        sink: AuditSink,
        meters: metrics.MeterProvider,
        *,
        clock: Callable[[], float] = time.monotonic,
        timeout_s: float = WRITE_TIMEOUT_S,
    ) -> None:
        self._sink = sink
        self._clock = clock
        self._timeout_s = timeout_s
        self._waiting: deque[AuditEntry] = deque()
        self._some = asyncio.Event()
        self._failing = False
        self._room = float(STRANGERS_AT_ONCE)
        self._room_at = clock()
        self._omitted = 0
        self._entries = counter(AUDIT_ENTRIES, meters)

    async def record(self, entry: AuditEntry, *, stranger: bool) -> None:
        """Sends an entry, or keeps it until it can be sent.

        Args:
            entry: What is noted.
            stranger: Whether the call was refused to a caller whom nobody knows; of these only
                some are noted, since anybody can make as many as there is time for.
        """
        admitted = self._admitted(entry, stranger=stranger)
        if admitted is None:
            return
        if self._failing:
            # Calls do not wait for Redis one by one.
            self._keep(admitted)
            return
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._sink.write(admitted.to_record())
        except Exception as error:  # noqa: BLE001 - whatever it is, the call has been made
            _log.warning("an entry of the audit waits: %r", error)
            self._failing = True
            self._keep(admitted)
        except BaseException:
            self._keep(admitted)
            raise
        else:
            self._entries.add(1, {OUTCOME: "sent"})

    def record_later(self, entry: AuditEntry, *, stranger: bool) -> None:
        """The same where nothing can be waited for."""
        admitted = self._admitted(entry, stranger=stranger)
        if admitted is not None:
            self._keep(admitted)

    @asynccontextmanager
    async def sending(self) -> AsyncIterator["AuditTrail"]:
        """Sends what waits until the context ends, and writes into the log what then still does."""
        running = asyncio.create_task(self.run())
        try:
            yield self
        finally:
            running.cancel()
            # It may be in the midst of a write, and holds a connection until it has ended.
            await asyncio.wait([running])
            await self.flush()
            self.tell_lost()

    async def run(self) -> None:
        """Sends what waits, for ever."""
        while True:
            await self._some.wait()
            await self.flush()
            if self._waiting:
                await asyncio.sleep(RETRY_EVERY_S)

    async def flush(self) -> None:
        """Sends what waits, in order, until that fails."""
        try:
            while self._waiting:
                entry = self._waiting[0]
                async with asyncio.timeout(self._timeout_s):
                    await self._sink.write(entry.to_record())
                self._entries.add(1, {OUTCOME: "sent"})
                if self._waiting and self._waiting[0] is entry:
                    self._waiting.popleft()
            self._failing = False
            self._some.clear()
        except Exception as error:  # noqa: BLE001 - it is tried again
            self._failing = True
            _log.warning("%d entries of the audit wait: %r", len(self._waiting), error)

    def tell_lost(self) -> None:
        """Writes what still waits into the log, as nobody sends it any more."""
        for entry in self._waiting:
            self._lose(entry)
        self._waiting.clear()

    def _admitted(self, entry: AuditEntry, *, stranger: bool) -> AuditEntry | None:
        if not stranger:
            return entry
        now = self._clock()
        grown = self._room + (now - self._room_at) * STRANGERS_PER_S
        self._room, self._room_at = min(grown, STRANGERS_AT_ONCE), now
        if self._room < 1:
            self._omitted += 1
            self._entries.add(1, {OUTCOME: "omitted"})
            return None
        self._room -= 1
        omitted, self._omitted = self._omitted, 0
        return replace(entry, omitted=omitted)

    def _keep(self, entry: AuditEntry) -> None:
        self._entries.add(1, {OUTCOME: "waiting"})
        self._waiting.append(entry)
        self._some.set()
        if len(self._waiting) > WAITING:
            self._lose(self._waiting.popleft())

    def _lose(self, entry: AuditEntry) -> None:
        self._entries.add(1, {OUTCOME: "lost"})
        _log.error(
            "an entry of the audit is here alone", extra={"facts": {"entry": entry.to_record()}}
        )
