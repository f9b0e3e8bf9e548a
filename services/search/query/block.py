"""Where a page of diverse matches ended: in which stretch of the ranking, and what was shown of it.

A stretch lies between two places of the ranking, so that images that come or go elsewhere do not
move it. Inside it images are shown in an order that depends on all of them; so the token says
which were shown, by the last bytes of their ids.
"""

import base64
import binascii
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.runtime.pages import PageTokenError, decode_page_token, encode_page_token
from services.search.query.place import Place, read_edge, write_edge

MOST_SHOWN = 208
"""Images of one stretch that a token can tell were shown."""

_MARKS = {104: 4, 138: 3, MOST_SHOWN: 2}
"""Bytes for each image, of at most so many: together they fit into a token, with how the words
of the query take part in front of it."""


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of a ranking, of which some was shown."""

    start: Place | None
    """Behind this; None: from the beginning."""
    end: Place
    """Up to this, inclusive."""
    depth: int
    """How many images were shown, these included."""
    marks: frozenset[bytes] = frozenset()
    """The last bytes of the ids of those that were shown of it; all of one length."""

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
    position = (block.depth, write_edge(block.start), write_edge(block.end), told, width)
    return encode_page_token(position, *identity)


def read_block(page_token: str, identity: tuple[str, ...]) -> Block | None:
    """The block that a page token says; None at the beginning, if it is empty.

    Raises:
        PageTokenError: It is none of that query's.
    """
    if not page_token:
        return None
    kinds = (int, str, str, str, int)
    depth, start, end, told, width = decode_page_token(page_token, kinds, *identity)
    try:
        marks = base64.urlsafe_b64decode(str(told) + "=" * (-len(str(told)) % 4))
        first, last = (read_edge(str(text), int(depth)) for text in (start, end))
        shown = _split(marks, int(width))
    except (ValueError, binascii.Error):
        raise PageTokenError("the page token is damaged") from None
    if int(depth) < 1 or last is None:
        raise PageTokenError("the page token is damaged")
    return Block(first, last, int(depth), shown)


def _mark(image_id: str, width: int) -> bytes:
    return UUID(image_id).bytes[-width:]


def _split(marks: bytes, width: int) -> frozenset[bytes]:
    if width not in (0, *_MARKS.values()) or (len(marks) % width if width else len(marks)):
        raise ValueError("no marks")
    starts: Sequence[int] = range(0, len(marks), width) if width else ()
    return frozenset(marks[start : start + width] for start in starts)
