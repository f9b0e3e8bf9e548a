"""What the indexer promises, on a real Redis and a real Qdrant Edge."""

import asyncio
import json
import math
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
import redis.asyncio

from services.clients import patience
from services.clients.model import Embedded, Space
from services.runtime.redis import RedisUnavailable
from services.search.errors import IndexUnavailable, PointRefused, SpaceGone
from services.search.index.qdrant_edge import EdgeIndex
from services.search.indexing import consumption
from services.search.indexing.gate import Gate
from services.search.indexing.image_worker import ImageWorker
from services.search.indexing.indexer import Indexer
from services.search.indexing.redis_events import IMAGES, RedisEvents
from services.search.indexing.space_choice import ANSWERS_IN_A_ROW
from services.search.model import ImagePoint, Scope
from services.search.ports import EventStream
from services.search.reindexing.redis_reindexes import RedisReindexes
from tests.support.eventually import eventually
from tests.support.library import (
    USER,
    Awaited,
    Library,
    TurningEmbedder,
    nothing_restored,
    space_of,
    vector_of,
)
from tests.support.spans import Spans

OLD, NEW = space_of("old"), space_of("new")


@pytest.fixture(autouse=True)
def _impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "MAX_DELAY_S", 0.1)


@pytest.fixture
def library(client: redis.asyncio.Redis) -> Library:
    return Library(client)


@pytest.fixture
async def index(tmp_path: Path) -> AsyncIterator["FaultyIndex"]:
    made = FaultyIndex(tmp_path)
    yield made
    await made.close()


