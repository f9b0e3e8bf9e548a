"""Redis streams that consumer groups read: making a group, and reading its entries."""

from collections.abc import Mapping
from typing import Any

import redis.asyncio
from redis.exceptions import RedisError, ResponseError

Entries = list[tuple[str, Mapping[str, str] | None]]
"""Ids and fields; the fields are None for an entry that was handed out before and removed since."""


async def ensure_group(client: redis.asyncio.Redis, stream: str, group: str) -> bool:
    """Makes a stream and a group that reads it from its beginning; again is no error.

    True if there was none: Redis is new, or has lost its data.
    """
    try:
        await client.xgroup_create(stream, group, id="0", mkstream=True)
    except ResponseError as error:
        if not str(error).startswith("BUSYGROUP"):
            raise
        return False
    return True


def is_group_missing(error: RedisError) -> bool:
    """Whether Redis answers that a group is not there: it lost its data."""
    return isinstance(error, ResponseError) and "NOGROUP" in str(error)


def read_entries(answer: Any) -> Entries:  # noqa: ANN401 - the client's untyped answer
    """Entries of the one stream that XREADGROUP read; the shape depends on the protocol."""
    if not answer:
        return []
    if isinstance(answer, dict):
        (batches,) = answer.values()
        return [entry for batch in batches for entry in batch]
    return [entry for _, batch in answer for entry in batch]


def claimed_entries(answer: Any) -> Entries:  # noqa: ANN401 - the client's untyped answer
    """Entries that XAUTOCLAIM took over; before Redis 7 there are gaps for what was removed."""
    return [entry for entry in answer[1] if entry[0] is not None]
