"""The newest reindexing in Redis, and the images that its space has missed."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import redis.asyncio
from redis.exceptions import RedisError

from services.clients.model import Space
from services.runtime.redis import RedisUnavailable
from services.search.reindexing.model import Reindex, ReindexState

REINDEX = "argus:search:reindex"
FAILED = "argus:search:reindex:failed"
LEASE = "argus:search:reindex:lease"
DEFAULT = "argus:search:default-model"
MISSED_IMAGES = "argus:search:missed-images:"
"""And a space's name: ids of images, sorted by a number that grows."""
MISSED_COUNT = "argus:search:missed-images"

IMAGES = "argus:images"
"""Storage's stream: images that were missed are announced there once more."""

LEASE_MS = 30_000
FOLLOWED_S = 600.0
"""How long after its end a space is still told of images, by replicas that have not noticed."""
ANNOUNCE_AT_ONCE = 500

_BEGIN = """
if redis.call('HGET', KEYS[1], 'state') == 'running' then return 0 end
redis.call('DEL', KEYS[1], KEYS[2])
redis.call('HSET', KEYS[1], 'state', 'running', 'space', ARGV[1], 'automatic', ARGV[2],
           'start_s', ARGV[3], 'again', ARGV[4])
return 1
"""
_END = """
if redis.call('HGET', KEYS[1], 'state') ~= 'running' then return end
if redis.call('HGET', KEYS[1], 'start_s') ~= ARGV[1] then return end
redis.call('HSET', KEYS[1], 'state', ARGV[2], 'end_s', ARGV[3])
if ARGV[2] == 'done' then
  for _, id in ipairs(redis.call('HKEYS', KEYS[2])) do
    redis.call('ZADD', KEYS[3], redis.call('INCR', KEYS[4]), id)
  end
elseif redis.call('HGET', KEYS[1], 'again') ~= '1' then
  -- Else it may be the space in use, which is told of them soon.
  redis.call('DEL', KEYS[3])
end
"""
_MOVE_ON = """
if redis.call('HGET', KEYS[1], 'start_s') ~= ARGV[1] then return end
if (redis.call('HGET', KEYS[1], 'cursor') or '') >= ARGV[2] then return end
redis.call('HSET', KEYS[1], 'cursor', ARGV[2])
redis.call('HINCRBY', KEYS[1], 'done', ARGV[3])
"""
_SET_FAILED = """
if redis.call('HGET', KEYS[1], 'space') == ARGV[1] then
  redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
end
"""
_HOLD = """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""
_LET_GO = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
"""
_ADD_MISSED = """
for _, id in ipairs(ARGV) do
  redis.call('ZADD', KEYS[1], redis.call('INCR', KEYS[2]), id)
end
"""
_FORGET = """
for at = 1, #ARGV, 2 do
  if redis.call('ZSCORE', KEYS[1], ARGV[at]) == ARGV[at + 1] then
    redis.call('ZREM', KEYS[1], ARGV[at])
  end
end
"""
_ANNOUNCE = """
local ids = redis.call('ZRANGE', KEYS[1], 0, ARGV[1] - 1)
for _, id in ipairs(ids) do
  redis.call('XADD', KEYS[2], '*', 'event', cjson.encode({type = 'updated', image_id = id}))
  redis.call('ZREM', KEYS[1], id)
end
return #ids
"""


