"""How many messages a second a user may send on streams, by what the method costs.

The edge counts how many streams begin; what comes on them it does not see. A stream that sends more
than its user may is read more slowly, until gRPC's flow control holds up the sender: nothing is
lost, and nobody who works fast by mistake is broken off. All streams of a user at a replica count
together. The limits are `[messages]` of a TOML file, which is looked at while the process runs.
"""

import asyncio
import logging
import time
import tomllib
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.runtime.policy import Cost

LOOK_EVERY_S = 1.0
MAX_USERS = 10_000
"""Whose pace is remembered; beyond these, the user who sent nothing for longest begins anew."""

_log = logging.getLogger(__name__)
T = TypeVar("T")


class MessageRate(BaseModel):
    """A token bucket."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    per_second: int = Field(ge=1, le=1_000_000_000)
    burst: int = Field(ge=1, le=1_000_000_000)


class MessageLimits(BaseModel):
    """Rates by cost class: those of methods on whose streams clients send."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    embed: MessageRate
    inspect: MessageRate
    upload: MessageRate = MessageRate(per_second=2000, burst=4000)
    """Files of before have none."""


class _File(BaseModel):
    """What of the file is read here."""

    messages: MessageLimits


@dataclass(slots=True)
class _Bucket:
    """Tokens that are left, which may be fewer than none: so many wait."""

    tokens: float
    filled_at: float


class MessagePace:
    """The pace of users at this process.

    Args:
        file: TOML file with the limits; None: there are none.
        clock: Seconds that only grow.
    """

    def __init__(self, file: Path | None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._file = file
        self._rates: Mapping[str, MessageRate] = {}
        self._stamp: tuple[int, int, int] | None = None
        self._looked_at = float("-inf")
        self._buckets: OrderedDict[tuple[str, str], _Bucket] = OrderedDict()
        self._clock = clock

    def paced(self, messages: AsyncIterator[T], user_id: str, cost: Cost) -> AsyncIterator[T]:
        """The messages of a user's stream, no faster than the user may send."""
        return _Paced(messages, lambda: self.wait_s(user_id, Cost.Name(cost).lower()))

    def wait_s(self, user_id: str, cost: str) -> float:
        """Takes a message of a user's in; after how many seconds it is its turn."""
        now = self._clock()
        self._look(now)
        rate = self._rates.get(cost)
        if rate is None:
            return 0
        key = (user_id, cost)
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = _Bucket(rate.burst, now)
            if len(self._buckets) > MAX_USERS:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(key)
            gained = (now - bucket.filled_at) * rate.per_second
            bucket.tokens = min(rate.burst, bucket.tokens + gained)
            bucket.filled_at = now
        bucket.tokens -= 1
        return max(0.0, -bucket.tokens / rate.per_second)

    def _look(self, now: float) -> None:
        """Reads the file if it has changed; what was known holds while it cannot be used."""
        if self._file is None or now - self._looked_at < LOOK_EVERY_S:
            return
        self._looked_at = now
        try:
            found = self._file.stat()
            stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
            if stamp == self._stamp:
                return
            self._stamp = stamp
            read = _File.model_validate(tomllib.loads(self._file.read_text()))
        except (OSError, UnicodeError, tomllib.TOMLDecodeError, ValidationError) as error:
            _log.warning("the limits of messages cannot be read; those before hold: %s", error)
            return
        self._rates = dict(read.messages)
        _log.info("limits of messages: %s", read.messages)


class _Paced(AsyncIterator[T]):
    """Messages, each when it is its turn; whoever stops waiting for one finds it the next time."""

    def __init__(self, messages: AsyncIterator[T], wait_s: Callable[[], float]) -> None:
        self._messages = messages
        self._wait_s = wait_s
        self._held: list[tuple[T, float]] = []

    async def __anext__(self) -> T:
        if not self._held:
            message = await anext(self._messages)
            turn = asyncio.get_running_loop().time() + self._wait_s()
            self._held.append((message, turn))
        left_s = self._held[0][1] - asyncio.get_running_loop().time()
        if left_s > 0:
            await asyncio.sleep(left_s)
        return self._held.pop()[0]
