"""The chunks of a PNG file that its pixels need, and none of the others.

A fault in another chunk (a wrong check sum, a wrong length, text that inflates to gigabytes) then
does no harm (PNG, section 13.2: a viewer shows the picture).
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from services.imaging.errors import unsupported
from services.imaging.profile import MAX_PROFILE_BYTES

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY, RGB, PALETTE, GREY_ALPHA, RGB_ALPHA = 0, 2, 3, 4, 6

# How long a tRNS chunk is for each type of colour.
_KEY_BYTES = {GREY: 2, RGB: 6}

_CHANNELS = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGB_ALPHA: 4}
# How often chunks are looked for behind a wrong length, and how many of each type then.
_MOST_SEARCHES = 4
_MOST_TRIES = 4


@dataclass(frozen=True)
class PngChunks:
    """What a file's chunks say."""

    width: int
    height: int
    bits: int
    """Of a sample."""
    colour_type: int
    picture: bytes
    """A PNG of the header, the palette, the transparency and the pixels."""
    significant_bits: int
    """Of a sample; `bits` if the file does not say that they are fewer."""
    has_transparent_key: bool
    """Whether a tRNS chunk says what is transparent."""
    icc: bytes | None
    exif: bytes | None
    xmp: bytes | None

    @property
    def channels(self) -> int:
        """Samples of a pixel, with that for what a key makes transparent."""
        key = self.has_transparent_key and self.colour_type == RGB
        return _CHANNELS.get(self.colour_type, 1) + key


class _Chunks:
    """Finds chunks one after the other; behind a wrong length, the next that pixels need."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._searches = 0

    def __iter__(self) -> Iterator[tuple[bytes, int, int]]:
        """Type of each chunk, and where it starts and ends."""
        at, pixels = len(SIGNATURE), False
        while (end := self._end(at)) is not None:
            name = self._data[at + 4 : at + 8]
            if name == b"IEND":
                return
            if _is_ancillary(name) and not pixels and self._end(end) is None:
                # Its length is wrong: what pixels need may begin within it.
                found = self._next_needed(at + 8)
                if found is not None:
                    at = found
                    continue
            pixels = pixels or name == b"IDAT"
            yield name, at, end
            at = end
        if not pixels and (found := self._next_needed(at + 4)) is not None:
            yield from self._from(found)

    def _from(self, at: int) -> Iterator[tuple[bytes, int, int]]:
        while (end := self._end(at)) is not None and (name := self._data[at + 4 : at + 8]):
            if name == b"IEND":
                return
            yield name, at, end
            at = end

    def _end(self, at: int) -> int | None:
        """Where the chunk ends that starts here, if one can."""
        head = self._data[at : at + 8]
        if len(head) < 8 or not head[4:].isalpha():
            return None
        end = at + 12 + int.from_bytes(head[:4], "big")
        return end if end <= len(self._data) else None

    def _next_needed(self, start: int) -> int | None:
        """Where the next whole palette, transparency or pixels start."""
        self._searches += 1
        if self._searches > _MOST_SEARCHES:
            return None
        for name in (b"PLTE", b"tRNS", b"IDAT"):
            at = start
            for _ in range(_MOST_TRIES):
                found = self._data.find(name, at)
                if found < 0:
                    break
                end = self._end(found - 4)
                if end is not None and checks(self._data, found - 4, end):
                    return found - 4
                at = found + 1
        return None


def read_chunks(data: bytes) -> PngChunks:
    """Reads a PNG file's chunks.

    Raises:
        ValueError: it has no header, or its pixels have another check sum.
        ImageUnsupported: it is of Apple's own kind.
    """
    if data[12:16] == b"CgBI":
        raise unsupported("this PNG is of the kind that only Apple's devices read (CgBI)")
    if data[12:16] != b"IHDR" or int.from_bytes(data[8:12], "big") != 13:
        raise ValueError("no PNG header")
    width, height, bits, colour_type = struct.unpack(">IIBB", data[16:26])
    kept: list[bytes] = [data[:33]]
    icc = exif = xmp = None
    significant, key, pixels = bits, False, False
    for name, start, end in _Chunks(data):
        body = slice(start + 8, end - 4)
        if name == b"IDAT":
            if not checks(data, start, end):
                raise ValueError("wrong check sum of pixels")
            kept.append(data[start:end])
            pixels = True
        elif name == b"PLTE" and colour_type == PALETTE and not pixels:
            kept.append(data[start:end])
        elif name == b"tRNS" and not key and not pixels:
            key = _is_key(end - start - 12, colour_type) and checks(data, start, end)
            if key:
                kept.append(data[start:end])
        elif name == b"iCCP" and icc is None and checks(data, start, end):
            icc = _profile(data[body])
        elif name == b"eXIf" and exif is None and checks(data, start, end):
            exif = data[body]
        elif name == b"iTXt" and xmp is None and checks(data, start, end):
            xmp = _xmp(data[body])
        elif name == b"sBIT" and checks(data, start, end):
            significant = _significant(data[body], bits, colour_type)
    kept.append(_chunk(b"IEND", b""))
    return PngChunks(
        width=width,
        height=height,
        bits=bits,
        colour_type=colour_type,
        picture=b"".join(kept),
        significant_bits=significant,
        has_transparent_key=key,
        icc=icc,
        exif=exif,
        xmp=xmp,
    )


def checks(data: bytes, start: int, end: int) -> bool:
    """Whether a chunk's check sum is right."""
    return zlib.crc32(data[start + 4 : end - 4]) == int.from_bytes(data[end - 4 : end], "big")


def _chunk(name: bytes, body: bytes) -> bytes:
    checked = name + body
    return struct.pack(">I", len(body)) + checked + struct.pack(">I", zlib.crc32(checked))


def _is_ancillary(name: bytes) -> bool:
    return name[:1].islower()


def _is_key(length: int, colour_type: int) -> bool:
    if colour_type == PALETTE:
        return 0 < length <= 256
    return length == _KEY_BYTES.get(colour_type)


def _profile(body: bytes) -> bytes | None:
    """The profile in an iCCP chunk: a name, the method 0, compressed bytes."""
    _, _, rest = body.partition(b"\0")
    try:
        inflating = zlib.decompressobj()
        icc = inflating.decompress(rest[1:], MAX_PROFILE_BYTES + 1)
    except zlib.error:
        return None
    return icc if len(icc) <= MAX_PROFILE_BYTES else None


def _xmp(body: bytes) -> bytes | None:
    """The XMP packet in an iTXt chunk; it is not compressed (XMP, part 3, section 1.1.5)."""
    head = b"XML:com.adobe.xmp\0\0\0\0\0"
    return body[len(head) :] if body.startswith(head) else None


def _significant(body: bytes, bits: int, colour_type: int) -> int:
    channels = 3 if colour_type == PALETTE else _CHANNELS.get(colour_type, 0)
    if len(body) != channels or not all(0 < value <= bits for value in body):
        return bits
    return max(body[:3] if channels >= 3 else body[:1])