class RedisReindexes:
    """`Reindexes` and `Changeover`.

    Args:
        client: Redis, text in and out.
        now_s: Seconds since 1970.
    """

    def __init__(
        self, client: redis.asyncio.Redis, *, now_s: Callable[[], float] = time.time
    ) -> None:
        self._client = client
        self._now_s = now_s

    async def newest(self) -> Reindex | None:
        """Reads a hash."""
        with _translated():
            read = await self._client.hgetall(REINDEX)
        found = {str(name): str(value) for name, value in read.items()}
        if not found:
            return None
        return Reindex(
            _space(found["space"]),
            ReindexState(found["state"]),
            found["automatic"] == "1",
            float(found["start_s"]),
            float(found.get("end_s", 0)),
            found.get("cursor", ""),
            # Former code wrote neither.
            again=found.get("again") == "1",
            done_count=int(found.get("done", 0)),
        )

    async def begin(self, space: Space, *, automatic: bool, again: bool = False) -> bool:
        """Writes it, unless one runs, at once."""
        with _translated():
            begun = await self._client.eval(
                _BEGIN, 2, REINDEX, FAILED,
                _text(space), int(automatic), self._now_s(), int(again),
            )  # fmt: skip
        return bool(begun)

    async def follow(self, space: Space) -> None:
        """Begins a reindexing."""
        await self.begin(space, automatic=True)

    async def stay(self, space: Space) -> None:
        """Cancels one that began by itself."""
        newest = await self.newest()
        if newest is not None and newest.runs and newest.automatic and newest.space != space:
            await self.end(newest, ReindexState.CANCELLED)

    async def end(self, reindex: Reindex, state: ReindexState) -> None:
        """Writes how it ended, and what was missed, at once."""
        missed = MISSED_IMAGES + reindex.space.name
        with _translated():
            await self._client.eval(
                _END, 4, REINDEX, FAILED, missed, MISSED_COUNT,
                reindex.start_s, state.value, self._now_s(),
            )  # fmt: skip

    async def move_on(self, reindex: Reindex, cursor: str, count: int) -> None:
        """Writes both at once, so that nothing is counted twice."""
        with _translated():
            await self._client.eval(_MOVE_ON, 1, REINDEX, reindex.start_s, cursor, count)

    async def hold(self, replica: str) -> bool:
        """Takes the lease, or makes it young again."""
        with _translated():
            return bool(await self._client.eval(_HOLD, 1, LEASE, replica, LEASE_MS))

    async def let_go(self, replica: str) -> None:
        """Gives the lease back, if it is this replica's."""
        with _translated():
            await self._client.eval(_LET_GO, 1, LEASE, replica)

    async def set_failed(self, space: Space, image_id: str, reason: str) -> None:
        """Keeps the newest reason, if it is still the newest reindexing."""
        with _translated():
            await self._client.eval(_SET_FAILED, 2, REINDEX, FAILED, _text(space), image_id, reason)

    async def failed_count(self) -> int:
        """Counts them."""
        with _translated():
            return int(await self._client.hlen(FAILED))

    async def followed(self) -> str:
        """Reads the newest one's space, unless it was cancelled or ended some time ago."""
        reindex = await self.newest()
        if reindex is None or reindex.state is ReindexState.CANCELLED:
            return ""
        is_over = reindex.end_s and self._now_s() - reindex.end_s > FOLLOWED_S
        return "" if is_over else reindex.space.name

    async def add_missed(self, space_name: str, image_ids: Sequence[str]) -> None:
        """Each gets a number that is higher than all before."""
        if image_ids:
            with _translated():
                await self._client.eval(
                    _ADD_MISSED, 2, MISSED_IMAGES + space_name, MISSED_COUNT, *image_ids
                )

    async def missed(self, space_name: str, *, limit: int) -> Mapping[str, float]:
        """Those that were missed first."""
        with _translated():
            found: Any = await self._client.zrange(
                MISSED_IMAGES + space_name, 0, limit - 1, withscores=True
            )
        return {str(image_id): float(number) for image_id, number in found}

    async def forget_missed(self, space_name: str, seen: Mapping[str, float]) -> None:
        """Those whose number is the same."""
        if seen:
            pairs = [text for one, at in seen.items() for text in (one, f"{at:.0f}")]
            with _translated():
                await self._client.eval(_FORGET, 1, MISSED_IMAGES + space_name, *pairs)

    async def announce_missed(self, space_name: str) -> None:
        """Some hundreds at a time."""
        with _translated():
            while await self._client.eval(
                _ANNOUNCE, 2, MISSED_IMAGES + space_name, IMAGES, ANNOUNCE_AT_ONCE
            ):
                pass

    async def noted_default(self) -> Space | None:
        """Reads it."""
        with _translated():
            text = await self._client.get(DEFAULT)
        return None if text is None else _space(str(text))

    async def note_default(self, space: Space) -> None:
        """Writes it."""
        with _translated():
            await self._client.set(DEFAULT, _text(space))


def _text(space: Space) -> str:
    return json.dumps([space.model, space.version, space.dimension])


def _space(text: str) -> Space:
    model, version, dimension = json.loads(text)
    return Space(str(model), str(version), int(dimension))


@contextmanager
def _translated() -> Iterator[None]:
    """Turns the client's failures into `RedisUnavailable`."""
    try:
        yield
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            # The client writes under Python 3.11's `asyncio.wait_for`, which may swallow a
            # cancellation that comes when the write is done.
            raise asyncio.CancelledError
    except RedisError as error:
        raise RedisUnavailable("Redis does not answer", retry_after_s=1) from error
