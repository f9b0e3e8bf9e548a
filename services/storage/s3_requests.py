"""Requests that threads make for coroutines, and that can be abandoned half-way.

A coroutine that stops waiting does not stop its thread. What the thread still
does would happen after its caller believed it over, so a request that was given
up sends nothing more and is not repeated.
"""

import io
import threading
import time
from collections.abc import Callable
from contextvars import ContextVar, copy_context
from types import TracebackType
from typing import Any, Self, TypeVar

import urllib3

from services.runtime.store_spans import object_request

CONNECT_TIMEOUT_S = 2.0
READ_TIMEOUT_S = 10.0
BLOCK_BYTES = 256 * 1024
"""What is sent at once; in between a request can be given up."""

T = TypeVar("T")


class GivenUp(urllib3.exceptions.HTTPError):
    """Nobody waits for this request any more."""


class Request:
    """One request of the object store's client, which may be several over HTTP.

    Args:
        timeout_s: Seconds that it may take.
    """

    def __init__(self, timeout_s: float) -> None:
        self._ends_at = time.monotonic() + timeout_s
        self._given_up = threading.Event()
        # Of the call that it is for, which a thread does not know by itself.
        self._context = copy_context()

    def give_up(self) -> None:
        """Ends it at the next step; what was sent stays sent."""
        self._given_up.set()

    def left_s(self) -> float:
        """Seconds that it may still take.

        Raises:
            GivenUp: it was given up, or its time is over.
        """
        left_s = self._ends_at - time.monotonic()
        if left_s <= 0 or self._given_up.is_set():
            raise GivenUp("the request was given up")
        return left_s

    def run(self, work: Callable[[], T]) -> T:
        """Does the work as this request, in the thread that calls."""
        context = self._context.copy()
        context.run(_current.set, self)
        return context.run(work)


_current: ContextVar[Request | None] = ContextVar("argus_s3_request", default=None)


def check_wanted() -> None:
    """Raises `GivenUp` in a thread for whose result nobody waits any more."""
    if (request := _current.get()) is not None:
        request.left_s()


class RequestPool(urllib3.PoolManager):
    """urllib3's connections, which look at the current `Request` before every step."""

    def __init__(self, max_connections: int) -> None:
        super().__init__(
            maxsize=max_connections,
            blocksize=BLOCK_BYTES,
            # A kept connection may turn out to be closed; every request here may be repeated.
            retries=_Retry(
                total=2,
                connect=1,
                read=1,
                redirect=0,
                backoff_factor=0.1,
                allowed_methods=None,
                status_forcelist=(500, 502, 503, 504),
            ),
        )

    def urlopen(  # type: ignore[override] # passed on as it comes
        self,
        method: str,
        url: str,
        redirect: bool = True,
        **kw: Any,  # noqa: ANN401 - as it comes
    ) -> urllib3.BaseHTTPResponse:
        """Makes a request within the time that is left."""
        request = _current.get()
        left_s = READ_TIMEOUT_S if request is None else request.left_s()
        kw["timeout"] = urllib3.Timeout(
            connect=min(CONNECT_TIMEOUT_S, left_s), read=min(READ_TIMEOUT_S, left_s)
        )
        if request is not None and isinstance(kw.get("body"), bytes):
            kw["body"] = _Body(kw["body"], request)
        elif request is not None and isinstance(kw.get("body"), io.FileIO):
            kw["body"] = _FileBody(kw["body"], request)
        with object_request(method) as answered:
            answer = super().urlopen(method, url, redirect, **kw)
            answered(answer.status)
            return answer


class _Body(io.BytesIO):
    """What a request sends, block by block, as long as somebody waits for it."""

    def __init__(self, content: bytes, request: Request) -> None:
        super().__init__(content)
        self._request = request

    def read(self, size: int | None = -1, /) -> bytes:
        self._request.left_s()
        return super().read(size)


class _FileBody(io.RawIOBase):
    """The same of a file that is too large for memory."""

    def __init__(self, file: io.FileIO, request: Request) -> None:
        self._file = file
        self._request = request

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        self._request.left_s()
        return self._file.read(size)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()


class _Retry(urllib3.Retry):
    """Retries only what somebody waits for."""

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: urllib3.BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: Any = None,  # noqa: ANN401 - urllib3's own
        _stacktrace: TracebackType | None = None,
    ) -> Self:
        check_wanted()
        return super().increment(method, url, response, error, _pool, _stacktrace)
