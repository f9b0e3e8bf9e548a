"""The images' records in PostgreSQL, schema `storage`."""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from services.runtime.filters import Filter
from services.runtime.request import remaining_s
from services.storage.filter_sql import to_sql
from services.storage.model import (
    Failure,
    Image,
    ImageState,
    Indexed,
    IndexingFailed,
    Outcome,
    PagePosition,
    Verified,
)
from services.storage.postgres_purges import kept, record_purges, staged

IN_HAND_WAIT_S = 30.0
"""How long to wait for whoever has an image in hand."""

IN_HAND_SILENCE_S = 90
"""After so long without a word PostgreSQL lets go of an image: the host must have died."""

REPLAY_TIMEOUT_S = 300.0

_DELETED = "jsonb_build_object('type', 'deleted', 'image_id', image_id)"
_UPLOADED = "jsonb_build_object('type', 'uploaded', 'image_id', image_id)"


class PostgresCatalog:
    """`Catalog` and `IngestCatalog` over a pool."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def add(self, image: Image) -> None:
        """Adds a new record."""
        await self._pool.execute(
            "INSERT INTO storage.image_uploads (image_id, user_id, filename, content_type, "
            "size_bytes, sha256, labels, state, created_at, put_expires_at, expires_at) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            image.image_id,
            image.user_id,
            image.filename,
            image.content_type,
            image.size_bytes,
            image.sha256,
            dict(image.labels),
            image.state,
            image.created_at,
            image.put_expires_at,
            image.expires_at,
        )

    async def find(self, user_id: UUID, image_ids: Collection[UUID]) -> dict[UUID, Image]:
        """Finds a user's images by id."""
        rows = await self._pool.fetch(
            "SELECT * FROM storage.image_uploads WHERE image_id = ANY($1) AND user_id = $2",
            list(image_ids),
            user_id,
        )
        return {row["image_id"]: image_of(row) for row in rows}

    async def find_usable(self, user_id: UUID, sha256: str) -> Image | None:
        """Finds the newest image with these bytes that is UPLOADED or INDEXED."""
        row = await self._pool.fetchrow(
            "SELECT * FROM storage.image_uploads WHERE user_id = $1 AND sha256 = $2 "
            "AND state IN ('UPLOADED', 'INDEXED') ORDER BY created_at DESC LIMIT 1",
            user_id,
            sha256,
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
    async def take_in_hand(
        self, user_id: UUID, image_id: UUID
    ) -> AsyncIterator["PostgresUpload | None"]:
        """Locks an image's row until the context ends; None if there is none.

        The lock goes with the connection, so a process that dies holds nothing back.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(
                f"SET LOCAL idle_in_transaction_session_timeout = '{IN_HAND_SILENCE_S}s'"
            )
            row = await connection.fetchrow(
                "SELECT * FROM storage.image_uploads WHERE image_id = $1 AND user_id = $2 "
                "FOR UPDATE",
                image_id,
                user_id,
                timeout=remaining_s(IN_HAND_WAIT_S),
            )
            yield None if row is None else PostgresUpload(connection, image_of(row))

    async def remove(self, user_id: UUID, image_id: UUID, now: datetime) -> bool:
        """Removes a record, announces that, and has its objects removed; False if there is none."""
        async with self._pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(
                "DELETE FROM storage.image_uploads WHERE image_id = $1 AND user_id = $2 "
                "RETURNING *",
                image_id,
                user_id,
                timeout=remaining_s(IN_HAND_WAIT_S),
            )
            if row is None:
                return False
            image = image_of(row)
            await record_purges(connection, kept(image, now))
            if image.kept:
                await connection.execute(
                    f"INSERT INTO storage.outbox (event) SELECT {_DELETED} "  # noqa: S608 - our own words
                    "FROM (SELECT $1::uuid AS image_id) gone",
                    image_id,
                )
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
        """Announces every image whose bytes are kept; until it is indexed again it is UPLOADED."""
        count: int = await self._pool.fetchval(
            "WITH kept AS (UPDATE storage.image_uploads SET state = 'UPLOADED', "  # noqa: S608 - our own words
            "indexed_at = NULL, failure_reason = NULL, failure_message = NULL, announced_at = $1 "
            "WHERE completed_at IS NOT NULL RETURNING image_id), "
            f"told AS (INSERT INTO storage.outbox (event) SELECT {_UPLOADED} FROM kept) "
            "SELECT count(*) FROM kept",
            now,
            timeout=REPLAY_TIMEOUT_S,
        )
        return count

    async def record_outcomes(self, outcomes: Sequence[Outcome], now: datetime) -> None:
        """Records what became of images; announces the removal of those that are gone."""
        # Of several outcomes of one image the last holds.
        latest = {outcome.image_id: outcome for outcome in outcomes}
        indexed = [o.image_id for o in latest.values() if isinstance(o, Indexed)]
        failed = [o for o in latest.values() if isinstance(o, IndexingFailed)]
        async with self._pool.acquire() as connection, connection.transaction():
            if indexed:
                await connection.execute(
                    "WITH done AS (UPDATE storage.image_uploads SET state = 'INDEXED', "  # noqa: S608 - our own words
                    "indexed_at = $2, failure_reason = NULL, failure_message = NULL "
                    "WHERE image_id = ANY($1) AND completed_at IS NOT NULL RETURNING image_id) "
                    f"INSERT INTO storage.outbox (event) SELECT {_DELETED} "
                    "FROM unnest($1::uuid[]) image_id WHERE image_id NOT IN (SELECT * FROM done)",
                    indexed,
                    now,
                )
            if failed:
                await connection.executemany(
                    "UPDATE storage.image_uploads SET state = 'FAILED', indexed_at = NULL, "
                    "failure_reason = $2, failure_message = $3 "
                    "WHERE image_id = $1 AND completed_at IS NOT NULL",
                    [(o.image_id, o.failure.reason, o.failure.message) for o in failed],
                )


class PostgresUpload:
    """`UploadInHand`: an image whose row is locked by this connection's transaction."""

    def __init__(self, connection: Any, image: Image) -> None:  # noqa: ANN401 - a pool's proxy of a connection
        self._connection = connection
        self.image = image

    async def keep(self, verified: Verified, now: datetime) -> Image:
        """Records it as UPLOADED and announces it; committed when the context ends."""
        row = await self._connection.fetchrow(
            "WITH kept AS (UPDATE storage.image_uploads SET state = 'UPLOADED', sha256 = $2, "  # noqa: S608 - our own words
            "phash = $3, width = $4, height = $5, format = $6, completed_at = $7, "
            "announced_at = $7 WHERE image_id = $1 RETURNING *), "
            f"told AS (INSERT INTO storage.outbox (event) SELECT {_UPLOADED} FROM kept) "
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


def image_of(row: asyncpg.Record) -> Image:
    """The image of a row of `image_uploads`."""
    return Image(
        image_id=row["image_id"],
        user_id=row["user_id"],
        filename=row["filename"],
        content_type=row["content_type"],
        size_bytes=row["size_bytes"],
        sha256=row["sha256"],
        phash=row["phash"],
        width=row["width"],
        height=row["height"],
        format=row["format"],
        labels=row["labels"],
        state=ImageState(row["state"]),
        failure=(
            None
            if row["failure_reason"] is None
            else Failure(row["failure_reason"], row["failure_message"])
        ),
        created_at=row["created_at"],
        completed_at=row["completed_at"],
        expires_at=row["expires_at"],
        put_expires_at=row["put_expires_at"],
    )
