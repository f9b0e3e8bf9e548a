"""Ranges of bytes, as clients ask for them (RFC 9110, section 14)."""

import re
from dataclasses import dataclass

from services.storage.errors import RangeNotSatisfiable

_ONE = re.compile(r"bytes=(\d*)-(\d*)")
_MOST_DIGITS = 18


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Bytes that follow each other."""

    offset: int
    length: int

    def content_range(self, size_bytes: int) -> str:
        """The header that says which of how many they are."""
        return f"bytes {self.offset}-{self.offset + self.length - 1}/{size_bytes}"


def asked_range(offset: int, length: int, size_bytes: int) -> ByteRange | None:
    """Bytes from `offset` on, at most `length` if that is not 0; None for all.

    Raises:
        RangeNotSatisfiable: There are none.
    """
    if not offset and not 0 < length < size_bytes:
        return None
    _check(offset, size_bytes)
    left = size_bytes - offset
    return ByteRange(offset, min(length, left) if length else left)


def header_range(header: str, size_bytes: int) -> ByteRange | None:
    """What a `range` header asks for; None for all, and for what is not one range of bytes.

    Raises:
        RangeNotSatisfiable: There are no such bytes.
    """
    found = _ONE.fullmatch(header.strip().lower().replace(" ", ""))
    if found is None:
        return None
    first, last = found.groups()
    if not (first or last) or max(len(first), len(last)) > _MOST_DIGITS:
        return None
    if not first:
        # The last so many bytes.
        count = min(int(last), size_bytes)
        _check(size_bytes - count, size_bytes)
        return ByteRange(size_bytes - count, count)
    offset = int(first)
    if last and int(last) < offset:
        return None
    _check(offset, size_bytes)
    end = min(int(last), size_bytes - 1) if last else size_bytes - 1
    return ByteRange(offset, end - offset + 1)


def _check(offset: int, size_bytes: int) -> None:
    if offset >= size_bytes:
        raise RangeNotSatisfiable(
            f"the image has {size_bytes} bytes; there is none at {offset}",
            metadata={"size_bytes": str(size_bytes)},
        )
