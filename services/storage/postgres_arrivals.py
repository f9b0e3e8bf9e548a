"""Images that came over streams, in PostgreSQL: many at once, in two transactions.

The first remembers which objects are about to be written, so that none is left behind, and counts
them among what a user may have. The second makes records of those that were written.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from services.runtime.tracing import traceparent
from services.storage.allowance import Allowance
from services.storage.capture_rows import capture_value, said_of, text_words
from services.storage.errors import QuotaExceeded, TooManyPendingUploads, UploadInterrupted
from services.storage.event_sql import tell
from services.storage.model import Arrived, Image
from services.storage.postgres_changes import record_changes
from services.storage.postgres_purges import kept_keys, record_purges
from services.storage.postgres_rows import image_of
from services.storage.postgres_usage import check_allowance

WRITE_WITHIN = timedelta(minutes=5)
"""How long writing an image's objects may take."""

_USABLE = (
    "SELECT DISTINCT ON (sha256) * FROM storage.image_uploads WHERE user_id = $1 "
    "AND sha256 = ANY($2) AND state IN ('UPLOADED', 'INDEXED') AND deleted_at IS NULL "
    "ORDER BY sha256, created_at DESC"
)

_KEEP = f"""
WITH arrived AS (
    SELECT * FROM unnest($2::uuid[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[],
        $8::int[], $9::int[], $10::text[], $11::jsonb[], $12::timestamptz[], $13::boolean[],
        $15::timestamptz[], $17::text[], $18::boolean[], $19::boolean[], $20::timestamptz[],
        $21::jsonb[], $22::int[], $23::jsonb[])
    AS t (image_id, filename, content_type, size_bytes, sha256, phash, width, height, format,
        labels, created_at, only_copy, render_at, note, keep_location, take_description,
        captured_at, capture, page_count, words)
), kept AS (
    INSERT INTO storage.image_uploads (image_id, user_id, filename, content_type, size_bytes,
        sha256, phash, width, height, format, labels, state, created_at, put_expires_at,
        expires_at, completed_at, announced_at, updated_at, only_copy, render_at, note,
        keep_location, take_description, captured_at, capture, page_count, text_words, header_read)
    SELECT image_id, $1, filename, content_type, size_bytes, sha256, phash, width, height, format,
        labels, 'UPLOADED', created_at, created_at, created_at, $14, $14, $14, only_copy, render_at,
        note, keep_location, take_description, captured_at, capture, page_count,
        ARRAY(SELECT jsonb_array_elements_text(words -> 'all')), true
    FROM arrived RETURNING *
), told AS ({tell("uploaded", "kept ORDER BY created_at", cause=16)})
SELECT * FROM kept
"""  # noqa: S608 - our own words


