"""What finding duplicates needs of storage."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class FingerprintPage:
    """What tells some images apart, one after the other.

    Attributes:
        image_ids: 16 bytes each.
        sha256s: 32 bytes each.
        phashes: 8 bytes each, big-endian.
        pixel_counts: Of each.
        sizes_bytes: Of each.
    """

    image_ids: bytes
    sha256s: bytes
    phashes: bytes
    pixel_counts: list[int]
    sizes_bytes: list[int]


class FingerprintSource(Protocol):
    """Tells images apart without looking at them."""

    def pages(self, user_id: str) -> AsyncGenerator[FingerprintPage]:
        """All of a user's images whose bytes are kept, oldest first.

        Raises:
            StorageUnavailable: storage does not answer.
        """
