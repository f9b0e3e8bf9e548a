"""Tokens of pages, and where they begin."""

from datetime import datetime
from uuid import UUID

from services.inspection.messages.values import EPOCH, moment_of
from services.runtime.pages import PageTokenError, decode_page_token, encode_page_token


def time_page_token(last: tuple[datetime, str] | None, *query: str) -> str:
    """The token of the page after an item of that time and id."""
    if last is None:
        return ""
    microseconds = round((last[0] - EPOCH).total_seconds() * 1e6)
    return encode_page_token((microseconds, last[1]), *query)


def time_page_position(token: str, *query: str) -> tuple[datetime, str] | None:
    """Where a page begins: after an item of that time and id."""
    if not token:
        return None
    microseconds, identifier = decode_page_token(token, (int, str), *query)
    try:
        return moment_of(int(microseconds)), str(UUID(str(identifier)))
    except ValueError:
        raise PageTokenError("the page token is damaged") from None


def snapshot_page_token(at: datetime, skip: int, *query: str) -> str:
    """The token of the page after `skip` items of an order as it was at a time."""
    if not skip:
        return ""
    microseconds = round((at - EPOCH).total_seconds() * 1e6)
    return encode_page_token((microseconds, skip), *query)


def snapshot_page_position(token: str, *query: str) -> tuple[datetime | None, int]:
    """When the first page was asked for, and how many items are on the pages before."""
    if not token:
        return None, 0
    microseconds, skip = decode_page_token(token, (int, int), *query)
    if not 0 <= int(skip) < 2**31:
        raise PageTokenError("the page token is damaged")
    return moment_of(int(microseconds)), int(skip)


def place_page_token(place: int, *query: str) -> str:
    """The token of the page after an item in that place."""
    return encode_page_token((place,), *query) if place else ""


def place_page_position(token: str, *query: str) -> int:
    """Where a page begins: after an item in that place."""
    if not token:
        return 0
    (place,) = decode_page_token(token, (int,), *query)
    if not 0 <= int(place) < 2**63:
        raise PageTokenError("the page token is damaged")
    return int(place)
