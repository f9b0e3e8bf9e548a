"""Multipart uploads of the object store, in PostgreSQL."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import asyncpg

from services.storage.model import Image
from services.storage.object_keys import staging_key


class PostgresMultiparts:
    """`MultipartRecords` over a pool."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def find(self, image_id: UUID) -> str:
        """The id of the upload that has what came of an image; empty if there is none."""
        found: str | None = await self._pool.fetchval(
            "SELECT upload_id FROM storage.multipart_uploads WHERE image_id = $1 "
            "ORDER BY created_at DESC LIMIT 1",
            image_id,
        )
        return found or ""

    async def add(self, image: Image, upload_id: str) -> None:
        """Remembers an upload, the newest one of its image."""
        await self._pool.execute(
            "INSERT INTO storage.multipart_uploads (upload_id, image_id, object_key) "
            "VALUES ($1, $2, $3)",
            upload_id,
            image.image_id,
            staging_key(image.user_id, image.image_id),
        )

    async def end(self, abort: Callable[[str, str], Awaitable[None]], limit: int) -> int:
        """Has the parts of uploads removed whose images are not PENDING, or gone; how many."""
        async with self._pool.acquire() as connection, connection.transaction():
            rows = await connection.fetch(
                "SELECT m.upload_id, m.object_key FROM storage.multipart_uploads m "
                "LEFT JOIN storage.image_uploads u ON u.image_id = m.image_id "
                "WHERE u.state IS DISTINCT FROM 'PENDING' LIMIT $1 FOR UPDATE OF m SKIP LOCKED",
                limit,
            )
            for row in rows:
                await abort(row["object_key"], row["upload_id"])
            await connection.execute(
                "DELETE FROM storage.multipart_uploads WHERE upload_id = ANY($1)",
                [row["upload_id"] for row in rows],
            )
            return len(rows)
