"""Another model gets every image while searches stay with theirs.

On a real Redis and a real Qdrant Edge.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import redis.asyncio

from services.clients import patience
from services.clients.model import Embedded, Space
from services.runtime.errors import InvalidInput
from services.runtime.filters import parse_filter
from services.search.errors import ModelUnknown, ModelUnsuitable, ReindexRunning, SpaceGone
from services.search.index.conditions import FILTER_FIELDS
from services.search.index.qdrant_edge import EdgeIndex
from services.search.indexing.gate import Gate
from services.search.indexing.image_worker import ImageWorker
from services.search.indexing.indexer import Indexer
from services.search.indexing.redis_events import RedisEvents
from services.search.model import Scope
from services.search.ports import EventStream
from services.search.reindexing.desk import ReindexDesk
from services.search.reindexing.model import Candidate, Progress, ReindexState
from services.search.reindexing.redis_reindexes import REINDEX, RedisReindexes
from services.search.reindexing.runner import ReindexRunner
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

OLD, NEW = space_of("old"), space_of("new")


class HeldEmbedder(TurningEmbedder):
    """Embeds for one model, at first the other, as many images as it is let; refuses some."""

    def __init__(self) -> None:
        super().__init__("old")
        self.others = [OLD, NEW]
        self.held = NEW
        self.refused: set[bytes] = set()
        self.let = asyncio.Semaphore(0)
        self.embedded_new = 0
        """Images that were embedded for that model."""

    def release(self) -> None:
        """Lets it embed everything."""
        for _ in range(1000):
            self.let.release()

    async def embed(
        self, image_id: str, image: bytes, space: Space, *, crops: bool = False
    ) -> Embedded:
        if space == self.held:
            await self.let.acquire()
            if image in self.refused:
                raise InvalidInput("the model cannot read it")
            self.embedded_new += 1
        return await super().embed(image_id, image, space, crops=crops)


class Models:
    """What the embedder has: the old model, another, and one without words."""

    broken = False

    async def find(self, model: str) -> Candidate | None:
        spaces = {"old": OLD, "new": NEW, "pictures": Space("pictures", "v1", 8)}
        if model not in spaces:
            return None
        return Candidate(spaces[model], embeds_images=True, embeds_words=model != "pictures")

    async def try_out(self, space: Space) -> None:
        if self.broken:
            raise InvalidInput("it does not load")


class World:
    """Search without its queries."""

    def __init__(self, client: redis.asyncio.Redis, folder: Path) -> None:
        self.client = client
        self.folder = folder
        self.library = Library(client)
        self.embedder = HeldEmbedder()
        self.models = Models()
        self.index = EdgeIndex(folder)
        self.space: Space | None = None

    @property
    def desk(self) -> ReindexDesk:
        return ReindexDesk(RedisReindexes(self.client), self.models, self.index, self.current)

    async def current(self) -> Space:
        return self.space or OLD

    def _use(self, space: Space) -> None:
        self.space = space

    @asynccontextmanager
    async def searching(self) -> AsyncIterator[None]:
        """One life of a replica, ended as abruptly as a task can be."""
        events, reindexes = RedisEvents(self.client, "a"), RedisReindexes(self.client)

        @asynccontextmanager
        async def workers(images: EventStream) -> AsyncIterator[ImageWorker]:
            yield self._worker(images)

        indexer = Indexer(
            events, self.library, self.embedder, self.index, self._worker(events),
            arrivals=Awaited(), changeover=reindexes, use=self._use, restore=nothing_restored,
            capacity=16, ask_every_s=0.01, ask_again_after_s=0.01,
        )  # fmt: skip
        runner = ReindexRunner(
            reindexes, events, self.library, self.index, current=self.current, workers=workers,
            replica="a", capacity=4, look_every_s=0.01,
        )  # fmt: skip
        tasks = [asyncio.create_task(one.run()) for one in (indexer, runner)]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            for task in tasks:
                assert task.cancelled(), task.exception()

    def _worker(self, events: EventStream) -> ImageWorker:
        gate = Gate(slots=8, budget_bytes=2**20)
        return ImageWorker(events, self.library, self.embedder, gate, max_image_bytes=2**20)

    async def restart(self) -> None:
        """What a process loses when it ends."""
        await self.index.close()
        self.index = EdgeIndex(self.folder)
        self.space = None

    async def kept(self, space: Space, text: str = "") -> set[str]:
        scope = Scope(USER, parse_filter(text, FILTER_FIELDS))
        try:
            return set(await self.index.image_ids(space, scope, limit=1000))
        except SpaceGone:
            return set()

    async def add(self, count: int) -> set[str]:
        return {await self.library.add(bytes([4, number])) for number in range(count)}

    async def settled(self) -> None:
        async def is_settled() -> bool:
            return await self.library.backlog() == 0

        await eventually(is_settled, "all events are finished")

    async def changed_over(self) -> None:
        async def is_done() -> bool:
            return self.space == NEW and (await self.desk.progress()).current == NEW

        await eventually(is_done, "searches use the other model")
        await self.settled()

    async def see_anew(self) -> set[str]:
        """Images of the present model, which sees them otherwise from now on, and as it is let."""
        await self.settled()
        for image in self.library.images.values():
            self.embedder.vectors[image] = vector_of(b"anew " + image)
        self.embedder.held = OLD
        return set(self.library.images)

    async def seen_anew(self) -> set[str]:
        """Those whose vector is the new one."""
        found = await self.index.stored(OLD, list(self.library.images))
        return {
            image_id
            for image_id, image in self.library.images.items()
            if image_id in found
            and found[image_id].vector == pytest.approx(self.embedder.vectors[image], abs=1e-3)
        }

    async def are_seen_anew(self, least: int) -> None:
        async def are() -> bool:
            return len(await self.seen_anew()) >= least

        await eventually(are, f"{least} have a new vector")

    async def done(self, *, finding: set[str]) -> Progress:
        """Waits for the end; until then these images are found at every moment."""

        async def is_done() -> bool:
            assert await self.kept(OLD) >= finding
            reindex = (await self.desk.progress()).reindex
            return reindex is not None and reindex.state is ReindexState.DONE

        await eventually(is_done, "images are embedded again")
        await self.settled()
        return await self.desk.progress()

    async def embedded(self, least: int) -> None:
        async def are() -> bool:
            return len(await self.kept(NEW)) >= least

        await eventually(are, f"{least} have a vector of the other model")


@pytest.fixture(autouse=True)
def _impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "MAX_DELAY_S", 0.1)


@pytest.fixture
async def world(client: redis.asyncio.Redis, tmp_path: Path) -> AsyncIterator[World]:
    made = World(client, tmp_path)
    yield made
    await made.index.close()


async def test_searches_stay_with_the_old_model_until_the_other_has_every_image(
    world: World,
) -> None:
    async with world.searching():
        ids = await world.add(20)
        await world.settled()
        begun = await world.desk.start("new")
        assert begun.reindex is not None
        assert begun.reindex.runs
        for _ in range(7):
            world.embedder.let.release()
        await world.embedded(7)
        progress = await world.desk.progress()
        assert progress.current == OLD
        assert (progress.image_count, progress.embedded_count) == (20, 7)
        assert await world.index.in_use() == OLD.name
        assert await world.kept(OLD) == ids
        world.embedder.release()
        await world.changed_over()
        progress = await world.desk.progress()
        assert progress.reindex is not None
        assert progress.reindex.state is ReindexState.DONE
        assert progress.reindex.end_s >= progress.reindex.start_s
        assert await world.index.in_use() == NEW.name
        assert await world.kept(NEW) == ids
        assert world.library.replays == 1
        later = await world.library.add(b"later")
        await world.settled()
        assert later in await world.kept(NEW)
        assert later not in await world.kept(OLD)


async def test_what_comes_changes_and_goes_meanwhile_is_so_for_the_other_model(
    world: World,
) -> None:
    async with world.searching():
        first, second, third, *_ = sorted(await world.add(12))
        await world.settled()
        await world.desk.start("new")
        for _ in range(4):
            world.embedder.let.release()
        await world.embedded(4)
        came = await world.library.add(b"came")
        await world.library.label(first, line="1")
        await world.library.label(third, line="1")
        await world.library.remove(second)
        await world.settled()
        assert await world.kept(OLD, "labels.line = 1") == {first, third}
        world.embedder.release()
        await world.changed_over()
        assert await world.kept(NEW) == await world.kept(OLD)
        assert came in await world.kept(NEW)
        assert second not in await world.kept(NEW)
        assert await world.kept(NEW, "labels.line = 1") == {first, third}


async def test_it_goes_on_where_it_was_when_search_is_started_again(world: World) -> None:
    async with world.searching():
        ids = await world.add(20)
        await world.settled()
        await world.desk.start("new")
        for _ in range(9):
            world.embedder.let.release()
        await world.embedded(9)
    await world.restart()
    async with world.searching():
        world.embedder.release()
        await world.changed_over()
        assert await world.kept(NEW) == ids
    # Those that were under way when it ended, at most.
    assert world.embedder.embedded_new <= 20 + 8
    await world.restart()
    async with world.searching():
        await world.changed_over()
        assert await world.kept(NEW) == ids


async def test_a_cancelled_one_changes_nothing_and_its_work_is_not_lost(world: World) -> None:
    async with world.searching():
        ids = await world.add(10)
        await world.settled()
        await world.desk.start("new")
        for _ in range(5):
            world.embedder.let.release()
        await world.embedded(5)
        cancelled = await world.desk.cancel()
        assert cancelled.reindex is not None
        assert cancelled.reindex.state is ReindexState.CANCELLED
        assert (await world.desk.progress()).current == OLD
        before = world.embedder.embedded_new
        (gone, *_) = ids
        await world.library.label(gone, line="7")
        await world.settled()
        await world.desk.start("new")
        world.embedder.release()
        await world.changed_over()
        assert await world.kept(NEW) == ids
        assert await world.kept(NEW, "labels.line = 7") == {gone}
        assert world.embedder.embedded_new <= before + 5 + 8


async def test_an_image_that_the_other_model_cannot_read_is_told_and_fails_only_then(
    world: World,
) -> None:
    async with world.searching():
        await world.add(3)
        broken = await world.library.add(b"broken")
        await world.settled()
        world.embedder.refused.add(b"broken")
        world.embedder.release()
        await world.desk.start("new")
        await world.changed_over()
        assert (await world.desk.progress()).failed_count == 1

        async def is_told() -> bool:
            return (await world.library.outcomes())[broken] == InvalidInput.reason

        await eventually(is_told, "its owner is told")
        await world.settled()
        assert broken not in await world.kept(NEW)


async def test_another_default_model_is_made_ready_beside_the_old_one(world: World) -> None:
    async with world.searching():
        ids = await world.add(6)
        await world.settled()
        world.embedder.run("new")

        async def runs() -> bool:
            reindex = (await world.desk.progress()).reindex
            return reindex is not None and reindex.automatic

        await eventually(runs, "images are embedded for the other default")
        await world.add(2)
        await world.settled()
        assert world.space == OLD
        world.embedder.release()
        await world.changed_over()
        assert await world.kept(NEW) > ids
        assert world.library.replays == 1


async def test_a_default_that_is_taken_back_ends_what_it_began(world: World) -> None:
    async with world.searching():
        await world.add(6)
        await world.settled()
        world.embedder.run("new")

        async def is_in(state: ReindexState) -> bool:
            reindex = (await world.desk.progress()).reindex
            return reindex is not None and reindex.state is state

        await eventually(lambda: is_in(ReindexState.RUNNING), "it begins")
        world.embedder.run("old")
        await eventually(lambda: is_in(ReindexState.CANCELLED), "it ends")
        assert world.space == OLD


@pytest.mark.parametrize(
    ("model", "error"), [("nobody's", ModelUnknown), ("pictures", ModelUnsuitable)]
)
async def test_a_model_that_cannot_be_used_begins_nothing(
    world: World, model: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await world.desk.start(model)
    assert (await world.desk.progress()).reindex is None


async def test_a_model_that_does_not_work_begins_nothing(world: World) -> None:
    world.models.broken = True
    with pytest.raises(ModelUnsuitable, match="does not load"):
        await world.desk.start("new")
    assert (await world.desk.progress()).reindex is None


async def test_one_at_a_time_and_the_same_twice_is_one(world: World) -> None:
    reindexes = RedisReindexes(world.client)
    begun: Sequence[bool] = await asyncio.gather(
        *(reindexes.begin(NEW, automatic=False) for _ in range(5))
    )
    assert sorted(begun) == [False] * 4 + [True]
    again = await world.desk.start("new")
    assert again.reindex is not None
    assert again.reindex.runs
    world.space = Space("pictures", "v1", 8)
    with pytest.raises(ReindexRunning):
        await world.desk.start("old")
    world.space = OLD
    await world.desk.cancel()
    assert (await world.desk.start("old")).reindex == (await world.desk.cancel()).reindex


async def test_the_model_in_use_embeds_each_image_once_more_in_its_place(world: World) -> None:
    async with world.searching():
        await world.add(12)
        ids = await world.see_anew()
        begun = await world.desk.start("old", again=True)
        assert begun.reindex is not None
        assert begun.reindex.runs
        assert begun.reindex.again
        assert begun.embedded_count == 0
        for _ in range(5):
            world.embedder.let.release()
        await world.are_seen_anew(5)
        assert len(await world.seen_anew()) == 5
        assert (await world.desk.progress()).embedded_count <= 5
        assert await world.kept(OLD) == ids
        world.embedder.release()
        progress = await world.done(finding=ids)
        assert (progress.image_count, progress.embedded_count) == (12, 12)
        assert progress.failed_count == 0
        assert await world.seen_anew() == await world.kept(OLD) == ids
        assert world.embedder.embedded_new == 12
        assert world.space == OLD


async def test_embedding_again_goes_on_when_search_is_started_again_and_counts_each_once(
    world: World,
) -> None:
    async with world.searching():
        await world.add(20)
        ids = await world.see_anew()
        await world.desk.start("old", again=True)
    for life in range(3):
        async with world.searching():
            for _ in range(4):
                world.embedder.let.release()
            await world.are_seen_anew(4 * (life + 1) - 2)
        await world.restart()
    counted = (await world.desk.progress()).embedded_count
    assert 0 < counted <= len(await world.seen_anew()) < 20
    world.embedder.release()
    async with world.searching():
        progress = await world.done(finding=ids)
    assert progress.embedded_count == 20
    assert await world.seen_anew() == ids
    # Those that were under way at an end, at most.
    assert world.embedder.embedded_new <= 20 + 3 * 4


async def test_embedding_again_ends_though_search_ended_while_images_were_announced(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with world.searching():
        await world.add(3)
        ids = await world.see_anew()
        world.embedder.release()
        announcing = asyncio.Event()

        async def replay() -> int:
            announcing.set()
            return await asyncio.Future()

        with monkeypatch.context() as patched:
            patched.setattr(world.library, "replay", replay)
            await world.desk.start("old", again=True)
            await eventually(announcing.is_set, "images are announced once more")
    await world.restart()
    async with world.searching():
        progress = await world.done(finding=ids)
    assert progress.embedded_count == 3
    assert world.embedder.embedded_new == 3
    assert OLD.name in await RedisEvents(world.client, "a").complete_spaces()


async def test_an_image_that_the_index_lacked_is_there_after_embedding_again(
    world: World,
) -> None:
    async with world.searching():
        await world.add(4)
        ids = await world.see_anew()
        lost, *_ = ids
        await world.index.delete([lost])
        world.embedder.release()
        await world.desk.start("old", again=True)
        progress = await world.done(finding=ids - {lost})
        assert progress.embedded_count == 3
        assert await world.seen_anew() == ids
        assert world.embedder.embedded_new == 4


async def test_an_image_that_is_refused_when_it_is_embedded_again_keeps_its_vector(
    world: World,
) -> None:
    async with world.searching():
        await world.add(3)
        broken = await world.library.add(b"broken")
        ids = await world.see_anew()
        world.embedder.refused.add(b"broken")
        world.embedder.release()
        await world.desk.start("old", again=True)
        progress = await world.done(finding=ids)
        assert (progress.embedded_count, progress.failed_count) == (3, 1)
        await world.settled()
        assert await world.kept(OLD) == ids
        assert await world.seen_anew() == ids - {broken}
        assert (await world.library.outcomes())[broken] == "indexed"


async def test_what_changes_and_goes_while_images_are_embedded_again_is_so(world: World) -> None:
    async with world.searching():
        await world.add(8)
        ids = sorted(await world.see_anew())
        await world.desk.start("old", again=True)
        world.embedder.let.release()
        await world.are_seen_anew(1)
        await world.library.label(ids[0], line="1")
        await world.library.label(ids[-1], line="1")
        await world.library.remove(ids[1])
        await world.settled()
        world.embedder.release()
        progress = await world.done(finding={*ids} - {ids[1]})
        assert progress.image_count == 7
        assert await world.seen_anew() == await world.kept(OLD) == {*ids} - {ids[1]}
        assert await world.kept(OLD, "labels.line = 1") == {ids[0], ids[-1]}


async def test_another_model_can_be_gone_over_to_with_every_image_embedded_again(
    world: World,
) -> None:
    async with world.searching():
        ids = await world.add(6)
        await world.settled()
        await world.desk.start("new")
        for _ in range(4):
            world.embedder.let.release()
        await world.embedded(4)
        await world.desk.cancel()
        before = world.embedder.embedded_new
        await world.desk.start("new", again=True)
        world.embedder.release()
        await world.changed_over()
        assert await world.kept(NEW) == ids
        assert (await world.desk.progress()).embedded_count == 6
        assert world.embedder.embedded_new >= before + 6


async def test_embedding_again_and_not_again_are_not_one(world: World) -> None:
    for first in (True, False):
        await world.desk.start("new", again=first)
        assert (await world.desk.start("new", again=first)).reindex is not None
        with pytest.raises(ReindexRunning):
            await world.desk.start("new", again=not first)
        await world.desk.cancel()


async def test_images_are_counted_once_and_for_the_reindexing_that_they_are_of(
    world: World,
) -> None:
    reindexes = RedisReindexes(world.client)
    await reindexes.begin(OLD, automatic=False, again=True)
    former = await reindexes.newest()
    assert former is not None
    for _ in range(2):
        await reindexes.move_on(former, "b", 2)
    await reindexes.move_on(former, "a", 1)
    newest = await reindexes.newest()
    assert newest is not None
    assert (newest.again, newest.cursor, newest.done_count) == (True, "b", 2)
    await reindexes.end(former, ReindexState.CANCELLED)
    await reindexes.begin(OLD, automatic=False, again=True)
    await reindexes.move_on(former, "c", 1)
    await reindexes.end(former, ReindexState.DONE)
    newest = await reindexes.newest()
    assert newest is not None
    assert newest.runs
    assert (newest.cursor, newest.done_count) == ("", 0)


async def test_what_former_code_wrote_is_not_again(world: World) -> None:
    reindexes = RedisReindexes(world.client)
    await reindexes.begin(NEW, automatic=False)
    await world.client.hdel(REINDEX, "again")
    newest = await reindexes.newest()
    assert newest is not None
    assert (newest.again, newest.done_count) == (False, 0)


async def test_one_replica_does_the_work_until_it_lets_go(world: World) -> None:
    reindexes = RedisReindexes(world.client)
    assert await reindexes.hold("a")
    assert await reindexes.hold("a")
    assert not await reindexes.hold("b")
    await reindexes.let_go("b")
    assert not await reindexes.hold("b")
    await reindexes.let_go("a")
    assert await reindexes.hold("b")


async def test_an_image_that_is_missed_once_more_while_it_is_worked_on_is_not_forgotten(
    world: World,
) -> None:
    reindexes = RedisReindexes(world.client)
    await reindexes.add_missed(NEW.name, ["one", "other"])
    seen = await reindexes.missed(NEW.name, limit=10)
    await reindexes.add_missed(NEW.name, ["other"])
    await reindexes.forget_missed(NEW.name, seen)
    assert list(await reindexes.missed(NEW.name, limit=10)) == ["other"]


async def test_a_model_in_use_that_is_gone_is_left_for_the_default(world: World) -> None:
    async with world.searching():
        ids = await world.add(4)
        await world.settled()
        world.embedder.release()
        await world.desk.start("new")
        await world.changed_over()
        world.embedder.others = []
        later = await world.library.add(b"later")

        async def is_back() -> bool:
            return world.space == OLD and await world.kept(OLD) == {*ids, later}

        await eventually(is_back, "searches use the default, which lacks nothing")
