"""How much a user has, in PostgreSQL: images, and videos whose bytes count as well."""

from typing import Any
from uuid import UUID

import asyncpg

from services.storage.allowance import Allowance, Usage

_PENDING = """
SELECT count(*) AS images, coalesce(sum(size_bytes), 0)::bigint AS size_bytes FROM (
    SELECT size_bytes FROM storage.image_uploads WHERE user_id = $1 AND state = 'PENDING'
    UNION ALL
    SELECT size_bytes FROM storage.arriving_images WHERE user_id = $1
    UNION ALL
    SELECT size_bytes FROM storage.videos WHERE user_id = $1 AND state = 'PENDING'
) pending
"""

_KEPT = """
SELECT i.images, i.size_bytes + v.size_bytes AS size_bytes FROM (
    SELECT count(*) AS images, coalesce(sum(size_bytes), 0)::bigint AS size_bytes FROM (
        SELECT size_bytes FROM storage.image_uploads
        WHERE user_id = $1 AND (state <> 'FAILED' OR completed_at IS NOT NULL)
        UNION ALL
        SELECT size_bytes FROM storage.arriving_images WHERE user_id = $1
    ) images
) i, (
    SELECT coalesce(sum(size_bytes), 0)::bigint AS size_bytes
    FROM storage.videos WHERE user_id = $1 AND state <> 'FAILED'
) v
"""


class Allowed:
    """What a user has, and may have; nobody adds to it until the transaction ends."""

    def __init__(self, allowance: Allowance, pending: Usage, kept: Usage) -> None:
        self._allowance = allowance
        self._pending = pending
        self._kept = kept

    def reserve(self, size_bytes: int, *, images: int = 0) -> None:
        """Adds another upload, of an image or of a video, unless that would be too much.

        Raises:
            TooManyPendingUploads, QuotaExceeded: It would be; it is not added.
        """
        pending = self._pending.with_one(size_bytes)
        kept = Usage(self._kept.images + images, self._kept.size_bytes + size_bytes)
        self._allowance.check(pending, kept)
        self._pending, self._kept = pending, kept

    def keep(self, images: int, size_bytes: int) -> None:
        """Checks what it would be with further images.

        Raises:
            QuotaExceeded: It would be too much.
        """
        kept = Usage(self._kept.images + images, self._kept.size_bytes + size_bytes)
        self._allowance.check(Usage(0, 0), kept)


async def check_allowance(connection: Any, allowance: Allowance, user_id: UUID) -> Allowed:  # noqa: ANN401 - a pool's proxy of a connection
    """Counts what a user has, one after the other, so that many at once are no more than may be.

    Args:
        connection: In the transaction that adds to it.
        allowance: What each user may have.
        user_id: Whose.
    """
    await connection.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"argus:allowance:{user_id}:"
    )
    pending = await _usage(connection, _PENDING, user_id)
    kept = Usage(0, 0)
    if allowance.counts_kept:
        kept = await _usage(connection, _KEPT, user_id)
    return Allowed(allowance, pending, kept)


class PostgresUsage:
    """`UsageCounts` over a pool."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def pending(self, user_id: UUID) -> Usage:
        """Uploads that are reserved and not completed."""
        return await _usage(self._pool, _PENDING, user_id)

    async def kept(self, user_id: UUID) -> Usage:
        """All images, pending ones and those in the trash included, and the bytes of videos."""
        return await _usage(self._pool, _KEPT, user_id)


async def _usage(connection: Any, query: str, user_id: UUID) -> Usage:  # noqa: ANN401 - a pool's proxy of a connection
    row = await connection.fetchrow(query, user_id)
    return Usage(row["images"], row["size_bytes"])
