"""The images' records in PostgreSQL, schema `storage`."""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from services.runtime.filters import Filter
from services.storage.event_sql import FIRST_REPEAT_AFTER, REMEMBER_DELETED, tell
from services.storage.filter_sql import to_sql
from services.storage.model import (
    Failure,
    Image,
    Indexed,
    IndexingFailed,
    Outcome,
    PagePosition,
    Verified,
)
from services.storage.postgres_purges import kept, record_purges, staged
from services.storage.postgres_reservations import give_way
from services.storage.postgres_rows import image_of, row_lock

IN_HAND_SILENCE_S = 90
"""PostgreSQL releases a lock after this long without a statement: the host must have died."""

REPLAY_BATCH = 5_000
"""Images that are announced in one transaction, for their rows are locked as long as it takes."""


class PostgresCatalog:
    """`Catalog` and `IngestCatalog` over a pool."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def find(self, user_id: UUID, image_ids: Collection[UUID]) -> dict[UUID, Image]:
        """Finds a user's images by id."""
        rows = await self._pool.fetch(
            "SELECT * FROM storage.image_uploads WHERE image_id = ANY($1) AND user_id = $2",
            list(image_ids),
            user_id,
        )
        return {row["image_id"]: image_of(row) for row in rows}

    async def find_merged(self, user_id: UUID, image_id: UUID) -> Image | None:
        """Finds the image that has the bytes of an upload which gave way to it."""
        row = await self._pool.fetchrow(
            "SELECT u.* FROM storage.merged_uploads m "
            "JOIN storage.image_uploads u ON u.image_id = m.kept_as "
            "WHERE m.image_id = $1 AND m.user_id = $2",
            image_id,
            user_id,
        )
        return None if row is None else image_of(row)

    async def page(
        self, user_id: UUID, where: Filter | None, after: PagePosition | None, limit: int
    ) -> list[Image]:
        """Lists a user's images, newest first."""
        parameters: list[Any] = [user_id, limit]
        conditions = ["user_id = $1"]
        if after is not None:
            parameters += [after.created_at, after.image_id]
            conditions.append("(created_at, image_id) < ($3, $4)")
        if where is not None:
            conditions.append(to_sql(where, parameters))
        rows = await self._pool.fetch(
            f"SELECT * FROM storage.image_uploads WHERE {' AND '.join(conditions)} "  # noqa: S608 - values are parameters
            "ORDER BY created_at DESC, image_id DESC LIMIT $2",
            *parameters,
        )
        return [image_of(row) for row in rows]

    @asynccontextmanager
    async def lock_upload(
        self, user_id: UUID, image_id: UUID
    ) -> AsyncIterator["PostgresUpload | None"]:
        """Locks an image's row until the context ends; None if there is none.

        The lock goes with the connection, so a process that dies holds nothing back.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(
                f"SET LOCAL idle_in_transaction_session_timeout = '{IN_HAND_SILENCE_S}s'"
            )
            row = await _locked(connection, user_id, image_id)
            yield None if row is None else PostgresUpload(connection, row)

    async def remove(self, user_id: UUID, image_id: UUID, now: datetime) -> bool:
        """Removes a record, announces that, and has its objects removed; False if there is none."""
        async with self._pool.acquire() as connection, connection.transaction():
            row = await _locked(connection, user_id, image_id)
            if row is None:
                return False
            await connection.execute(
                "DELETE FROM storage.image_uploads WHERE image_id = $1", image_id
            )
            image = image_of(row)
            await record_purges(connection, kept(image, now))
            if image.kept:
                await connection.execute(tell("deleted", "unnest($1::uuid[]) image_id"), [image_id])
                await connection.execute(REMEMBER_DELETED, [image_id], now, FIRST_REPEAT_AFTER)
            else:
                await record_purges(connection, staged(image, now))
            return True

    async def find_kept(self, image_ids: Collection[UUID]) -> dict[UUID, Image]:
        """Finds anybody's images by id whose bytes are kept."""
        rows = await self._pool.fetch(
            "SELECT * FROM storage.image_uploads "
            "WHERE image_id = ANY($1) AND completed_at IS NOT NULL",
            list(image_ids),
        )
        return {row["image_id"]: image_of(row) for row in rows}

    async def announce_all(self, now: datetime) -> int:
        """Announces every image whose bytes are kept, and every deletion that is remembered.

        Until it is indexed again an image is UPLOADED. One that FAILED stays so if another one
        took its place since.
        """
        await self._pool.execute(tell("deleted", "storage.deleted_images"))
        count = last = 0
        while True:
            row = await self._pool.fetchrow(
                "WITH batch AS (SELECT id FROM storage.image_uploads u "  # noqa: S608 - our own words
                "WHERE id > $2 AND completed_at IS NOT NULL "
                "AND NOT (state = 'FAILED' AND only_copy AND EXISTS ("
                "SELECT FROM storage.image_uploads t WHERE t.user_id = u.user_id "
                "AND t.sha256 = u.sha256 AND t.state IN ('UPLOADED', 'INDEXED'))) "
                "ORDER BY id LIMIT $3), "
                "kept AS (UPDATE storage.image_uploads SET state = 'UPLOADED', "
                "indexed_at = NULL, failure_reason = NULL, failure_message = NULL, "
                "announced_at = $1 WHERE id IN (SELECT id FROM batch) RETURNING id, image_id), "
                f"told AS ({tell('uploaded', 'kept')}) "
                "SELECT count(*) AS count, max(id) AS last FROM kept",
                now,
                last,
                REPLAY_BATCH,
            )
            if row is None or not row["count"]:
                return count
            count, last = count + row["count"], row["last"]

    async def record_outcomes(self, outcomes: Sequence[Outcome], now: datetime) -> None:
        """Records what became of images; announces the removal of those that are gone."""
        # Of several outcomes of one image the last holds.
        latest = {outcome.image_id: outcome for outcome in outcomes}
        indexed = [o.image_id for o in latest.values() if isinstance(o, Indexed)]
        failed = [o for o in latest.values() if isinstance(o, IndexingFailed)]
        async with self._pool.acquire() as connection, connection.transaction():
            if indexed:
                rows = await connection.fetch(
                    "WITH done AS (UPDATE storage.image_uploads SET state = 'INDEXED', "
                    "indexed_at = $2, failure_reason = NULL, failure_message = NULL "
                    "WHERE image_id = ANY($1) AND completed_at IS NOT NULL RETURNING image_id) "
                    "SELECT image_id FROM unnest($1::uuid[]) image_id "
                    "WHERE image_id NOT IN (SELECT * FROM done)",
                    indexed,
                    now,
                )
                gone = [row["image_id"] for row in rows]
                await connection.execute(tell("deleted", "unnest($1::uuid[]) image_id"), gone)
                await connection.execute(REMEMBER_DELETED, gone, now, FIRST_REPEAT_AFTER)
            if failed:
                await connection.executemany(
                    "UPDATE storage.image_uploads SET state = 'FAILED', indexed_at = NULL, "
                    "failure_reason = $2, failure_message = $3 "
                    "WHERE image_id = $1 AND completed_at IS NOT NULL",
                    [(o.image_id, o.failure.reason, o.failure.message) for o in failed],
                )


