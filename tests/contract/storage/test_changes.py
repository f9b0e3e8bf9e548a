"""What changed, in the order in which it became visible, on a real PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from services.runtime.alarm import Alarm
from services.runtime.background import BackgroundTasks
from services.runtime.postgres_listener import PostgresListener
from services.storage.errors import CursorExpired
from services.storage.postgres_changes import CHANNEL, PostgresChanges, record_changes
from services.storage.postgres_upkeep import PostgresUpkeep
from services.storage.watching import ImageWatch, Told
from tests.support.eventually import eventually

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
async def pool(migrated: asyncpg.Pool) -> asyncpg.Pool:
    await migrated.execute("TRUNCATE storage.image_changes, storage.change_positions")
    return migrated


async def change(pool: asyncpg.Pool, owner: UUID, *images: UUID, at: datetime = NOW) -> None:
    async with pool.acquire() as connection, connection.transaction():
        await record_changes(connection, [(image, owner) for image in images], at)


async def seen(pool: asyncpg.Pool, owner: UUID, after: int = 0) -> list[tuple[int, UUID]]:
    found = await PostgresChanges(pool).after(owner, after, 100)
    return [(one.position, one.image_id) for one in found.changes]


async def waiting_for_a_lock(pool: asyncpg.Pool) -> bool:
    return bool(
        await pool.fetchval(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
    )


async def test_a_change_that_is_committed_late_is_not_skipped(pool: asyncpg.Pool) -> None:
    owner, first, second = uuid4(), uuid4(), uuid4()
    slow = await pool.acquire()
    try:
        transaction = slow.transaction()
        await transaction.start()
        await record_changes(slow, [(first, owner)], NOW)
        quick = asyncio.create_task(change(pool, owner, second))

        async def waits() -> bool:
            return await waiting_for_a_lock(pool)

        await eventually(waits, "the second waits for the first")
        assert await seen(pool, owner) == [], "nothing that is later is visible before it"
        await transaction.commit()
    finally:
        await pool.release(slow)
    await quick
    assert await seen(pool, owner) == [(1, first), (2, second)]


async def test_a_change_that_is_undone_leaves_nothing_and_other_users_do_not_wait(
    pool: asyncpg.Pool,
) -> None:
    owner, other, image, another = uuid4(), uuid4(), uuid4(), uuid4()
    async with pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await record_changes(connection, [(image, owner)], NOW)
        await change(pool, other, another)
        assert await seen(pool, other) == [(1, another)]
        await transaction.rollback()
    assert await seen(pool, owner) == []


async def test_changes_of_several_users_at_once_do_not_wait_in_a_circle(
    pool: asyncpg.Pool,
) -> None:
    owners = [uuid4() for _ in range(8)]
    images = {owner: [uuid4() for _ in range(8)] for owner in owners}

    async def record(turn: int) -> None:
        order = owners[turn % 8 :] + owners[: turn % 8]
        pairs = [(images[owner][turn % 8], owner) for owner in order]
        async with pool.acquire() as connection, connection.transaction():
            await record_changes(connection, pairs, NOW)

    await asyncio.gather(*(record(turn) for turn in range(40)))
    for owner in owners:
        positions = [position for position, _ in await seen(pool, owner)]
        assert len(positions) == 8
        assert positions[-1] == 40


async def test_an_image_is_told_once_where_it_changed_last(pool: asyncpg.Pool) -> None:
    owner, one, two = uuid4(), uuid4(), uuid4()
    await change(pool, owner, one)
    await change(pool, owner, two)
    await change(pool, owner, one)
    assert await seen(pool, owner) == [(2, two), (3, one)]
    assert await seen(pool, owner, after=2) == [(3, one)]


async def test_what_is_old_is_forgotten_and_said_to_be(pool: asyncpg.Pool) -> None:
    owner, old, new = uuid4(), uuid4(), uuid4()
    await change(pool, owner, old)
    await change(pool, owner, new, at=NOW + timedelta(days=1))

    await PostgresUpkeep(pool).forget_changes(NOW + timedelta(hours=1), 100)

    found = await PostgresChanges(pool).after(owner, 0, 100)
    assert [one.image_id for one in found.changes] == [new]
    assert found.forgotten == 1
    await change(pool, owner, old)
    assert [one for _, one in await seen(pool, owner, after=1)] == [new, old]


@pytest.fixture
async def heard(pool: Any) -> AsyncIterator[Alarm]:
    """An alarm that PostgreSQL rings."""
    alarm = Alarm()
    async with BackgroundTasks() as background:
        background.start("listener", PostgresListener(pool.url, CHANNEL, alarm).run)

        async def listens() -> bool:
            return bool(
                await pool.fetchval(
                    "SELECT count(*) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND query ILIKE 'LISTEN %'"
                )
            )

        await eventually(listens, "somebody listens")
        yield alarm


async def test_a_replica_hears_of_what_another_one_changed(
    pool: asyncpg.Pool, heard: Alarm
) -> None:
    owner, image = uuid4(), uuid4()
    # Without being woken it would not look for an hour.
    watch = ImageWatch(PostgresChanges(pool), heard, heartbeat_s=3600).watch(owner, "")
    assert (await anext(watch)).change is None
    told: asyncio.Task[Told] = asyncio.create_task(anext(watch))
    await change(pool, owner, image)
    found = (await told).change
    assert found is not None
    assert (found.image_id, found.image) == (image, None)
    await watch.aclose()


async def test_a_watcher_who_is_not_woken_looks_anyway_and_says_so(pool: asyncpg.Pool) -> None:
    owner, image = uuid4(), uuid4()
    watch = ImageWatch(PostgresChanges(pool), Alarm(), heartbeat_s=0.05).watch(owner, "")
    first = await anext(watch)
    beat = await anext(watch)
    assert (first.change, beat.change, beat.cursor) == (None, None, first.cursor)
    await change(pool, owner, image)
    while (told := await anext(watch)).change is None:
        pass
    assert told.change.image_id == image
    await watch.aclose()


async def test_a_watcher_who_reads_slowly_is_told_when_too_much_was_forgotten(
    pool: asyncpg.Pool,
) -> None:
    owner = uuid4()
    watch = ImageWatch(PostgresChanges(pool), Alarm(), heartbeat_s=0.05).watch(owner, "")
    await anext(watch)
    await change(pool, owner, uuid4())
    await PostgresUpkeep(pool).forget_changes(NOW + timedelta(hours=1), 100)
    with pytest.raises(CursorExpired):
        _ = [told async for told in watch]