class PostgresArrivals:
    """`Arrivals` over a pool.

    Args:
        pool: Connections.
        allowance: How much each user may have.
    """

    def __init__(self, pool: asyncpg.Pool, allowance: Allowance) -> None:
        self._pool = pool
        self._allowance = allowance

    async def existing(self, user_id: UUID, sha256s: Sequence[str]) -> Mapping[str, Image]:
        """A user's usable images that have such bytes, by SHA-256."""
        rows = await self._pool.fetch(_USABLE, user_id, sha256s)
        return {row["sha256"]: image_of(row) for row in rows}

    async def begin(
        self, user_id: UUID, arrived: Sequence[Arrived], now: datetime
    ) -> list[QuotaExceeded | TooManyPendingUploads | None]:
        """Remembers what is about to be written; why some of it may not be."""
        outcomes: list[QuotaExceeded | TooManyPendingUploads | None] = []
        begun: list[Arrived] = []
        async with self._pool.acquire() as connection, connection.transaction():
            allowed = await check_allowance(connection, self._allowance, user_id)
            for one in arrived:
                try:
                    allowed.reserve(one.size_bytes, images=1)
                except (QuotaExceeded, TooManyPendingUploads) as error:
                    outcomes.append(error)
                else:
                    begun.append(one)
                    outcomes.append(None)
            await connection.execute(
                "INSERT INTO storage.arriving_images (image_id, user_id, size_bytes, expires_at) "
                "SELECT image_id, $1, size_bytes, $4 "
                "FROM unnest($2::uuid[], $3::bigint[]) AS t (image_id, size_bytes)",
                user_id,
                [one.image_id for one in begun],
                [one.size_bytes for one in begun],
                now + WRITE_WITHIN,
            )
        return outcomes

    async def keep(
        self, user_id: UUID, arrived: Sequence[Arrived], now: datetime
    ) -> list[Image | UploadInterrupted]:
        """Makes records of what was written, UPLOADED, and announces them."""
        async with self._pool.acquire() as connection, connection.transaction():
            sha256s = sorted({one.verified.sha256 for one in arrived})
            # In one order, so that two batches do not wait for each other in a circle.
            await connection.execute(
                "SELECT pg_advisory_xact_lock(turn) FROM (SELECT DISTINCT "
                "hashtextextended(name, 0) AS turn FROM unnest($1::text[]) name "
                "ORDER BY turn OFFSET 0) turns",
                [f"argus:content:{user_id}:{sha256}" for sha256 in sha256s],
            )
            rows = await connection.fetch(_USABLE, user_id, sha256s)
            there = {row["sha256"]: row["image_id"] for row in rows}
            mine = await connection.fetch(
                "DELETE FROM storage.arriving_images WHERE image_id = ANY($1) "
                "AND expires_at > $2 RETURNING image_id",
                [one.image_id for one in arrived],
                now,
            )
            in_time = {row["image_id"] for row in mine}
            became: dict[UUID, UUID] = {}
            new: list[Arrived] = []
            for one in arrived:
                if one.image_id not in in_time:
                    continue
                sha256 = one.verified.sha256
                if one.skip_existing and sha256 in there:
                    became[one.image_id] = there[sha256]
                else:
                    became[one.image_id] = there[sha256] = one.image_id
                    new.append(one)
            images = await _inserted(connection, user_id, new, now)
            others = sorted(set(became.values()) - images.keys())
            for row in await connection.fetch(
                "SELECT * FROM storage.image_uploads WHERE image_id = ANY($1)", others
            ):
                images[row["image_id"]] = image_of(row)
            needless = [one for one in arrived if became.get(one.image_id) != one.image_id]
            due = [key for one in needless for key in kept_keys(user_id, one.image_id, now)]
            await record_purges(connection, due)
            changed = [(one.image_id, user_id) for one in new]
            await record_changes(connection, changed, now)
        return [
            images[became[one.image_id]]
            if one.image_id in became and became[one.image_id] in images
            else UploadInterrupted("the image was not kept in time; send it again", retry_after_s=1)
            for one in arrived
        ]

    async def give_up(self, image_ids: Sequence[UUID], now: datetime) -> None:
        """Has what was written of images removed that are not to be kept."""
        async with self._pool.acquire() as connection, connection.transaction():
            await expire_arrivals(connection, "image_id = ANY($2)", list(image_ids), now)


async def expire_arrivals(
    connection: Any,  # noqa: ANN401 - a pool's proxy of a connection
    which: str,
    value: object,
    now: datetime,
) -> int:
    """Forgets images that were not kept, and has their objects removed; how many.

    Args:
        connection: In a transaction.
        which: Condition on rows of `arriving_images`; `$2` is the value.
        value: What it compares with.
        now: The present.
    """
    rows = await connection.fetch(
        "DELETE FROM storage.arriving_images WHERE image_id IN ("  # noqa: S608 - our own words
        f"SELECT image_id FROM storage.arriving_images WHERE {which} "
        "ORDER BY image_id LIMIT $1 FOR UPDATE SKIP LOCKED) RETURNING image_id, user_id",
        10_000,
        value,
    )
    due = [key for row in rows for key in kept_keys(row["user_id"], row["image_id"], now)]
    await record_purges(connection, due)
    return len(rows)


async def _inserted(
    connection: Any,  # noqa: ANN401 - a pool's proxy of a connection
    user_id: UUID,
    new: Sequence[Arrived],
    now: datetime,
) -> dict[UUID, Image]:
    if not new:
        return {}
    said = [said_of(one.labels, one.note, one.verified) for one in new]
    captures = [one.verified.capture for one in new]
    rows = await connection.fetch(
        _KEEP,
        user_id,
        [one.image_id for one in new],
        [one.filename for one in new],
        [one.content_type for one in new],
        [one.size_bytes for one in new],
        [one.verified.sha256 for one in new],
        [one.verified.phash for one in new],
        [one.verified.width for one in new],
        [one.verified.height for one in new],
        [one.verified.format for one in new],
        [labels for labels, _ in said],
        [one.at for one in new],
        [one.skip_existing for one in new],
        now,
        [one.render_at for one in new],
        traceparent(),
        [note for _, note in said],
        [one.keep_location for one in new],
        [one.take_description for one in new],
        [None if one is None else one.time for one in captures],
        [capture_value(one) for one in captures],
        [one.verified.page_count for one in new],
        # Arrays of arrays have one length in SQL.
        [{"all": text_words(note, one)} for (_, note), one in zip(said, captures, strict=True)],
    )
    return {row["image_id"]: image_of(row) for row in rows}
