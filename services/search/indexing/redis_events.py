"""Storage's events and search's answers, in Redis streams.

Events that are finished are removed: one group reads the stream, and its
length says how far behind search is.
"""

import asyncio
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import get_args
from uuid import UUID

import redis.asyncio
from redis.exceptions import RedisError

from services.runtime.dead_letters import Cause, DeadLetterBox
from services.runtime.redis import RedisUnavailable
from services.runtime.redis_streams import (
    claimed_entries,
    ensure_group,
    is_group_missing,
    read_entries,
)
from services.runtime.tracing import TRACEPARENT
from services.search.errors import EventsLost
from services.search.model import ImageEvent, Outcome
from services.search.telemetry import oldest_event, waiting_events

IMAGES = "argus:images"
INDEXED = "argus:indexed"
GROUP = "search"
ALONE = "argus:search:alone:"
"""And an event's id: the attempts at it, while it is suspect."""
ANNOUNCED_FOR = "argus:search:announced-for"
"""Names of the spaces that every image was announced for."""
MISSED = "argus:search:missed"
"""Names of those of them that have missed an image since."""

TOTALS = "argus:search:totals"
"""How many events were finished, and images indexed, failed and removed, since Redis was new."""

BLOCK_MS = 2_000
ABANDONED_AFTER_MS = 60_000
MAX_UNFINISHED = 1_000
ALONE_KEPT_S = 7 * 24 * 3600
"""Seconds that attempts are remembered if their event never ends."""

_KEEP = """
for _, id in ipairs(ARGV) do
  local consumer, group = KEYS[2], KEYS[3]
  if #redis.call('XPENDING', KEYS[1], group, id, id, 1, consumer) > 0 then
    redis.call('XCLAIM', KEYS[1], group, consumer, 0, id, 'JUSTID')
  end
end
"""
"""Makes events young again that this consumer has, without handing them out once more."""

NOTHING: Mapping[ImageEvent, Outcome] = MappingProxyType({})
_KINDS = frozenset(get_args(ImageEvent.__dataclass_fields__["kind"].type))


