"""Events for search as SQL: each is committed with the change that it tells of."""

from datetime import timedelta

_EVENT = "jsonb_build_object('type', '{}', 'image_id', image_id)"

FIRST_REPEAT_AFTER = timedelta(minutes=1)
"""How long after a deletion search is told of it again."""


def tell(kind: str, source: str) -> str:
    """An INSERT that tells search of every `image_id` of a table or `WITH` query."""
    return f"INSERT INTO storage.outbox (event) SELECT {_EVENT.format(kind)} FROM {source}"  # noqa: S608 - our own words


REMEMBER_DELETED = (
    "INSERT INTO storage.deleted_images (image_id, deleted_at, announce_at) "
    "SELECT image_id, $2::timestamptz, $2::timestamptz + $3::interval "
    "FROM unnest($1::uuid[]) image_id ON CONFLICT (image_id) DO NOTHING"
)
"""Remembers that images are gone: their ids, the present, `FIRST_REPEAT_AFTER`."""
