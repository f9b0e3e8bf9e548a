"""How much each user has, in PostgreSQL; read from one index alone."""

from typing import Any
from uuid import UUID

import asyncpg

from services.storage.allowance import Usage

_PENDING = "state = 'PENDING'"
_KEPT = "(state <> 'FAILED' OR completed_at IS NOT NULL)"


async def pending_of(connection: Any, user_id: UUID) -> Usage:  # noqa: ANN401 - a pool, or its proxy of a connection
    """Uploads of a user that are reserved and not completed."""
    return await _usage(connection, _PENDING, user_id)


async def kept_of(connection: Any, user_id: UUID) -> Usage:  # noqa: ANN401 - a pool, or its proxy of a connection
    """All images of a user, pending ones and those in the trash included."""
    return await _usage(connection, _KEPT, user_id)


class PostgresUsage:
    """`UsageCounts` over a pool."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def pending(self, user_id: UUID) -> Usage:
        """Uploads that are reserved and not completed."""
        return await pending_of(self._pool, user_id)

    async def kept(self, user_id: UUID) -> Usage:
        """All images, pending ones and those in the trash included."""
        return await kept_of(self._pool, user_id)


async def _usage(connection: Any, which: str, user_id: UUID) -> Usage:  # noqa: ANN401 - see above
    row = await connection.fetchrow(
        "SELECT count(*) AS images, coalesce(sum(size_bytes), 0)::bigint AS size_bytes "  # noqa: S608 - one of two constants
        f"FROM storage.image_uploads WHERE user_id = $1 AND {which}",
        user_id,
    )
    return Usage(row["images"], row["size_bytes"])
