"""What the janitor does, in PostgreSQL; replicas share the work."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta

import asyncpg

from services.storage.errors import UploadExpired
from services.storage.event_sql import FIRST_REPEAT_AFTER, tell, tell_deleted
from services.storage.postgres_arrivals import expire_arrivals
from services.storage.postgres_changes import record_changes
from services.storage.postgres_purges import kept, record_purges, staged
from services.storage.postgres_removals import may_remove
from services.storage.postgres_rows import image_of
from services.storage.postgres_trash import purge_images

FIRST_RETRY = timedelta(seconds=2)
LAST_RETRY = timedelta(minutes=10)


_FORGET = """
WITH old AS (
    SELECT user_id, max(position) AS position FROM (
        SELECT user_id, position FROM storage.image_changes
        WHERE changed_at < $1 ORDER BY changed_at LIMIT $2
    ) oldest GROUP BY user_id
), mine AS (
    SELECT user_id FROM storage.change_positions
    WHERE user_id IN (SELECT user_id FROM old) FOR UPDATE SKIP LOCKED
), marked AS (
    UPDATE storage.change_positions p SET forgotten = greatest(p.forgotten, old.position)
    FROM old WHERE p.user_id = old.user_id AND p.user_id IN (SELECT user_id FROM mine)
    RETURNING p.user_id, p.forgotten
)
DELETE FROM storage.image_changes c USING marked m
WHERE c.user_id = m.user_id AND c.position <= m.forgotten
"""


_SUM_UP = """
WITH taken AS (
    DELETE FROM storage.label_count_changes WHERE id IN (
        SELECT id FROM storage.label_count_changes ORDER BY id LIMIT $1
    ) RETURNING user_id, key, value, change
), summed AS (
    INSERT INTO storage.label_counts AS c (user_id, key, value, image_count)
    SELECT user_id, key, value, sum(change) FROM taken GROUP BY user_id, key, value
    ON CONFLICT (user_id, key, value) DO UPDATE
    SET image_count = c.image_count + EXCLUDED.image_count
)
SELECT count(*) FROM taken
"""


class PostgresUpkeep:
    """`Upkeep` over a pool."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def expire_uploads(self, now: datetime, limit: int) -> int:
        """Fails uploads that were not completed in time; returns how many."""
        async with self._pool.acquire() as connection, connection.transaction():
            rows = await connection.fetch(
                "UPDATE storage.image_uploads SET state = 'FAILED', failure_reason = $3, "
                "failure_message = $4, updated_at = $1 WHERE image_id IN ("
                "SELECT image_id FROM storage.image_uploads "
                "WHERE state = 'PENDING' AND expires_at <= $1 "
                "ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED) RETURNING *",
                now,
                limit,
                UploadExpired.reason,
                "the upload was not completed in time; create another",
            )
            for row in rows:
                image = image_of(row)
                await record_purges(connection, staged(image, now) + kept(image, now))
            await record_changes(
                connection, ((row["image_id"], row["user_id"]) for row in rows), now
            )
        async with self._pool.acquire() as connection, connection.transaction():
            await expire_arrivals(connection, "expires_at <= $2", now, now)
        return len(rows)

    async def purge_trash(self, now: datetime, limit: int) -> int:
        """Purges images whose time in the trash is over; returns how many."""
        async with self._pool.acquire() as connection, connection.transaction():
            rows = await connection.fetch(
                "SELECT * FROM storage.image_uploads WHERE purge_at <= $1 "
                "ORDER BY purge_at LIMIT $2 FOR UPDATE SKIP LOCKED",
                now,
                limit,
            )
            await purge_images(connection, [image_of(row) for row in rows], now)
            return len(rows)

    async def purge(
        self, remove: Callable[[Sequence[str]], Awaitable[set[str]]], now: datetime, limit: int
    ) -> int:
        """Removes objects that are due, and keeps those that fail for later; returns how many."""
        async with self._pool.acquire() as connection, connection.transaction():
            if not await may_remove(connection):
                return 0
            rows = await connection.fetch(
                "SELECT id, object_key, attempts FROM storage.purges WHERE due_at <= $1 "
                "ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED",
                now,
                limit,
            )
            if not rows:
                return 0
            left = await remove([row["object_key"] for row in rows])
            await connection.execute(
                "DELETE FROM storage.purges WHERE id = ANY($1)",
                [row["id"] for row in rows if row["object_key"] not in left],
            )
            await connection.executemany(
                "UPDATE storage.purges SET attempts = attempts + 1, due_at = $2 WHERE id = $1",
                [
                    (row["id"], now + min(FIRST_RETRY * 2 ** min(row["attempts"], 20), LAST_RETRY))
                    for row in rows
                    if row["object_key"] in left
                ],
            )
            return len(rows)

    async def announce_again(self, older_than: datetime, now: datetime, limit: int) -> int:
        """Announces images that have been UPLOADED for long; returns how many.

        Nothing while the outbox holds events: those come first.
        """
        count: int = await self._pool.fetchval(
            "WITH waiting AS (SELECT image_id FROM storage.image_uploads "  # noqa: S608 - our own words
            "WHERE state = 'UPLOADED' AND deleted_at IS NULL AND announced_at <= $1 "
            "AND NOT EXISTS (SELECT FROM storage.outbox) "
            "ORDER BY announced_at LIMIT $3 FOR UPDATE SKIP LOCKED), "
            "told AS (UPDATE storage.image_uploads u SET announced_at = $2 FROM waiting "
            "WHERE u.image_id = waiting.image_id RETURNING u.image_id), "
            f"events AS ({tell('uploaded', 'told')}) "
            "SELECT count(*) FROM told",
            older_than,
            now,
            limit,
        )
        return count

    async def announce_deletions_again(self, now: datetime, limit: int) -> int:
        """Announces deletions whose time has come; returns how many.

        Each after twice the time since it was deleted. Nothing while the outbox holds events.
        """
        count: int = await self._pool.fetchval(
            "WITH due AS (SELECT image_id FROM storage.deleted_images "  # noqa: S608 - our own words
            "WHERE announce_at <= $1 AND NOT EXISTS (SELECT FROM storage.outbox) "
            "ORDER BY announce_at LIMIT $2 FOR UPDATE SKIP LOCKED), "
            "told AS (UPDATE storage.deleted_images d "
            "SET announce_at = $1 + greatest($1 - d.deleted_at, $3::interval) FROM due "
            "WHERE d.image_id = due.image_id RETURNING d.image_id, d.purged), "
            f"events AS ({tell_deleted('told')}) "
            "SELECT count(*) FROM told",
            now,
            limit,
            FIRST_REPEAT_AFTER,
        )
        return count

    async def forget_deletions(self, before: datetime) -> None:
        """Forgets deletions that search need not be told of any more."""
        await self._pool.execute("DELETE FROM storage.deleted_images WHERE deleted_at < $1", before)

    async def forget_changes(self, before: datetime, limit: int) -> None:
        """Forgets what became of images; cursors from before expire."""
        await self._pool.execute(_FORGET, before, limit)

    async def sum_up_labels(self, limit: int) -> int:
        """Adds what changed to the sums; returns how many changes.

        Nothing while another replica does it.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            if not await connection.fetchval(
                "SELECT pg_try_advisory_xact_lock(hashtext('argus:labels'))"
            ):
                return 0
            count: int = await connection.fetchval(_SUM_UP, limit)
            if count:
                await connection.execute("DELETE FROM storage.label_counts WHERE image_count = 0")
            return count

    async def depths(self) -> Mapping[str, int]:
        """How many events and purges wait, by queue."""
        row = await self._pool.fetchrow(
            "SELECT (SELECT count(*) FROM storage.outbox) AS outbox, "
            "(SELECT count(*) FROM storage.purges) AS purges, "
            "(SELECT count(*) FROM storage.image_uploads "
            "WHERE state = 'UPLOADED' AND deleted_at IS NULL) AS unindexed, "
            "(SELECT count(*) FROM storage.image_uploads WHERE purge_at IS NOT NULL) AS trash, "
            "(SELECT count(*) FROM storage.image_uploads WHERE render_at IS NOT NULL "
            "AND completed_at IS NOT NULL AND deleted_at IS NULL) AS unrendered, "
            "(SELECT count(*) FROM storage.videos WHERE work_at IS NOT NULL) AS videos"
        )
        return dict(row) if row else {}
