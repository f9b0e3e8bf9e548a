"""WebP files (RFC 9649), their size read before the decoder may allocate for it."""

import io
from collections.abc import Iterator
from functools import partial

from PIL import Image

from services.imaging.orientation import orientation_of
from services.imaging.source import Source

_HEAD = 12
_PICTURE = frozenset({b"VP8 ", b"VP8L", b"ALPH"})
_FRAME = b"ANMF"
_ANIMATION = b"ANIM"
# Flags of the VP8X chunk for what is left out: animation is not, ICC, EXIF and XMP are.
_LEFT_OUT = 0x20 | 0x08 | 0x04


def open_webp(data: bytes) -> Source:
    """Reads a WebP file's chunks.

    Raises:
        ValueError: it does not begin as such a file does.
    """
    size = webp_size(data)
    if size is None:
        raise ValueError("no WebP header")
    found: dict[bytes, bytes] = {}
    kept: list[bytes] = []
    for name, start, end in _chunks(data):
        if name == b"VP8X" and start == _HEAD:
            flags = data[start + 8] & ~_LEFT_OUT
            kept.append(data[start : start + 8] + bytes([flags]) + data[start + 9 : end])
        elif name in _PICTURE or name == _ANIMATION or (name == _FRAME and name not in found):
            kept.append(data[start:end].ljust((end - start + 1) // 2 * 2, b"\0"))
            found.setdefault(name, b"")
        else:
            found.setdefault(name, data[start + 8 : end])
    picture = b"WEBP" + b"".join(kept)
    return Source(
        size=size,
        load=partial(_load, b"RIFF" + len(picture).to_bytes(4, "little") + picture),
        icc=found.get(b"ICCP"),
        orientation=orientation_of(found.get(b"EXIF")),
        exif=found.get(b"EXIF"),
        xmp=found.get(b"XMP "),
    )


def _load(data: bytes, _: tuple[int, int] | None) -> Image.Image:
    with Image.open(io.BytesIO(data), formats=["WEBP"]) as image:
        image.load()
        return image


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and end (without padding) of the chunks that are whole."""
    at = _HEAD
    while at + 8 <= len(data):
        end = at + 8 + int.from_bytes(data[at + 4 : at + 8], "little")
        if end > len(data):
            return
        yield data[at : at + 4], at, end
        at = end + end % 2


def webp_size(data: bytes) -> tuple[int, int] | None:
    """Width and height in pixels that the first chunk states (RFC 9649, section 2).

    Args:
        data: A WebP file, at least its first 30 bytes.

    Returns:
        The size, or None if the first chunk is none that begins a WebP file.
    """
    chunk, body = data[12:16], data[20:30]
    if len(body) < 10:
        return None
    if chunk == b"VP8X":
        return (
            1 + int.from_bytes(body[4:7], "little"),
            1 + int.from_bytes(body[7:10], "little"),
        )
    if chunk == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if chunk == b"VP8 ":
        return (
            int.from_bytes(body[6:8], "little") & 0x3FFF,
            int.from_bytes(body[8:10], "little") & 0x3FFF,
        )
    return None
