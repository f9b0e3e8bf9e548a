"""What services note of calls, in a Redis stream."""

import logging
from collections.abc import Mapping, Sequence

import redis.asyncio

from services.runtime.audit import FIELD, STREAM
from services.runtime.audit_entry import AuditEntry
from services.runtime.redis_streams import GroupReader

GROUP = "auth"
BATCH = 200
BLOCK_MS = 2_000
LEFT_BEHIND_MS = 10_000
"""Entries that a replica took and did not append for so long go to another."""

_log = logging.getLogger(__name__)


class RedisNotedCalls:
    """`NotedCalls`: the consumer group `auth` of the stream `argus:audit`.

    Args:
        client: Redis, text in and out.
        consumer: Name of this replica.
    """

    def __init__(self, client: redis.asyncio.Redis, consumer: str) -> None:
        self._reader = GroupReader(
            client,
            STREAM,
            GROUP,
            consumer,
            count=BATCH,
            block_ms=BLOCK_MS,
            left_behind_ms=LEFT_BEHIND_MS,
            # Whatever it takes, and in their order.
            gives_up=False,
        )

    async def read(self) -> tuple[list[str], list[AuditEntry]]:
        """Waits up to two seconds for entries, those left behind by others first."""
        found = await self._reader.read()
        ids = [message_id for message_id, _ in found]
        return ids, [entry for _, fields in found if (entry := _entry(fields)) is not None]

    async def finish(self, ids: Sequence[str]) -> None:
        """Takes entries off the stream: nobody else reads them."""
        await self._reader.finish(ids)


def _entry(fields: Mapping[str, str] | None) -> AuditEntry | None:
    """One entry; one that cannot be read stays in the log alone, so that it blocks nobody."""
    if fields is None:
        return None
    try:
        return AuditEntry.from_record(fields[FIELD])
    except (KeyError, ValueError):
        _log.exception("an entry of the audit cannot be read: %.500s", fields)
        return None
