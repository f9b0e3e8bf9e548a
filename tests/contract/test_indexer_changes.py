"""Images that are changed, deleted and brought back: the index ends as storage says.

On a real Redis and a real Qdrant Edge, with two replicas whose work is held up at will.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import redis.asyncio

from services.clients import patience
from services.clients.model import Embedded, Space
from services.runtime.filters import parse_filter
from services.search.errors import SpaceGone
from services.search.index.conditions import FILTER_FIELDS
from services.search.index.qdrant_edge import EdgeIndex
from services.search.indexing.gate import Gate
from services.search.indexing.image_worker import ImageWorker
from services.search.indexing.indexer import Indexer
from services.search.indexing.redis_events import RedisEvents
from services.search.model import ImagePoint, Scope
from services.search.reindexing.redis_reindexes import RedisReindexes
from tests.support.eventually import eventually
from tests.support.former_index import former_shard
from tests.support.library import (
    USER,
    Awaited,
    Library,
    TurningEmbedder,
    nothing_restored,
    space_of,
)

OLD, NEW = space_of("old"), space_of("new")


class HeldEmbedder(TurningEmbedder):
    """Embeds only while it is let."""

    def __init__(self, version: str) -> None:
        super().__init__(version)
        self.let = asyncio.Event()
        self.let.set()
        self.waiting = 0

    async def embed(
        self, image_id: str, image: bytes, space: Space, *, crops: bool = False
    ) -> Embedded:
        self.waiting += 1
        await self.let.wait()
        self.waiting -= 1
        return await super().embed(image_id, image, space, crops=crops)


class HeldIndex(EdgeIndex):
    """Qdrant Edge whose writes wait while they are held."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.let_delete, self.let_upsert = asyncio.Event(), asyncio.Event()
        self.let_delete.set()
        self.let_upsert.set()
        self.deleting = self.upserting = 0

    async def upsert(self, space: Space, points: Sequence[ImagePoint]) -> None:
        self.upserting += 1
        await self.let_upsert.wait()
        self.upserting -= 1
        await super().upsert(space, points)

    async def delete(self, image_ids: Sequence[str]) -> None:
        if image_ids:
            self.deleting += 1
            await self.let_delete.wait()
            self.deleting -= 1
        await super().delete(image_ids)


@pytest.fixture(autouse=True)
def _impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "MAX_DELAY_S", 0.1)


@pytest.fixture
def library(client: redis.asyncio.Redis) -> Library:
    return Library(client)


@pytest.fixture
async def index(tmp_path: Path) -> AsyncIterator[HeldIndex]:
    made = HeldIndex(tmp_path)
    yield made
    await made.close()


