"""What tells a user's images apart without looking at them, in PostgreSQL."""

from uuid import UUID

import asyncpg

from services.storage.model import Fingerprint, PagePosition

# Read through the index of lists, the other way round.
_PAGE = """
SELECT image_id, sha256, phash, width, height, size_bytes, created_at
FROM storage.image_uploads
WHERE user_id = $1 AND deleted_at IS NULL AND completed_at IS NOT NULL {behind}
ORDER BY created_at, image_id LIMIT $2
"""


class PostgresFingerprints:
    """`Fingerprints` over a pool."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def page(
        self, user_id: UUID, after: PagePosition | None, limit: int
    ) -> list[Fingerprint]:
        """A user's kept images, oldest first."""
        if after is None:
            rows = await self._pool.fetch(_PAGE.format(behind=""), user_id, limit)
        else:
            rows = await self._pool.fetch(
                _PAGE.format(behind="AND (created_at, image_id) > ($3, $4)"),
                user_id,
                limit,
                after.at,
                after.image_id,
            )
        return [
            Fingerprint(
                row["image_id"],
                bytes.fromhex(row["sha256"]),
                bytes.fromhex(row["phash"]),
                row["width"] * row["height"],
                row["size_bytes"],
                row["created_at"],
            )
            for row in rows
        ]
