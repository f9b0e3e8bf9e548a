"""What was worked out lately, in memory: bounded, the longest unused goes first."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Lately(Generic[K, V]):
    """Values by their keys.

    Args:
        most_bytes: What all values may take together; 0 keeps none.
        keep_s: Age from which a value is forgotten, however often it is used.
        size: Bytes that a value takes, about, its key included.
        clock: Seconds that only grow.
    """

    def __init__(
        self,
        most_bytes: int,
        keep_s: float,
        size: Callable[[V], int],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most_bytes = most_bytes
        self._keep_s = keep_s
        self._size = size
        self._clock = clock
        self._kept: OrderedDict[K, tuple[V, float, int]] = OrderedDict()
        self.taken_bytes = 0
        """What all values take together, about."""

    def get(self, key: K) -> V | None:
        """The value; None if there is none any more."""
        found = self._kept.get(key)
        if found is None:
            return None
        value, until, _ = found
        if self._clock() >= until:
            self.forget(key)
            return None
        self._kept.move_to_end(key)
        return value

    def keep(self, key: K, value: V) -> None:
        """Keeps a value in place of the one before."""
        self.forget(key)
        size = self._size(value)
        if size > self._most_bytes:
            return
        self._kept[key] = (value, self._clock() + self._keep_s, size)
        self.taken_bytes += size
        while self.taken_bytes > self._most_bytes:
            self.forget(next(iter(self._kept)))

    def forget(self, key: K) -> None:
        """Forgets a value, if there is one."""
        if (found := self._kept.pop(key, None)) is not None:
            self.taken_bytes -= found[2]
