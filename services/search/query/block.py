"""Where a page of diverse matches ended: in which stretch of the ranking, and what was shown of it.

A stretch lies between two places of the ranking, so that images that come or go elsewhere do not
move it. Inside it images are shown in an order that depends on all of them; so the token says
which were shown, by the last bytes of their ids.
"""

import base64
import binascii
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.runtime.pages import PageTokenError, decode_page_token, encode_page_token

Key = tuple[float, str]

BEGINNING: Key = (-math.inf, "")

MOST_SHOWN = 216
"""Images of one stretch that a token can tell were shown."""

_MARKS = {108: 4, 144: 3, MOST_SHOWN: 2}
"""Bytes for each image, of at most so many: together they fit into a token, with how the words
of the query take part in front of it."""


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of a ranking, of which some was shown."""

    start: Key
    """Behind this."""
    end: Key
    """Up to this, inclusive."""
    depth: int
    """How many images were shown, these included."""
    marks: frozenset[bytes] = frozenset()
    """The last bytes of the ids of those that were shown of it; all of one length."""

    def holds(self, key: Key) -> bool:
        """Whether an image of that key is in it."""
        return self.start < key <= self.end

    def was_shown(self, image_id: str) -> bool:
        """Whether an image of it was shown."""
        width = len(next(iter(self.marks), b""))
        return bool(width) and _mark(image_id, width) in self.marks


def marks_of(image_ids: Collection[str]) -> frozenset[bytes]:
    """What tells that these were shown; at most `MOST_SHOWN`."""
    width = next(width for most, width in _MARKS.items() if len(image_ids) <= most)
    return frozenset(_mark(image_id, width) for image_id in image_ids)


def write_block(block: Block, identity: tuple[str, ...]) -> str:
    """A place in a block as a page token of the query with that identity."""
    marks = sorted(block.marks)
    width = len(marks[0]) if marks else 0
    told = base64.urlsafe_b64encode(b"".join(marks)).decode().rstrip("=")
    position = (block.depth, _write_key(block.start), _write_key(block.end), width, told)
    return encode_page_token(position, *identity)


def read_block(page_token: str, identity: tuple[str, ...]) -> Block | None:
    """The block that a page token says; None at the beginning, if it is empty.

    Raises:
        PageTokenError: It is none of that query's.
    """
    if not page_token:
        return None
    kinds = (int, str, str, int, str)
    depth, start, end, width, told = decode_page_token(page_token, kinds, *identity)
    try:
        marks = base64.urlsafe_b64decode(str(told) + "=" * (-len(str(told)) % 4))
        block = Block(
            _read_key(str(start)), _read_key(str(end)), int(depth), _split(marks, int(width))
        )
    except (ValueError, binascii.Error):
        raise PageTokenError("the page token is damaged") from None
    if block.depth < 1 or not block.start < block.end:
        raise PageTokenError("the page token is damaged")
    return block


def _mark(image_id: str, width: int) -> bytes:
    return UUID(image_id).bytes[-width:]


def _split(marks: bytes, width: int) -> frozenset[bytes]:
    if width not in (0, *_MARKS.values()) or (len(marks) % width if width else len(marks)):
        raise ValueError("no marks")
    starts: Sequence[int] = range(0, len(marks), width) if width else ()
    return frozenset(marks[start : start + width] for start in starts)


def _write_key(key: Key) -> str:
    return "" if key == BEGINNING else f"{key[0]!r} {key[1]}"


def _read_key(text: str) -> Key:
    if not text:
        return BEGINNING
    number, _, image_id = text.partition(" ")
    score = float(number)
    if not math.isfinite(score):
        raise ValueError("no score")
    return score, str(UUID(image_id)) if image_id else ""
