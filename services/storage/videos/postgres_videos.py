"""Videos in PostgreSQL: their records, and the queue of those to import."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from services.runtime.tracing import traceparent
from services.storage.allowance import Allowance
from services.storage.errors import RequestIdReused, UploadExpired
from services.storage.event_sql import tell
from services.storage.model import Failure, Image
from services.storage.object_keys import content_key, staging_key, thumbnail_key, video_key
from services.storage.postgres_changes import record_changes
from services.storage.postgres_purges import PUT_GRACE, Due, record_purges
from services.storage.postgres_rows import image_of, row_lock
from services.storage.postgres_trash import purge_images
from services.storage.postgres_usage import check_allowance
from services.storage.videos.errors import NoLongerImported
from services.storage.videos.model import (
    Imported,
    Video,
    VideoPage,
    VideoRequest,
    VideoState,
    frame_id,
)

LEASE = timedelta(minutes=2)
"""How long a video is left to whoever imports it without a word."""

RETRY_AFTER = timedelta(seconds=5)

_INSERT = """
INSERT INTO storage.videos (video_id, user_id, filename, content_type, size_bytes, sha256, labels,
    max_key_frames, request_id, state, created_at, updated_at, put_expires_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'PENDING', $10, $10, $11, $12)
"""

# Who was served longest ago is next, so that nobody waits for all videos of another.
_TAKE = """
UPDATE storage.videos SET state = 'IMPORTING', attempts = attempts + 1, work_at = $1 + $2::interval,
    begun_at = $1, progress = 0, updated_at = $1
