"""Events as SQL: each is committed with the change that it tells of.

`uploaded`, `updated` and `deleted` are for search, and `purged` is for search and inspection: what
is deleted may be brought back, what is purged may not.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.runtime.tracing import traceparent

FIRST_REPEAT_AFTER = timedelta(minutes=1)
"""How long after a deletion search is told of it again."""

_REMEMBER = """
INSERT INTO storage.deleted_images AS d (image_id, deleted_at, announce_at, purged)
SELECT image_id, $2::timestamptz, $2::timestamptz + $3::interval, $4
FROM unnest($1::uuid[]) image_id
ON CONFLICT (image_id) DO UPDATE SET deleted_at = EXCLUDED.deleted_at,
    announce_at = EXCLUDED.announce_at, purged = true WHERE EXCLUDED.purged AND NOT d.purged
"""


def tell(kind: str, source: str, *, cause: int | None = None) -> str:
    """An INSERT that tells of every `image_id` of a table or `WITH` query.

    Args:
        kind: What happened.
        source: The table or query.
        cause: Number of the parameter that has `tracing.traceparent()`, if there is one.
    """
    return _tell(f"'{kind}'", source, cause)


def tell_deleted(source: str) -> str:
    """An INSERT that tells of images of `deleted_images`, or of rows like those."""
    return _tell("CASE WHEN purged THEN 'purged' ELSE 'deleted' END", source)


def _tell(kind: str, source: str, cause: int | None = None) -> str:
    event = f"jsonb_build_object('type', {kind}, 'image_id', image_id)"
    if cause is not None:
        event = f"jsonb_strip_nulls({event} || jsonb_build_object('traceparent', ${cause}::text))"
    return f"INSERT INTO storage.outbox (event) SELECT {event} FROM {source}"  # noqa: S608 - our own words


async def forget_images(
    connection: Any,  # noqa: ANN401 - a pool's proxy of a connection
    image_ids: Collection[UUID],
    now: datetime,
    *,
    purged: bool,
) -> None:
    """Tells that images are gone, and remembers them so that it is told again later.

    Args:
        connection: In the transaction that removes them.
        image_ids: Which.
        now: The present.
        purged: Whether they cannot be brought back.
    """
    if image_ids:
        kind = "purged" if purged else "deleted"
        ids = list(image_ids)
        told = tell(kind, "unnest($1::uuid[]) image_id", cause=2)
        await connection.execute(told, ids, traceparent())
        await connection.execute(_REMEMBER, ids, now, FIRST_REPEAT_AFTER, purged)
