"""Who may look: whoever has the key, in no page of somebody else, and by a name of this machine."""

import hmac
from collections.abc import Mapping
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


class Refused(Exception):
    """A request that is not answered.

    Attributes:
        status: What HTTP calls it.
    """

    def __init__(self, status: HTTPStatus, why: str) -> None:
        super().__init__(why)
        self.status = status


def check_origin(headers: Mapping[str, str], port: int) -> None:
    """Whether the request is meant for this page and comes from it, or from a person.

    A name of the internet that was made to lead here (DNS rebinding) is none of this machine's.

    Args:
        headers: Of the request, by lower-case name.
        port: At which it came.

    Raises:
        Refused: It is not.
    """
    host = headers.get("host", "")
    try:
        named = urlsplit(f"//{host}")
        here = named.hostname in NAMES and (named.port or 80) == port
    except ValueError:
        here = False
    if not here:
        raise Refused(HTTPStatus.MISDIRECTED_REQUEST, "This page has a name of this machine only.")
    origin = headers.get("origin")
    if origin is not None and origin != f"http://{host}":
        raise Refused(HTTPStatus.FORBIDDEN, "Pages of others may not read this one.")
    if headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}:
        raise Refused(HTTPStatus.FORBIDDEN, "Pages of others may not lead here; type the address.")


def cookie_name(port: int) -> str:
    """Several meshes of a machine share its cookies."""
    return f"argus_observe_{port}"


def has_key(headers: Mapping[str, str], key: str, port: int) -> bool:
    """Whether the request brings the key, as a cookie or as a bearer token."""
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(cookie_name(port))
    except CookieError:
        found = None
    scheme, _, token = headers.get("authorization", "").partition(" ")
    brought = (found.value if found else "", token if scheme.lower() == "bearer" else "")
    return any(is_key(one, key) for one in brought)


def is_key(brought: str, key: str) -> bool:
    """Whether that is the key; how long it takes tells nothing."""
    return hmac.compare_digest(brought.encode(), key.encode())
