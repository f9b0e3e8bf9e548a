"""The changes of each user's images, in PostgreSQL.

A transaction records what it changed as the last thing it does. That moves the owner's position on
and locks it until the commit, so positions become visible in their order, and a reader who has seen
one has seen, or sees, all before it. The lock is the last one that any transaction takes, and
several are taken in the order of the users, so that transactions do not wait in a circle.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from services.storage.model import Change, Changes
from services.storage.postgres_rows import image_of

CHANNEL = "argus_image_changes"
"""Where PostgreSQL notifies of users whose images changed, by their ids."""

_RECORD = """
WITH changed AS (
    SELECT DISTINCT image_id, user_id FROM unnest($1::uuid[], $2::uuid[]) AS t (image_id, user_id)
), moved AS (
    INSERT INTO storage.change_positions AS p (user_id, position)
    SELECT user_id, count(*) FROM changed GROUP BY user_id ORDER BY user_id
    ON CONFLICT (user_id) DO UPDATE SET position = p.position + EXCLUDED.position
    RETURNING user_id, position
), recorded AS (
    INSERT INTO storage.image_changes (image_id, user_id, position, changed_at)
    SELECT image_id, user_id,
        position + 1 - row_number() OVER (PARTITION BY user_id ORDER BY image_id), $3
    FROM changed JOIN moved USING (user_id)
    ON CONFLICT (image_id) DO UPDATE
    SET position = EXCLUDED.position, changed_at = EXCLUDED.changed_at
)
SELECT pg_notify($4, user_id::text) FROM moved
"""


async def record_changes(
    connection: Any,  # noqa: ANN401 - a pool's proxy of a connection
    images: Iterable[tuple[UUID, UUID]],
    now: datetime,
) -> None:
    """Records that images changed, for those who watch; the last thing that a transaction does.

    Args:
        connection: In the transaction that changes them.
        images: Their ids, each with its owner's.
        now: The present.
    """
    pairs = list(images)
    if pairs:
        await connection.execute(
            _RECORD, [image for image, _ in pairs], [owner for _, owner in pairs], now, CHANNEL
        )


class PostgresChanges:
    """`ChangeLog` over a pool."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def position(self, user_id: UUID) -> int:
        """The position of the user's last change; 0 if there was none."""
        found: int | None = await self._pool.fetchval(
            "SELECT position FROM storage.change_positions WHERE user_id = $1", user_id
        )
        return found or 0

    async def after(self, user_id: UUID, position: int, limit: int) -> Changes:
        """The user's changes after a position."""
        rows = await self._pool.fetch(
            "SELECT u.*, c.position AS change_position, c.image_id AS changed_id "
            "FROM storage.image_changes c LEFT JOIN storage.image_uploads u "
            "ON u.image_id = c.image_id AND u.deleted_at IS NULL "
            "WHERE c.user_id = $1 AND c.position > $2 ORDER BY c.position LIMIT $3",
            user_id,
            position,
            limit,
        )
        # Read afterwards: what was forgotten before or while the changes were read counts.
        forgotten: int | None = await self._pool.fetchval(
            "SELECT forgotten FROM storage.change_positions WHERE user_id = $1", user_id
        )
        return Changes(
            [
                Change(
                    row["change_position"],
                    row["changed_id"],
                    None if row["image_id"] is None else image_of(row),
                )
                for row in rows
            ],
            forgotten or 0,
        )
