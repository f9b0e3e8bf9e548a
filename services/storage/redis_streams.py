"""The event streams, in Redis."""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any
from uuid import UUID

import redis.asyncio

from services.runtime.dead_letters import STREAM as DEAD
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
READ_AT_ONCE = 1_000
BLOCK_MS = 2_000
LEFT_BEHIND_MS = 10_000
"""Outcomes that a consumer took and did not acknowledge for so long go to another."""

_IMAGE = re.compile(r'"image_id": ?"([0-9a-f-]{36})"')


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

    async def images(self) -> Collection[str]:
        """UUIDs of the images that events are about which were told and not yet dealt with.

        In the order of an event's way, so that none is missed that moves on meanwhile.
        """
        found: set[str] = set()
        for stream in (IMAGES, INDEXED, DELETED):
            after = "-"
            while True:
                answer: Any = await self._client.xrange(stream, min=after, count=READ_AT_ONCE)
                entries: list[tuple[str, dict[str, str]]] = answer
                if not entries:
                    break
                for _, fields in entries:
                    found.update(_IMAGE.findall(fields.get("event", "")))
                after = f"({entries[-1][0]}"
        return found

    async def backlog(self) -> int:
        """How many events search has not dealt with; it removes those that it has."""
        return int(await self._client.xlen(IMAGES))

    async def dead(self) -> int:
        """How many events services have given up."""
        return int(await self._client.xlen(DEAD))


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
        outcomes = {entry_id: _outcome(fields) for entry_id, fields in entries}
        await self._reader.bury(
            {entry_id: fields for entry_id, fields in entries if outcomes[entry_id] is None}
        )
        read = {entry_id: one for entry_id, one in outcomes.items() if one is not None}
        return list(read), list(read.values())

    def handling(self, ids: Sequence[str]) -> AbstractAsyncContextManager[None]:
        """Around the recording of outcomes, so that one that cannot be recorded is given up."""
        return self._reader.handling(ids)

    async def acknowledge(self, ids: Sequence[str]) -> None:
        """Says that outcomes were recorded, and removes them: nobody else reads them."""
        await self._reader.finish(ids)


def _outcome(fields: Mapping[str, str] | None) -> Outcome | None:
    """Reads one entry; None if it cannot be read."""
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
    return None
