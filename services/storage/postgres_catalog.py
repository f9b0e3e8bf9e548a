"""The images' records in PostgreSQL, schema `storage`."""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from services.runtime.tracing import traceparent
from services.storage.capture_rows import capture_value, said_of, text_words
from services.storage.event_sql import forget_images, tell, tell_deleted
from services.storage.filter_sql import listed
from services.storage.model import (
    Failure,
    Image,
    Indexed,
    IndexingFailed,
    Listing,
    Outcome,
    PagePosition,
    Verified,
)
from services.storage.postgres_changes import record_changes
from services.storage.postgres_purges import kept, record_purges, staged
from services.storage.postgres_reservations import give_way
from services.storage.postgres_rows import NOT_INDEXED, image_of, row_lock

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
            "SELECT * FROM storage.image_uploads "
            "WHERE image_id = ANY($1) AND user_id = $2 AND deleted_at IS NULL",
            list(image_ids),
            user_id,
        )
        return {row["image_id"]: image_of(row) for row in rows}

    async def find_merged(self, user_id: UUID, image_id: UUID) -> Image | None:
        """Finds the image that has the bytes of an upload which gave way to it."""
        row = await self._pool.fetchrow(
            "SELECT u.* FROM storage.merged_uploads m "
            "JOIN storage.image_uploads u ON u.image_id = m.kept_as "
            "WHERE m.image_id = $1 AND m.user_id = $2 AND u.deleted_at IS NULL",
            image_id,
            user_id,
        )
        return None if row is None else image_of(row)

    async def page(
        self, user_id: UUID, listing: Listing, after: PagePosition | None, limit: int
    ) -> list[Image]:
        """Lists a user's images, by the time when they were created, or taken."""
        parameters: list[Any] = [user_id, limit]
        conditions = [listed(listing, parameters)]
        by = "coalesce(captured_at, created_at)" if listing.by_capture else "created_at"
        if after is not None:
            parameters += [after.at, after.image_id]
            place = f"(${len(parameters) - 1}, ${len(parameters)})"
            conditions.append(f"({by}, image_id) {'>' if listing.oldest_first else '<'} {place}")
        order = "ASC" if listing.oldest_first else "DESC"
        rows = await self._pool.fetch(
            f"SELECT * FROM storage.image_uploads WHERE {' AND '.join(conditions)} "  # noqa: S608 - values are parameters
            f"ORDER BY {by} {order}, image_id {order} LIMIT $2",
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
            async with row_lock():
                row = await connection.fetchrow(
                    "SELECT * FROM storage.image_uploads WHERE image_id = $1 AND user_id = $2 "
                    "AND deleted_at IS NULL FOR UPDATE NOWAIT",
                    image_id,
                    user_id,
                )
            yield None if row is None else PostgresUpload(connection, row)

    async def find_kept(self, image_ids: Collection[UUID]) -> dict[UUID, Image]:
        """Finds anybody's images by id whose bytes are kept."""
        rows = await self._pool.fetch(
            "SELECT * FROM storage.image_uploads "
            "WHERE image_id = ANY($1) AND completed_at IS NOT NULL AND deleted_at IS NULL",
            list(image_ids),
        )
        return {row["image_id"]: image_of(row) for row in rows}

    async def announce_all(self, now: datetime) -> int:
        """Announces every image whose bytes are kept, and every deletion that is remembered.

        Until it is indexed again an image is UPLOADED. One that FAILED stays so if another one
        took its place since.
        """
        # Locked, so that nobody brings one of them back before this is told.
        await self._pool.execute(tell_deleted("storage.deleted_images FOR SHARE"))
        count = last = 0
        while True:
            rows = await self._replay(now, last)
            if not rows:
                return count
            count, last = count + len(rows), max(row["id"] for row in rows)

    async def _replay(self, now: datetime, after_id: int) -> list[asyncpg.Record]:
        """Announces one batch of images, in the order of their rows' ids."""
        async with self._pool.acquire() as connection, connection.transaction():
            rows: list[asyncpg.Record] = await connection.fetch(
                "WITH batch AS (SELECT id FROM storage.image_uploads u "  # noqa: S608 - our own words
                "WHERE id > $2 AND completed_at IS NOT NULL AND deleted_at IS NULL "
                "AND NOT (state = 'FAILED' AND only_copy AND EXISTS ("
                "SELECT FROM storage.image_uploads t WHERE t.user_id = u.user_id "
                "AND t.sha256 = u.sha256 AND t.deleted_at IS NULL "
                "AND t.state IN ('UPLOADED', 'INDEXED'))) "
                "ORDER BY id LIMIT $3), "
                "kept AS (UPDATE storage.image_uploads SET state = 'UPLOADED', "
                f"{NOT_INDEXED}, failure_reason = NULL, failure_message = NULL, "
                "announced_at = $1, updated_at = $1 WHERE id IN (SELECT id FROM batch) "
                "RETURNING id, image_id, user_id), "
                f"told AS ({tell('uploaded', 'kept ORDER BY id')}) "
                "SELECT id, image_id, user_id FROM kept",
                now,
                after_id,
                REPLAY_BATCH,
            )
            await _changed(connection, rows, now)
            return rows

    async def record_outcomes(self, outcomes: Sequence[Outcome], now: datetime) -> None:
        """Records what became of images; announces the removal of those that are gone."""
        # Of several outcomes of one image the last holds.
        latest = {outcome.image_id: outcome for outcome in outcomes}
        indexed = [o.image_id for o in latest.values() if isinstance(o, Indexed)]
        failed = [o for o in latest.values() if isinstance(o, IndexingFailed)]
        async with self._pool.acquire() as connection, connection.transaction():
            # Locked, in one order: whether one is in the trash may not change meanwhile.
            there = await connection.fetch(
                "SELECT image_id, deleted_at FROM storage.image_uploads "
                "WHERE image_id = ANY($1) ORDER BY image_id FOR UPDATE",
                list(latest),
            )
            trash = {row["image_id"] for row in there if row["deleted_at"] is not None}
            gone = latest.keys() - {row["image_id"] for row in there}
            changed = await connection.fetch(
                "UPDATE storage.image_uploads SET state = 'INDEXED', indexed_at = $2, "
                "updated_at = $2, failure_reason = NULL, failure_message = NULL "
                "WHERE image_id = ANY($1) AND completed_at IS NOT NULL AND deleted_at IS NULL "
                "RETURNING image_id, user_id",
                indexed,
                now,
            )
            changed += await connection.fetch(
                f"UPDATE storage.image_uploads u SET state = 'FAILED', {NOT_INDEXED}, "  # noqa: S608 - our own words
                "updated_at = $4, failure_reason = f.reason, failure_message = f.message "
                "FROM unnest($1::uuid[], $2::text[], $3::text[]) AS f (image_id, reason, message) "
                "WHERE u.image_id = f.image_id AND completed_at IS NOT NULL "
                "AND deleted_at IS NULL RETURNING u.image_id, u.user_id",
                [o.image_id for o in failed],
                [o.failure.reason for o in failed],
                [o.failure.message for o in failed],
                now,
            )
            # Search has put into the index what it should not have.
            await forget_images(connection, [i for i in indexed if i in trash], now, purged=False)
            await forget_images(connection, [i for i in indexed if i in gone], now, purged=True)
            await _changed(connection, changed, now)


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
        labels, note = said_of(self.image.labels, self.image.note, verified)
        row = await self._connection.fetchrow(
            "WITH kept AS (UPDATE storage.image_uploads SET state = 'UPLOADED', sha256 = $2, "  # noqa: S608 - our own words
            "phash = $3, width = $4, height = $5, format = $6, completed_at = $7, "
            "announced_at = $7, updated_at = $7, labels = $9, note = $10, text_words = $11, "
            "captured_at = $12, capture = $13, page_count = $14, header_read = true "
            "WHERE image_id = $1 RETURNING *), "
            f"told AS ({tell('uploaded', 'kept', cause=8)}) "
            "SELECT * FROM kept",
            self.image.image_id,
            verified.sha256,
            verified.phash,
            verified.width,
            verified.height,
            verified.format,
            now,
            traceparent(),
            labels,
            note,
            text_words(note, verified.capture),
            None if verified.capture is None else verified.capture.time,
            capture_value(verified.capture),
            verified.page_count,
        )
        await record_purges(self._connection, staged(self.image, now))
        await _changed(self._connection, [row], now)
        return image_of(row)

    async def fail(self, failure: Failure, now: datetime) -> None:
        """Records it as FAILED; what was uploaded will be removed."""
        await self._connection.execute(
            "UPDATE storage.image_uploads SET state = 'FAILED', failure_reason = $2, "
            "failure_message = $3, updated_at = $4 WHERE image_id = $1",
            self.image.image_id,
            failure.reason,
            failure.message,
            now,
        )
        await record_purges(self._connection, staged(self.image, now) + kept(self.image, now))
        await record_changes(self._connection, [(self.image.image_id, self.image.user_id)], now)


async def _changed(connection: Any, rows: Sequence[asyncpg.Record], now: datetime) -> None:  # noqa: ANN401 - a pool's proxy of a connection
    await record_changes(connection, ((row["image_id"], row["user_id"]) for row in rows), now)
