"""Which image an upload's bytes become, in PostgreSQL.

Of each user and digest at most one image is kept, unless a copy is asked for:
by not declaring the digest, or by reserving without `skip_existing` what is
known to be kept already. Reserving and keeping the same bytes take turns under
an advisory lock.
"""

import hashlib
import json
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from services.storage.allowance import Allowance
from services.storage.capture_rows import text_words
from services.storage.errors import ImageInHand, RequestIdReused
from services.storage.model import Image, ImageState, UploadRequest, Verified
from services.storage.postgres_changes import record_changes
from services.storage.postgres_purges import kept, record_purges, staged
from services.storage.postgres_rows import image_of, row_lock
from services.storage.postgres_usage import check_allowance

_USABLE = (
    "SELECT * FROM storage.image_uploads WHERE user_id = $1 AND sha256 = $2 "
    "AND state IN ('UPLOADED', 'INDEXED') AND deleted_at IS NULL AND image_id <> $3 "
    # So that it cannot be deleted before what refers to it is committed.
    "ORDER BY created_at DESC LIMIT 1 FOR KEY SHARE"
)


class PostgresReservations:
    """`Reservations` over a pool.

    Args:
        pool: Connections.
        allowance: How much each user may have.
    """

    def __init__(self, pool: asyncpg.Pool, allowance: Allowance) -> None:
        self._pool = pool
        self._allowance = allowance

    async def reserve(self, image: Image, request: UploadRequest) -> Image:
        """Adds a new record, unless an existing one can be used."""
        async with self._pool.acquire() as connection, connection.transaction():
            if request.request_id is not None:
                before = await _answered_before(connection, image, request.request_id)
                if before is not None:
                    await _told(connection, before, image)
                    return before
            insert = _Insertion(connection, image, self._allowance)
            reserved = await _reserve(insert, skip_existing=request.skip_existing)
            if request.request_id is not None:
                await connection.execute(
                    "INSERT INTO storage.upload_requests "
                    "(user_id, request_id, declaration, image_id) VALUES ($1, $2, $3, $4)",
                    image.user_id,
                    request.request_id,
                    _declaration(image),
                    reserved.image_id,
                )
            await _told(connection, reserved, image)
            return reserved


async def _told(connection: Any, reserved: Image, declared: Image) -> None:  # noqa: ANN401 - a pool's proxy of a connection
    """Tells those who watch of a reservation that is new, or was declared anew."""
    if reserved.state is ImageState.PENDING:
        ids = (reserved.image_id, reserved.user_id)
        await record_changes(connection, [ids], declared.created_at)


async def _answered_before(connection: Any, image: Image, request_id: UUID) -> Image | None:  # noqa: ANN401 - a pool's proxy of a connection
    await take_turns(connection, "upload-request", image.user_id, request_id)
    row = await connection.fetchrow(
        "SELECT image_id, declaration FROM storage.upload_requests "
        "WHERE user_id = $1 AND request_id = $2",
        image.user_id,
        request_id,
    )
    if row is None:
        return None
    if row["declaration"] != _declaration(image):
        raise RequestIdReused(
            "another upload was created with this request id; each needs its own",
            field="request_id",
        )
    # NOWAIT, here and below: who has it in hand may wait for the lock that is held here.
    async with row_lock():
        found = await connection.fetchrow(
            "SELECT * FROM storage.image_uploads WHERE image_id = $1 FOR UPDATE NOWAIT",
            row["image_id"],
        )
    if found is None or found["deleted_at"] is not None:
        # Deleted at this moment: the request is forgotten with the image.
        raise ImageInHand
    return await _prolong(connection, image_of(found), image)


class _Insertion:
    """A new record that may be added."""

    def __init__(
        self,
        connection: Any,  # noqa: ANN401 - a pool's proxy of a connection
        image: Image,
        allowance: Allowance,
    ) -> None:
        self.connection = connection
        self.image = image
        self._allowance = allowance

    async def add(self, *, only_copy: bool) -> Image:
        """Adds it, if its owner may have another."""
        image = self.image
        allowed = await check_allowance(self.connection, self._allowance, image.user_id)
        allowed.reserve(image.size_bytes, images=1)
        await _insert(self.connection, self.image, only_copy=only_copy)
        return self.image


