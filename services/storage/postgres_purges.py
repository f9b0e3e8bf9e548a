"""Which objects to remove, and when; recorded with the change that makes them obsolete."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.storage.model import Image
from services.storage.object_keys import content_key, rendition_key, staging_key, thumbnail_key
from services.storage.showing import SIDES

PUT_GRACE = timedelta(minutes=10)
"""How long a transfer may still be under way: a client's after its presigned PUT's end, storage's
own after the store was last sent anything."""

Due = list[tuple[str, datetime]]
"""Keys, and when to remove what lies there."""


def staged(image: Image, now: datetime) -> Due:
    """What a client uploaded: now, and again when no transfer can be under way any more."""
    key = staging_key(image.user_id, image.image_id)
    return [(key, now), (key, max(now, image.put_expires_at + PUT_GRACE))]


def kept(image: Image, now: datetime) -> Due:
    """What storage wrote: now, and again when nothing can be under way any more.

    This holds for an upload that failed too, because a process may have died in between, and for a
    deleted image, because the store may still be executing a write that nobody waits for.
    """
    return kept_keys(image.user_id, image.image_id, now)


def kept_keys(owner: UUID, image_id: UUID, now: datetime) -> Due:
    """The same of an image that has no record."""
    keys = (
        content_key(owner, image_id),
        thumbnail_key(owner, image_id),
        *(rendition_key(owner, image_id, side) for side in SIDES),
    )
    return [(key, due) for due in (now, now + PUT_GRACE) for key in keys]


async def record_purges(connection: Any, due: Sequence[tuple[str, datetime]]) -> None:  # noqa: ANN401 - a pool's proxy of a connection
    """Has objects removed when the transaction is committed, however long the store is down."""
    await connection.executemany(
        "INSERT INTO storage.purges (object_key, due_at) VALUES ($1, $2)", due
    )
