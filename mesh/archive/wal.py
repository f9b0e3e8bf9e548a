"""Positions in PostgreSQL's log, and the names of its files."""

SEGMENT_BYTES = 16 * 2**20
_SEGMENTS_OF_ID = 2**32 // SEGMENT_BYTES


def position(lsn: str) -> int:
    """Bytes since the beginning of the log of `16/B374D848`.

    Raises:
        ValueError: It is no such position.
    """
    high, _, low = lsn.partition("/")
    return (int(high, 16) << 32) + int(low, 16)


def segment(timeline: int, at: int) -> str:
    """The name of the file that has the byte at a position."""
    number = at // SEGMENT_BYTES
    return f"{timeline:08X}{number // _SEGMENTS_OF_ID:08X}{number % _SEGMENTS_OF_ID:08X}"


def segments(timeline: int, start: int, end: int) -> list[str]:
    """The names of the files that have all bytes from `start` to before `end`, in order."""
    first, last = start // SEGMENT_BYTES, max(start, end - 1) // SEGMENT_BYTES
    return [segment(timeline, number * SEGMENT_BYTES) for number in range(first, last + 1)]
