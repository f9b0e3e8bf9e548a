"""Where in a ranking the next page begins, and the page token that says so."""

import math
from dataclasses import dataclass
from uuid import UUID

from services.runtime.pages import PageTokenError, decode_page_token, encode_page_token
from services.search.model import Cursor

MAX_DEPTH = 10_000
"""Matches after which a search asks to be narrowed instead of paged further."""

_FIRST = "first"


@dataclass(frozen=True, slots=True)
class Place:
    """A place between two hits."""

    after: Cursor | None
    """The hit before it; None right behind an image that came first in its own search."""

    depth: int
    """How many hits were shown before it."""


def write_place(place: Place, identity: tuple[str, ...]) -> str:
    """A place as a page token of the query with that identity."""
    if place.after is None:
        return encode_page_token((place.depth, "", ""), *identity)
    return encode_page_token(
        (place.depth, _write_score(place.after), place.after.image_id), *identity
    )


def read_place(page_token: str, identity: tuple[str, ...]) -> Place | None:
    """The place that a page token says; None at the beginning, if it is empty.

    Raises:
        PageTokenError: It is none of that query's, or too deep.
    """
    if not page_token:
        return None
    depth, score, image_id = decode_page_token(page_token, (int, str, str), *identity)
    if not isinstance(depth, int) or depth < 1:
        raise PageTokenError("the page token is damaged")
    if depth >= MAX_DEPTH:
        raise PageTokenError(
            f"a search goes no deeper than {MAX_DEPTH:,} matches; narrow it with a filter"
        )
    if not score and not image_id:
        return Place(None, depth)
    try:
        after = _read_cursor(str(score), str(UUID(str(image_id))), depth)
    except ValueError:
        raise PageTokenError("the page token is damaged") from None
    return Place(after, depth)


def write_edge(place: Place | None) -> str:
    """A place as a part of a longer token; empty for the beginning."""
    if place is None:
        return ""
    return f"{_write_score(place.after)} {place.after.image_id}" if place.after else _FIRST


def read_edge(text: str, depth: int) -> Place | None:
    """What `write_edge` wrote.

    Raises:
        ValueError: It did not write that.
    """
    if text in {"", _FIRST}:
        return Place(None, depth) if text else None
    score, _, image_id = text.rpartition(" ")
    return Place(_read_cursor(score, str(UUID(image_id)), depth), depth)


def _write_score(after: Cursor) -> str:
    """A hit's score; where words take part, also that of the words, and what it is sorted by."""
    if after.order is None:
        return repr(after.score)
    return f"{after.score!r} {after.words!r} {after.order!r}"


def _read_cursor(score: str, image_id: str, depth: int) -> Cursor:
    numbers = [float(part) for part in score.split(" ")]
    if len(numbers) not in (1, 3) or not all(map(math.isfinite, numbers)):
        raise ValueError("no scores")
    if len(numbers) == 1:
        return Cursor(numbers[0], image_id, depth)
    return Cursor(numbers[0], image_id, depth, numbers[1], numbers[2])
