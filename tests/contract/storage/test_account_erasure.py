"""All that storage has of a user goes, however often whoever removes it is killed."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from services.runtime.deleted_accounts import DeletedAccount
from services.storage.account_erasure import AccountErasure
from services.storage.errors import ImageInHand, ObjectStoreUnavailable
from services.storage.object_keys import content_key, staging_key
from services.storage.postgres_accounts import REST, PostgresUserRecords

NOW = datetime(2026, 1, 1, tzinfo=UTC)
WITH_IMAGES = {"videos", "image_uploads", "upload_requests", "merged_uploads"}
"""Tables whose rows are images, or go with them."""


class Objects:
    """Keys in memory; the store can be down."""

    def __init__(self, keys: Sequence[str]) -> None:
        self.keys = set(keys)
        self.stuck: set[str] = set()

    async def listed(self, folder: str, limit: int) -> Sequence[str]:
        return sorted(key for key in self.keys if key.startswith(folder))[:limit]

    async def remove(self, keys: Sequence[str]) -> set[str]:
        self.keys -= set(keys) - self.stuck
        return self.stuck & set(keys)


@pytest.fixture
def account() -> DeletedAccount:
    return DeletedAccount(str(uuid4()), str(uuid4()), 1)


@pytest.fixture
def user_id(account: DeletedAccount) -> UUID:
    return UUID(account.user_id)


def erasure(pool: asyncpg.Pool, objects: Objects) -> AccountErasure:
    return AccountErasure(
        PostgresUserRecords(pool), objects, clock=lambda: NOW, changed=lambda: None
    )


async def image_of(pool: asyncpg.Pool, user_id: UUID, *, kept: bool = True) -> UUID:
    """A kept image with a label, or an upload that waits."""
    image_id = uuid4()
    await pool.execute(
        "INSERT INTO storage.image_uploads (image_id, user_id, filename, content_type, size_bytes, "
        "labels, state, created_at, put_expires_at, expires_at, completed_at) "
        "VALUES ($1, $2, 'a.png', 'image/png', 100, $3, $4, $5, $6, $6, $7)",
        image_id,
        user_id,
        {"colour": "red"},
        "INDEXED" if kept else "PENDING",
        NOW,
        NOW + timedelta(hours=1),
        NOW if kept else None,
    )
    await pool.execute(
        "INSERT INTO storage.upload_requests (user_id, request_id, declaration, image_id) "
        "VALUES ($1, $2, '', $3)",
        user_id,
        uuid4(),
        image_id,
    )
    await pool.execute(
        "INSERT INTO storage.merged_uploads (image_id, user_id, kept_as) VALUES ($1, $2, $3)",
        uuid4(),
        user_id,
        image_id,
    )
    return image_id


async def video_of(pool: asyncpg.Pool, user_id: UUID) -> None:
    """A video that was imported."""
    await pool.execute(
        "INSERT INTO storage.videos (video_id, user_id, filename, content_type, size_bytes, "
        "sha256, labels, max_key_frames, state, created_at, updated_at, put_expires_at, "
        "expires_at) VALUES ($1, $2, 'a.webm', 'video/webm', 50, '', '{}', 1, 'READY', "
        "$3, $3, $3, $3)",
        uuid4(),
        user_id,
        NOW,
    )


async def rule_of(pool: asyncpg.Pool, user_id: UUID) -> None:
    """A retention rule."""
    await pool.execute(
        "INSERT INTO storage.retention_rules (rule_id, user_id, label_key, keep_days, created_at, "
        "updated_at, look_at) VALUES ($1, $2, 'batch', 1, $3, $3, $3)",
        uuid4(),
        user_id,
        NOW,
    )


async def left(pool: asyncpg.Pool, user_id: UUID) -> dict[str, int]:
    """Rows of the user by table."""
    rows = {
        table: await pool.fetchval(
            f"SELECT count(*) FROM storage.{table} WHERE user_id = $1",  # noqa: S608 - our own words
            user_id,
        )
        for table in (*WITH_IMAGES, *REST)
    }
    return {table: count for table, count in rows.items() if count}


async def test_every_table_that_names_users_is_thought_of(migrated: asyncpg.Pool) -> None:
    rows = await migrated.fetch(
        "SELECT table_name FROM information_schema.columns "
        "WHERE table_schema = 'storage' AND column_name LIKE '%user%'"
    )
    assert {row["table_name"] for row in rows} == WITH_IMAGES | set(REST)


async def test_images_uploads_and_all_that_is_counted_of_them_go(
    migrated: asyncpg.Pool, account: DeletedAccount, user_id: UUID
) -> None:
    other = uuid4()
    image_id = await image_of(migrated, user_id)
    waiting = await image_of(migrated, user_id, kept=False)
    theirs = await image_of(migrated, other)
    for owner in (user_id, other):
        await video_of(migrated, owner)
        await rule_of(migrated, owner)
    objects = Objects(
        [content_key(user_id, image_id), staging_key(user_id, waiting),
         f"thumbnails/{user_id}/of-no-record.webp", content_key(other, theirs)]
    )  # fmt: skip

    removed = await erasure(migrated, objects).erase(account)

    assert removed == {"images": 1, "videos": 1, "bytes": 150, "unfinished_uploads": 1}
    assert await left(migrated, user_id) == {}
    assert objects.keys == {content_key(other, theirs)}
    assert set(await left(migrated, other)) >= WITH_IMAGES | {"retention_rules"}
    told = await migrated.fetch("SELECT event FROM storage.outbox")
    assert {"type": "purged", "image_id": str(image_id)} in [row["event"] for row in told]
    # Again is no error, and tells the same.
    assert await erasure(migrated, objects).erase(account) == removed


async def test_who_was_killed_after_a_batch_is_gone_on_from_and_counted_once(
    migrated: asyncpg.Pool, account: DeletedAccount, user_id: UUID
) -> None:
    for _ in range(3):
        await image_of(migrated, user_id)
    records = PostgresUserRecords(migrated)
    assert await records.purge_some(user_id, UUID(account.deletion_id), NOW, 1) == (1, 2)

    removed = await erasure(migrated, Objects([])).erase(account)

    assert removed == {"images": 3, "bytes": 300}


async def test_an_image_in_hand_is_waited_for_and_the_others_go(
    migrated: asyncpg.Pool, account: DeletedAccount, user_id: UUID
) -> None:
    in_hand = await image_of(migrated, user_id)
    await image_of(migrated, user_id)
    async with migrated.acquire() as connection, connection.transaction():
        await connection.execute(
            "SELECT FROM storage.image_uploads WHERE image_id = $1 FOR UPDATE", in_hand
        )
        with pytest.raises(ImageInHand):
            await erasure(migrated, Objects([])).erase(account)
    assert (await left(migrated, user_id))["image_uploads"] == 1

    assert (await erasure(migrated, Objects([])).erase(account))["images"] == 2


async def test_nothing_is_reported_while_an_object_is_left(
    migrated: asyncpg.Pool, account: DeletedAccount, user_id: UUID
) -> None:
    key = content_key(user_id, uuid4())
    objects = Objects([key])
    objects.stuck = {key}
    with pytest.raises(ObjectStoreUnavailable):
        await erasure(migrated, objects).erase(account)
    objects.stuck = set()
    assert await erasure(migrated, objects).erase(account) == {}
    assert objects.keys == set()
