"""Who renders which image, on a real PostgreSQL."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest

from services.storage.model import Rendered
from services.storage.postgres_renditions import LEASE, MAX_ATTEMPTS, PostgresRenditions

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
async def renditions(migrated: asyncpg.Pool) -> PostgresRenditions:
    await migrated.execute("TRUNCATE storage.image_uploads CASCADE")
    for minute in range(3):
        await migrated.execute(
            "INSERT INTO storage.image_uploads (image_id, user_id, filename, content_type, "
            "size_bytes, state, created_at, put_expires_at, expires_at, completed_at) "
            "VALUES ($1, $2, $3, 'image/png', 1, 'UPLOADED', $4, $4, $4, $4)",
            uuid4(),
            uuid4(),
            str(minute),
            NOW + timedelta(minutes=minute),
        )
    return PostgresRenditions(migrated)


async def names(renditions: PostgresRenditions, now: datetime, limit: int = 10) -> set[str]:
    return {image.filename for image in await renditions.take(now, limit)}


async def test_the_newest_are_taken_first_and_by_one_replica(
    renditions: PostgresRenditions,
) -> None:
    assert await names(renditions, NOW, 2) == {"2", "1"}
    assert await names(renditions, NOW) == {"0"}
    assert await names(renditions, NOW) == set()
    assert await names(renditions, NOW + LEASE) == {"0", "1", "2"}


async def test_users_take_turns(migrated: asyncpg.Pool, renditions: PostgresRenditions) -> None:
    eager = uuid4()
    for number in range(20):
        await migrated.execute(
            "INSERT INTO storage.image_uploads (image_id, user_id, filename, content_type, "
            "size_bytes, state, created_at, put_expires_at, expires_at, completed_at) "
            "VALUES ($1, $2, $3, 'image/png', 1, 'UPLOADED', $4, $4, $4, $4)",
            uuid4(),
            eager,
            f"eager {number}",
            NOW + timedelta(hours=1, minutes=number),
        )
    # Of each of the four the newest, then the next of whoever has more.
    assert await names(renditions, NOW, 4) == {"eager 19", "0", "1", "2"}
    assert await names(renditions, NOW, 2) == {"eager 18", "eager 17"}


async def test_what_is_finished_is_not_taken_again(
    migrated: asyncpg.Pool, renditions: PostgresRenditions
) -> None:
    for image in await renditions.take(NOW, 10):
        await renditions.finish([(image, Rendered(b"hash", {2048: b"", 512: b""}))], NOW)
    assert await names(renditions, NOW + timedelta(days=1)) == set()
    rows = await migrated.fetch("SELECT thumbhash, renditions FROM storage.image_uploads")
    assert {(row["thumbhash"], tuple(row["renditions"])) for row in rows} == {
        (b"hash", (512, 2048))
    }


async def test_an_image_that_ends_the_process_is_given_up_and_one_not_read_is_not(
    renditions: PostgresRenditions,
) -> None:
    now = NOW
    for _ in range(3 * MAX_ATTEMPTS):
        for image in await renditions.take(now, 10):
            if image.filename == "1":
                await renditions.give_back(image, now)
        now += timedelta(days=1)
    assert await names(renditions, now) == {"1"}
