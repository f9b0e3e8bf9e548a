"""The vector cache in Redis: a table of fixed size, so that it needs no eviction.

An entry's place follows from its digest; a newer entry takes the place of an
older one (a direct-mapped cache). Redis keeps streams and counters beside it,
and a bound that Redis enforced (`maxmemory`) could evict those.

A round trip costs more than the vectors in it, so gets that can wait, and puts, are sent together.
If Redis fails or is slow, lookups are misses and never errors, and Redis is not asked for a second.
"""

import asyncio
import logging
import time
from itertools import islice
from types import TracebackType
from typing import Self

import redis.asyncio

from services.embedder.caching.cache import CacheEntry, CacheKey
from services.embedder.telemetry import EmbedderMetrics
from services.runtime.background import BackgroundTasks

KEY = "argus:embedding"
KEEP_S = 7 * 24 * 3600
"""Entries vanish after so long, those of models that are not used any more with them."""

ENTRY_BYTES = 2048 + 256
"""What an entry is reckoned to take: 512 dimensions, and Redis' own bookkeeping."""

TIMEOUT_S = 1.0
PAUSE_S = 1.0

EXCHANGE = """
local puts = #ARGV - 1
local found = {}
if puts < #KEYS then
  found = redis.call('MGET', unpack(KEYS, puts + 1))
end
for i = 1, puts do
  redis.call('SET', KEYS[i], ARGV[i + 1], 'EX', ARGV[1])
end
return found
"""
"""Gets the last keys, then sets the first ones to the values behind the seconds to keep them: one
command, because each answer that the client reads costs more than Redis' part of it; in this order,
because a get of what is embedded meanwhile must not find its own put."""

PATIENT_GET_S = 0.05
PATIENT_GETS = 16
"""How long gets that can wait do so, and how many of them are sent without waiting longer."""

PUT_AFTER_S = 0.5
AT_ONCE = 256
MAX_WAITING_PUTS = 1024

_DIGEST_BYTES = 32
_log = logging.getLogger(__name__)


class RedisVectors:
    """An async context manager; see `VectorCache`.

    Args:
        client: Of Redis, answering bytes.
        max_bytes: Most memory that the entries of one model take in Redis, about.
        metrics: Where failures are counted.
    """

    def __init__(
        self,
        client: redis.asyncio.Redis,
        *,
        max_bytes: int,
        metrics: EmbedderMetrics | None = None,
    ) -> None:
        self._metrics = metrics or EmbedderMetrics()
        self._exchange_all = client.register_script(EXCHANGE)
        self._places = max(1, max_bytes // ENTRY_BYTES)
        self._gets: dict[CacheKey, asyncio.Future[CacheEntry | None]] = {}
        self._puts: dict[CacheKey, CacheEntry] = {}
        self._go = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._paused_until = 0.0
        self._background = BackgroundTasks()

    async def get(self, key: CacheKey, *, patient: bool = False) -> CacheEntry | None:
        """The entry, or None."""
        if time.monotonic() < self._paused_until:
            return None
        answer = self._gets.get(key)
        if answer is None:
            answer = self._gets[key] = asyncio.get_running_loop().create_future()
            enough = len(self._gets) >= PATIENT_GETS
            self._within(PATIENT_GET_S if patient and not enough else 0)
        return await asyncio.shield(answer)

    def put(self, key: CacheKey, entry: CacheEntry) -> None:
        """Remembers an entry."""
        if time.monotonic() >= self._paused_until and len(self._puts) < MAX_WAITING_PUTS:
            self._puts[key] = entry
            self._within(0 if len(self._puts) >= AT_ONCE else PUT_AFTER_S)

    async def __aenter__(self) -> Self:
        await self._background.__aenter__()
        self._background.start("vector-cache", self._run)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._background.__aexit__(kind, error, trace)
        for answer in self._gets.values():
            if not answer.done():
                answer.set_result(None)

    def _within(self, delay_s: float) -> None:
        """Has what waits sent within this many seconds."""
        if not delay_s:
            self._go.set()
            return
        loop = asyncio.get_running_loop()
        due = loop.time() + delay_s
        if self._timer is None or due < self._timer.when():
            self._end_timer()
            self._timer = loop.call_at(due, self._go.set)

    def _end_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def _run(self) -> None:
        while True:
            await self._go.wait()
            self._go.clear()
            self._end_timer()
            if self._gets or self._puts:
                await self._exchange()
            if self._gets:
                self._within(0)
            elif self._puts:
                self._within(PUT_AFTER_S)

    async def _exchange(self) -> None:
        """One round trip: all gets that wait, and the puts."""
        gets = dict(islice(self._gets.items(), AT_ONCE))
        puts = dict(islice(self._puts.items(), AT_ONCE))
        for key in gets:
            del self._gets[key]
        for key in puts:
            del self._puts[key]
        found: list[bytes | None] = [None] * len(gets)
        try:
            async with asyncio.timeout(TIMEOUT_S):
                found = await self._ask(list(gets), puts)
        except Exception as error:  # noqa: BLE001 - whatever the client raises, the cache goes on
            self._metrics.cache_failures.add(1)
            _log.warning("the vector cache does not answer: %r", error)
            self._paused_until = time.monotonic() + PAUSE_S
            self._puts.clear()
        finally:
            # Also when cancelled: nobody may wait for ever.
            for (key, answer), value in zip(gets.items(), found, strict=True):
                if not answer.done():
                    answer.set_result(_entry(key, value))

    async def _ask(
        self, gets: list[CacheKey], puts: dict[CacheKey, CacheEntry]
    ) -> list[bytes | None]:
        keys = [self._place(key) for key in (*puts, *gets)]
        values = [
            b"".join((key.digest, bytes([entry.truncated]), entry.values))
            for key, entry in puts.items()
        ]
        found: list[bytes | None] = await self._exchange_all(keys, [KEEP_S, *values])
        return found

    def _place(self, key: CacheKey) -> str:
        place = int.from_bytes(key.digest[:8]) % self._places
        return f"{KEY}:{key.model_version}:{place}"


def _entry(key: CacheKey, value: bytes | None) -> CacheEntry | None:
    """The entry, if the place holds this key's and not another's."""
    if value is None or value[:_DIGEST_BYTES] != key.digest:
        return None
    return CacheEntry(value[_DIGEST_BYTES + 1 :], truncated=bool(value[_DIGEST_BYTES]))
