"""Storage's events and search's answers, in Redis streams.

Events that are finished are removed: one group reads the stream, and its
length says how far behind search is.
"""

import asyncio
import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import get_args
from uuid import UUID

import redis.asyncio
from redis.exceptions import RedisError

from services.runtime.redis import RedisUnavailable
from services.runtime.redis_streams import (
    claimed_entries,
    ensure_group,
    is_group_missing,
    read_entries,
)
from services.search.errors import EventsLost
from services.search.model import ImageEvent, Outcome
from services.search.telemetry import waiting_events

IMAGES = "argus:images"
INDEXED = "argus:indexed"
GROUP = "search"
ALONE = "argus:search:alone"
REPLAYED_FOR = "argus:search:replayed-for"

BLOCK_MS = 2_000
ABANDONED_AFTER_MS = 60_000
MAX_UNFINISHED = 1_000

_KINDS = frozenset(get_args(ImageEvent.__dataclass_fields__["kind"].type))
_log = logging.getLogger(__name__)


class RedisEvents:
    """The consumer group `search` of the stream `argus:images`.

    Args:
        client: Redis, text in and out.
        consumer: Name of this replica, the same after it was started again.
    """

    def __init__(self, client: redis.asyncio.Redis, consumer: str) -> None:
        self._client = client
        self._consumer = consumer

    async def open(self) -> None:
        """Makes the group, from the stream's beginning."""
        with _translated():
            await ensure_group(self._client, IMAGES, GROUP)

    async def replayed_for(self) -> str:
        """Name of the space that every image was last announced for; empty if none."""
        with _translated():
            return str(await self._client.get(REPLAYED_FOR) or "")

    async def set_replayed_for(self, space_name: str) -> None:
        """Remembers the space that every image was announced for."""
        with _translated():
            await self._client.set(REPLAYED_FOR, space_name)

    async def own_unfinished(self) -> list[ImageEvent]:
        """Events that this replica took and did not finish before it was started again."""
        with _translated():
            answer = await self._client.xreadgroup(
                GROUP, self._consumer, {IMAGES: "0"}, count=MAX_UNFINISHED
            )
            return await self._events(read_entries(answer), handed_out_before=True)

    async def abandoned(self, count: int) -> list[ImageEvent]:
        """Takes over events that nobody has finished for a minute."""
        with _translated():
            answer = await self._client.xautoclaim(
                IMAGES, GROUP, self._consumer, ABANDONED_AFTER_MS, count=count
            )
            return await self._events(claimed_entries(answer), handed_out_before=True)

    async def read(self, count: int) -> list[ImageEvent]:
        """New events; waits up to two seconds for the first."""
        with _translated():
            waiting_events.set(await self._client.xlen(IMAGES))
            answer = await self._client.xreadgroup(
                GROUP, self._consumer, {IMAGES: ">"}, count=count, block=BLOCK_MS
            )
            return await self._events(read_entries(answer), handed_out_before=False)

    async def finish(self, message_ids: Sequence[str], outcomes: Sequence[Outcome]) -> None:
        """Announces outcomes and removes the events, in one transaction."""
        with _translated():
            async with self._client.pipeline(transaction=True) as pipe:
                for outcome in outcomes:
                    pipe.xadd(INDEXED, {"event": json.dumps(_announcement(outcome))})
                _remove(pipe, message_ids)
                await pipe.execute()

    async def begin_alone(self, message_id: str) -> int:
        """Counts an attempt at a suspect event."""
        with _translated():
            return int(await self._client.hincrby(ALONE, message_id, 1))

    async def end_alone(self, message_id: str) -> None:
        """Forgets the attempts at an event."""
        with _translated():
            await self._client.hdel(ALONE, message_id)

    async def _events(
        self, entries: Sequence[tuple[str, Mapping[str, str] | None]], *, handed_out_before: bool
    ) -> list[ImageEvent]:
        """Entries as events; what is none of ours is reported and removed."""
        if not entries:
            return []
        deliveries: dict[str, int] = {}
        if handed_out_before:
            pending = await self._client.xpending_range(
                IMAGES, GROUP, entries[0][0], entries[-1][0], len(entries), self._consumer
            )
            deliveries = {str(one["message_id"]): int(one["times_delivered"]) for one in pending}
        events = []
        senseless = []
        for message_id, fields in entries:
            event = _event(message_id, fields, deliveries.get(message_id, 1))
            if event is None:
                senseless.append(message_id)
            else:
                events.append(event)
        if senseless:
            async with self._client.pipeline(transaction=True) as pipe:
                _remove(pipe, senseless)
                await pipe.execute()
        return events


def _event(message_id: str, fields: Mapping[str, str] | None, deliveries: int) -> ImageEvent | None:
    if fields is None:
        # Handed out before, and removed since.
        return None
    try:
        content = json.loads(fields["event"])
        kind, image_id = content["type"], str(UUID(content["image_id"]))
    except (KeyError, TypeError, ValueError, AttributeError):
        _log.exception("dropped a senseless event: %.500s", fields)
        return None
    if kind not in _KINDS:
        _log.error("dropped an event of unknown type: %.500s", fields)
        return None
    return ImageEvent(message_id, kind, image_id, deliveries)


def _announcement(outcome: Outcome) -> dict[str, str]:
    if not outcome.reason:
        return {"type": "indexed", "image_id": outcome.image_id}
    return {
        "type": "failed",
        "image_id": outcome.image_id,
        "reason": outcome.reason,
        "message": outcome.message,
    }


def _remove(pipe: redis.asyncio.client.Pipeline, message_ids: Sequence[str]) -> None:
    pipe.xack(IMAGES, GROUP, *message_ids)
    pipe.xdel(IMAGES, *message_ids)
    pipe.hdel(ALONE, *message_ids)


@contextmanager
def _translated() -> Iterator[None]:
    """Turns the client's failures into errors.

    Raises:
        EventsLost: Redis answers, but the group is gone.
        RedisUnavailable: Redis does not answer, or cannot do it now.
    """
    try:
        yield
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            # The client writes under Python 3.11's `asyncio.wait_for`, which may swallow a
            # cancellation that comes when the write is done.
            raise asyncio.CancelledError
    except RedisError as error:
        if is_group_missing(error):
            raise EventsLost("the stream of events is gone") from error
        raise RedisUnavailable("Redis does not answer", retry_after_s=1) from error
