"""The vector cache, on a real Redis."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from services.embedder.caching.cache import CachedEmbedder, CacheEntry, CacheKey, VectorCache
from services.embedder.caching.redis_vectors import RedisVectors
from services.embedder.errors import ModelFailed
from services.embedder.item import Embedded, Item, Kind, Priority
from services.embedder.model import ModelInfo
from services.embedder.ports import ModelStatus
from services.runtime.redis import open_redis
from tests.support.eventually import eventually

INFO = ModelInfo("letters", "v1", "p1", 4, 8, 77)
CAT = Item(Kind.IMAGE, b"cat", caller="ann")


class Counting:
    """Embeds by counting what it was asked; takes its time, and waits while `gate` is closed."""

    def __init__(self, info: ModelInfo | None = None) -> None:
        # Redis is shared: what other tests remember is of other versions.
        self.info = info or replace(INFO, version=uuid.uuid4().hex)
        self.asked: list[Item] = []
        self.done = 0
        self.takes_s = 0.02
        """Longer than a lookup, as a model's work is."""
        self.gate = asyncio.Event()
        self.gate.set()
        self.failure: Exception | None = None
        self.cancelled = 0

    async def embed(self, item: Item) -> Embedded:
        self.asked.append(item)
        try:
            await self.gate.wait()
            await asyncio.sleep(self.takes_s)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.failure:
            raise self.failure
        self.done += 1
        values = np.full(4, len(self.asked), dtype="<f4").tobytes()
        return Embedded(values, self.info, truncated=item.kind is Kind.TEXT)

    def models(self) -> Sequence[ModelStatus]:
        return []


class Asked:
    """A cache, and the keys that it was asked for."""

    def __init__(self, cache: VectorCache) -> None:
        self._inner = cache
        self.keys: list[CacheKey] = []

    async def get(self, key: CacheKey, *, patient: bool = False) -> CacheEntry | None:
        self.keys.append(key)
        return await self._inner.get(key, patient=patient)

    def put(self, key: CacheKey, entry: CacheEntry) -> None:
        self._inner.put(key, entry)


@asynccontextmanager
async def cached(
    inner: Counting, redis_url: str, *, max_bytes: int = 2**20
) -> AsyncIterator[CachedEmbedder]:
    async with (
        open_redis(redis_url, text=False) as client,
        RedisVectors(client, max_bytes=max_bytes) as vectors,
    ):
        yield CachedEmbedder(inner, vectors, lambda _: inner.info)


async def remembered(embedder: CachedEmbedder, inner: Counting, item: Item) -> Embedded:
    """Embeds until the answer comes from memory: puts are sent when they can be."""
    embedded: list[Embedded] = []

    async def from_memory() -> bool:
        before = inner.done
        embedded.append(await embedder.embed(item))
        return inner.done == before

    await eventually(from_memory, "the answer comes from memory")
    return embedded[-1]


async def kept(vectors: RedisVectors, key: CacheKey) -> CacheEntry:
    """The entry, once its put was sent."""
    found: list[CacheEntry] = []

    async def there() -> bool:
        if entry := await vectors.get(key):
            found.append(entry)
        return bool(found)

    await eventually(there, "the entry is there")
    return found[0]


async def test_equal_content_is_embedded_once(fresh_redis_url: str) -> None:
    inner = Counting()
    async with cached(inner, fresh_redis_url) as embedder:
        first = await embedder.embed(CAT)
        assert (await remembered(embedder, inner, CAT)).values[:4] != b""
        again = await remembered(embedder, inner, CAT._replace(priority=Priority.INTERACTIVE))
    assert len(first.values) == len(again.values) == 16
    assert again.info == inner.info
    async with cached(inner, fresh_redis_url) as other_process:
        done = inner.done
        assert (await other_process.embed(CAT)).values == again.values
        assert inner.done == done


async def test_a_text_keeps_its_flag(fresh_redis_url: str) -> None:
    inner = Counting()
    async with cached(inner, fresh_redis_url) as embedder:
        words = Item(Kind.TEXT, b"words without end", caller="ann")
        assert (await remembered(embedder, inner, words)).truncated


@pytest.mark.parametrize(
    "other",
    [
        CAT._replace(caller="bob"),
        CAT._replace(data=b"dog"),
        CAT._replace(kind=Kind.TEXT),
    ],
)
async def test_what_differs_is_not_found(fresh_redis_url: str, other: Item) -> None:
    inner = Counting()
    async with cached(inner, fresh_redis_url) as embedder:
        await remembered(embedder, inner, CAT)
        asked = len(inner.asked)
        await embedder.embed(other)
        assert len(inner.asked) == asked + 1


@pytest.mark.parametrize("field", ["version", "preprocessing"])
async def test_another_version_does_not_find_it(fresh_redis_url: str, field: str) -> None:
    inner = Counting()
    async with cached(inner, fresh_redis_url) as embedder:
        await remembered(embedder, inner, CAT)
    changed: dict[str, Any] = {field: "another"}
    inner = Counting(replace(inner.info, **changed))
    async with cached(inner, fresh_redis_url) as embedder:
        await embedder.embed(CAT)
        assert len(inner.asked) == 1


@pytest.mark.parametrize("kind", [Kind.CROPS, Kind.PATCHES])
async def test_crops_and_patches_pass_by(fresh_redis_url: str, kind: Kind) -> None:
    inner = Counting()
    async with cached(inner, fresh_redis_url) as embedder:
        for _ in range(3):
            await embedder.embed(CAT._replace(kind=kind))
    assert len(inner.asked) == 3


