import asyncio
from typing import cast

import numpy as np
import pytest

from services.clients.errors import StorageUnavailable
from services.inspection.artifact import pack
from services.inspection.errors import ReferenceSetNotReady, VersionNotFound
from services.inspection.finding import ImageScorer
from services.inspection.model import Scorer, SetInUse, Version
from services.inspection.ports import Artifacts, Versions
from services.inspection.scoring.loader import LoadedVersion, VersionLoader
from services.runtime.request import CallScope, current_call, enter_call
from tests.support.inspection.records import a_set, a_version

BYTES_EACH = 100


class Scoring:
    """A scorer of a certain size."""

    size_bytes = BYTES_EACH


class Known:
    """Versions that there are."""

    def __init__(self) -> None:
        self.there = set(range(1, 22))

    async def get(self, set_id: str, version: int) -> Version | None:
        if version not in self.there:
            return None
        return a_version(
            set_id, version=version, artifact_name=str(version), artifact_bytes=BYTES_EACH
        )

    async def exists(self, set_id: str, version: int) -> bool:
        return version in self.there


class Store:
    """Artifacts, and how often they were fetched."""

    def __init__(self) -> None:
        self.known = Known()
        self.fetched: list[str] = []
        self.open = asyncio.Event()
        self.open.set()
        self.down = False
        self.calls: list[CallScope | None] = []
        self.most_at_once = 0
        self._under_way = 0

    async def get(self, name: str, sha256: str) -> bytes:
        self.fetched.append(name)
        self.calls.append(current_call())
        self._under_way += 1
        self.most_at_once = max(self.most_at_once, self._under_way)
        try:
            await self.open.wait()
        finally:
            self._under_way -= 1
        if self.down:
            raise StorageUnavailable("down")
        return pack({"a": np.zeros(1)})


@pytest.fixture
def store() -> Store:
    return Store()


def loader_of(store: Store, *, budget_bytes: int = 10 * BYTES_EACH) -> VersionLoader:
    return VersionLoader(
        cast("Versions", store.known),
        cast("Artifacts", store),
        {Scorer.PATCH_CORESET: lambda *_: cast("ImageScorer", Scoring())},
        budget_bytes=budget_bytes,
    )


def using(version: int) -> SetInUse:
    return SetInUse(
        "00000000-0000-4000-8000-000000000002",
        a_set("00000000-0000-4000-8000-000000000001").user_id,
        version,
    )


async def test_a_version_is_loaded_once_however_many_ask(store: Store) -> None:
    loader = loader_of(store)
    loaded = await asyncio.gather(*(loader.load(using(1)) for _ in range(5)))
    assert store.fetched == ["1"]
    assert len({id(one) for one in loaded}) == 1
    assert await loader.load(using(2), 1) is loaded[0]


async def test_who_gives_up_leaves_the_others_their_version(store: Store) -> None:
    loader = loader_of(store)
    store.open.clear()
    one, other = [asyncio.create_task(loader.load(using(1))) for _ in range(2)]
    await asyncio.sleep(0)
    one.cancel()
    store.open.set()
    assert isinstance(await other, LoadedVersion)
    assert store.fetched == ["1"]


async def test_the_time_of_who_came_first_is_not_that_of_all(store: Store) -> None:
    async def hurried() -> None:
        enter_call(CallScope("method", "id", deadline=0.0))
        await loader.load(using(1))

    loader = loader_of(store)
    await asyncio.create_task(hurried())
    assert store.calls == [None]


async def test_the_least_recently_used_leave_first_and_the_last_stays(store: Store) -> None:
    loader = loader_of(store, budget_bytes=2 * BYTES_EACH)
    for version in (1, 2, 1, 3, 1, 2):
        await loader.load(using(version))
    assert store.fetched == ["1", "2", "3", "2"]
    small = loader_of(store, budget_bytes=1)
    store.fetched.clear()
    for _ in range(2):
        await small.load(using(1))
    assert store.fetched == ["1"]


async def test_a_failure_is_not_kept(store: Store) -> None:
    loader = loader_of(store)
    store.down = True
    with pytest.raises(StorageUnavailable):
        await loader.load(using(1))
    store.down = False
    assert (await loader.load(using(1))).version.version == 1


async def test_a_deleted_version_is_not_given_any_more(store: Store) -> None:
    loader = loader_of(store)
    await loader.load(using(2), 1)
    store.known.there.remove(1)
    for _ in range(2):
        with pytest.raises(VersionNotFound):
            await loader.load(using(2), 1)
    with pytest.raises(ReferenceSetNotReady):
        await loader.load(using(0))


async def test_cold_sets_are_loaded_a_few_at_a_time(store: Store) -> None:
    loader = loader_of(store, budget_bytes=8 * BYTES_EACH)
    store.open.clear()
    many = [asyncio.create_task(loader.load(using(number))) for number in range(1, 21)]
    while len(store.fetched) < 2:  # noqa: ASYNC110 - what is begun shows nowhere else
        await asyncio.sleep(0)
    store.open.set()
    loaded = await asyncio.gather(*many)
    assert [one.version.version for one in loaded] == list(range(1, 21))
    assert store.most_at_once == 2, "a quarter of the budget"


async def test_one_that_is_larger_than_the_room_is_loaded_alone(store: Store) -> None:
    loader = loader_of(store, budget_bytes=BYTES_EACH)
    await asyncio.gather(*(loader.load(using(number)) for number in range(1, 5)))
    assert store.most_at_once == 1


async def test_what_nobody_waits_for_any_more_is_not_loaded(store: Store) -> None:
    loader = loader_of(store, budget_bytes=BYTES_EACH)
    store.open.clear()
    first, second, third = [asyncio.create_task(loader.load(using(number))) for number in (1, 2, 3)]
    while not store.fetched:  # noqa: ASYNC110 - what is begun shows nowhere else
        await asyncio.sleep(0)
    second.cancel()
    await asyncio.sleep(0)
    store.open.set()
    await asyncio.gather(first, third)
    assert store.fetched == ["1", "3"]
    assert (await loader.load(using(2))).version.version == 2
