import asyncio
from collections.abc import Sequence
from itertools import chain
from typing import Any, cast

import pytest

from services.inspection.model import InspectionRecord
from services.inspection.ports import Inspections
from services.inspection.records.recorder import Recorder
from tests.support.inspection.findings import record


class Store:
    """Keeps what it is given when it is let."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.writes: list[list[str]] = []
        self.failure: Exception | None = None

    async def record(self, records: Sequence[InspectionRecord]) -> None:
        self.writes.append([one.inspection_id for one in records])
        await self.open.wait()
        if self.failure is not None:
            raise self.failure


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def recorder(store: Store) -> Recorder:
    return Recorder(cast("Inspections", store))


async def begun(*calls: Any) -> list[asyncio.Task[None]]:
    tasks = [asyncio.create_task(call) for call in calls]
    for _ in range(3):
        await asyncio.sleep(0)
    return tasks


async def test_what_comes_while_one_write_is_under_way_is_written_together(
    recorder: Recorder, store: Store
) -> None:
    first = await begun(recorder.record([record(1)]))
    rest = await begun(*(recorder.record([record(n)]) for n in (2, 3, 4)))
    assert not first[0].done()
    assert not any(task.done() for task in rest)
    store.open.set()
    await asyncio.gather(*first, *rest)
    assert [len(write) for write in store.writes] == [1, 3]
    assert sorted(chain(*store.writes)) == [record(n).inspection_id for n in (1, 2, 3, 4)]


async def test_nothing_is_no_write(recorder: Recorder, store: Store) -> None:
    await recorder.record([])
    assert store.writes == []


async def test_a_write_that_fails_fails_those_in_it_and_no_later_one(
    recorder: Recorder, store: Store
) -> None:
    store.failure = ConnectionError("down")
    store.open.set()
    with pytest.raises(ConnectionError):
        await recorder.record([record(1)])
    store.failure = None
    await recorder.record([record(2)])
    assert [len(write) for write in store.writes] == [1, 1]


async def test_who_gives_up_does_not_undo_the_others(recorder: Recorder, store: Store) -> None:
    one, other = await begun(recorder.record([record(1)]), recorder.record([record(2)]))
    one.cancel()
    store.open.set()
    await other
    assert sorted(chain(*store.writes)) == [record(n).inspection_id for n in (1, 2)]
