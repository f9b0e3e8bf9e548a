"""Images get parts when that is switched on, on a real Redis and a real Qdrant Edge."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import redis.asyncio

from services.clients import patience
from services.clients.model import Embedded, ImageContent, Space
from services.search.index.qdrant_edge import EdgeIndex
from services.search.indexing import image_worker
from services.search.indexing.redis_events import RedisEvents
from services.search.model import Scope
from tests.contract.test_indexer import indexing, settled
from tests.support.eventually import eventually
from tests.support.library import USER, Library, TurningEmbedder, crops_of, space_of

SPACE = space_of("old")


@pytest.fixture(autouse=True)
def _impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "MAX_DELAY_S", 0.1)


class Sized(Library):
    """Images of which some are small."""

    small: frozenset[str] = frozenset()

    async def resolve(
        self, image_ids: Sequence[str], *, inline_bytes: int = 0
    ) -> Mapping[str, ImageContent]:
        found = await super().resolve(image_ids, inline_bytes=inline_bytes)
        return {
            image_id: replace(
                content,
                width=400,
                height=image_worker.LEAST_SIDE - (image_id in self.small),
            )
            for image_id, content in found.items()
        }


@pytest.fixture
def library(client: redis.asyncio.Redis) -> Sized:
    return Sized(client)


@pytest.fixture
async def indexes() -> AsyncIterator[list[EdgeIndex]]:
    opened: list[EdgeIndex] = []
    yield opened
    for index in opened:
        await index.close()


async def test_images_get_parts_once_that_is_switched_on(
    client: redis.asyncio.Redis, library: Sized, indexes: list[EdgeIndex], tmp_path: Path
) -> None:
    large, small = await library.add(b"large"), await library.add(b"small")
    library.small = frozenset({small})
    embedder = TurningEmbedder("old")
    events = RedisEvents(client, "a")
    plain = EdgeIndex(tmp_path)
    indexes.append(plain)
    everything = {large: "indexed", small: "indexed"}
    async with indexing(events, library, embedder, plain):
        await settled(library, everything)
    assert embedder.embedded == 2
    await plain.close()
    indexes.remove(plain)

    library.was_indexed = {large, small}
    index = EdgeIndex(tmp_path, crops=True)
    indexes.append(index)
    async with indexing(events, library, embedder, index, crops=True):
        await settled(library, everything)
        late = await library.add(b"late")
        await settled(library, {**everything, late: "indexed"})
    assert embedder.embedded == 5
    assert not await index.outdated(SPACE)
    _, right = crops_of(b"large")
    best = await index.search(SPACE, right.vector, Scope(USER), limit=1, crops=True)
    assert best[0].image_id == large
    kept = await index.stored(SPACE, [large, small, late], crops=True)
    assert {one: len(kept[one].crops or ()) for one in kept} == {large: 2, small: 0, late: 2}

    # A new name or label makes nothing anew.
    await library.label(large, colour="red")
    async with indexing(events, library, embedder, index, crops=True):
        await settled(library, {**everything, late: "indexed"})
    assert embedder.embedded == 5
    best = await index.search(SPACE, right.vector, Scope(USER), limit=1, crops=True)
    assert best[0].image_id == large
    assert await index.values(SPACE, "labels", Scope(USER), limit=3) == {"colour=red": 1}


class Former(TurningEmbedder):
    """An embedder that knows of no parts."""

    async def embed(
        self, image_id: str, image: bytes, space: Space, *, crops: bool = False
    ) -> Embedded:
        return replace(await super().embed(image_id, image, space, crops=crops), crops=())


async def test_an_embedder_of_former_code_makes_images_that_get_parts_later(
    client: redis.asyncio.Redis, library: Sized, indexes: list[EdgeIndex], tmp_path: Path
) -> None:
    image_id = await library.add(b"large")
    index = EdgeIndex(tmp_path, crops=True)
    indexes.append(index)
    events = RedisEvents(client, "a")
    async with indexing(events, library, Former("old"), index, crops=True):
        await settled(library, {image_id: "indexed"})
    assert await index.outdated(SPACE)
    async with indexing(events, library, TurningEmbedder("old"), index, crops=True):
        await settled(library, {image_id: "indexed"})

        # It was announced once more, and settled before: what counts is the index.
        async def has_parts() -> bool:
            return not await index.outdated(SPACE)

        await eventually(has_parts)
