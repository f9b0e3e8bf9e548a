"""Memory that the service and one worker share: images lie in it, so that no socket carries them.

The service writes an image into a place and sends the place's number; the
worker reads it there; the place is free again once the item is answered.
"""

import mmap
import os
import sys
import tempfile
from typing import Self

PLACES = 96
"""More than the items that a worker has at once, unless its batches are very large."""

PLACE_BYTES = 256 * 2**10
"""Longer images go over the socket, where their own cost hides the socket's."""


class Arena:
    """Places of equal size in shared memory.

    Pages are taken when they are first written; the place that was freed last
    is used first, so that few are and those stay in the processor's cache.

    Args:
        descriptor: Of the memory; this takes it over.
    """

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        """What the other process opens it by."""
        self._memory = mmap.mmap(descriptor, PLACES * PLACE_BYTES)
        self._free = list(range(PLACES))

    @classmethod
    def create(cls) -> Self:
        """New memory."""
        if sys.platform == "linux":
            descriptor = os.memfd_create("argus-images")
        else:
            with tempfile.TemporaryFile() as file:
                descriptor = os.dup(file.fileno())
        os.ftruncate(descriptor, PLACES * PLACE_BYTES)
        return cls(descriptor)

    def put(self, data: bytes) -> int | None:
        """Writes an image; its place, or None if it does not fit or none is free."""
        if len(data) > PLACE_BYTES or not self._free:
            return None
        place = self._free.pop()
        start = place * PLACE_BYTES
        self._memory[start : start + len(data)] = data
        return place

    def read(self, place: int, length: int) -> bytes:
        """What lies in a place."""
        start = place * PLACE_BYTES
        return self._memory[start : start + length]

    def free(self, place: int) -> None:
        """Gives a place back."""
        self._free.append(place)

    def close(self) -> None:
        """Gives the memory back, once the other process has as well."""
        self._memory.close()
        os.close(self.descriptor)
