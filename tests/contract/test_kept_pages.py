"""Pages that are kept are never those of before an acknowledged write, whoever wrote."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import redis.asyncio

from services.clients.errors import ImageNotFound
from services.runtime.redis import open_redis
from services.search.errors import IndexUnavailable
from services.search.index.qdrant_edge import EdgeIndex
from services.search.index.qdrant_server import ServerIndex, connect
from services.search.model import Example, ImagePoint, SearchRequest, StoredQuery, TextQuery
from services.search.ports import VectorIndex
from services.search.query.kept_pages import KeptPages, Key, Page
from services.search.redis_versions import KEY, RedisVersions
from tests.support.qdrant import stand_in
from tests.support.shelf import ANA, BEN, DIMENSION, SPACE, Shelf, unit, words

AXES = np.eye(DIMENSION)
LIMIT = 5
MIB = 2**20


class Counted(KeptPages):
    """Counts how often a page was there."""

    hits = 0

    def get(self, key: Key, version: str) -> Page | None:
        page = super().get(key, version)
        self.hits += page is not None
        return page


@dataclass(frozen=True)
class Search:
    """Processes that search one index, and one that keeps nothing."""

    shelves: list[Shelf]
    pages: list[Counted]

    @property
    def index(self) -> VectorIndex:
        return self.shelves[0].index

    async def put(self, number: int, image_id: str, **labels: str) -> None:
        """Writes an image through any of the processes."""
        vector = unit(np.random.default_rng(number).normal(size=DIMENSION).tolist())
        point = ImagePoint(image_id, ANA, vector, "a.png", "image/png", labels)
        await self.shelves[number % len(self.shelves)].index.upsert(SPACE, [point])

    @property
    def hits(self) -> int:
        return sum(one.hits for one in self.pages)


@pytest.fixture(params=["edge", "replicas"])
async def search(
    request: pytest.FixtureRequest, tmp_path: Path, fresh_redis_url: str
) -> AsyncIterator[Search]:
    async with AsyncExitStack() as stack:
        indexes: list[VectorIndex] = []
        if request.param == "edge":
            indexes.append(EdgeIndex(tmp_path))
        else:
            url = await stack.enter_async_context(stand_in())
            for _ in range(2):
                client = await stack.enter_async_context(open_redis(fresh_redis_url))
                await client.ping()
                indexes.append(ServerIndex(connect(url, ""), versions=RedisVersions(client)))
        for index in indexes:
            stack.push_async_callback(index.close)
            await index.open(SPACE)
        pages = [Counted(MIB) for _ in indexes]
        shelves = [Shelf(index, kept) for index, kept in zip(indexes, pages, strict=True)]
        for shelf in shelves:
            shelf.owners = shelves[0].owners
        yield Search(shelves, pages)


def asking(*vectors: list[float], **fields: Any) -> SearchRequest:
    texts = [Example(TextQuery(words(vector)), field="examples[0].text") for vector in vectors]
    return SearchRequest(ANA, texts or [Example(TextQuery(words(AXES[0])), field="x")], **fields)


async def shown(shelf: Shelf, request: SearchRequest) -> list[str]:
    return [match.image.image_id for match in (await shelf.searcher.search(request)).matches]


FORMS: dict[str, dict[str, Any]] = {
    "plain": {},
    "folded": {"fold_duplicates": True},
    "diverse": {"diversity": 0.5},
    "faceted": {"facet_labels": ["line"], "facet_months": True},
    "filtered": {"filter": "labels.line = '1'"},
}


@pytest.mark.parametrize("form", FORMS)
async def test_each_write_shows_in_every_form_and_process_at_once(
    search: Search, form: str
) -> None:
    image_ids = [await search.shelves[0].add(AXES[0] + 0.1 * one) for one in AXES[1:4]]
    request = asking(AXES[0].tolist(), limit=20, **FORMS[form])
    plain = Shelf(search.index)
    plain.owners = search.shelves[0].owners

    async def all_agree() -> None:
        expected = await plain.searcher.search(request)
        for shelf in search.shelves:
            for _ in range(2):
                assert await shelf.searcher.search(request) == expected

    async def after(write: Callable[[], Any]) -> None:
        await all_agree()
        await write()
        await all_agree()

    await after(lambda: search.put(1, image_ids[0], line="1"))
    await after(lambda: search.put(2, image_ids[0], line="2"))
    await after(lambda: search.put(3, image_ids[1], line="1"))
    await after(lambda: search.shelves[-1].index.delete([image_ids[1]]))
    await after(lambda: search.put(4, image_ids[1], line="1"))
    await after(lambda: search.shelves[-1].add((AXES[0] + 0.2 * AXES[5]).tolist()))
    await after(lambda: search.shelves[-1].index.delete_of_user(ANA))
    assert search.hits > 0


async def test_pages_while_others_write_are_those_of_a_moment_in_between(search: Search) -> None:
    """Each answer is right for some state between the last acknowledged and the last begun."""
    numbers = np.random.default_rng(5)
    image_ids = [f"{number:08x}-0000-4000-8000-000000000000" for number in range(12)]
    for image_id in image_ids:
        search.shelves[0].owners[image_id] = ANA
    states: list[dict[str, list[float]]] = [{}]
    acknowledged = 0
    done = False

    async def write() -> None:
        nonlocal acknowledged, done
        for step in range(40):
            image_id = str(numbers.choice(image_ids))
            index = search.shelves[step % len(search.shelves)].index
            state = dict(states[-1])
            if image_id in state and numbers.random() < 0.4:
                del state[image_id]
                states.append(state)
                await index.delete([image_id])
            else:
                state[image_id] = unit(numbers.normal(size=DIMENSION).tolist())
                states.append(state)
                point = ImagePoint(image_id, ANA, state[image_id], "a.png", "image/png", {})
                await index.upsert(SPACE, [point])
            acknowledged = len(states) - 1
            for _ in range(int(numbers.integers(0, 8))):
                await asyncio.sleep(0)
        done = True

    def best(state: dict[str, list[float]], query: list[float]) -> list[str]:
        by_score = sorted(state, key=lambda one: -float(np.dot(state[one], query)))
        return by_score[:LIMIT]

    wrong: list[str] = []

    async def read(seed: int) -> None:
        queries = [unit(AXES[number % DIMENSION].tolist()) for number in range(3)]
        draws = np.random.default_rng(seed)
        while not done:
            query = queries[int(draws.integers(len(queries)))]
            shelf = search.shelves[int(draws.integers(len(search.shelves)))]
            first = acknowledged
            found = await shown(shelf, asking(query, limit=LIMIT))
            between = states[first : len(states)]
            if found not in [best(state, query) for state in between]:
                wrong.append(f"after write {first} of {len(states) - 1}: {found}")
            await asyncio.sleep(0)

    await asyncio.gather(write(), *(read(seed) for seed in range(6)))
    assert wrong == []
    # Nobody writes any more: what was found is found again without the index.
    for shelf in search.shelves:
        for _ in range(2):
            await shown(shelf, asking(AXES[0].tolist(), limit=LIMIT))
    assert search.hits > 0


async def test_what_storage_hides_and_gives_back_is_as_storage_says(search: Search) -> None:
    shelf = search.shelves[-1]
    image_ids = [await shelf.add(AXES[0] + 0.1 * one) for one in AXES[1:5]]
    request = asking(AXES[0].tolist(), limit=2)
    first = await shown(shelf, request)
    # In the trash, before search has heard of it; and taken back before that, too.
    del shelf.owners[first[0]]
    without = await shown(shelf, request)
    assert without[0] == first[1]
    assert first[0] not in without
    assert len(without) == 2
    shelf.owners[first[0]] = ANA
    assert await shown(shelf, request) == first
    assert set(first + without) <= set(image_ids)


async def test_an_example_that_is_deleted_or_somebody_elses_finds_nothing(search: Search) -> None:
    shelf = search.shelves[0]
    mine = await shelf.add(AXES[0])
    await shelf.add(AXES[1])
    request = replace(asking(), examples=[Example(StoredQuery(mine), field="image_id")])
    assert len(await shown(shelf, request)) == 2
    with shelf.calling(BEN), pytest.raises(ImageNotFound):
        await shown(shelf, replace(request, user_id=BEN))
    del shelf.owners[mine]
    with pytest.raises(ImageNotFound):
        await shown(shelf, request)


async def test_requests_that_differ_have_pages_of_their_own(search: Search) -> None:
    shelf = search.shelves[0]
    for number in range(6):
        await shelf.add(AXES[0] + 0.1 * AXES[number + 1], BEN if number == 5 else ANA)
    whole = await shelf.searcher.search(asking(limit=2))
    following = asking(limit=2, page_token=whole.next_page_token)
    for request in (asking(limit=3), following, asking(AXES[3].tolist(), limit=2)):
        first = await shelf.searcher.search(request)
        assert first != whole
        assert await shelf.searcher.search(request) == first
    with shelf.calling(BEN):
        theirs = await shelf.searcher.search(replace(asking(limit=2), user_id=BEN))
    assert len(theirs.matches) == 1
    explained = await shelf.searcher.search(asking(limit=2, explain=True))
    assert all(match.contributions for match in explained.matches)
    assert await shelf.searcher.search(asking(limit=2)) == whole


@pytest.fixture
async def client(fresh_redis_url: str) -> AsyncIterator[redis.asyncio.Redis]:
    async with open_redis(fresh_redis_url) as opened:
        # A connection is there, however busy the machine is.
        await opened.ping()
        yield opened


async def test_a_version_that_redis_lost_never_comes_back(client: redis.asyncio.Redis) -> None:
    versions = RedisVersions(client)
    before = await versions.of(ANA)
    assert before is not None
    assert await versions.of(ANA) == before
    assert await versions.of(BEN) != before
    await client.flushdb()
    after = await versions.of(ANA)
    assert after is not None
    assert after != before


async def test_nothing_is_kept_while_somebody_writes_or_died_writing(
    client: redis.asyncio.Redis,
) -> None:
    versions = RedisVersions(client)
    before, others = await versions.of(ANA), await versions.of(BEN)
    async with versions.writing([ANA]):
        assert await versions.of(ANA) is None
        assert await versions.of(BEN) == others
    after = await versions.of(ANA)
    assert after not in (None, before)
    with pytest.raises(ZeroDivisionError):
        async with versions.writing([ANA]):
            raise ZeroDivisionError
    assert await versions.of(ANA) not in (None, before, after)
    # A writer that was killed.
    await client.set(KEY + ANA, "!0")
    assert await versions.of(ANA) is None
    async with versions.writing([ANA]):
        pass
    assert await versions.of(ANA) is not None


async def test_without_redis_nothing_is_kept_and_no_write_is_acknowledged() -> None:
    async with open_redis("redis://127.0.0.1:1") as nowhere:
        versions = RedisVersions(nowhere)
        assert await versions.of(ANA) is None
        with pytest.raises(IndexUnavailable):
            async with versions.writing([ANA]):
                pytest.fail("written")