WHERE video_id = (
    SELECT video_id FROM storage.videos v WHERE work_at <= $1 ORDER BY (
        SELECT max(begun_at) FROM storage.videos w WHERE w.user_id = v.user_id
    ) NULLS FIRST, created_at LIMIT 1 FOR UPDATE SKIP LOCKED
) RETURNING *
"""

_MINE = "video_id = $1 AND attempts = $2 AND state = 'IMPORTING'"

_ADD_IMAGES = f"""
WITH kept AS (
    INSERT INTO storage.image_uploads (image_id, user_id, filename, content_type, size_bytes,
        sha256, phash, width, height, format, labels, state, created_at, updated_at, completed_at,
        announced_at, put_expires_at, expires_at, video_id, video_filename, frame_us,
        shot_start_us, shot_end_us, page_count, header_read)
    SELECT image_id, $2, filename, $3, size_bytes, sha256, phash, width, height, $4, $5::jsonb,
        'UPLOADED', created_at, $6, $6, $6, $6, $6, $7, $8, frame_us, shot_start_us, shot_end_us,
        1, true
    FROM unnest($9::uuid[], $10::text[], $11::bigint[], $12::text[], $13::text[], $14::int[],
        $15::int[], $16::timestamptz[], $17::bigint[], $18::bigint[], $19::bigint[]) AS t (image_id,
        filename, size_bytes, sha256, phash, width, height, created_at, frame_us, shot_start_us,
        shot_end_us)
    ON CONFLICT (image_id) DO NOTHING RETURNING image_id
), told AS ({tell("uploaded", "kept", cause=1)})
SELECT image_id FROM kept
"""  # noqa: S608 - our own words


class PostgresVideos:
    """`Videos` and `VideoQueue` over a pool.

    Args:
        pool: Connections.
        allowance: How much each user may have.
    """

    def __init__(self, pool: asyncpg.Pool, allowance: Allowance) -> None:
        self._pool = pool
        self._allowance = allowance

    async def reserve(self, video: Video, request: VideoRequest) -> Video:
        """Adds a new record, unless an existing one can be used."""
        async with self._pool.acquire() as connection, connection.transaction():
            # Under this the same request takes turns, too.
            allowed = await check_allowance(connection, self._allowance, video.user_id)
            if request.request_id is not None:
                before = await _answered_before(connection, video, request.request_id)
                if before is not None:
                    return before
            if request.skip_existing and video.sha256:
                existing = await connection.fetchrow(
                    "SELECT * FROM storage.videos WHERE user_id = $1 AND sha256 = $2 "
                    "AND state IN ('QUEUED', 'IMPORTING', 'READY') "
                    "ORDER BY created_at DESC LIMIT 1",
                    video.user_id,
                    video.sha256,
                )
                if existing is not None:
                    return video_of(existing)
            allowed.reserve(video.size_bytes)
            await connection.execute(
                _INSERT,
                video.video_id,
                video.user_id,
                video.filename,
                video.content_type,
                video.size_bytes,
                video.sha256,
                dict(video.labels),
                video.max_key_frames,
                request.request_id,
                video.created_at,
                video.put_expires_at,
                video.expires_at,
            )
            return video

    async def find(self, user_id: UUID, video_id: UUID) -> Video | None:
        """Finds one."""
        row = await self._pool.fetchrow(
            "SELECT * FROM storage.videos WHERE video_id = $1 AND user_id = $2", video_id, user_id
        )
        return None if row is None else video_of(row)

    async def page(
        self, user_id: UUID, after: tuple[datetime, UUID] | None, limit: int
    ) -> VideoPage:
        """Lists a user's videos, newest first."""
        rows = await self._pool.fetch(
            "SELECT * FROM storage.videos WHERE user_id = $1 "
            "AND ($2::timestamptz IS NULL OR (created_at, video_id) < ($2, $3)) "
            "ORDER BY created_at DESC, video_id DESC LIMIT $4",
            user_id,
            *(after or (None, None)),
            limit + 1,
        )
        videos = [video_of(row) for row in rows[:limit]]
        more = len(rows) > limit
        return VideoPage(videos, (videos[-1].created_at, videos[-1].video_id) if more else None)

    async def queue(self, user_id: UUID, video_id: UUID, now: datetime) -> Video | None:
        """Has a PENDING one imported; the video as it is then."""
        await self._pool.execute(
            "UPDATE storage.videos SET state = 'QUEUED', work_at = $3, updated_at = $3 "
            "WHERE video_id = $1 AND user_id = $2 AND state = 'PENDING'",
            video_id,
            user_id,
            now,
        )
        return await self.find(user_id, video_id)

    async def delete(self, user_id: UUID, video_id: UUID, now: datetime) -> bool:
        """Removes one and its images; whether there was one."""
        async with self._pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(
                "DELETE FROM storage.videos WHERE video_id = $1 AND user_id = $2 RETURNING *",
                video_id,
                user_id,
            )
            if row is None:
                return False
            async with row_lock():
                images = await connection.fetch(
                    "SELECT * FROM storage.image_uploads WHERE video_id = $1 "
                    "ORDER BY image_id FOR UPDATE NOWAIT",
                    video_id,
                )
            await record_purges(connection, _objects(video_of(row), now))
            await purge_images(connection, [image_of(one) for one in images], now)
            return True

    async def expire(self, now: datetime, limit: int) -> int:
        """Fails videos whose bytes did not come in time; how many."""
        async with self._pool.acquire() as connection, connection.transaction():
            rows = await connection.fetch(
                "SELECT * FROM storage.videos WHERE state = 'PENDING' AND expires_at <= $1 "
                "ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED",
                now,
                limit,
            )
            failure = Failure(UploadExpired.reason, "it was not uploaded in time; try again")
            for row in rows:
                await _fail(connection, video_of(row), failure, now)
            return len(rows)

    async def take(self, now: datetime) -> Video | None:
        """Takes the next one."""
        row = await self._pool.fetchrow(_TAKE, now, LEASE)
        return None if row is None else video_of(row)

    async def renew(self, video: Video, progress: float, now: datetime) -> None:
        """Says that it is still being imported, and how far that is."""
        done = await self._pool.fetchval(
            "UPDATE storage.videos SET work_at = $3, progress = $4 "  # noqa: S608 - our own words
            f"WHERE {_MINE} RETURNING true",
            video.video_id,
            video.attempts,
            now + LEASE,
            progress,
        )
        if done is None:
            raise NoLongerImported

    async def give_back(self, video: Video, now: datetime) -> None:
        """Has it taken again, a little later; this attempt does not count."""
        await self._pool.execute(
            "UPDATE storage.videos SET state = 'QUEUED', attempts = attempts - 1, work_at = $3 "  # noqa: S608 - our own words
            f"WHERE {_MINE}",
            video.video_id,
            video.attempts,
            now + RETRY_AFTER,
        )

    async def finish(self, video: Video, imported: Imported, now: datetime) -> None:
        """Records it as READY and its images as UPLOADED, in one transaction."""
        async with self._pool.acquire() as connection, connection.transaction():
            await _lock(connection, video)
            allowed = await check_allowance(connection, self._allowance, video.user_id)
            images = imported.images
            allowed.keep(len(images), sum(image.size_bytes for image in images))
            added = await _add_images(connection, video, images, now)
            cut = imported.cut
            await connection.execute(
                "UPDATE storage.videos SET state = 'READY', work_at = NULL, updated_at = $3, "  # noqa: S608 - our own words
                "sha256 = $4, duration_us = $5, width = $6, height = $7, codec = $8, shots = $9, "
                f"key_frames = $10, damaged = $11, progress = 1 WHERE {_MINE}",
                video.video_id,
                video.attempts,
                now,
                imported.sha256,
                cut.duration_us,
                cut.width,
                cut.height,
                cut.codec,
                cut.shots,
                len(images),
                cut.damaged,
            )
            await record_purges(connection, _staged(video, now))
            await record_changes(connection, ((one, video.user_id) for one in added), now)

    async def fail(self, video: Video, failure: Failure, now: datetime) -> None:
        """Records why one cannot be used, if it is as it was; its objects will be removed."""
        async with self._pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(
                "SELECT * FROM storage.videos WHERE video_id = $1 AND state = $2 "
                "AND attempts = $3 FOR UPDATE",
                video.video_id,
                video.state,
                video.attempts,
            )
            if row is not None:
                await _fail(connection, video_of(row), failure, now)

    async def discard(self, video: Video, now: datetime) -> None:
        """Has the objects of a deleted video removed that were written meanwhile."""
        async with self._pool.acquire() as connection, connection.transaction():
            # If it is there, somebody else imports it and writes under the same keys.
            if not await connection.fetchval(
                "SELECT true FROM storage.videos WHERE video_id = $1", video.video_id
            ):
                await record_purges(connection, _objects(video, now))


