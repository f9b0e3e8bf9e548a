"""Which item is next, of those that wait for one model."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass

from services.embedder.item import Embedded, Item, Kind, Priority
from services.embedder.queueing.turns import Turns


@dataclass(slots=True, eq=False)
class Entry:
    """An item that somebody waits for."""

    item: Item
    answer: asyncio.Future[Embedded]
    """Cancelled when nobody waits any more."""
    crashes: int = 0
    """How often the worker died with it."""


Line = OrderedDict[Entry, None]
"""Entries of one caller, first come first; any can leave at once."""


class Scheduler:
    """Items that wait, texts beside images. Pure: it neither waits nor sends.

    INTERACTIVE and BULK take turns by weight (`Turns`); within a priority each
    caller that waits has one turn after the other; a caller's own items keep
    their order.
    """

    def __init__(self) -> None:
        self._images = _Waiting()
        self._texts = _Waiting()

    def __len__(self) -> int:
        return len(self._images) + len(self._texts)

    def put(self, entry: Entry) -> None:
        """Adds an item."""
        self._of(entry.item.kind is Kind.TEXT).put(entry)

    def take(self, *, texts: bool, interactive: bool = True, bulk: bool = True) -> Entry | None:
        """Takes the next item out.

        Args:
            texts: Whether a text is wanted, or anything else.
            interactive: Whether there is room for an INTERACTIVE item.
            bulk: Whether there is room for a BULK item.

        Returns:
            The item; None if none waits that there is room for.
        """
        return self._of(texts).take(interactive=interactive, bulk=bulk)

    def remove(self, entry: Entry) -> bool:
        """Takes an item out that nobody waits for any more; False if it is not here."""
        return self._of(entry.item.kind is Kind.TEXT).remove(entry)

    def drain(self) -> list[Entry]:
        """Takes everything out."""
        drained = []
        for texts in (True, False):
            while entry := self.take(texts=texts):
                drained.append(entry)
        return drained

    def depth(self, *, texts: bool, priority: Priority) -> int:
        """How many items of a priority wait."""
        return self._of(texts).counts[priority]

    def _of(self, texts: bool) -> "_Waiting":
        return self._texts if texts else self._images


class _Waiting:
    def __init__(self) -> None:
        self.counts = dict.fromkeys(Priority, 0)
        self._turns = Turns()
        # Callers in the order of their turns.
        self._lines: dict[Priority, OrderedDict[str, Line]] = {
            priority: OrderedDict() for priority in Priority
        }

    def __len__(self) -> int:
        return sum(self.counts.values())

    def put(self, entry: Entry) -> None:
        item = entry.item
        callers = self._lines[item.priority]
        line = callers.get(item.caller)
        if line is None:
            line = callers[item.caller] = OrderedDict()
        line[entry] = None
        self.counts[item.priority] += 1

    def take(self, *, interactive: bool, bulk: bool) -> Entry | None:
        priority = self._turns.next(
            interactive=interactive and self.counts[Priority.INTERACTIVE] > 0,
            bulk=bulk and self.counts[Priority.BULK] > 0,
        )
        if priority is None:
            return None
        callers = self._lines[priority]
        caller, line = next(iter(callers.items()))
        entry, _ = line.popitem(last=False)
        if line:
            callers.move_to_end(caller)
        else:
            del callers[caller]
        self.counts[priority] -= 1
        return entry

    def remove(self, entry: Entry) -> bool:
        item = entry.item
        callers = self._lines[item.priority]
        line = callers.get(item.caller)
        if line is None or entry not in line:
            return False
        del line[entry]
        if not line:
            del callers[item.caller]
        self.counts[item.priority] -= 1
        return True
