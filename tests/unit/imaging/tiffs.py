"""TIFF files, directory by directory, made for tests."""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

SHORT, LONG, FLOAT = 3, 4, 11
_FORMATS = {SHORT: "H", LONG: "I", FLOAT: "f"}

Tags = Mapping[int, tuple[int, Sequence[float]]]


@dataclass
class Directory:
    """A directory to write: tags, the strip it points to, directories below it."""

    tags: Tags
    strip: bytes = b""
    below: list["Directory"] = field(default_factory=list)


def picture(
    width: int,
    height: int,
    strip: bytes,
    *,
    bits: int = 8,
    samples: int = 1,
    photometric: int = 1,
    compression: int = 1,
    below: Sequence[Directory] = (),
    **further: int,
) -> Directory:
    """A directory of a picture in one strip; further tags by number, such as `t254=1`."""
    tags: dict[int, tuple[int, Sequence[float]]] = {
        256: (LONG, [width]),
        257: (LONG, [height]),
        258: (SHORT, [bits] * samples),
        259: (SHORT, [compression]),
        262: (SHORT, [photometric]),
        277: (SHORT, [samples]),
        278: (LONG, [height]),
    }
    tags |= {int(name[1:]): (LONG, [value]) for name, value in further.items()}
    return Directory(tags, strip, list(below))


def tiff(*directories: Directory, order: Literal["<", ">"] = "<") -> bytes:
    """A file of a chain of directories."""
    body = bytearray((b"II*\0" if order == "<" else b"MM\0*") + bytes(4))
    link = 4
    for directory in directories:
        start, following = _write(body, directory, order)
        struct.pack_into(f"{order}I", body, link, start)
        link = following
    return bytes(body)


def _write(body: bytearray, directory: Directory, order: str) -> tuple[int, int]:
    """Where the directory starts, and where the offset of the next one stands."""
    tags = dict(directory.tags)
    if directory.strip:
        tags[273], tags[279] = (LONG, [len(body)]), (LONG, [len(directory.strip)])
        body += directory.strip + bytes(len(directory.strip) % 2)
    if directory.below:
        tags[330] = LONG, [_write(body, one, order)[0] for one in directory.below]
    entries = b""
    for tag in sorted(tags):
        kind, values = tags[tag]
        encoded = struct.pack(f"{order}{len(values)}{_FORMATS[kind]}", *values)
        place = encoded.ljust(4, b"\0")
        if len(encoded) > 4:
            place = struct.pack(f"{order}I", len(body))
            body += encoded + bytes(len(encoded) % 2)
        entries += struct.pack(f"{order}HHI", tag, kind, len(values)) + place
    start = len(body)
    body += struct.pack(f"{order}H", len(tags)) + entries + bytes(4)
    return start, len(body) - 4


def packed(samples: NDArray[np.integer], bits: int) -> bytes:
    """Rows of samples of so many bits, each row begun at a whole byte (TIFF 6.0, section 4)."""
    rows = samples.reshape(len(samples), -1, 1).astype(np.uint64)
    places = np.arange(bits - 1, -1, -1, dtype=np.uint64)
    each = (rows >> places & np.uint64(1)).astype(np.uint8).reshape(len(samples), -1)
    return np.packbits(each, axis=1).tobytes()
