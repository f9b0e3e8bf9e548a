"""The images' records for checks, in PostgreSQL."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from services.storage.checking import LOST_REASON, KeptRecord
from services.storage.event_sql import tell
from services.storage.model import Image, ImageState, Standing
from services.storage.postgres_changes import record_changes
from services.storage.postgres_purges import record_purges
from services.storage.postgres_rows import NOT_INDEXED, image_of
from services.storage.videos.model import frame_id

_COLUMNS = (
    "image_id, user_id, state, size_bytes, completed_at, renditions, "
    "render_at IS NOT NULL AS rendering, "
    f"coalesce(failure_reason = '{LOST_REASON}', false) AS lost"
)
_FIRST = UUID(int=0)


class PostgresConsistency:
    """`ConsistencyRecords` and `Standings` over a pool."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def page(
        self, after: tuple[UUID, UUID] | None, before: datetime, limit: int
    ) -> Sequence[KeptRecord]:
        """Images kept before then whose bytes are not known to be lost, by owner and id."""
        rows = await self._pool.fetch(
            f"SELECT {_COLUMNS} FROM storage.image_uploads "  # noqa: S608 - our own words
            "WHERE (user_id, image_id) > ($1, $2) AND completed_at <= $3 "
            "AND failure_reason IS DISTINCT FROM $5 ORDER BY user_id, image_id LIMIT $4",
            *(after or (_FIRST, _FIRST)),
            before,
            limit,
            LOST_REASON,
        )
        return [_record(row) for row in rows]

    async def find(self, image_ids: Collection[UUID]) -> Mapping[UUID, KeptRecord]:
        """Images in whatever state."""
        rows = await self._pool.fetch(
            f"SELECT {_COLUMNS} FROM storage.image_uploads WHERE image_id = ANY($1)",  # noqa: S608 - our own words
            list(image_ids),
        )
        return {row["image_id"]: _record(row) for row in rows}

    async def arriving(self, ids: Collection[UUID]) -> Mapping[UUID, UUID]:
        """Owners of those that are under way and have no image's record yet."""
        rows = await self._pool.fetch(
            "SELECT image_id AS id, user_id FROM storage.arriving_images WHERE image_id = ANY($1) "
            "UNION ALL SELECT video_id, user_id FROM storage.videos WHERE video_id = ANY($1) "
            "AND state IN ('PENDING', 'QUEUED', 'IMPORTING')",
            list(ids),
        )
        owners: dict[UUID, UUID] = {row["id"]: row["user_id"] for row in rows}
        imported = await self._pool.fetch(
            "SELECT video_id, user_id, max_key_frames FROM storage.videos "
            "WHERE work_at IS NOT NULL AND begun_at IS NOT NULL"
        )
        wanted = set(ids)
        for row in imported:
            for number in range(row["max_key_frames"]):
                frame = frame_id(row["video_id"], number)
                if frame in wanted:
                    owners[frame] = row["user_id"]
        return owners

    async def images(self, image_ids: Collection[UUID]) -> Sequence[Image]:
        """Images in whatever state, whole."""
        rows = await self._pool.fetch(
            "SELECT * FROM storage.image_uploads WHERE image_id = ANY($1)", list(image_ids)
        )
        return [image_of(row) for row in rows]

    async def purging(self, keys: Collection[str]) -> Collection[str]:
        """Those of the keys that are to be removed."""
        rows = await self._pool.fetch(
            "SELECT DISTINCT object_key FROM storage.purges WHERE object_key = ANY($1)", list(keys)
        )
        return {row["object_key"] for row in rows}

    async def unindexed(
        self, after: UUID | None, before: datetime, limit: int
    ) -> Sequence[tuple[UUID, UUID]]:
        """Ids and owners of images that have been UPLOADED since before then, by id."""
        rows = await self._pool.fetch(
            "SELECT image_id, user_id FROM storage.image_uploads WHERE state = 'UPLOADED' "
            "AND deleted_at IS NULL AND updated_at <= $2 AND image_id > $1 "
            "ORDER BY image_id LIMIT $3",
            after or _FIRST,
            before,
            limit,
        )
        return [(row["image_id"], row["user_id"]) for row in rows]

    async def indexed(self, after: UUID | None, limit: int) -> Sequence[UUID]:
        """Ids of images that are INDEXED, ascending."""
        rows = await self._pool.fetch(
            "SELECT image_id FROM storage.image_uploads WHERE state = 'INDEXED' "
            "AND deleted_at IS NULL AND image_id > $1 ORDER BY image_id LIMIT $2",
            after or _FIRST,
            limit,
        )
        return [row["image_id"] for row in rows]

    async def outbox(self, image_ids: Collection[UUID]) -> Collection[UUID]:
        """Those of the images of which an event waits to be told."""
        rows = await self._pool.fetch(
            "SELECT DISTINCT event ->> 'image_id' AS image_id FROM storage.outbox "
            "WHERE event ->> 'image_id' = ANY($1)",
            [str(image_id) for image_id in image_ids],
        )
        return {UUID(row["image_id"]) for row in rows}

    async def standings(self, image_ids: Collection[UUID]) -> Mapping[UUID, Standing]:
        """What is known of images; those of which nothing is are left out."""
        rows = await self._pool.fetch(
            "SELECT i AS image_id, u.user_id, u.image_id IS NOT NULL AS exists, "
            "coalesce(u.completed_at IS NOT NULL AND u.deleted_at IS NULL, false) AS kept, "
            "coalesce(u.state = 'INDEXED', false) AS indexed, "
            "greatest(u.created_at, u.completed_at, u.updated_at, u.deleted_at, d.deleted_at) "
            "AS changed_at FROM unnest($1::uuid[]) i "
            "LEFT JOIN storage.image_uploads u ON u.image_id = i "
            "LEFT JOIN storage.deleted_images d ON d.image_id = i "
            "WHERE u.image_id IS NOT NULL OR d.image_id IS NOT NULL",
            list(image_ids),
        )
        return {
            row["image_id"]: Standing(
                row["image_id"],
                row["user_id"],
                exists=row["exists"],
                kept=row["kept"],
                indexed=row["indexed"],
                changed_at=row["changed_at"],
            )
            for row in rows
        }

    async def remove_objects(self, keys: Collection[str], now: datetime) -> None:
        """Has objects removed."""
        async with self._pool.acquire() as connection, connection.transaction():
            await record_purges(connection, [(key, now) for key in keys])

    async def fail_lost(self, image_ids: Collection[UUID], reason: str, now: datetime) -> None:
        """Records images as FAILED, whose bytes are lost."""
        if not image_ids:
            return
        async with self._pool.acquire() as connection, connection.transaction():
            rows = await connection.fetch(
                f"UPDATE storage.image_uploads SET state = 'FAILED', {NOT_INDEXED}, "  # noqa: S608 - our own words
                "failure_reason = $2, failure_message = $3, updated_at = $4 "
                "WHERE image_id = ANY($1) RETURNING image_id, user_id",
                list(image_ids),
                reason,
                "the object store has lost the image's bytes; upload it again",
                now,
            )
            await record_changes(
                connection, ((row["image_id"], row["user_id"]) for row in rows), now
            )

    async def render_again(self, image_ids: Collection[UUID], now: datetime) -> None:
        """Has images' renditions made again; until then none is shown."""
        if not image_ids:
            return
        async with self._pool.acquire() as connection, connection.transaction():
            rows = await connection.fetch(
                "UPDATE storage.image_uploads SET renditions = '{}', render_at = $2, "
                "render_attempts = 0 WHERE image_id = ANY($1) RETURNING image_id, user_id",
                list(image_ids),
                now,
            )
            await record_changes(
                connection, ((row["image_id"], row["user_id"]) for row in rows), now
            )

    async def announce(self, image_ids: Collection[UUID], now: datetime) -> None:
        """Announces images as they are: those that are kept, and those that are not there."""
        async with self._pool.acquire() as connection, connection.transaction():
            kept = await connection.fetch(
                f"UPDATE storage.image_uploads SET state = 'UPLOADED', {NOT_INDEXED}, "  # noqa: S608 - our own words
                "failure_reason = NULL, failure_message = NULL, announced_at = $2, updated_at = $2 "
                "WHERE image_id = ANY($1) AND state IN ('UPLOADED', 'INDEXED') "
                "AND deleted_at IS NULL RETURNING image_id, user_id",
                list(image_ids),
                now,
            )
            there = [row["image_id"] for row in kept]
            others = list(set(image_ids) - set(there))
            await connection.execute(tell("uploaded", "unnest($1::uuid[]) image_id"), there)
            # Whatever they are: search asks what is true of them.
            await connection.execute(tell("deleted", "unnest($1::uuid[]) image_id"), others)
            await record_changes(
                connection, ((row["image_id"], row["user_id"]) for row in kept), now
            )


def _record(row: asyncpg.Record) -> KeptRecord:
    return KeptRecord(
        row["image_id"],
        row["user_id"],
        ImageState(row["state"]),
        row["size_bytes"],
        row["completed_at"],
        frozenset(row["renditions"]),
        rendering=row["rendering"],
        lost=row["lost"],
    )
