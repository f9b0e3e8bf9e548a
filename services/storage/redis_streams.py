"""The event streams, in Redis."""

import json
import logging
from collections.abc import Mapping, Sequence
from uuid import UUID

import redis.asyncio

from services.runtime.redis_streams import (
    GroupReader,
)
from services.storage.model import Failure, Indexed, IndexingFailed, Outcome
from services.storage.ports import Event

IMAGES = "argus:images"
DELETED = "argus:deleted"
INDEXED = "argus:indexed"
GROUP = "storage"
BATCH = 200
MOST_DELETED = 1_000_000
"""Deletions that wait for inspection, at most; it may not be part of a mesh."""
BLOCK_MS = 2_000
LEFT_BEHIND_MS = 10_000
"""Outcomes that a consumer took and did not acknowledge for so long go to another."""

_log = logging.getLogger(__name__)


class RedisEventStream:
    """`EventStream`: what storage tells search, and inspection of what was purged."""

    def __init__(self, client: redis.asyncio.Redis) -> None:
        self._client = client

    async def publish(self, events: Sequence[Event]) -> None:
        """Appends events in order."""
        async with self._client.pipeline(transaction=True) as pipe:
            for event in events:
                purged = event["type"] == "purged"
                # To its readers a purge is a deletion; only search hears of those before it.
                text = json.dumps({**event, "type": "deleted"} if purged else dict(event))
                pipe.xadd(IMAGES, {"event": text})
                if purged:
                    pipe.xadd(DELETED, {"event": text}, maxlen=MOST_DELETED, approximate=True)
            await pipe.execute()

    async def backlog(self) -> int:
        """How many events search has not dealt with; it removes those that it has."""
        return int(await self._client.xlen(IMAGES))


class RedisOutcomeStream:
    """`OutcomeStream`: what the indexer tells storage.

    Args:
        client: Redis.
        consumer: Name of this replica.
    """

    def __init__(self, client: redis.asyncio.Redis, consumer: str) -> None:
        self._reader = GroupReader(
            client,
            INDEXED,
            GROUP,
            consumer,
            count=BATCH,
            block_ms=BLOCK_MS,
            left_behind_ms=LEFT_BEHIND_MS,
        )

    async def read(self) -> tuple[list[str], list[Outcome]]:
        """Waits up to two seconds for outcomes, those left behind by others first.

        None if Redis lost its data: what it held is announced again in time.
        """
        entries = await self._reader.read()
        ids = [entry_id for entry_id, _ in entries]
        outcomes = [outcome for _, fields in entries if (outcome := _outcome(fields)) is not None]
        return ids, outcomes

    async def acknowledge(self, ids: Sequence[str]) -> None:
        """Says that outcomes were recorded, and removes them: nobody else reads them."""
        await self._reader.finish(ids)


def _outcome(fields: Mapping[str, str] | None) -> Outcome | None:
    """Reads one entry; one that cannot be read is logged and dropped, so that it blocks nobody."""
    try:
        event = json.loads(fields["event"]) if fields else {}
        image_id = UUID(event["image_id"])
        match event["type"]:
            case "indexed":
                return Indexed(image_id)
            case "failed":
                failure = Failure(str(event["reason"]), str(event["message"]))
                return IndexingFailed(image_id, failure)
    except (KeyError, TypeError, ValueError):
        pass
    _log.error("an event in %s cannot be read: %r", INDEXED, fields)
    return None
