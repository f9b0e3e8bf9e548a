"""Redis streams that consumer groups read: making a group, and reading its entries."""

from collections.abc import Mapping, Sequence
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
    ) -> None:
        self._client = client
        self._stream = stream
        self._group = group
        self._consumer = consumer
        self._count = count
        self._block_ms = block_ms
        self._left_behind_ms = left_behind_ms
        self._has_group = False

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

    async def finish(self, ids: Sequence[str]) -> None:
        """Acknowledges entries and removes them, both or neither: nobody else reads them.

        Raises:
            RedisError: Redis does not answer.
        """
        async with self._client.pipeline(transaction=True) as pipe:
            pipe.xack(self._stream, self._group, *ids)
            pipe.xdel(self._stream, *ids)
            await pipe.execute()
