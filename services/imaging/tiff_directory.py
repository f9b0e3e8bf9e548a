"""The directories of a TIFF file (TIFF 6.0, section 2; BigTIFF), of which EXIF is one as well.

Only their own bytes are read, a damaged entry is treated as missing, and
nothing that a file says makes more memory than the file has bytes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

SUB_DIRECTORIES = 330

_MOST_ENTRIES = 4096
_MOST_DIRECTORIES = 256

# What each type of entry holds, without byte order; rationals stay as they are.
_DTYPES = {
    1: "u1", 2: "u1", 3: "u2", 4: "u4", 5: "V8", 6: "i1", 7: "u1", 8: "i2", 9: "i4",
    11: "f4", 12: "f8", 13: "u4", 16: "u8", 17: "i8", 18: "u8",
}  # fmt: skip


@dataclass(frozen=True)
class Directory:
    """One directory of a file: its entries by their tag."""

    order: Literal["<", ">"]
    """Byte order, as NumPy writes it."""
    values: Mapping[int, NDArray[np.generic]]
    """Numbers (text is its bytes) of each tag, in the file's byte order."""

    def number(self, tag: int, default: int) -> int:
        """The first number of a tag; the default if it has none or one that is no integer."""
        values = self.values.get(tag)
        if values is None or not values.size or values.dtype.kind not in "ui":
            return default
        return int(values[0])

    def numbers(self, tag: int) -> list[int]:
        """The integers of a tag, empty if it has none."""
        values = self.values.get(tag)
        return values.tolist() if values is not None and values.dtype.kind in "ui" else []

    def rationals(self, tag: int) -> list[float]:
        """The fractions of a tag, empty if it has none or one with the denominator 0."""
        values = self.values.get(tag)
        if values is None or values.dtype.kind != "V":
            return []
        pairs = np.frombuffer(values.tobytes(), f"{self.order}u4").reshape(-1, 2).tolist()
        return [top / bottom for top, bottom in pairs] if all(pair[1] for pair in pairs) else []

    def content(self, tag: int) -> bytes:
        """The bytes of a tag, empty if it has none."""
        values = self.values.get(tag)
        return values.tobytes() if values is not None else b""


class Directories:
    """The directories of a file, read as they are asked for.

    Args:
        data: The file, or the TIFF structure that EXIF is.

    Raises:
        ValueError: it does not begin as a TIFF file does.
    """

    def __init__(self, data: bytes) -> None:
        head = data[:4]
        if head[:2] not in {b"II", b"MM"}:
            raise ValueError("no TIFF header")
        self._data = data
        self._order: Literal["<", ">"] = "<" if head[:2] == b"II" else ">"
        version = self._integer(2, 2)
        if version not in {42, 43}:
            raise ValueError("no TIFF header")
        self._big = version == 43
        self._word = 8 if self._big else 4
        self._first = self._integer(8 if self._big else 4, self._word)

    def __iter__(self) -> Iterator[Directory]:
        """The chain of directories from the first one on; it ends where it is damaged."""
        at, seen = self._first, set[int]()
        while at and at not in seen and len(seen) < _MOST_DIRECTORIES:
            seen.add(at)
            read = self._read(at)
            if read is None:
                return
            directory, at = read
            yield directory

    def below(self, directory: Directory) -> Iterator[Directory]:
        """The directories that an entry of another one points to."""
        for at in directory.numbers(SUB_DIRECTORIES)[:_MOST_DIRECTORIES]:
            read = self._read(at)
            if read is not None:
                yield read[0]

    def pointed_to(self, directory: Directory, tag: int) -> Directory | None:
        """The directory that an entry of another one points to, such as that of EXIF."""
        at = directory.number(tag, 0)
        read = self._read(at) if at else None
        return None if read is None else read[0]

    def _read(self, at: int) -> tuple[Directory, int] | None:
        counter = 8 if self._big else 2
        count = self._integer(at, counter)
        size = 4 + 2 * self._word
        start, end = at + counter, at + counter + count * size
        if not 0 < count <= _MOST_ENTRIES or end > len(self._data):
            return None
        values: dict[int, NDArray[np.generic]] = {}
        for entry in range(start, end, size):
            value = self._value(entry)
            if value is not None:
                values.setdefault(self._integer(entry, 2), value)
        return Directory(self._order, values), self._integer(end, self._word)

    def _value(self, entry: int) -> NDArray[np.generic] | None:
        name = _DTYPES.get(self._integer(entry + 2, 2))
        if name is None:
            return None
        dtype = np.dtype(f"{self._order}{name}")
        count = self._integer(entry + 4, self._word)
        at = entry + 4 + self._word
        if count * dtype.itemsize > self._word:
            at = self._integer(at, self._word)
        if not 0 < count <= len(self._data) - at or at + count * dtype.itemsize > len(self._data):
            return None
        return np.frombuffer(self._data, dtype, count, at)

    def _integer(self, at: int, size: int) -> int:
        """An unsigned integer; 0 past the end of the file."""
        return int.from_bytes(self._data[at : at + size], "little" if self._order == "<" else "big")
