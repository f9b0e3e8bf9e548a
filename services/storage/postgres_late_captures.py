"""Which images were stored before it was asked how they were taken, in PostgreSQL."""

from datetime import datetime

import asyncpg

from services.imaging.capture import Capture
from services.runtime.tracing import traceparent
from services.storage.capture_rows import capture_value, text_words
from services.storage.event_sql import tell
from services.storage.model import Image
from services.storage.postgres_changes import record_changes
from services.storage.postgres_rows import image_of


class PostgresLateCaptures:
    """`LateCaptures` over a pool."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def unread(self, limit: int) -> list[Image]:
        """Images whose header was not read, the oldest first."""
        rows = await self._pool.fetch(
            "SELECT * FROM storage.image_uploads WHERE NOT header_read "
            "AND completed_at IS NOT NULL ORDER BY id LIMIT $1",
            limit,
        )
        return [image_of(row) for row in rows]

    async def record(
        self, image: Image, capture: Capture | None, page_count: int, now: datetime
    ) -> None:
        """Records what was read, unless another replica has; watchers and search are told."""
        async with self._pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(
                "SELECT note, deleted_at FROM storage.image_uploads "
                "WHERE image_id = $1 AND NOT header_read FOR UPDATE",
                image.image_id,
            )
            if row is None:
                return
            await connection.execute(
                "UPDATE storage.image_uploads SET header_read = true, captured_at = $2, "
                "capture = $3, page_count = $4, text_words = $5 WHERE image_id = $1",
                image.image_id,
                None if capture is None else capture.time,
                capture_value(capture),
                page_count,
                text_words(row["note"], capture),
            )
            if capture is None or row["deleted_at"] is not None:
                return
            told = tell("updated", "unnest($1::uuid[]) image_id", cause=2)
            await connection.execute(told, [image.image_id], traceparent())
            await record_changes(connection, [(image.image_id, image.user_id)], now)