async def _reserve(insertion: _Insertion, *, skip_existing: bool) -> Image:
    connection, image = insertion.connection, insertion.image
    if not image.sha256:
        return await insertion.add(only_copy=False)
    await take_turns(connection, "content", image.user_id, image.sha256)
    existing = await _usable(connection, image, image.sha256)
    if existing is not None:
        return existing if skip_existing else await insertion.add(only_copy=False)
    async with row_lock():
        pending = await connection.fetchrow(
            "SELECT * FROM storage.image_uploads WHERE user_id = $1 AND sha256 = $2 "
            "AND size_bytes = $3 AND content_type = $4 AND only_copy AND state = 'PENDING' "
            "FOR UPDATE NOWAIT",
            image.user_id,
            image.sha256,
            image.size_bytes,
            image.content_type,
        )
    if pending is not None:
        return await _prolong(connection, image_of(pending), image)
    return await insertion.add(only_copy=True)


async def give_way(
    connection: Any,  # noqa: ANN401 - a pool's proxy of a connection
    image: Image,
    verified: Verified,
    now: datetime,
    *,
    only_copy: bool,
) -> Image | None:
    """Makes way for the image that has these bytes already, if this one was to be the only one.

    Until the transaction ends, nobody else keeps or reserves these bytes.

    Returns:
        The image that has them; None if this one may be kept.
    """
    await take_turns(connection, "content", image.user_id, verified.sha256)
    existing = await _usable(connection, image, verified.sha256) if only_copy else None
    if existing is None:
        return None
    await connection.execute(
        "UPDATE storage.upload_requests SET image_id = $2 WHERE image_id = $1",
        image.image_id,
        existing.image_id,
    )
    await connection.execute(
        "INSERT INTO storage.merged_uploads (image_id, user_id, kept_as) VALUES ($1, $2, $3)",
        image.image_id,
        image.user_id,
        existing.image_id,
    )
    await connection.execute(
        "DELETE FROM storage.image_uploads WHERE image_id = $1", image.image_id
    )
    await record_purges(connection, staged(image, now) + kept(image, now))
    await record_changes(connection, [(image.image_id, image.user_id)], now)
    return existing


async def _usable(connection: Any, image: Image, sha256: str) -> Image | None:  # noqa: ANN401 - a pool's proxy of a connection
    """The newest other image with these bytes that is UPLOADED or INDEXED."""
    row = await connection.fetchrow(_USABLE, image.user_id, sha256, image.image_id)
    return None if row is None else image_of(row)


async def _prolong(connection: Any, found: Image, declared: Image) -> Image:  # noqa: ANN401 - a pool's proxy of a connection
    """Declares a reservation anew, with all its time before it; a settled one stays as it is."""
    if found.state is not ImageState.PENDING:
        return found
    row = await connection.fetchrow(
        "UPDATE storage.image_uploads SET filename = $2, labels = $3, put_expires_at = $4, "
        "expires_at = $5, revision = revision + 1, updated_at = $6, note = $7, text_words = $8, "
        "keep_location = $9, take_description = $10 "
        "WHERE image_id = $1 RETURNING *",
        found.image_id,
        declared.filename,
        dict(declared.labels),
        declared.put_expires_at,
        declared.expires_at,
        declared.created_at,
        declared.note,
        text_words(declared.note, None),
        declared.keep_location,
        declared.take_description,
    )
    return image_of(row)


async def _insert(
    connection: Any,  # noqa: ANN401 - a pool's proxy of a connection
    image: Image,
    *,
    only_copy: bool,
) -> None:
    await connection.execute(
        "INSERT INTO storage.image_uploads (image_id, user_id, filename, content_type, "
        "size_bytes, sha256, labels, state, created_at, updated_at, put_expires_at, expires_at, "
        "only_copy, note, text_words, keep_location, take_description) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10, $11, $12, $13, $14, $15, $16)",
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
        only_copy,
        image.note,
        text_words(image.note, None),
        image.keep_location,
        image.take_description,
    )


async def take_turns(connection: Any, kind: str, user_id: UUID, key: object) -> None:  # noqa: ANN401 - a pool's proxy of a connection
    """Waits for whoever is at the same, and keeps others out until the transaction ends."""
    await connection.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"argus:{kind}:{user_id}:{key}"
    )


def _declaration(image: Image) -> bytes:
    """Digest of what a client declared about an upload."""
    declared: list[object] = [
        image.filename,
        image.content_type,
        image.size_bytes,
        image.sha256,
        sorted(image.labels.items()),
    ]
    described = [image.note, image.keep_location, image.take_description]
    if any(described):
        # Only then, so that requests from before there was any of that are known again.
        declared += described
    return hashlib.sha256(json.dumps(declared).encode()).digest()
