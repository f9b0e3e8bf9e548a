"""The object store, by the links that the mesh gives: requests that their bearer may make."""

import asyncio
import contextlib
import http.client
import socket
import ssl
from collections import defaultdict
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self
from urllib.parse import SplitResult, urlsplit

from argus_client.errors import StoreFailed

CHUNK_BYTES = 2**16
TIMEOUT_S = 60.0

Sent = Callable[[int], None]
"""Told of bytes as they leave, and of a negative number of them when they must leave again."""


class ObjectStore:
    """Connections to object stores, which are kept and used again.

    Used as an async context manager; leaving it closes them.

    Args:
        tls: How stores at `https://` are believed; made when the first is called.
        connections: Requests under way at once.
    """

    def __init__(self, tls: Callable[[], ssl.SSLContext], *, connections: int = 8) -> None:
        self._tls = tls
        self._context: ssl.SSLContext | None = None
        self._threads = ThreadPoolExecutor(connections, thread_name_prefix="argus-store")
        self._idle: defaultdict[tuple[str, str], list[http.client.HTTPConnection]]
        self._idle = defaultdict(list)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        for connections in self._idle.values():
            while connections:
                connections.pop().close()

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        sent: Sent | None = None,
    ) -> bytes:
        """Makes a presigned request once; what it answers.

        Raises:
            StoreFailed: There was no answer, or not the one that was hoped for.
        """
        loop = asyncio.get_running_loop()

        def told(count: int) -> None:
            # From a thread, which may be left over when the loop is gone.
            if sent:
                with contextlib.suppress(RuntimeError):
                    loop.call_soon_threadsafe(sent, count)

        exchange = _Exchange(method, url, headers or {}, body, told)
        try:
            status, answer = await loop.run_in_executor(self._threads, self._made, exchange)
        except ValueError as error:
            raise StoreFailed(f"the link cannot be used: {error}", passing=False) from error
        except (OSError, http.client.HTTPException) as error:
            raise StoreFailed(
                f"the object store does not answer: {error!r}",
                passing=not isinstance(error, ssl.SSLCertVerificationError),
            ) from error
        except asyncio.CancelledError:
            exchange.abort()
            raise
        if not 200 <= status < 300:
            if sent:
                sent(-len(body))
            raise StoreFailed(f"the object store answered {status}", passing=status >= 500)
        return answer

    def _made(self, exchange: "_Exchange") -> tuple[int, bytes]:
        """In a thread: makes a request on a connection that is there, or on a new one."""
        url = urlsplit(exchange.url)
        place = (url.scheme, url.netloc)
        while True:
            kept = self._kept(place)
            connection = kept or self._opened(url)
            try:
                status, answer, keeps = exchange.make(connection, url)
            except (ConnectionError, http.client.HTTPException):
                connection.close()
                # Stores end connections that nobody uses, which shows when one is used again.
                if kept is None or exchange.aborted:
                    raise
                continue
            except BaseException:
                connection.close()
                raise
            if keeps and not exchange.aborted:
                self._idle[place].append(connection)
            else:
                connection.close()
            return status, answer

    def _kept(self, place: tuple[str, str]) -> http.client.HTTPConnection | None:
        try:
            return self._idle[place].pop()
        except IndexError:
            return None

    def _opened(self, url: SplitResult) -> http.client.HTTPConnection:
        """A new connection.

        Raises:
            ValueError: That is no address of a store.
        """
        if not url.hostname or url.scheme not in {"http", "https"}:
            raise ValueError(f"{url.scheme}://{url.netloc} is no address of a store")
        if url.scheme == "http":
            return http.client.HTTPConnection(url.hostname, url.port, timeout=TIMEOUT_S)
        if self._context is None:
            self._context = self._tls()
        return http.client.HTTPSConnection(
            url.hostname, url.port, timeout=TIMEOUT_S, context=self._context
        )


class _Exchange:
    """A request that a thread makes, and that another may end."""

    def __init__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, sent: Sent
    ) -> None:
        self.url = url
        self.aborted = False
        self._method = method
        self._headers = {name.lower(): value for name, value in headers.items()}
        self._body = body
        self._sent = sent
        self._connection: http.client.HTTPConnection | None = None
        if body or method == "PUT":
            self._headers["content-length"] = str(len(body))

    def abort(self) -> None:
        """Ends it: the thread does not wait for the store any longer."""
        self.aborted = True
        if self._connection is not None and self._connection.sock is not None:
            with contextlib.suppress(OSError):
                self._connection.sock.shutdown(socket.SHUT_RDWR)

    def make(
        self, connection: http.client.HTTPConnection, url: SplitResult
    ) -> tuple[int, bytes, bool]:
        """Makes it: status, answer, and whether the connection can be used again.

        Raises:
            OSError: It was ended, or the connection was.
            http.client.HTTPException: The store does not speak HTTP.
        """
        self._connection = connection
        target = f"{url.path or '/'}?{url.query}" if url.query else url.path or "/"
        gone = 0
        try:
            connection.putrequest(
                self._method, target, skip_host="host" in self._headers, skip_accept_encoding=True
            )
            for name, value in self._headers.items():
                connection.putheader(name, value)
            connection.endheaders()
            for start in range(0, len(self._body), CHUNK_BYTES):
                chunk = self._body[start : start + CHUNK_BYTES]
                connection.send(chunk)
                gone += len(chunk)
                self._sent(len(chunk))
            answer = connection.getresponse()
            return answer.status, answer.read(), not answer.will_close
        except BaseException:
            self._sent(-gone)
            raise
