"""A queue in which owners take turns, each with what they put in first."""

from collections import OrderedDict, deque
from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class FairQueue(Generic[T]):
    """First in, first out for each owner; among owners the one who waited longest for a turn."""

    def __init__(self) -> None:
        self._lines: OrderedDict[Hashable, deque[T]] = OrderedDict()
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def size_of(self, owner: Hashable) -> int:
        """How much of an owner's waits."""
        return len(self._lines.get(owner, ()))

    def put(self, owner: Hashable, item: T) -> None:
        """Appends to an owner's line."""
        self._lines.setdefault(owner, deque()).append(item)
        self._size += 1

    def turns(self) -> Iterator[tuple[Hashable, T]]:
        """Each owner and what they put in first, in the order of their turns."""
        for owner, line in self._lines.items():
            yield owner, line[0]

    def take(self, owner: Hashable) -> T:
        """Takes an owner's first; their next one waits for all other owners' turns.

        Raises:
            LookupError: nothing of theirs waits.
        """
        line = self._lines.pop(owner)
        item = line.popleft()
        self._size -= 1
        if line:
            self._lines[owner] = line
        return item

    def remove(self, owner: Hashable, item: T) -> None:
        """Takes something out of an owner's line.

        Raises:
            ValueError: it is not there.
        """
        line = self._lines.get(owner, deque())
        line.remove(item)
        self._size -= 1
        if not line:
            del self._lines[owner]