@asynccontextmanager
async def replica(
    name: str,
    client: redis.asyncio.Redis,
    library: Library,
    embedder: TurningEmbedder,
    index: EdgeIndex,
    *,
    capacity: int = 16,
    arrivals: Awaited | None = None,
) -> AsyncIterator[None]:
    """An indexer; with a capacity of 1 it takes nothing else while it is held up."""
    events = RedisEvents(client, name)
    gate = Gate(slots=8, budget_bytes=2**20)
    worker = ImageWorker(events, library, embedder, gate, max_image_bytes=2**20)
    indexer = Indexer(
        events,
        library,
        embedder,
        index,
        worker,
        arrivals=Awaited() if arrivals is None else arrivals,
        changeover=RedisReindexes(client),
        use=lambda _: None,
        restore=nothing_restored,
        capacity=capacity,
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


def holds(what: Callable[[], bool]) -> Callable[[], Awaitable[bool]]:
    async def ask() -> bool:
        return what()

    return ask


async def left(library: Library, count: int) -> None:
    async def are_left() -> bool:
        return await library.backlog() == count

    await eventually(are_left, f"all events but {count} are finished")


async def drained(library: Library) -> None:
    await left(library, 0)


async def kept(index: EdgeIndex, text: str = "", space: Space = OLD) -> set[str]:
    scope = Scope(USER, parse_filter(text, FILTER_FIELDS))
    return set(await index.image_ids(space, scope, limit=100))


async def test_changed_labels_are_found_and_nothing_is_embedded_again(
    client: redis.asyncio.Redis, library: Library, index: HeldIndex
) -> None:
    embedder = TurningEmbedder("old")
    async with replica("a", client, library, embedder, index):
        one, other = await library.add(b"one"), await library.add(b"other")
        await drained(library)
        before = await index.stored(OLD, [one])
        for line in ("1", "2", "3"):
            await library.label(one, line=line)
        await drained(library)
        assert await kept(index, "labels.line = 3") == {one}
        assert await kept(index, "labels.line = 1 OR labels.line = 2") == set()
        assert await kept(index) == {one, other}
        assert embedder.embedded == 2
        assert (await index.stored(OLD, [one]))[one].vector == pytest.approx(before[one].vector)
        await library.label(one)
        await drained(library)
        assert await kept(index, "labels:line") == set()


async def test_points_of_former_code_get_what_they_lack_and_nothing_is_embedded_again(
    client: redis.asyncio.Redis, library: Library, tmp_path: Path
) -> None:
    embedder = TurningEmbedder("old")
    first = EdgeIndex(tmp_path / "first")
    async with replica("a", client, library, embedder, first):
        ids = {await library.add(b"one"), await library.add(b"other")}
        await drained(library)
    points = [
        ImagePoint(image_id, USER, stored.vector, "a.png", "image/png", {})
        for image_id, stored in (await first.stored(OLD, sorted(ids))).items()
    ]
    await first.close()
    folder = tmp_path / "former"
    former_shard(folder, OLD, points)
    replays = library.replays
    for _ in range(2):
        index = EdgeIndex(folder)
        async with replica("a", client, library, embedder, index):
            await eventually(lambda: up_to_date(index), "no point lacks anything")  # noqa: B023 - awaited here
            await drained(library)
            assert await kept(index, "size_bytes < 4 AND filename:png") < ids
            assert await kept(index, "filename:png") == ids
        await index.close()
    assert library.replays == replays + 1
    assert embedder.embedded == 2


async def up_to_date(index: EdgeIndex) -> bool:
    try:
        return not await index.outdated(OLD)
    except SpaceGone:
        return False


async def test_a_change_of_an_image_without_a_point_gives_it_one(
    client: redis.asyncio.Redis, library: Library, index: HeldIndex
) -> None:
    async with replica("a", client, library, TurningEmbedder("old"), index):
        await drained(library)
        image_id = "00000000-0000-4000-8000-000000000001"
        library.images[image_id] = b"one"
        await library.label(image_id, line="1")
        await drained(library)
        assert await kept(index, "labels.line = 1") == {image_id}
        assert await library.outcomes() == {image_id: "indexed"}


async def test_a_change_that_one_model_got_is_given_to_the_other_when_it_is_back(
    client: redis.asyncio.Redis, library: Library, index: HeldIndex
) -> None:
    embedder = TurningEmbedder("old")
    async with replica("a", client, library, embedder, index):
        image_id = await library.add(b"one")
        await drained(library)
        embedder.run("new")

        async def is_known_to(space: Space, text: str = "") -> bool:
            return await index.count(space) > 0 and await kept(index, text, space) == {image_id}

        await index.open(NEW)
        await eventually(lambda: is_known_to(NEW), "the new model has the image")
        await drained(library)
        await library.label(image_id, line="1")
        await eventually(lambda: is_known_to(NEW, "labels.line = 1"), "the new model has it")
        await drained(library)
        embedder.run("old")
        await eventually(lambda: is_known_to(OLD, "labels.line = 1"), "the old one too")


@pytest.mark.parametrize("is_there", [True, False])
@pytest.mark.parametrize(
    "kinds", list(itertools.permutations(["uploaded", "updated", "deleted", "deleted"], 4))[::3]
)
async def test_whatever_the_order_of_events_storage_is_right(
    client: redis.asyncio.Redis,
    library: Library,
    index: HeldIndex,
    kinds: Sequence[str],
    *,
    is_there: bool,
) -> None:
    async with (
        replica("a", client, library, TurningEmbedder("old"), index),
        replica("b", client, library, TurningEmbedder("old"), index),
    ):
        image_id = await library.add(b"one")
        await drained(library)
        if not is_there:
            del library.images[image_id]
        for kind in kinds:
            await library.announce(kind, image_id)
        await drained(library)
        assert await kept(index) == ({image_id} if is_there else set())


async def test_an_image_that_is_deleted_while_another_replica_embeds_it_leaves_nothing(
    client: redis.asyncio.Redis, library: Library, index: HeldIndex
) -> None:
    slow = HeldEmbedder("old")
    slow.let.clear()
    async with replica("a", client, library, slow, index, capacity=1):
        image_id = await library.add(b"one")
        await eventually(holds(lambda: slow.waiting == 1), "it is being embedded")
        async with replica("b", client, library, TurningEmbedder("old"), index):
            await library.remove(image_id)
            await left(library, 1)
            slow.let.set()
            await drained(library)
    assert await kept(index) == set()


async def test_a_deletion_that_comes_late_takes_no_image_that_is_back(
    client: redis.asyncio.Redis, library: Library, index: HeldIndex
) -> None:
    async with replica("a", client, library, TurningEmbedder("old"), index, capacity=1):
        image_id = await library.add(b"one")
        await drained(library)
        index.let_delete.clear()
        image = await library.remove(image_id)
        await eventually(holds(lambda: index.deleting == 1), "it is about to be deleted")
        async with replica("b", client, library, TurningEmbedder("old"), index):
            await library.restore(image_id, image)
            await left(library, 1)
            index.let_delete.set()
            await drained(library)
    assert await kept(index) == {image_id}


async def test_a_point_that_is_written_late_takes_no_newer_labels_back(
    client: redis.asyncio.Redis, library: Library, index: HeldIndex
) -> None:
    async with replica("a", client, library, TurningEmbedder("old"), index, capacity=1):
        image_id = await library.add(b"one")
        await drained(library)
        index.let_upsert.clear()
        await library.label(image_id, line="1")
        await eventually(holds(lambda: index.upserting == 1), "the old labels are being written")
        held, index.let_upsert = index.let_upsert, asyncio.Event()
        index.let_upsert.set()
        async with replica("b", client, library, TurningEmbedder("old"), index):
            await library.label(image_id, line="2")
            await left(library, 1)
            held.set()
            await drained(library)
    assert await kept(index, "labels.line = 2") == {image_id}
