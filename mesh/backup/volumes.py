"""Objects as the laptop's own store, SeaweedFS, keeps them in its files: 20,000 in a second or two.

A PUT costs the store a millisecond, however small the object is. So a restore writes a volume's
file itself (SeaweedFS's format 3: a header, then records that each have a checksum), has `weed fix`
make its index, and `weed shell` tell the filer the objects' names. What the bucket then does not
list as it should is put by requests, as into any other store.
"""

import base64
import hashlib
import os
import secrets
import shutil
import struct
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import google_crc32c

from mesh.backup.index import Entry
from mesh.parts.objects import BUCKET

LARGEST_BYTES = 4 * 2**20
"""Larger objects are put by requests, which cut them into pieces."""

VOLUME_BYTES = 1000 * 2**20
"""A little less than the store's own bound."""

_HEADER = bytes([3, 0, 0, 0, 0, 0, 0, 0])
"""Version 3, one copy, no expiry, never compacted."""

_UNIT = 8
"""Records begin at multiples of it."""

Read = Callable[[Entry], bytes]
"""Bytes of an object, compared with their SHA-256."""


def write_volumes(
    entries: Iterable[Entry], read: Read, folder: Path, names: Path, advance: Callable[[int], None]
) -> None:
    """Writes objects into volumes of an empty store that does not run.

    Args:
        entries: What to write; larger ones are left out.
        read: Gives their bytes.
        folder: The store's, made anew.
        names: The file for `load_names`; there once everything is on the disk.
        advance: Told of bytes.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    now = time.time_ns()
    fresh, last = names.with_suffix(".new"), b""
    with fresh.open("wb") as told, _volumes(folder) as place:
        for number, entry in enumerate(entries, 1):
            if 0 < entry.size_bytes <= LARGEST_BYTES:
                content, cookie = read(entry), secrets.randbits(32)
                volume = place(_record(number, cookie, content, now))
                last = _named(entry, content, (volume, number, cookie), now)
                told.write(struct.pack(">I", len(last)) + last)
                advance(len(content))
        if last:
            # The tool ends without waiting for the one that it told last.
            told.write(struct.pack(">I", len(last)) + last)
    os.sync()
    fresh.replace(names)


@contextmanager
def _volumes(folder: Path) -> Iterator[Callable[[bytes], int]]:
    """Takes records one after another, and says in which volume each is."""
    number, size = 0, VOLUME_BYTES
    file: IO[bytes] | None = None

    def place(record: bytes) -> int:
        nonlocal number, size, file
        if size + len(record) > VOLUME_BYTES:
            if file is not None:
                file.close()
            number, size = number + 1, len(_HEADER)
            file = (folder / f"{BUCKET}_{number}.dat").open("wb", buffering=2**20)
            file.write(_HEADER)
        if file is not None:
            file.write(record)
        size += len(record)
        return number

    try:
        yield place
    finally:
        if file is not None:
            file.close()


def _record(key: int, cookie: int, content: bytes, now: int) -> bytes:
    """Bytes of an object as they are in a volume."""
    size = 4 + len(content) + 1
    head = struct.pack(">IQII", cookie, key, size, len(content))
    tail = struct.pack(">BIQ", 0, google_crc32c.value(content), now)
    # There is always some.
    padding = _UNIT - (len(head) + len(content) + len(tail)) % _UNIT
    return head + content + tail + bytes(padding)


def _named(entry: Entry, content: bytes, place: tuple[int, int, int], now: int) -> bytes:
    """`filer_pb.FullEntry`: where an object is in the filer's tree, and in which volume."""
    volume, key, cookie = place
    md5 = hashlib.md5(content, usedforsecurity=False).digest()
    folder, _, name = f"/buckets/{BUCKET}/{entry.key}".rpartition("/")
    at = _field(1, volume) + _field(2, key) + _varint(3 << 3 | 5) + struct.pack("<I", cookie)
    chunk = _field(3, len(content)) + _field(4, now) + _field(5, base64.b64encode(md5))
    seconds = now // 10**9
    attributes = (
        _field(1, len(content))
        + _field(2, seconds)
        + _field(3, 0o660)
        + _field(6, seconds)
        + _field(7, entry.content_type.encode())
        + _field(14, md5)
    )
    one = _field(1, name.encode()) + _field(3, chunk + _field(7, at)) + _field(4, attributes)
    return _field(1, folder.encode()) + _field(2, one)


def _field(number: int, value: int | bytes) -> bytes:
    """A field as protobuf writes it."""
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
