"""Events that no consumer can deal with: taken off their streams, and kept for whoever looks.

An event that cannot be read, or whose handling fails again and again though everything else works,
would hold up all behind it. It goes to one stream of dead letters, with what it said, whose it was,
why and after how many attempts, in the transaction that takes it off its own. From there it is
replayed to its stream, or discarded.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import redis.asyncio

from services.runtime import telemetry_contract as contract
from services.runtime.instruments import counter

STREAM = "argus:dead"
MOST = 10_000
"""Dead letters that are kept, about; older ones go."""

LONGEST_TEXT = 4_000
"""Characters of what an event said, and of why it failed, that are kept."""

_log = logging.getLogger(__name__)
_buried = counter(contract.DEAD_EVENTS)

_REPLAY = """
local found = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])
if #found == 0 then return 0 end
local letter = {}
for i = 1, #found[1][2], 2 do letter[found[1][2][i]] = found[1][2][i + 1] end
redis.call('XADD', letter['stream'], '*', unpack(cjson.decode(letter['fields'])))
redis.call('XDEL', KEYS[1], ARGV[1])
return 1
"""
"""Sends an event to its stream again and takes its letter away, both or neither: twice is once."""


class Cause(StrEnum):
    """Why an event is a dead letter."""

    UNREADABLE = "UNREADABLE"
    """It says nothing that its consumer understands."""
    FAILS = "FAILS"
    """Its handling fails again and again, though nothing else does."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An event that was given up.

    Attributes:
        letter_id: Its place among the dead letters; begins with when it was given up.
        stream: Whose it was.
        group: The consumer group that gave it up, which is a service's name.
        consumer: The replica that did.
        event_id: Its place in its stream; begins with when it was told.
        event: What it said, as JSON where that can be; cut.
        cause: Why.
        message: What went wrong, for a person.
        attempts: How often it was handed out.
    """

    letter_id: str
    stream: str
    group: str
    consumer: str
    event_id: str
    event: str
    cause: str
    message: str
    attempts: int

    @property
    def died_ms(self) -> int:
        """When it was given up, in milliseconds since 1970."""
        return int(self.letter_id.partition("-")[0])

    @property
    def told_ms(self) -> int:
        """When it was told, in milliseconds since 1970."""
        return int(self.event_id.partition("-")[0])


@dataclass(frozen=True, slots=True)
class DeadLetterBox:
    """Where one consumer puts events that it gives up.

    Attributes:
        stream: Whose events they are.
        group: The consumer group.
        consumer: The replica.
    """

    stream: str
    group: str
    consumer: str

    def put(
        self,
        pipe: redis.asyncio.client.Pipeline,
        event_id: str,
        fields: Mapping[str, str],
        *,
        cause: str,
        message: str,
        attempts: int = 1,
    ) -> None:
        """Adds to a transaction, which takes an event off its stream, that it is a dead letter.

        Args:
            pipe: The transaction.
            event_id: The event's place in its stream.
            fields: What it says.
            cause: Why: one of `Cause`, or the reason of a failure.
            message: What went wrong, for a person.
            attempts: How often it was handed out.
        """
        _log.error("gave up event %s of %s: %s: %s", event_id, self.stream, cause, message)
        _buried.add(1, {contract.STREAM: self.stream, contract.REASON: cause})
        pipe.xadd(
            STREAM,
            {
                "stream": self.stream,
                "group": self.group,
                "consumer": self.consumer,
                "event_id": event_id,
                # As XADD takes them.
                "fields": json.dumps([text for pair in fields.items() for text in pair]),
                "cause": cause,
                "message": message[:LONGEST_TEXT],
                "attempts": attempts,
            },
            maxlen=MOST,
            approximate=True,
        )


class DeadLetters:
    """Dead letters, for whoever looks after them.

    Args:
        client: Redis, text in and out.
    """

    def __init__(self, client: redis.asyncio.Redis) -> None:
        self._client = client
        self._replay = client.register_script(_REPLAY)

    async def count(self) -> int:
        """How many there are."""
        return int(await self._client.xlen(STREAM))

    async def page(self, after: str, limit: int) -> list[DeadLetter]:
        """Letters behind one, the oldest first.

        Args:
            after: Id of the last one before; from the beginning if empty.
            limit: Most of them.
        """
        start = f"({after}" if after else "-"
        answer: Any = await self._client.xrange(STREAM, min=start, count=limit)
        return [_letter(letter_id, fields) for letter_id, fields in answer]

    async def find(self, letter_id: str) -> DeadLetter | None:
        """A letter; None if there is none of that id."""
        answer: Any = await self._client.xrange(STREAM, min=letter_id, max=letter_id)
        return _letter(*answer[0]) if answer else None

    async def replay(self, letter_ids: Sequence[str]) -> list[str]:
        """Sends events to their streams again, once however often this is asked; those that were.

        Ids of letters that are not there any more are left out.
        """
        return [
            letter_id
            for letter_id in letter_ids
            if await self._replay(keys=[STREAM], args=[letter_id])
        ]

    async def discard(self, letter_ids: Sequence[str]) -> list[str]:
        """Forgets letters; those that were there."""
        async with self._client.pipeline(transaction=False) as pipe:
            for letter_id in letter_ids:
                pipe.xdel(STREAM, letter_id)
            gone = await pipe.execute()
        return [letter_id for letter_id, one in zip(letter_ids, gone, strict=True) if one]


def _letter(letter_id: str, fields: Mapping[str, str]) -> DeadLetter:
    said = json.loads(fields["fields"])
    pairs = dict(zip(said[::2], said[1::2], strict=True))
    text = pairs["event"] if set(pairs) == {"event"} else json.dumps(pairs)
    return DeadLetter(
        letter_id,
        fields["stream"],
        fields["group"],
        fields["consumer"],
        fields["event_id"],
        text[:LONGEST_TEXT],
        fields["cause"],
        fields["message"],
        int(fields["attempts"]),
    )
