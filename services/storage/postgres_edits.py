"""Changing names, labels and notes, in PostgreSQL."""

from collections.abc import Callable, Collection
from datetime import datetime
from uuid import UUID

import asyncpg

from services.runtime.tracing import traceparent
from services.storage.capture_rows import capture_value, text_words
from services.storage.event_sql import tell
from services.storage.model import Image
from services.storage.postgres_changes import record_changes
from services.storage.postgres_rows import image_of, row_lock


class PostgresEdits:
    """`Edits` over a pool."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def edit(
        self,
        user_id: UUID,
        image_ids: Collection[UUID],
        change: Callable[[dict[UUID, Image]], Collection[Image]],
        now: datetime,
    ) -> dict[UUID, Image]:
        """Changes images, all of them or none; as they are then."""
        async with self._pool.acquire() as connection, connection.transaction():
            async with row_lock():
                rows = await connection.fetch(
                    "SELECT * FROM storage.image_uploads WHERE image_id = ANY($1) "
                    "AND user_id = $2 AND deleted_at IS NULL ORDER BY image_id FOR UPDATE NOWAIT",
                    list(image_ids),
                    user_id,
                )
            found = {row["image_id"]: image_of(row) for row in rows}
            changed = change(found)
            edited = await connection.fetch(
                "UPDATE storage.image_uploads u SET filename = e.filename, labels = e.labels, "
                "note = e.note, capture = e.capture, text_words = ARRAY("
                "SELECT jsonb_array_elements_text(e.words -> 'all')), "
                "revision = u.revision + 1, updated_at = $4 "
                "FROM unnest($1::uuid[], $2::text[], $3::jsonb[], $5::text[], $6::jsonb[], "
                "$7::jsonb[]) AS e (image_id, filename, labels, note, capture, words) "
                "WHERE u.image_id = e.image_id RETURNING u.*",
                [image.image_id for image in changed],
                [image.filename for image in changed],
                [dict(image.labels) for image in changed],
                now,
                [image.note for image in changed],
                [capture_value(image.capture) for image in changed],
                # Arrays of arrays have one length in SQL.
                [{"all": text_words(image.note, image.capture)} for image in changed],
            )
            # Search hears of an image when it is complete, with what it is then.
            known = [row["image_id"] for row in edited if row["completed_at"] is not None]
            told = tell("updated", "unnest($1::uuid[]) image_id", cause=2)
            await connection.execute(told, known, traceparent())
            await record_changes(connection, ((i.image_id, i.user_id) for i in changed), now)
            return found | {row["image_id"]: image_of(row) for row in edited}
