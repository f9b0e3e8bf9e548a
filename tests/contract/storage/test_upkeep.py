"""Removal of objects that does not forget any, on a real PostgreSQL."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from services.storage.errors import ObjectStoreUnavailable
from services.storage.postgres_upkeep import PostgresUpkeep

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
async def pool(migrated: asyncpg.Pool) -> asyncpg.Pool:
    await migrated.execute("TRUNCATE storage.purges")
    await migrated.executemany(
        "INSERT INTO storage.purges (object_key, due_at) VALUES ($1, $2)",
        [("a", NOW), ("b", NOW), ("later", NOW + timedelta(minutes=10))],
    )
    return migrated


async def waiting(pool: asyncpg.Pool) -> dict[str, datetime]:
    rows = await pool.fetch("SELECT object_key, due_at FROM storage.purges")
    return {row["object_key"]: row["due_at"] for row in rows}


async def test_what_is_due_is_removed_once(pool: asyncpg.Pool) -> None:
    asked: list[str] = []

    async def remove(keys: Sequence[str]) -> set[str]:
        asked.extend(keys)
        return set()

    upkeep = PostgresUpkeep(pool)
    assert await upkeep.purge(remove, NOW, 10) == 2
    assert await upkeep.purge(remove, NOW, 10) == 0

    assert sorted(asked) == ["a", "b"]
    assert set(await waiting(pool)) == {"later"}


async def test_what_is_still_there_is_tried_again_later_and_later(pool: asyncpg.Pool) -> None:
    async def remove(keys: Sequence[str]) -> set[str]:
        return {"a"} & set(keys)

    upkeep = PostgresUpkeep(pool)
    now, waits = NOW, []
    for _ in range(12):
        assert await upkeep.purge(remove, now, 10)
        due = (await waiting(pool))["a"]
        waits.append((due - now).total_seconds())
        now = due

    assert waits[:4] == [2, 4, 8, 16]
    assert waits[-1] == 600
    assert set(await waiting(pool)) == {"a"}


async def test_a_store_that_is_down_costs_nothing(pool: asyncpg.Pool) -> None:
    async def remove(_: Sequence[str]) -> set[str]:
        raise ObjectStoreUnavailable("down")

    with pytest.raises(ObjectStoreUnavailable):
        await PostgresUpkeep(pool).purge(remove, NOW, 10)

    assert (await waiting(pool))["a"] == NOW


async def test_replicas_share_the_work(pool: asyncpg.Pool) -> None:
    upkeep = PostgresUpkeep(pool)
    shares: list[list[str]] = []

    async def nothing(keys: Sequence[str]) -> set[str]:
        shares.append(list(keys))
        return set()

    async def remove(keys: Sequence[str]) -> set[str]:
        shares.append(list(keys))
        # While these are in hand, another replica finds the others.
        await upkeep.purge(nothing, NOW, 10)
        return set()

    await upkeep.purge(remove, NOW, 1)

    assert sorted(key for share in shares for key in share) == ["a", "b"]
    assert len(shares) == 2
