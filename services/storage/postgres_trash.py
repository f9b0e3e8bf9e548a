"""Deleting images and bringing them back, in PostgreSQL."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from services.runtime.tracing import traceparent
from services.storage.event_sql import forget_images, tell
from services.storage.model import Image
from services.storage.postgres_changes import record_changes
from services.storage.postgres_purges import kept, record_purges, staged
from services.storage.postgres_rows import NOT_INDEXED, image_of, row_lock


class PostgresTrash:
    """`Trash` over a pool."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def delete(
        self,
        user_id: UUID,
        image_ids: Collection[UUID],
        now: datetime,
        purge_at: datetime | None,
        only: Callable[[Image], bool] | None = None,
    ) -> set[UUID]:
        """Puts images into the trash, or removes them; returns which."""
        async with self._pool.acquire() as connection, connection.transaction():
            found = await _locked(connection, user_id, image_ids)
            if only is not None:
                found = [image for image in found if only(image)]
            if purge_at is None:
                chosen = found
                await purge_images(connection, found, now)
            else:
                chosen = [image for image in found if image.deleted_at is None]
                unfinished = [image for image in chosen if not image.kept]
                await _discard(connection, [i for i in chosen if i.kept], now, purge_at)
                await purge_images(connection, unfinished, now, recorded=False)
                await record_changes(connection, _ids(chosen), now)
            return {image.image_id for image in chosen}

    async def restore(
        self, user_id: UUID, image_ids: Collection[UUID], now: datetime
    ) -> dict[UUID, Image]:
        """Takes images out of the trash; those that are there then."""
        async with self._pool.acquire() as connection, connection.transaction():
            found = await _locked(connection, user_id, image_ids)
            ids = [image.image_id for image in found if image.deleted_at is not None]
            # First: who tells of deletions again has it locked, and then has told of these.
            await connection.execute(
                "DELETE FROM storage.deleted_images WHERE image_id = ANY($1)", ids
            )
            rows = await connection.fetch(
                "UPDATE storage.image_uploads SET deleted_at = NULL, purge_at = NULL, "  # noqa: S608 - our own words
                f"state = 'UPLOADED', {NOT_INDEXED}, failure_reason = NULL, "
                "failure_message = NULL, announced_at = $2, updated_at = $2, restored_at = $2 "
                "WHERE image_id = ANY($1) RETURNING *",
                ids,
                now,
            )
            told = tell("uploaded", "unnest($1::uuid[]) image_id", cause=2)
            await connection.execute(told, ids, traceparent())
            restored = [image_of(row) for row in rows]
            await record_changes(connection, _ids(restored), now)
            return {image.image_id: image for image in (*found, *restored)}


async def purge_images(
    connection: Any,  # noqa: ANN401 - a pool's proxy of a connection
    images: Sequence[Image],
    now: datetime,
    *,
    recorded: bool = True,
) -> None:
    """Removes locked images for good: their records now, their objects soon.

    Args:
        connection: In a transaction.
        images: Whether deleted or not.
        now: The present.
        recorded: Whether to record the changes, which is the last thing that a transaction does.
    """
    if not images:
        return
    await connection.execute(
        "DELETE FROM storage.image_uploads WHERE image_id = ANY($1)",
        [image.image_id for image in images],
    )
    due = [one for image in images for one in kept(image, now)]
    due += [one for image in images if not image.kept for one in staged(image, now)]
    await record_purges(connection, due)
    gone = [image.image_id for image in images if image.kept]
    await forget_images(connection, gone, now, purged=True)
    if recorded:
        await record_changes(connection, _ids(images), now)


async def _discard(
    connection: Any,  # noqa: ANN401 - a pool's proxy of a connection
    images: Sequence[Image],
    now: datetime,
    purge_at: datetime,
) -> None:
    """Puts images into the trash. A CreateUpload that is sent again does not find them there."""
    ids = [image.image_id for image in images]
    await connection.execute(
        "UPDATE storage.image_uploads SET deleted_at = $2, purge_at = $3, updated_at = $2 "
        "WHERE image_id = ANY($1)",
        ids,
        now,
        purge_at,
    )
    await connection.execute("DELETE FROM storage.upload_requests WHERE image_id = ANY($1)", ids)
    await forget_images(connection, ids, now, purged=False)


async def _locked(
    connection: Any,  # noqa: ANN401 - a pool's proxy of a connection
    user_id: UUID,
    image_ids: Collection[UUID],
) -> list[Image]:
    async with row_lock():
        rows = await connection.fetch(
            "SELECT * FROM storage.image_uploads WHERE image_id = ANY($1) AND user_id = $2 "
            "ORDER BY image_id FOR UPDATE NOWAIT",
            list(image_ids),
            user_id,
        )
    return [image_of(row) for row in rows]


def _ids(images: Sequence[Image]) -> list[tuple[UUID, UUID]]:
    return [(image.image_id, image.user_id) for image in images]
