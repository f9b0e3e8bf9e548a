"""Redis streams that consumer groups read: making a group, and reading its entries."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import redis.asyncio
from redis.exceptions import RedisError, ResponseError

from services.runtime.dead_letters import Cause, DeadLetterBox
from services.runtime.errors import DeadlineExceeded, ResourceExhausted, Unavailable

ALONE_FROM = 3
"""Entries that were handed out so often come alone, so that none is blamed for another."""

MOST_ATTEMPTS = 10
"""Entries that were handed out so often, and failed by themselves, become dead letters."""

_CURABLE = (Unavailable, ResourceExhausted, DeadlineExceeded, RedisError, OSError)
"""Errors that waiting may cure; no entry is blamed for them."""

_CURABLE_STATES = ("08", "40", "53", "55", "57", "58")
"""Classes of PostgreSQL's errors that waiting may cure: connections, rollbacks of transactions that
met, a full disk or memory, locks, cancelled statements, the system."""

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


class GroupReader:
    """Reads one stream for a consumer group whose entries are acknowledged and removed when done.

    Args:
        client: Redis, text in and out.
        stream: The stream.
        group: The group; it is made, with the stream, when it is first needed.
        consumer: Name of this replica.
        count: Most entries at once.
        block_ms: How long a read waits for the first entry.
        left_behind_ms: Entries that a consumer took and did not finish for so long go to another.
        gives_up: Whether entries that fail too often become dead letters; who says so puts their
            handling into `handling`.
    """

    def __init__(
        self,
        client: redis.asyncio.Redis,
        stream: str,
        group: str,
        consumer: str,
        *,
        count: int,
        block_ms: int,
        left_behind_ms: int,
        gives_up: bool = True,
    ) -> None:
        self._client = client
        self._stream = stream
        self._group = group
        self._consumer = consumer
        self._count = count
        self._block_ms = block_ms
        self._left_behind_ms = left_behind_ms
        self._gives_up = gives_up
        self._has_group = False
        self._box = DeadLetterBox(stream, group, consumer)
        # Of what was handed out more than once; what failed last, here, for a person.
        self._why: dict[str, str] = {}

    async def read(self) -> Entries:
        """Waits for entries, those left behind by others first; none if Redis lost its data.

        Raises:
            RedisError: Redis does not answer, or cannot do it.
        """
        try:
            if not self._has_group:
                await ensure_group(self._client, self._stream, self._group)
                self._has_group = True
            entries = claimed_entries(
                await self._client.xautoclaim(
                    self._stream,
                    self._group,
                    self._consumer,
                    self._left_behind_ms,
                    count=self._count,
                )
            )
            entries = await self._trustworthy(entries)
            return entries or read_entries(
                await self._client.xreadgroup(
                    self._group,
                    self._consumer,
                    {self._stream: ">"},
                    count=self._count,
                    block=self._block_ms,
                )
            )
        except ResponseError as error:
            if not is_group_missing(error):
                raise
            self._has_group = False
            return []

    @asynccontextmanager
    async def handling(self, ids: Sequence[str]) -> AsyncIterator[None]:
        """Around the handling of entries: who is to blame if it fails.

        What waiting may cure is nobody's fault, and the attempt does not count. After
        `MOST_ATTEMPTS` others, in which it was alone at last, an entry becomes a dead letter; so it
        does if it ends the process each time.
        """
        try:
            yield
        except Exception as error:
            if _is_curable(error):
                await self.forgive(ids)
                raise
            self._why |= dict.fromkeys(ids, f"{type(error).__name__}: {error}")
            raise
        for entry_id in ids:
            self._why.pop(entry_id, None)

    async def bury(self, unread: Mapping[str, Mapping[str, str] | None]) -> None:
        """Makes dead letters of entries that cannot be read, by id; those without fields only go.

        Raises:
            RedisError: Redis does not answer.
        """
        if not unread:
            return
        async with self._client.pipeline(transaction=True) as pipe:
            for entry_id, fields in unread.items():
                if fields is not None:
                    self._box.put(
                        pipe, entry_id, fields, cause=Cause.UNREADABLE, message="it cannot be read"
                    )
            pipe.xack(self._stream, self._group, *unread)
            pipe.xdel(self._stream, *unread)
            await pipe.execute()

    async def forgive(self, ids: Sequence[str]) -> None:
        """Takes an attempt at entries back, as far as Redis answers."""
        try:
            await self._give_back(await self._attempts(ids))
        except RedisError:
            # It counts, then; that does not happen ten times to one entry.
            return

    async def _trustworthy(self, entries: Entries) -> Entries:
        """Of entries that were left behind: those that failed too often go; suspects come alone."""
        if not entries or not self._gives_up:
            return entries
        attempts = await self._attempts([entry_id for entry_id, _ in entries])
        hopeless = [one for one in entries if attempts.get(one[0], 1) > MOST_ATTEMPTS]
        if hopeless:
            async with self._client.pipeline(transaction=True) as pipe:
                for entry_id, fields in hopeless:
                    why = self._why.pop(entry_id, "its handling failed, or ended the process")
                    count = attempts[entry_id] - 1
                    if fields is not None:
                        self._box.put(
                            pipe, entry_id, fields, cause=Cause.FAILS, message=why, attempts=count
                        )
                    pipe.xack(self._stream, self._group, entry_id)
                    pipe.xdel(self._stream, entry_id)
                await pipe.execute()
        left = [one for one in entries if attempts.get(one[0], 1) <= MOST_ATTEMPTS]
        trusted = [one for one in left if attempts.get(one[0], 1) <= ALONE_FROM]
        # Those that failed least first: they may have been with one that fails.
        chosen = trusted or sorted(left, key=lambda one: attempts.get(one[0], 1))[:1]
        others = {one[0]: attempts.get(one[0], 1) for one in left if one not in chosen}
        await self._give_back(others, idle_ms=self._left_behind_ms)
        return chosen

    async def _give_back(self, attempts: Mapping[str, int], *, idle_ms: int | None = None) -> None:
        """Takes an attempt at entries back, by how many there were."""
        async with self._client.pipeline(transaction=False) as pipe:
            for entry_id, count in attempts.items():
                pipe.xclaim(
                    self._stream,
                    self._group,
                    self._consumer,
                    0,
                    [entry_id],
                    idle=idle_ms,
                    retrycount=max(0, count - 1),
                    justid=True,
                )
            await pipe.execute()

    async def _attempts(self, ids: Sequence[str]) -> dict[str, int]:
        """How often entries were handed out that this replica has."""
        async with self._client.pipeline(transaction=False) as pipe:
            for entry_id in ids:
                pipe.xpending_range(self._stream, self._group, entry_id, entry_id, 1)
            found = await pipe.execute()
        return {
            str(one["message_id"]): int(one["times_delivered"])
            for pending in found
            for one in pending
            if one["consumer"] == self._consumer
        }

    async def finish(self, ids: Sequence[str]) -> None:
        """Acknowledges entries and removes them, both or neither: nobody else reads them.

        Raises:
            RedisError: Redis does not answer.
        """
        async with self._client.pipeline(transaction=True) as pipe:
            pipe.xack(self._stream, self._group, *ids)
            pipe.xdel(self._stream, *ids)
            await pipe.execute()


def _is_curable(error: Exception) -> bool:
    """Whether waiting may cure an error. PostgreSQL's client is not part of every service."""
    state = getattr(error, "sqlstate", None)
    return isinstance(error, _CURABLE) or str(state or "").startswith(_CURABLE_STATES)
