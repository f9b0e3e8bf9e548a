"""No object is removed while a backup copies them, on a real PostgreSQL."""

from collections.abc import Sequence
from datetime import UTC, datetime

import asyncpg
import pytest

from mesh.backup.database import removals_held
from mesh.errors import MeshError
from services.storage.errors import ObjectStoreUnavailable
from services.storage.postgres_removals import RestrainedRemovals
from services.storage.postgres_upkeep import PostgresUpkeep

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Objects:
    """A store that notes what it is told to remove."""

    def __init__(self) -> None:
        self.removed: list[str] = []

    async def listed(self, folder: str, limit: int) -> Sequence[str]:
        return [f"{folder}one"][:limit]

    async def remove(self, keys: Sequence[str]) -> set[str]:
        self.removed += keys
        return set()


@pytest.fixture
async def pool(migrated: asyncpg.Pool) -> asyncpg.Pool:
    await migrated.execute("TRUNCATE storage.purges")
    await migrated.execute(
        "INSERT INTO storage.purges (object_key, due_at) VALUES ('a', $1), ('b', $1)", NOW
    )
    return migrated


async def test_what_is_due_waits_for_the_end_of_the_backup(
    pool: asyncpg.Pool, fresh_postgres_url: str
) -> None:
    objects = Objects()
    upkeep = PostgresUpkeep(pool)
    async with removals_held(fresh_postgres_url) as still_held:
        assert await upkeep.purge(objects.remove, NOW, 10) == 0
        await still_held()
    assert objects.removed == []
    assert await upkeep.purge(objects.remove, NOW, 10) == 2
    assert sorted(objects.removed) == ["a", "b"]


async def test_who_removes_at_once_is_told_to_try_again(
    pool: asyncpg.Pool, fresh_postgres_url: str
) -> None:
    objects = Objects()
    removals = RestrainedRemovals(pool, objects)
    async with removals_held(fresh_postgres_url):
        assert await removals.listed("images/", 1) == ["images/one"]
        with pytest.raises(ObjectStoreUnavailable, match="backup"):
            await removals.remove(["a"])
    assert await removals.remove(["a"]) == set()
    assert objects.removed == ["a"]


async def test_a_removal_under_way_is_waited_for(
    pool: asyncpg.Pool, fresh_postgres_url: str
) -> None:
    order: list[str] = []

    async def remove(_: Sequence[str]) -> set[str]:
        async with asyncpg.create_pool(fresh_postgres_url, min_size=1, max_size=1) as other:
            # What a backup asks for first.
            free = await other.fetchval(
                "SELECT pg_try_advisory_lock(hashtext($1))", "argus:removals"
            )
        order.append("free" if free else "waits")
        return set()

    await PostgresUpkeep(pool).purge(remove, NOW, 10)
    async with removals_held(fresh_postgres_url):
        order.append("held")
    assert order == ["waits", "held"]


async def test_a_backup_that_lost_its_hold_says_so(
    pool: asyncpg.Pool, fresh_postgres_url: str
) -> None:
    async with removals_held(fresh_postgres_url) as still_held:
        await pool.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks "
            "WHERE locktype = 'advisory' AND pid <> pg_backend_pid()"
        )
        with pytest.raises(MeshError, match="went away"):
            await still_held()
