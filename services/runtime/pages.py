"""Opaque page tokens.

A token holds where the next page begins and a digest of the query it belongs
to. It is not signed: whoever makes one up reads nothing that the query would
not show anyway, so a service checks the position's bounds, and asks for the
caller's rights on every page.
"""

import base64
import binascii
import hashlib
import json

from services.runtime.errors import InvalidInput

MAX_PAGE_TOKEN_LENGTH = 1024
_DIGEST_BYTES = 9


class PageTokenError(InvalidInput):
    """The page token is not one of ours, or belongs to another query."""

    reason = "INVALID_PAGE_TOKEN"

    def __init__(self, message: str) -> None:
        super().__init__(message, field="page_token")


def encode_page_token(position: tuple[str | int, ...], *query: str | bytes) -> str:
    """Makes a token.

    Args:
        position: Where the next page begins.
        query: All that shapes the answer (but not the page's size): user, filter, text …

    Returns:
        URL-safe text of at most `MAX_PAGE_TOKEN_LENGTH` characters.

    Raises:
        ValueError: The position is too long to be a token.
    """
    content = json.dumps([_digest(query), *position], separators=(",", ":"), ensure_ascii=False)
    token = base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")
    if len(token) > MAX_PAGE_TOKEN_LENGTH:
        raise ValueError(f"the position makes a token of {len(token)} characters")
    return token


def decode_page_token(
    token: str, kinds: tuple[type[str] | type[int], ...], *query: str | bytes
) -> tuple[str | int, ...]:
    """Reads the position out of a token.

    Args:
        token: What the client sent.
        kinds: Type of each part of the position.
        query: The same as the token was made with.

    Raises:
        PageTokenError: It is not a token of this query.
    """
    if len(token) > MAX_PAGE_TOKEN_LENGTH:
        raise PageTokenError("the page token is longer than any that was given out")
    try:
        padded = token + "=" * (-len(token) % 4)
        content = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        raise PageTokenError("the page token is damaged") from None
    if not isinstance(content, list) or len(content) != len(kinds) + 1:
        raise PageTokenError("the page token is damaged")
    digest, *position = content
    if digest != _digest(query):
        raise PageTokenError("the page token belongs to another query; start at the first page")
    if any(type(part) is not kind for part, kind in zip(position, kinds, strict=True)):
        raise PageTokenError("the page token is damaged")
    return tuple(position)


def _digest(query: tuple[str | bytes, ...]) -> str:
    digest = hashlib.sha256()
    for part in query:
        data = part.encode() if isinstance(part, str) else part
        # The length goes first, so that ("ab", "c") and ("a", "bc") differ.
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return base64.urlsafe_b64encode(digest.digest()[:_DIGEST_BYTES]).decode()
