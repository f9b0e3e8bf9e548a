"""Remembers vectors, so that equal requests cost one run of the model.

A vector is found again by a digest of the content, the model's version and
preprocessing, and the caller: what one caller asked for never makes another's answer faster, so
that response times tell nobody what others have embedded.
Equal requests of one caller that are under way at once share one run.

An import of contents that were never seen would pay for lookups that find
nothing: after some misses in a row only samples are looked up. These are
embedded meanwhile, and so is an image with which nothing else is under way.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from blake3 import blake3

from services.embedder.item import Embedded, Item, Kind, Priority
from services.embedder.model import ModelInfo
from services.embedder.ports import Embedder, ModelStatus
from services.embedder.telemetry import KINDS, EmbedderMetrics
from services.embedder.text import FORM
from services.runtime.telemetry_contract import OUTCOME

CACHED = frozenset({Kind.IMAGE, Kind.TEXT})

BUSY = 16
"""With more items than this under way, another one would only wait for the model."""

UNKNOWN_AFTER = 64
"""After this many BULK misses in a row a caller's contents are presumed new, and counted as misses,
until one is found."""

SAMPLE = 8
"""Of contents that are presumed new, one in this many is looked up."""

MAX_CALLERS = 4096
"""Most callers whose misses are counted; beyond that all counts start over."""

HASH_IN_THREAD_BYTES = 4 * 2**20
"""Longer contents are hashed in a thread: they would hold the event loop for over half a
millisecond."""


class CacheKey(NamedTuple):
    """What a vector is found by."""

    model_version: str
    digest: bytes
    """BLAKE3 of caller, kind, preprocessing and content, 32 bytes."""


class CacheEntry(NamedTuple):
    """A remembered vector."""

    values: bytes
    """As `Embedded.values`."""
    truncated: bool


class VectorCache(Protocol):
    """Where vectors are remembered; may forget any of them at any time."""

    async def get(self, key: CacheKey, *, patient: bool = False) -> CacheEntry | None:
        """The entry; None if there is none, or if it cannot be asked now.

        Args:
            key: What it is found by.
            patient: The caller would wait for the model anyway, so that the lookup may wait to be
                sent together with others.
        """

    def put(self, key: CacheKey, entry: CacheEntry) -> None:
        """Remembers an entry, later and without a guarantee."""


class CachedEmbedder:
    """An `Embedder` that asks a cache first. Crops and patches are not cached.

    Args:
        inner: What embeds.
        cache: What remembers.
        find: The model of an id, the default for the empty one; raises ModelNotFound.
        metrics: Where lookups are counted.
    """

    def __init__(
        self,
        inner: Embedder,
        cache: VectorCache,
        find: Callable[[str], ModelInfo],
        metrics: EmbedderMetrics | None = None,
    ) -> None:
        self._inner = inner
        self._cache = cache
        self._find = find
        self._metrics = metrics or EmbedderMetrics()
        self._flights: dict[tuple[CacheKey, int], asyncio.Future[Embedded]] = {}
        self._misses: dict[str, int] = {}
        self._looking: set[asyncio.Task[CacheEntry | None]] = set()

    async def embed(self, item: Item) -> Embedded:
        """Embeds one item, from memory if it was embedded before."""
        if item.kind not in CACHED:
            return await self._inner.embed(item)
        info = self._find(item.model)
        key = await _key(item, info)
        # Joining a flight of lower priority would wait where that one waits.
        flight = (key, int(item.priority))
        while (under_way := self._flights.get(flight)) is not None:
            self._metrics.lookups.add(1, {**KINDS[item.kind], OUTCOME: "joined"})
            await asyncio.wait([under_way])
            if not under_way.cancelled():
                return under_way.result()
        return await self._lead(flight, item, info)

    def models(self) -> Sequence[ModelStatus]:
        """Models that can be asked for, the default first."""
        return self._inner.models()

    async def _lead(self, flight: tuple[CacheKey, int], item: Item, info: ModelInfo) -> Embedded:
        """Embeds for everybody who asks the same meanwhile; cancelled, leaves it to them."""
        answer: asyncio.Future[Embedded] = asyncio.get_running_loop().create_future()
        self._flights[flight] = answer
        try:
            embedded = await self._look_up(flight[0], item, info)
        except asyncio.CancelledError:
            answer.cancel()
            raise
        except Exception as error:
            answer.set_exception(error)
            # Seen here; asyncio would complain if nobody else waits.
            answer.exception()
            raise
        else:
            answer.set_result(embedded)
            return embedded
        finally:
            del self._flights[flight]

    async def _look_up(self, key: CacheKey, item: Item, info: ModelInfo) -> Embedded:
        misses = self._misses.get(item.caller, 0) if item.priority is Priority.BULK else 0
        new = misses >= UNKNOWN_AFTER
        if new:
            self._misses[item.caller] = misses + 1
        found: Embedded | CacheEntry
        if new and misses % SAMPLE:
            self._metrics.lookups.add(1, {**KINDS[item.kind], OUTCOME: "skipped"})
            found = await self._inner.embed(item)
        elif new or (item.kind is Kind.IMAGE and len(self._flights) == 1):
            found = await self._race(key, item)
        else:
            found = await self._remembered(key, item) or await self._inner.embed(item)
        if isinstance(found, CacheEntry):
            return Embedded(found.values, info, truncated=found.truncated)
        if found.info.version == key.model_version:
            self._cache.put(key, CacheEntry(found.values, found.truncated))
        return found

    async def _race(self, key: CacheKey, item: Item) -> Embedded | CacheEntry:
        """Looks up and embeds at once, and takes what comes first."""
        here = asyncio.current_task()
        found: CacheEntry | None = None
        embedding = True

        def looked(looking: asyncio.Task[CacheEntry | None]) -> None:
            nonlocal found
            self._looking.discard(looking)
            if embedding and here and not looking.cancelled() and (entry := looking.result()):
                found = entry
                here.cancel()

        # It goes on when it is late: it still tells whether a caller's contents are known.
        looking = asyncio.ensure_future(self._remembered(key, item))
        self._looking.add(looking)
        looking.add_done_callback(looked)
        try:
            # In this task and not in one of its own, whose turns a lone image would wait for.
            return await self._inner.embed(item)
        except asyncio.CancelledError:
            if found is None or not here or here.uncancel():
                raise
            return found
        finally:
            embedding = False

    async def _remembered(self, key: CacheKey, item: Item) -> CacheEntry | None:
        bulk = item.priority is Priority.BULK
        entry = await self._cache.get(key, patient=bulk and len(self._flights) > BUSY)
        outcome = "hit" if entry else "miss"
        self._metrics.lookups.add(1, {**KINDS[item.kind], OUTCOME: outcome})
        if bulk and entry:
            self._misses.pop(item.caller, None)
        elif bulk:
            self._count_miss(item.caller)
        return entry

    def _count_miss(self, caller: str) -> None:
        misses = self._misses.get(caller, 0)
        if misses < UNKNOWN_AFTER:
            if len(self._misses) >= MAX_CALLERS:
                self._misses.clear()
            self._misses[caller] = misses + 1


async def _key(item: Item, info: ModelInfo) -> CacheKey:
    form = FORM if item.kind is Kind.TEXT else ""
    about = f"{item.caller}\0{item.kind.name}\0{info.preprocessing}{form}\0".encode()
    if len(item.data) > HASH_IN_THREAD_BYTES:
        return CacheKey(info.version, await asyncio.to_thread(_digest, about, item.data))
    return CacheKey(info.version, _digest(about, item.data))


def _digest(about: bytes, content: bytes) -> bytes:
    return blake3(about).update(content).digest()