async def _answered_before(connection: Any, video: Video, request_id: UUID) -> Video | None:  # noqa: ANN401 - a pool's proxy of a connection
    row = await connection.fetchrow(
        "UPDATE storage.videos SET put_expires_at = CASE WHEN state = 'PENDING' THEN $3 "
        "ELSE put_expires_at END, expires_at = CASE WHEN state = 'PENDING' THEN $4 "
        "ELSE expires_at END WHERE user_id = $1 AND request_id = $2 RETURNING *",
        video.user_id,
        request_id,
        video.put_expires_at,
        video.expires_at,
    )
    if row is None:
        return None
    before = video_of(row)
    if _declared(before) != _declared(video):
        raise RequestIdReused(
            "another video was created with this request id; each needs its own",
            field="request_id",
        )
    return before


def _declared(video: Video) -> tuple[object, ...]:
    sha256 = "" if video.kept else video.sha256
    return video.filename, video.content_type, video.size_bytes, sha256, video.max_key_frames


async def _lock(connection: Any, video: Video) -> None:  # noqa: ANN401 - a pool's proxy of a connection
    found = await connection.fetchval(
        f"SELECT true FROM storage.videos WHERE {_MINE} FOR UPDATE",  # noqa: S608 - our own words
        video.video_id,
        video.attempts,
    )
    if found is None:
        raise NoLongerImported


async def _add_images(
    connection: Any,  # noqa: ANN401 - a pool's proxy of a connection
    video: Video,
    images: Sequence[Image],
    now: datetime,
) -> list[UUID]:
    """Adds images and announces them; which."""
    if not images:
        return []
    places = [image.video for image in images if image.video is not None]
    rows = await connection.fetch(
        _ADD_IMAGES,
        traceparent(),
        video.user_id,
        images[0].content_type,
        images[0].format,
        dict(video.labels),
        now,
        video.video_id,
        video.filename,
        [image.image_id for image in images],
        [image.filename for image in images],
        [image.size_bytes for image in images],
        [image.sha256 for image in images],
        [image.phash for image in images],
        [image.width for image in images],
        [image.height for image in images],
        [image.created_at for image in images],
        [place.at_us for place in places],
        [place.start_us for place in places],
        [place.end_us for place in places],
    )
    return [row["image_id"] for row in rows]


async def _fail(connection: Any, video: Video, failure: Failure, now: datetime) -> None:  # noqa: ANN401 - a pool's proxy of a connection
    await connection.execute(
        "UPDATE storage.videos SET state = 'FAILED', work_at = NULL, failure_reason = $2, "
        "failure_message = $3, updated_at = $4 WHERE video_id = $1",
        video.video_id,
        failure.reason,
        failure.message,
        now,
    )
    await record_purges(connection, _objects(video, now))


def _staged(video: Video, now: datetime) -> Due:
    """What the client uploaded: now, and again when no transfer can be under way any more."""
    key = staging_key(video.user_id, video.video_id)
    return [(key, now), (key, max(now, video.put_expires_at + PUT_GRACE))]


def _objects(video: Video, now: datetime) -> Due:
    """All that may be there of a video whose images have no records, or are purged themselves."""
    keys = [video_key(video.user_id, video.video_id)]
    if video.state is VideoState.IMPORTING or (video.attempts and not video.kept):
        ids = [frame_id(video.video_id, number) for number in range(video.max_key_frames)]
        keys += [key(video.user_id, one) for one in ids for key in (content_key, thumbnail_key)]
    return _staged(video, now) + [(key, due) for due in (now, now + PUT_GRACE) for key in keys]


def video_of(row: asyncpg.Record) -> Video:
    """The video of a row."""
    return Video(
        video_id=row["video_id"],
        user_id=row["user_id"],
        filename=row["filename"],
        content_type=row["content_type"],
        size_bytes=row["size_bytes"],
        sha256=row["sha256"],
        labels=row["labels"],
        max_key_frames=row["max_key_frames"],
        state=VideoState(row["state"]),
        failure=(
            None
            if row["failure_reason"] is None
            else Failure(row["failure_reason"], row["failure_message"])
        ),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        put_expires_at=row["put_expires_at"],
        expires_at=row["expires_at"],
        duration_us=row["duration_us"],
        width=row["width"],
        height=row["height"],
        codec=row["codec"],
        shots=row["shots"],
        key_frames=row["key_frames"],
        progress=row["progress"],
        damaged=row["damaged"],
        attempts=row["attempts"],
    )
