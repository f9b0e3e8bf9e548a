"""The marker segments of a JPEG file (ITU-T T.81, annex B)."""

import re
from collections.abc import Iterator

_START = b"\xff\xd8"
_SCAN = 0xDA
_FRAMES = frozenset({*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC})
_PROGRESSIVE = frozenset({0xC2, 0xCA})
# Quantization, Huffman and arithmetic tables, restart interval, number of lines.
_TABLES = frozenset({0xDB, 0xC4, 0xCC, 0xDD, 0xDC})
_ADOBE = 0xEE
_JFIF = 0xE0
_EXIF = 0xE1
_ICC = 0xE2
_EXIF_MARK = b"Exif\0\0"
_NEEDED = re.compile(rb"\xff[\xdb\xc4\xcc\xdd\xc0-\xc3\xc5-\xc7\xc9-\xcb\xcd-\xcf\xda]")
_MARKER_IN_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_LAST_COEFFICIENT = 63
_MOST_TRIES = 16


def frame_header(data: bytes) -> tuple[int, int] | None:
    """The marker of the frame (which says the kind of JPEG) and its bits a sample."""
    for marker, start, _ in _header(data):
        if marker in _FRAMES:
            return marker, data[start + 4] if start + 4 < len(data) else 0
    return None


def needed_segments(data: bytes) -> bytes:
    """The file without the segments that say nothing of pixels, unless they are sound.

    What stays of those is the colour transform (Adobe, JFIF) and the colour profile.
    """
    kept, scan = [_START], len(data)
    for marker, start, end in _header(data):
        if marker == _SCAN:
            scan = start
            break
        if marker in _FRAMES or marker in _TABLES or _is_sound(marker, data[start + 4 : end]):
            kept.append(data[start:end])
    return b"".join(kept) + data[scan:]


def exif_of(data: bytes) -> bytes | None:
    """The first EXIF data, whatever they hold."""
    for marker, start, end in _header(data):
        if marker == _EXIF and data.startswith(_EXIF_MARK, start + 4):
            return data[start + 4 : end]
    return None


def is_complete(data: bytes) -> bool:
    """Whether the file's scans, cut off or not, cover every bit of every coefficient."""
    components: tuple[int, ...] = ()
    progressive = False
    missing: dict[tuple[int, int], int] = {}
    at = len(_START)
    for marker, start, end in _all(data, at):
        body = data[start + 4 : end]
        if marker in _FRAMES and len(body) > 5:
            progressive = marker in _PROGRESSIVE
            components = tuple(body[6 : 6 + 3 * body[5] : 3])
            places = range(_LAST_COEFFICIENT + 1 if progressive else 1)
            missing = {(component, place): 1 for component in components for place in places}
        elif marker == _SCAN and len(body) > 3:
            count = body[0]
            seen = body[1 : 1 + 2 * count : 2]
            first, last, bits = body[1 + 2 * count : 4 + 2 * count].ljust(3, b"\0")
            for component in seen:
                for place in range(first, last + 1) if progressive else (0,):
                    if not progressive or bits & 15 == 0:
                        missing.pop((component, place), None)
    return bool(components) and not missing


def _header(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, start and end of the segments up to the first scan's."""
    for marker, start, end in _all(data, len(_START)):
        yield marker, start, end
        if marker == _SCAN:
            return


def _all(data: bytes, at: int) -> Iterator[tuple[int, int, int]]:
    """Marker, start and end of all segments; behind a wrong length, of the next that is needed."""
    previous, tries = at, 0
    while at + 4 <= len(data):
        marker = data[at + 1]
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if data[at] != 0xFF or marker in {0x00, 0xFF} or end < at + 4 or end > len(data):
            # The length of the segment before was wrong, and so is what was made of it.
            found = _NEEDED.search(data, previous + 2)
            tries += 1
            if found is None or tries > _MOST_TRIES:
                return
            at = previous = found.start()
            continue
        if marker == 0xD9:
            return
        yield marker, at, end
        previous, at = at + 2, end
        if marker == _SCAN:
            following = _MARKER_IN_SCAN.search(data, end)
            if following is None:
                return
            previous = at = following.start()


def _is_sound(marker: int, body: bytes) -> bool:
    if marker == _JFIF:
        return body.startswith(b"JFIF\0") and len(body) >= 14
    if marker == _ADOBE:
        return body.startswith(b"Adobe") and len(body) >= 12
    return marker == _ICC and body.startswith(b"ICC_PROFILE\0") and len(body) > 14
