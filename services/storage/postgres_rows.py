"""Rows of `image_uploads`: as images, and locked by one transaction at a time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from services.storage.capture_rows import capture_of
from services.storage.errors import ImageInHand
from services.storage.model import Failure, FramePlace, Image, ImageState

NOT_INDEXED = "first_indexed_at = COALESCE(first_indexed_at, indexed_at), indexed_at = NULL"
"""In an UPDATE of an image that search does not find any more: remembers that it did."""


@asynccontextmanager
async def row_lock() -> AsyncIterator[None]:
    """Around a query that locks an image's row with NOWAIT.

    A transaction that waited for another one's lock would hold a connection all the while.

    Raises:
        ImageInHand: Another transaction has locked it.
    """
    try:
        yield
    except asyncpg.LockNotAvailableError:
        raise ImageInHand from None


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
        revision=row["revision"],
        updated_at=row["updated_at"] or row["completed_at"] or row["created_at"],
        deleted_at=row["deleted_at"],
        purge_at=row["purge_at"],
        restored_at=row["restored_at"],
        thumbhash=row["thumbhash"],
        renditions=frozenset(row["renditions"]),
        was_indexed=(row["first_indexed_at"] or row["indexed_at"]) is not None,
        video=_place_of(row),
        note=row["note"],
        capture=capture_of(row["captured_at"], row["capture"]),
        page_count=row["page_count"],
        keep_location=row["keep_location"],
        take_description=row["take_description"],
    )


def _place_of(row: asyncpg.Record) -> FramePlace | None:
    """Where in a video an image stands, if it was taken from one."""
    if row["video_id"] is None:
        return None
    return FramePlace(
        row["video_id"],
        row["video_filename"],
        row["frame_us"],
        row["shot_start_us"],
        row["shot_end_us"],
    )
