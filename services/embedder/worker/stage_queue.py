"""What waits between two stages of the texts' way."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from services.embedder.item import Priority
from services.embedder.queueing.turns import Turns

T = TypeVar("T")


class StageQueue(Generic[T]):
    """A queue of two priorities between threads; first in, first out within each.

    It is bounded by its users: the service sends no more than the worker's window.
    """

    def __init__(self) -> None:
        self._waiting: dict[Priority, deque[T]] = {priority: deque() for priority in Priority}
        self._turns = Turns()
        self._changed = threading.Condition()
        self._closed = False

    def put(self, priority: Priority, things: Sequence[T]) -> None:
        """Adds things; threads that wait wake up."""
        with self._changed:
            self._waiting[priority].extend(things)
            self._changed.notify(len(things))

    def take(self, most: int = 1) -> list[T]:
        """Waits until something is there, and takes what is there, not waiting for more.

        Args:
            most: Most things to take.

        Returns:
            Things of one priority, so that nobody's short batch grows by things
            that are in no hurry; a power of two of them, because a compiled
            model prepares anew for each batch size. Empty once it is closed.
        """
        with self._changed:
            while True:
                priority = self._turns.next(
                    interactive=bool(self._waiting[Priority.INTERACTIVE]),
                    bulk=bool(self._waiting[Priority.BULK]),
                )
                if priority is not None:
                    break
                if self._closed:
                    return []
                self._changed.wait()
            waiting = self._waiting[priority]
            count = 1 << (min(len(waiting), most).bit_length() - 1)
            return [waiting.popleft() for _ in range(count)]

    def remove(self, unwanted: Callable[[T], bool]) -> list[T]:
        """Takes out what is unwanted."""
        removed: list[T] = []
        with self._changed:
            for priority, waiting in self._waiting.items():
                found = [thing for thing in waiting if unwanted(thing)]
                if found:
                    removed += found
                    self._waiting[priority] = deque(
                        thing for thing in waiting if not unwanted(thing)
                    )
        return removed

    def close(self) -> None:
        """Lets threads that wait in `take` go once it is empty."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
