"""Records of images that were never uploaded, straight into the mesh's database."""

from pathlib import Path
from uuid import UUID

import asyncpg

from mesh.layout import Layout
from mesh.parts.postgres import postgres_url

YEARS = 3

_INSERT = """
WITH samples AS (
    SELECT *, row_number() OVER () - 1 AS number, count(*) OVER () AS total
    FROM storage.image_uploads WHERE user_id = $1 AND state = 'INDEXED'
), wanted AS (
    SELECT n, now() - n * make_interval(secs => $4::float8 / $3) AS at
    FROM generate_series(1, $3::int) n
)
INSERT INTO storage.image_uploads (
    image_id, user_id, filename, content_type, size_bytes, sha256, phash, width, height, format,
    labels, state, created_at, updated_at, put_expires_at, expires_at, completed_at, announced_at,
    indexed_at, thumbhash, renditions, render_at
)
SELECT
    gen_random_uuid(), $2, 'IMG_' || lpad(n::text, 6, '0') || '.jpg', content_type, size_bytes,
    encode(sha256(n::text::bytea), 'hex'), phash, width, height, format,
    CASE n % 3 WHEN 0 THEN jsonb_build_object('line', (n % 12)::text) ELSE '{}' END, 'INDEXED',
    at, at, at, at, at, at, at, thumbhash, '{512}', NULL
FROM wanted JOIN samples ON samples.number = n % samples.total
"""


async def insert_images(data_dir: Path, samples_of: str, user_id: str, count: int) -> list[UUID]:
    """Gives a user `count` indexed images over three years, and their ids, the newest first.

    Args:
        data_dir: The mesh's.
        samples_of: Id of a user whose images they resemble: sizes, types, thumbhashes.
        user_id: Whose they are.
        count: How many.
    """
    connection = await asyncpg.connect(postgres_url(Layout.of(data_dir)))
    try:
        seconds = YEARS * 365.25 * 86400
        await connection.execute(_INSERT, UUID(samples_of), UUID(user_id), count, seconds)
        await connection.execute("ANALYZE storage.image_uploads")
        rows = await connection.fetch(
            "SELECT image_id FROM storage.image_uploads WHERE user_id = $1 "
            "ORDER BY created_at DESC",
            UUID(user_id),
        )
        return [UUID(bytes=row["image_id"].bytes) for row in rows]
    finally:
        await connection.close()


class Counter:
    """Counts a user's images as they come in."""

    def __init__(self, connection: asyncpg.Connection, user_id: str) -> None:
        self._connection = connection
        self._user_id = UUID(user_id)

    async def uploaded(self) -> int:
        """Those whose bytes were verified and kept."""
        return await self._count("completed_at IS NOT NULL")

    async def searchable(self) -> int:
        """Those that search finds."""
        return await self._count("state = 'INDEXED'")

    async def _count(self, which: str) -> int:
        found: int = await self._connection.fetchval(
            f"SELECT count(*) FROM storage.image_uploads WHERE user_id = $1 AND {which}",
            self._user_id,
        )
        return found


async def open_database(data_dir: Path) -> "asyncpg.Connection[asyncpg.Record]":
    """A connection to the mesh's own database."""
    return await asyncpg.connect(postgres_url(Layout.of(data_dir)))