class RedisEvents:
    """The consumer group `search` of the stream `argus:images`.

    Args:
        client: Redis, text in and out.
        consumer: Name of this replica, the same after it was started again.
        abandoned_after_ms: For how long nobody must have said that an event is worked on before
            it is taken over.
    """

    def __init__(
        self,
        client: redis.asyncio.Redis,
        consumer: str,
        *,
        abandoned_after_ms: int = ABANDONED_AFTER_MS,
    ) -> None:
        self._client = client
        self._consumer = consumer
        self._abandoned_after_ms = abandoned_after_ms
        self._box = DeadLetterBox(IMAGES, GROUP, consumer)

    async def open(self) -> None:
        """Makes the group, from the stream's beginning.

        Where there was none, Redis is new or has lost its data: events may have been lost.
        """
        with _translated():
            if await ensure_group(self._client, IMAGES, GROUP):
                await self._client.delete(ANNOUNCED_FOR, MISSED)

    async def complete_spaces(self) -> Collection[str]:
        """Spaces that every image was announced for and that have missed none since."""
        with _translated():
            names = await self._client.sdiff([ANNOUNCED_FOR, MISSED])
            return frozenset(str(name) for name in names)

    async def begin_announcing(self, space_name: str) -> None:
        """Forgets that the space was complete, and what it has missed."""
        with _translated():
            async with self._client.pipeline(transaction=True) as pipe:
                pipe.srem(ANNOUNCED_FOR, space_name)
                pipe.srem(MISSED, space_name)
                await pipe.execute()

    async def end_announcing(self, space_name: str) -> None:
        """Remembers that every image was announced for the space."""
        with _translated():
            await self._client.sadd(ANNOUNCED_FOR, space_name)

    async def set_missed(self, space_names: Collection[str]) -> None:
        """Remembers that spaces have missed an image."""
        if space_names:
            with _translated():
                await self._client.sadd(MISSED, *space_names)

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
                IMAGES, GROUP, self._consumer, self._abandoned_after_ms, count=count
            )
            return await self._events(claimed_entries(answer), handed_out_before=True)

    async def read(self, count: int) -> list[ImageEvent]:
        """New events; waits up to two seconds for the first."""
        with _translated():
            await self._measure()
            answer = await self._client.xreadgroup(
                GROUP, self._consumer, {IMAGES: ">"}, count=count, block=BLOCK_MS
            )
            return await self._events(read_entries(answer), handed_out_before=False)

    async def _measure(self) -> None:
        async with self._client.pipeline(transaction=False) as pipe:
            pipe.xlen(IMAGES)
            pipe.xrange(IMAGES, count=1)
            length, first = await pipe.execute()
        waiting_events.set(length)
        # An event's id begins with when Redis took it.
        oldest_event.since_ms = int(first[0][0].partition("-")[0]) if first else None

    async def keep(self, message_ids: Collection[str]) -> None:
        """Makes the events young again that are still this replica's."""
        if message_ids:
            with _translated():
                await self._client.eval(_KEEP, 3, IMAGES, self._consumer, GROUP, *message_ids)

    async def finish(
        self,
        message_ids: Sequence[str],
        outcomes: Sequence[Outcome],
        given_up: Mapping[ImageEvent, Outcome] = NOTHING,
    ) -> None:
        """Announces outcomes, removes the events and counts both, in one transaction.

        Events that were given up, since their images break whatever works on them, become dead
        letters.
        """
        if not message_ids:
            return
        with _translated():
            async with self._client.pipeline(transaction=True) as pipe:
                for event, why in given_up.items():
                    said = json.dumps({"type": event.kind, "image_id": event.image_id})
                    self._box.put(
                        pipe,
                        event.message_id,
                        {"event": said},
                        cause=why.reason,
                        message=why.message,
                        attempts=event.deliveries,
                    )
                for outcome in outcomes:
                    pipe.xadd(INDEXED, {"event": json.dumps(_announcement(outcome))})
                failed = sum(1 for outcome in outcomes if outcome.reason)
                pipe.hincrby(TOTALS, "finished", len(message_ids))
                pipe.hincrby(TOTALS, "indexed", len(outcomes) - failed)
                pipe.hincrby(TOTALS, "failed", failed)
                pipe.hincrby(TOTALS, "removed", len(message_ids) - len(outcomes))
                _remove(pipe, message_ids)
                await pipe.execute()

    async def begin_alone(self, message_id: str, attempt_id: str) -> int:
        """Counts an attempt at a suspect event; said twice, as the client may, it counts once."""
        with _translated():
            async with self._client.pipeline(transaction=True) as pipe:
                pipe.sadd(ALONE + message_id, attempt_id)
                pipe.expire(ALONE + message_id, ALONE_KEPT_S)
                pipe.scard(ALONE + message_id)
                *_, attempts = await pipe.execute()
            return int(attempts)

    async def end_alone(self, message_id: str, attempt_id: str) -> None:
        """Forgets an attempt at an event."""
        with _translated():
            await self._client.srem(ALONE + message_id, attempt_id)

    async def _events(
        self, entries: Sequence[tuple[str, Mapping[str, str] | None]], *, handed_out_before: bool
    ) -> list[ImageEvent]:
        """Entries as events; what is none of ours is reported and removed."""
        if not entries:
            return []
        deliveries: dict[str, int] = {}
        if handed_out_before:
            # One by one: between them there may be others that this replica is at work on.
            async with self._client.pipeline(transaction=False) as pipe:
                for message_id, _ in entries:
                    pipe.xpending_range(IMAGES, GROUP, message_id, message_id, 1)
                found = await pipe.execute()
            deliveries = {
                str(one["message_id"]): int(one["times_delivered"])
                for pending in found
                for one in pending
            }
        events = []
        senseless: dict[str, Mapping[str, str] | None] = {}
        for message_id, fields in entries:
            event = _event(message_id, fields, deliveries.get(message_id, 1))
            if event is None:
                senseless[message_id] = fields
            else:
                events.append(event)
        if senseless:
            async with self._client.pipeline(transaction=True) as pipe:
                for message_id, fields in senseless.items():
                    # None: handed out before, and removed since.
                    if fields is not None:
                        why = "it cannot be read, or is of an unknown type"
                        self._box.put(pipe, message_id, fields, cause=Cause.UNREADABLE, message=why)
                _remove(pipe, list(senseless))
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
        return None
    if kind not in _KINDS:
        return None
    return ImageEvent(message_id, kind, image_id, deliveries, str(content.get(TRACEPARENT, "")))


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
    pipe.delete(*(ALONE + message_id for message_id in message_ids))


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
