"""All that storage has of a user, in PostgreSQL."""

from datetime import datetime
from uuid import UUID

import asyncpg

from services.runtime.removal_counts import count_removed, removed_in_all
from services.storage.account_erasure import Removed
from services.storage.postgres_arrivals import expire_arrivals
from services.storage.postgres_rows import image_of
from services.storage.postgres_trash import purge_images

REST = (
    "arriving_images",
    "image_changes",
    "change_positions",
    "label_count_changes",
    "label_counts",
    "retention_rules",
)
"""Tables with a `user_id` whose rows do not go with their images."""


class PostgresUserRecords:
    """`UserRecords` over a pool."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def purge_some(
        self, user_id: UUID, deletion_id: UUID, now: datetime, limit: int
    ) -> tuple[int, int]:
        """Purges images that nobody has in hand; how many, and how many are left."""
        async with self._pool.acquire() as connection, connection.transaction():
            # First: an import that is under way makes no images of a video that is gone.
            videos = await connection.fetch(
                "DELETE FROM storage.videos WHERE user_id = $1 RETURNING state, size_bytes", user_id
            )
            rows = await connection.fetch(
                "SELECT * FROM storage.image_uploads WHERE user_id = $1 "
                "ORDER BY image_id LIMIT $2 FOR UPDATE SKIP LOCKED",
                user_id,
                limit,
            )
            images = [image_of(row) for row in rows]
            # Nobody watches any more, and what is recorded of changes goes, too.
            await purge_images(connection, images, now, recorded=False)
            kept = [image for image in images if image.kept]
            ready = [row["size_bytes"] for row in videos if row["state"] == "READY"]
            removed = {
                "images": len(kept),
                **({"videos": len(ready)} if ready else {}),
                "bytes": sum(image.size_bytes for image in kept) + sum(ready),
                "unfinished_uploads": len(images) - len(kept) + len(videos) - len(ready),
            }
            await count_removed(connection, "storage", str(deletion_id), removed)
            # What is being written at this moment is not kept, and removed from the store.
            await expire_arrivals(connection, "user_id = $2", user_id, now)
            left: int = await connection.fetchval(
                "SELECT (SELECT count(*) FROM storage.image_uploads WHERE user_id = $1) "
                "+ (SELECT count(*) FROM storage.arriving_images WHERE user_id = $1)",
                user_id,
            )
            return len(images), left

    async def forget_rest(self, user_id: UUID) -> None:
        """Forgets what is left beside images: changes, and counts of labels."""
        async with self._pool.acquire() as connection, connection.transaction():
            # Whoever sums up label counts would bring them back.
            await connection.execute("SELECT pg_advisory_xact_lock(hashtext('argus:labels'))")
            for table in REST:
                await connection.execute(
                    f"DELETE FROM storage.{table} WHERE user_id = $1",  # noqa: S608 - our own words
                    user_id,
                )

    async def removed(self, deletion_id: UUID) -> Removed:
        """How much was removed, in all."""
        return await removed_in_all(self._pool, "storage", str(deletion_id))
