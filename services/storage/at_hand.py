"""Bytes of images that were verified a moment ago, so that the indexer need not fetch them."""

from collections import OrderedDict
from uuid import UUID


class AtHand:
    """Images' bytes in memory, the latest ones; each is given out once.

    Args:
        capacity_bytes: Most of them together.
    """

    def __init__(self, capacity_bytes: int) -> None:
        self._capacity = capacity_bytes
        self._contents: OrderedDict[UUID, bytes] = OrderedDict()
        self._size = 0

    def put(self, image_id: UUID, content: bytes) -> None:
        """Keeps an image's bytes, unless they are more than a quarter of all that may be kept."""
        if len(content) * 4 > self._capacity:
            return
        self.take(image_id)
        self._contents[image_id] = content
        self._size += len(content)
        while self._size > self._capacity:
            _, oldest = self._contents.popitem(last=False)
            self._size -= len(oldest)

    def take(self, image_id: UUID, at_most: int | None = None) -> bytes:
        """Gives an image's bytes and lets go of them; none if they are not here, or too many."""
        content = self._contents.get(image_id, b"")
        if not content or (at_most is not None and len(content) > at_most):
            return b""
        del self._contents[image_id]
        self._size -= len(content)
        return content
