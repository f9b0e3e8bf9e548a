"""Items of one kind on their way through the model: admitted, prepared, ready."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from services.embedder import telemetry
from services.embedder.errors import Overloaded
from services.embedder.model import Vectors

S = TypeVar("S", bytes, str)
P = TypeVar("P")

RETRY_AFTER_S = 1.0


@dataclass(frozen=True)
class Ready(Generic[P]):
    """A prepared item that waits for the model."""

    prepared: P
    answer: asyncio.Future[Vectors]
    """Takes the vector, [dimension]; cancelled when nobody waits any more."""


class Lane(Generic[S, P]):
    """One kind of item: how it is prepared and embedded, and how many may be here.

    Args:
        kind: `image` or `text`, for metrics and messages.
        prepare: Decodes or tokenizes one item; may raise, may run in any thread.
        embed: Runs the model on prepared items.
        max_items: Most items taken in and not yet answered.
        max_size: Most bytes (or characters) of those items together.
    """

    def __init__(
        self,
        kind: str,
        prepare: Callable[[S], P],
        embed: Callable[[Sequence[P]], Vectors],
        *,
        max_items: int,
        max_size: int,
    ) -> None:
        self.kind = kind
        self.prepare: Callable[[S], P] = prepare
        self.embed: Callable[[Sequence[P]], Vectors] = embed
        self._max_items = max_items
        self._max_size = max_size
        self._items = 0
        self._size = 0
        self._ready: deque[Ready[P]] = deque()

    def admit(self, item: S) -> None:
        """Takes an item in; `release` lets it go.

        Raises:
            Overloaded: if too much waits already. One item is taken whatever its size.
        """
        if self._items >= self._max_items or (
            self._items and self._size + len(item) > self._max_size
        ):
            raise Overloaded(
                f"{self._items} {self.kind}s wait already; try again", retry_after_s=RETRY_AFTER_S
            )
        self._items += 1
        self._size += len(item)
        telemetry.waiting.add(1, {"kind": self.kind})

    def release(self, item: S) -> None:
        """Lets an item go that `admit` took in."""
        self._items -= 1
        self._size -= len(item)
        telemetry.waiting.add(-1, {"kind": self.kind})

    def put(self, ready: Ready[P]) -> None:
        """Queues a prepared item."""
        self._ready.append(ready)

    def take(self, at_most: int) -> list[Ready[P]]:
        """The next batch: items that somebody still waits for, a power of two of them.

        A compiled model prepares anew for each batch size, so there are few.
        """
        while self._ready and self._ready[0].answer.done():
            self._ready.popleft()
        wanted = [ready for ready in self._ready if not ready.answer.done()]
        count = 1 << (min(len(wanted), at_most).bit_length() - 1) if wanted else 0
        batch = wanted[:count]
        self._ready = deque(wanted[count:])
        return batch
