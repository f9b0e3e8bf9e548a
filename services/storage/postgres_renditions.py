"""Which images are to be rendered, in PostgreSQL; replicas share the work."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import asyncpg

from services.storage.model import Image, Rendered
from services.storage.postgres_changes import record_changes
from services.storage.postgres_rows import image_of

LEASE = timedelta(minutes=2)
"""How long an image is left to whoever took it; each further time twice as long."""

MAX_ATTEMPTS = 6


_DUE = "render_at <= $1 AND completed_at IS NOT NULL AND deleted_at IS NULL"

# Users are found one by one through the index, so that none has to wait until a thousand images of
# another are rendered, and a thousand images cost no more than one.
_TAKE = f"""
WITH RECURSIVE owners AS (
    (SELECT user_id FROM storage.image_uploads WHERE {_DUE} ORDER BY user_id LIMIT 1)
    UNION ALL
    SELECT (
        SELECT user_id FROM storage.image_uploads WHERE user_id > o.user_id AND {_DUE}
        ORDER BY user_id LIMIT 1
    ) FROM owners o WHERE o.user_id IS NOT NULL
), due AS (
    SELECT one.* FROM owners o CROSS JOIN LATERAL (
        SELECT image_id, created_at, row_number() OVER (ORDER BY created_at DESC) AS nth
        FROM storage.image_uploads WHERE user_id = o.user_id AND {_DUE}
        ORDER BY created_at DESC LIMIT $2
    ) one WHERE o.user_id IS NOT NULL
), next AS (
    SELECT image_id FROM storage.image_uploads JOIN due USING (image_id)
    WHERE {_DUE} ORDER BY due.nth, due.created_at DESC LIMIT $2
    FOR UPDATE OF image_uploads SKIP LOCKED
)
UPDATE storage.image_uploads SET render_attempts = render_attempts + 1,
    render_at = CASE WHEN render_attempts + 1 < $3
        THEN $1 + $4::interval * power(2, render_attempts) END
WHERE image_id IN (SELECT image_id FROM next) RETURNING *
"""  # noqa: S608 - put together from constants


class PostgresRenditions:
    """`Renditions` over a pool."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def take(self, now: datetime, limit: int) -> list[Image]:
        """Takes images that are to be rendered: of each user the newest, then the next of each."""
        rows = await self._pool.fetch(
            _TAKE,
            now,
            limit,
            MAX_ATTEMPTS,
            LEASE,
        )
        return [image_of(row) for row in rows]

    async def give_back(self, image: Image, now: datetime) -> None:
        """Gives an image back that could not be read; the attempt does not count."""
        await self._pool.execute(
            "UPDATE storage.image_uploads SET render_attempts = greatest(0, render_attempts - 1), "
            "render_at = $2 WHERE image_id = $1",
            image.image_id,
            now,
        )

    async def finish(self, done: Sequence[tuple[Image, Rendered]], now: datetime) -> None:
        """Records what was made, and tells those who watch."""
        async with self._pool.acquire() as connection, connection.transaction():
            rows = [
                await connection.fetchrow(
                    "UPDATE storage.image_uploads SET thumbhash = $2, renditions = $3, "
                    "render_at = NULL WHERE image_id = $1 RETURNING image_id, user_id",
                    image.image_id,
                    rendered.thumbhash,
                    sorted(rendered.renditions),
                )
                # In one order, so that two batches do not wait for each other in a circle.
                for image, rendered in sorted(done, key=lambda one: one[0].image_id)
            ]
            changed = [(row["image_id"], row["user_id"]) for row in rows if row is not None]
            await record_changes(connection, changed, now)
