"""How many items of one caller may be INTERACTIVE at the same time."""

from collections import Counter

from services.embedder.item import Item, Kind, Priority

MOST_IMAGES = 32
"""Images of one caller that go before bulk at once: a page with pictures, a camera or two."""
MOST_TEXTS = 64


class InteractiveQuota:
    """Counts each caller's INTERACTIVE items under way; those above the quota become BULK.

    So a caller that marks a whole import as INTERACTIVE does not slow anybody else's import.
    """

    def __init__(self) -> None:
        self._under_way: Counter[tuple[bool, str]] = Counter()

    def enter(self, item: Item) -> Item:
        """The item as it is to be queued; `leave` must be called with it when it is done."""
        if item.priority is not Priority.INTERACTIVE:
            return item
        key = _key(item)
        if self._under_way[key] >= (MOST_TEXTS if key[0] else MOST_IMAGES):
            return item._replace(priority=Priority.BULK)
        self._under_way[key] += 1
        return item

    def leave(self, item: Item) -> None:
        """An item that `enter` gave is done."""
        if item.priority is Priority.INTERACTIVE:
            key = _key(item)
            self._under_way[key] -= 1
            if not self._under_way[key]:
                del self._under_way[key]


def _key(item: Item) -> tuple[bool, str]:
    return item.kind is Kind.TEXT, item.caller