class PostgresUpload:
    """`LockedUpload`: an image whose row is locked by this connection's transaction."""

    def __init__(self, connection: Any, row: asyncpg.Record) -> None:  # noqa: ANN401 - a pool's proxy of a connection
        self._connection = connection
        self._only_copy = row["only_copy"]
        self.image = image_of(row)

    async def confirm(self) -> None:
        """Makes sure that the lock is held, and for another `IN_HAND_SILENCE_S`."""
        await self._connection.execute("SELECT 1")

    async def keep(self, verified: Verified, now: datetime) -> Image:
        """Records it as UPLOADED and announces it; committed when the context ends."""
        existing = await give_way(
            self._connection, self.image, verified, now, only_copy=self._only_copy
        )
        if existing is not None:
            return existing
        row = await self._connection.fetchrow(
            "WITH kept AS (UPDATE storage.image_uploads SET state = 'UPLOADED', sha256 = $2, "  # noqa: S608 - our own words
            "phash = $3, width = $4, height = $5, format = $6, completed_at = $7, "
            "announced_at = $7 WHERE image_id = $1 RETURNING *), "
            f"told AS ({tell('uploaded', 'kept')}) "
            "SELECT * FROM kept",
            self.image.image_id,
            verified.sha256,
            verified.phash,
            verified.width,
            verified.height,
            verified.format,
            now,
        )
        await record_purges(self._connection, staged(self.image, now))
        return image_of(row)

    async def fail(self, failure: Failure, now: datetime) -> None:
        """Records it as FAILED; what was uploaded will be removed."""
        await self._connection.execute(
            "UPDATE storage.image_uploads SET state = 'FAILED', failure_reason = $2, "
            "failure_message = $3 WHERE image_id = $1",
            self.image.image_id,
            failure.reason,
            failure.message,
        )
        await record_purges(self._connection, staged(self.image, now) + kept(self.image, now))


async def _locked(connection: Any, user_id: UUID, image_id: UUID) -> asyncpg.Record | None:  # noqa: ANN401 - a pool's proxy of a connection
    async with row_lock():
        row: asyncpg.Record | None = await connection.fetchrow(
            "SELECT * FROM storage.image_uploads WHERE image_id = $1 AND user_id = $2 "
            "FOR UPDATE NOWAIT",
            image_id,
            user_id,
        )
    return row