class FaultyIndex(EdgeIndex):
    """Qdrant Edge with faults on demand."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.refused: dict[str, Exception] = {}
        """What is raised for points of these images."""
        self.down: Exception | None = None
        self.failures = 0

    def lose(self, space: Space) -> None:
        """As if somebody had removed a collection from a server."""
        lost = self._shards.pop(space.name)
        self._searched.pop(space.name)
        lost.close()
        shutil.rmtree(lost.path)

    async def upsert(self, space: Space, points: Sequence[ImagePoint]) -> None:
        faults = [self.refused[one.image_id] for one in points if one.image_id in self.refused]
        if self.down is not None:
            faults.append(self.down)
        if faults:
            self.failures += 1
            raise faults[0]
        await super().upsert(space, points)


@asynccontextmanager
async def indexing(
    events: EventStream,
    library: Library,
    embedder: TurningEmbedder,
    index: EdgeIndex,
    *,
    crops: bool = False,
) -> AsyncIterator[None]:
    gate = Gate(slots=8, budget_bytes=2**20)
    worker = ImageWorker(events, library, embedder, gate, max_image_bytes=2**20, crops=crops)
    indexer = Indexer(
        events,
        library,
        embedder,
        index,
        worker,
        changeover=RedisReindexes(library.client),
        use=lambda _: None,
        restore=nothing_restored,
        arrivals=Awaited(),
        capacity=16,
        ask_every_s=0,
        ask_again_after_s=0,
    )
    task = asyncio.create_task(indexer.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled(), task.exception()


async def settled(library: Library, expected: dict[str, str]) -> None:
    async def done() -> bool:
        return await library.backlog() == 0 and await library.outcomes() == expected

    await eventually(done, "every image is indexed or failed")


def is_true(what: Callable[[], bool]) -> Callable[[], Awaitable[bool]]:
    async def ask() -> bool:
        return what()

    return ask


async def found(index: EdgeIndex, space: Space) -> set[str]:
    hits = await index.search(space, vector_of(b""), Scope(USER), limit=100)
    return {hit.image_id for hit in hits}


@pytest.mark.parametrize(
    "fault",
    [PointRefused("no"), IndexUnavailable("failed"), RuntimeError("Rust panicked")],
    ids=["said clearly", "said as an outage", "not said"],
)
@pytest.mark.parametrize("others", [0, 5])
async def test_an_image_that_the_index_refuses_fails_alone(
    client: redis.asyncio.Redis, library: Library, index: FaultyIndex, fault: Exception, others: int
) -> None:
    bad = await library.add(b"bad")
    index.refused[bad] = fault
    good = [await library.add(bytes([n])) for n in range(others)]
    expected = {bad: "INDEX_REFUSED", **dict.fromkeys(good, "indexed")}
    async with indexing(RedisEvents(client, "a"), library, TurningEmbedder("old"), index):
        await settled(library, expected)
        later = await library.add(b"later")
        await settled(library, expected | {later: "indexed"})
    assert await found(index, OLD) == {*good, later}
    # Nothing is left of what was written to find out.
    assert await index.count(OLD) == others + 1


async def test_what_becomes_of_an_event_is_linked_to_the_call_that_caused_it(
    client: redis.asyncio.Redis,
    library: Library,
    index: FaultyIndex,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spans = Spans()
    monkeypatch.setattr(consumption, "tracing", spans.tracing)
    caused, alone = await library.add(b"caused"), await library.add(b"alone")
    bad = await library.add(b"bad")
    index.refused[bad] = PointRefused("no")
    named = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    event = {"type": "uploaded", "image_id": caused, "traceparent": named}
    await client.xadd(IMAGES, {"event": json.dumps(event)})
    async with indexing(RedisEvents(client, "a"), library, TurningEmbedder("old"), index):
        await settled(library, {caused: "indexed", alone: "indexed", bad: "INDEX_REFUSED"})
    found = spans.named("process argus:images")
    images = [(span.attributes or {})["argus.image_id"] for span in found]
    assert set(images) == {caused, alone, bad}
    assert all(span.parent is None for span in found), "each is a trace of its own"
    linked = [
        (image, link) for image, span in zip(images, found, strict=True) for link in span.links
    ]
    assert [image for image, _ in linked] == [caused]
    context = linked[0][1].context
    assert f"{context.trace_id:032x}-{context.span_id:016x}" == named[3:-3]


@pytest.mark.parametrize(
    "vector",
    [[math.nan] * 8, [math.inf, *[0.0] * 7], [1e30] * 8, [1.0] * 7, []],
    ids=["not a number", "infinite", "too long to square", "of another model", "empty"],
)
async def test_a_vector_that_could_never_be_found_fails_its_image(
    client: redis.asyncio.Redis, library: Library, index: FaultyIndex, vector: list[float]
) -> None:
    bad, good = await library.add(b"bad"), await library.add(b"good")
    embedder = TurningEmbedder("old")
    embedder.vectors[b"bad"] = vector
    async with indexing(RedisEvents(client, "a"), library, embedder, index):
        await settled(library, {bad: "INDEX_REFUSED", good: "indexed"})


@pytest.mark.parametrize("fault", [IndexUnavailable("disk full"), OSError(28, "disk full")])
async def test_while_the_index_is_down_images_wait_and_none_fails(
    client: redis.asyncio.Redis, library: Library, index: FaultyIndex, fault: Exception
) -> None:
    ids = [await library.add(bytes([n])) for n in range(5)]
    index.down = fault
    async with indexing(RedisEvents(client, "a"), library, TurningEmbedder("old"), index):
        await eventually(is_true(lambda: index.failures >= 12), "the index was tried often")
        assert await library.outcomes() == {}
        index.down = None
        await settled(library, dict.fromkeys(ids, "indexed"))


async def test_models_that_answer_by_turns_announce_nothing_again(
    client: redis.asyncio.Redis, library: Library, index: FaultyIndex
) -> None:
    ids = [await library.add(bytes([n])) for n in range(5)]
    embedder = TurningEmbedder("old")
    async with indexing(RedisEvents(client, "a"), library, embedder, index):
        await settled(library, dict.fromkeys(ids, "indexed"))
        assert library.replays == 1
        embedder.run("new", "new", "old", "new", "old")
        more = [await library.add(bytes([n])) for n in range(5, 10)]
        # Meanwhile images are indexed for the old one.
        await settled(library, dict.fromkeys(ids + more, "indexed"))
        asked = embedder.asked
        await eventually(is_true(lambda: embedder.asked > asked + 200), "it was asked often")
        assert library.replays == 1
        assert await found(index, OLD) == {*ids, *more}


async def test_a_new_model_and_back_announces_once_for_each(
    client: redis.asyncio.Redis, library: Library, index: FaultyIndex
) -> None:
    ids = [await library.add(bytes([n])) for n in range(5)]
    embedder = TurningEmbedder("old")
    async with indexing(RedisEvents(client, "a"), library, embedder, index):
        await settled(library, dict.fromkeys(ids, "indexed"))
        for version, space in [("new", NEW), ("old", OLD)] * 3:
            embedder.run(version)
            asked = embedder.asked
            await eventually(
                is_true(lambda asked=asked: embedder.asked > asked + 3 * ANSWERS_IN_A_ROW),  # type: ignore[misc] # mypy cannot infer a lambda with a default
                "another model is used",
            )
            await settled(library, dict.fromkeys(ids, "indexed"))
            assert await found(index, space) == set(ids)
        assert library.replays == 2
        # What comes now the new one misses.
        ids.append(await library.add(b"more"))
        await settled(library, dict.fromkeys(ids, "indexed"))
        embedder.run("new")
        await eventually(is_true(lambda: library.replays == 3), "it is announced to the new one")
        await settled(library, dict.fromkeys(ids, "indexed"))
        assert await found(index, NEW) == set(ids)
    assert embedder.embedded == 2 * len(ids)


async def test_a_restart_amid_an_exchange_of_models_stays_with_the_complete_space(
    client: redis.asyncio.Redis, library: Library, index: FaultyIndex
) -> None:
    ids = [await library.add(bytes([n])) for n in range(3)]
    embedder = TurningEmbedder("old")
    async with indexing(RedisEvents(client, "a"), library, embedder, index):
        await settled(library, dict.fromkeys(ids, "indexed"))
    embedder.run("new", "new", "old")
    async with indexing(RedisEvents(client, "a"), library, embedder, index):
        ids.append(await library.add(b"more"))
        await settled(library, dict.fromkeys(ids, "indexed"))
        assert library.replays == 1


class LossyEvents(RedisEvents):
    """Loses the answers to the first attempts that are begun."""

    losses = 5

    async def begin_alone(self, message_id: str, attempt_id: str) -> int:
        attempts = await super().begin_alone(message_id, attempt_id)
        if self.losses:
            self.losses -= 1
            raise RedisUnavailable("Redis does not answer")
        return attempts


async def test_answers_that_redis_loses_use_up_no_attempts(
    client: redis.asyncio.Redis, library: Library, index: FaultyIndex
) -> None:
    embedder = TurningEmbedder("old")
    embedder.poison.add(b"slow")
    image_id = await library.add(b"slow")
    events = LossyEvents(client, "a")
    async with indexing(events, library, embedder, index):
        await eventually(is_true(lambda: events.losses == 4), "it is tried alone")
        embedder.poison.clear()
        await settled(library, {image_id: "indexed"})


async def test_an_image_that_ends_the_embedder_fails_though_it_is_down_in_between(
    client: redis.asyncio.Redis, library: Library, index: FaultyIndex
) -> None:
    class Ended(TurningEmbedder):
        """Is down for a moment after each end."""

        async def embed(
            self, image_id: str, image: bytes, space: Space, *, crops: bool = False
        ) -> Embedded:
            try:
                return await super().embed(image_id, image, space, crops=crops)
            finally:
                self.down = image in self.poison and not self.down

    embedder = Ended("old")
    embedder.poison.add(b"bad")
    bad = await library.add(b"bad")
    async with indexing(RedisEvents(client, "a"), library, embedder, index):
        await settled(library, {bad: "INDEXING_FAILED"})


async def test_a_space_that_is_lost_while_it_is_used_is_filled_again(
    client: redis.asyncio.Redis, library: Library, index: FaultyIndex
) -> None:
    ids = [await library.add(bytes([n])) for n in range(3)]
    async with indexing(RedisEvents(client, "a"), library, TurningEmbedder("old"), index):
        await settled(library, dict.fromkeys(ids, "indexed"))
        index.lose(OLD)
        ids.append(await library.add(b"more"))

        async def all_found() -> bool:
            with suppress(SpaceGone):
                return await found(index, OLD) == set(ids)
            return False

        await eventually(all_found, "all images are found again")
