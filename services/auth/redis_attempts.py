"""Counts of attempts in Redis, so that all replicas count together."""

import json
import time
from collections.abc import Callable, Sequence

import redis.asyncio

from services.auth.limits import Counter

PREFIX = "argus:attempts:"

# A count is a hash: `n` attempts, of which some are forgotten since `at`; closed until `open`.
# Times are in milliseconds. ARGV: the present, then each key's limit in JSON.
_READ = """
local now = tonumber(ARGV[1])
local function limit(i) return cjson.decode(ARGV[i + 1]) end
local function read(i)
  local kept = redis.call('HMGET', KEYS[i], 'n', 'at', 'open')
  local n, at = tonumber(kept[1] or 0), tonumber(kept[2] or now)
  return math.max(0, n - math.max(0, now - at) / limit(i).forget_ms), tonumber(kept[3] or 0)
end
local function write(i, n, open)
  redis.call('HSET', KEYS[i], 'n', string.format('%.6f', n), 'at', string.format('%.0f', now),
    'open', string.format('%.0f', open))
  redis.call('PEXPIRE', KEYS[i], math.ceil(n * limit(i).forget_ms + limit(i).max_wait_ms))
end
"""
_BEGIN = (
    _READ
    + """
local counts, wait = {}, 0
for i = 1, #KEYS do
  local n, open = read(i)
  counts[i] = n
  wait = math.max(wait, open - now)
end
if wait > 0 then return math.ceil(wait) end
for i = 1, #KEYS do
  local n, allowed, open = counts[i] + 1, limit(i), 0
  -- One that is half forgotten still counts.
  local whole = math.ceil(n - 1e-6)
  if whole >= allowed.free then
    local doublings = math.min(whole - allowed.free, 40)
    open = now + math.min(allowed.max_wait_ms, allowed.first_wait_ms * 2 ^ doublings)
  end
  write(i, n, open)
end
return 0
"""
)
_GIVE_BACK = (
    _READ
    + """
for i = 1, #KEYS do
  local n, open = read(i)
  n = math.max(0, n - 1)
  if math.ceil(n - 1e-6) < limit(i).free then open = 0 end
  if n > 0 then write(i, n, open) else redis.call('DEL', KEYS[i]) end
end
"""
)


class RedisAttempts:
    """`AttemptCounters` over a client.

    Args:
        client: Redis.
        clock: Seconds since 1970.
    """

    def __init__(
        self, client: redis.asyncio.Redis, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._client = client
        self._clock = clock
        self._begin = client.register_script(_BEGIN)
        self._give_back = client.register_script(_GIVE_BACK)

    async def begin(self, counters: Sequence[Counter]) -> float:
        """Counts an attempt in each, all or none; the seconds to wait if one is closed."""
        if not counters:
            return 0.0
        wait_ms = await self._begin(keys=_keys(counters), args=self._arguments(counters))
        return int(wait_ms) / 1000

    async def give_back(self, counters: Sequence[Counter]) -> None:
        """Takes an attempt back in each."""
        if counters:
            await self._give_back(keys=_keys(counters), args=self._arguments(counters))

    async def forget(self, counter: Counter) -> None:
        """Forgets all attempts of a count."""
        await self._client.delete(PREFIX + counter.name)

    def _arguments(self, counters: Sequence[Counter]) -> list[str | int]:
        return [int(self._clock() * 1000), *(_limit(counter) for counter in counters)]


def _keys(counters: Sequence[Counter]) -> list[str]:
    return [PREFIX + counter.name for counter in counters]


def _limit(counter: Counter) -> str:
    limit = counter.limit
    return json.dumps(
        {
            "free": limit.free,
            "first_wait_ms": limit.first_wait_s * 1000,
            "max_wait_ms": limit.max_wait_s * 1000,
            "forget_ms": limit.forget_s * 1000,
        }
    )
