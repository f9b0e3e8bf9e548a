"""How much may be taken in."""

from services.embedder.errors import Overloaded
from services.embedder.item import Item, Kind, Priority

MAX_TEXTS = 4096
MAX_TEXT_BYTES = 64 * 2**20

BULK_SHARE = 0.75
"""Part of the room that BULK may take, so that an import never shuts a search out."""

RETRY_AFTER_S = 1.0


class _Room:
    """Items of one kind that were taken in and not yet answered."""

    def __init__(self, what: str, max_items: int, max_bytes: int) -> None:
        self._what = what
        self._limits = {
            Priority.INTERACTIVE: (max_items, max_bytes),
            Priority.BULK: (max(1, int(max_items * BULK_SHARE)), int(max_bytes * BULK_SHARE)),
        }
        self._items = dict.fromkeys(Priority, 0)
        self._bytes = dict.fromkeys(Priority, 0)

    def admit(self, priority: Priority, size: int) -> None:
        if self._items[priority]:
            max_items, max_bytes = self._limits[priority]
            items = self._items[Priority.BULK]
            bytes_ = self._bytes[Priority.BULK]
            if priority is Priority.INTERACTIVE:
                items += self._items[priority]
                bytes_ += self._bytes[priority]
            if items >= max_items or bytes_ + size > max_bytes:
                raise Overloaded(
                    f"{items} {self._what}s wait already; try again", retry_after_s=RETRY_AFTER_S
                )
        self._items[priority] += 1
        self._bytes[priority] += size

    def release(self, priority: Priority, size: int) -> None:
        self._items[priority] -= 1
        self._bytes[priority] -= size


class Admission:
    """Bounds on what is taken in and not yet answered, of all callers and models.

    One item of a priority is admitted whatever its size and whatever else waits.

    Args:
        max_images: Most images; of them BULK has `BULK_SHARE`.
        max_image_bytes: Most bytes of those images together; BULK likewise.
    """

    def __init__(self, *, max_images: int, max_image_bytes: int) -> None:
        self._images = _Room("image", max_images, max_image_bytes)
        self._texts = _Room("text", MAX_TEXTS, MAX_TEXT_BYTES)

    def admit(self, item: Item) -> None:
        """Takes an item in; `release` lets it go.

        Raises:
            Overloaded: if too much waits already.
        """
        self._room(item).admit(item.priority, len(item.data))

    def release(self, item: Item) -> None:
        """Lets an item go that `admit` took in."""
        self._room(item).release(item.priority, len(item.data))

    def _room(self, item: Item) -> _Room:
        return self._texts if item.kind is Kind.TEXT else self._images