async def test_a_place_is_never_taken_for_another_key(fresh_redis_url: str) -> None:
    async with (
        open_redis(fresh_redis_url, text=False) as client,
        RedisVectors(client, max_bytes=1) as vectors,
    ):
        one, other = CacheKey("v", b"1" * 32), CacheKey("v", b"2" * 32)
        vectors.put(one, CacheEntry(b"abcd", truncated=False))
        assert await kept(vectors, one) == CacheEntry(b"abcd", truncated=False)
        assert await vectors.get(other) is None
        vectors.put(other, CacheEntry(b"efgh", truncated=True))
        assert await kept(vectors, other) == CacheEntry(b"efgh", truncated=True)
        assert await vectors.get(one) is None
        assert len(await client.keys("argus:embedding:v:*")) == 1
        assert await client.ttl((await client.keys("argus:embedding:v:*"))[0]) > 0


async def test_equal_requests_under_way_share_one_run(fresh_redis_url: str) -> None:
    inner = Counting()
    inner.gate.clear()
    async with cached(inner, fresh_redis_url) as embedder:
        tasks = [asyncio.create_task(embedder.embed(CAT)) for _ in range(20)]
        tasks.append(asyncio.create_task(embedder.embed(CAT._replace(caller="bob"))))
        await asked(inner, 2)
        inner.gate.set()
        answers = await asyncio.gather(*tasks)
    assert len(inner.asked) == 2
    assert len({answer.values for answer in answers[:20]}) == 1


async def test_who_waits_for_a_run_takes_it_over_when_its_first_asker_leaves(
    fresh_redis_url: str,
) -> None:
    inner = Counting()
    inner.gate.clear()
    async with cached(inner, fresh_redis_url) as embedder:
        first = asyncio.create_task(embedder.embed(CAT))
        await asked(inner, 1)
        second = asyncio.create_task(embedder.embed(CAT))
        third = asyncio.create_task(embedder.embed(CAT))
        await asyncio.sleep(0)
        first.cancel()
        await asked(inner, 2)
        third.cancel()
        inner.gate.set()
        assert len((await second).values) == 16
        await asyncio.gather(first, third, return_exceptions=True)
    assert first.cancelled()
    assert third.cancelled()
    assert inner.cancelled == 1
    assert len(inner.asked) == 2


async def test_a_failure_is_told_to_all_and_not_remembered(fresh_redis_url: str) -> None:
    inner = Counting()
    inner.gate.clear()
    inner.failure = ModelFailed("no")
    async with cached(inner, fresh_redis_url) as embedder:
        tasks = [asyncio.create_task(embedder.embed(CAT)) for _ in range(3)]
        await asked(inner, 1)
        inner.gate.set()
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(answer) for answer in answers] == [ModelFailed] * 3
        inner.failure = None
        assert len((await embedder.embed(CAT)).values) == 16


async def test_an_import_of_new_contents_is_looked_up_in_samples(fresh_redis_url: str) -> None:
    inner = Counting()
    inner.takes_s = 0
    async with (
        open_redis(fresh_redis_url, text=False) as client,
        RedisVectors(client, max_bytes=2**26) as vectors,
    ):
        cache = Asked(vectors)
        embedder = CachedEmbedder(inner, cache, lambda _: inner.info)
        contents = [CAT._replace(data=str(number).encode()) for number in range(64 + 80)]
        for item in contents[:64]:
            await embedder.embed(item)
        # A miss counts once it is known, as all are with a question that came after them.
        await kept(vectors, cache.keys[0])
        assert len(cache.keys) == 64
        for item in contents[64:]:
            await embedder.embed(item)
        assert len(cache.keys) == 64 + 10
        await embedder.embed(CAT._replace(data=b"person", priority=Priority.INTERACTIVE))
        assert len(cache.keys) == 64 + 11
        # Known contents come again: once a sample shows it, all are looked up.
        await kept(vectors, cache.keys[0])
        before, inner.takes_s = inner.done, 0.02
        for item in contents[:64]:
            await embedder.embed(item)
        assert inner.done - before < 8


async def test_known_contents_that_come_all_at_once_are_not_taken_for_new(
    fresh_redis_url: str,
) -> None:
    inner = Counting()
    async with (
        open_redis(fresh_redis_url, text=False) as client,
        RedisVectors(client, max_bytes=2**26) as vectors,
    ):
        cache = Asked(vectors)
        embedder = CachedEmbedder(inner, cache, lambda _: inner.info)
        contents = [CAT._replace(data=str(number).encode()) for number in range(100)]
        for item in contents:
            await embedder.embed(item._replace(priority=Priority.INTERACTIVE))
        for key in list(cache.keys):
            await kept(vectors, key)
        before, inner.takes_s = inner.done, 0.5
        await asyncio.gather(*(embedder.embed(item) for item in contents))
        assert inner.done == before


async def test_without_redis_everything_is_a_miss() -> None:
    inner = Counting()
    async with cached(inner, "redis://127.0.0.1:1/0") as embedder:
        for _ in range(3):
            assert len((await embedder.embed(CAT)).values) == 16
    assert len(inner.asked) == 3


async def asked(inner: Counting, count: int) -> None:
    await eventually(lambda: len(inner.asked) >= count, f"{count} were asked for")
