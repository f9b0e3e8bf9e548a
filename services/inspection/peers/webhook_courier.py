"""`Courier` of webhooks: one POST, to targets that are allowed and nowhere else."""

import asyncio
import os
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

import certifi
import httpcore

from services.inspection.line.allowed_targets import AllowedTargets, NotAllowed, addresses
from services.inspection.line.sink_model import NotDelivered, Parcel
from services.inspection.line.webhook_signature import signed_headers

TIMEOUT_S = 10.0
"""For all of a request."""
CONNECT_TIMEOUT_S = 5.0
CONNECTIONS = 64
KEEP_ALIVE_S = 15.0
MOST_READ = 16 * 2**10
"""Bytes of an answer that are read, only so that its connection can be used again."""

_HEADERS = {
    "content-type": "application/json",
    "user-agent": "argus-webhook/1",
    "accept": "*/*",
}
_GONE = 410
_BUSY = (429, 503)


class WebhookCourier:
    """Posts results.

    Args:
        pool: Whose connections go through `GuardedBackend`.
        targets: What is allowed.
        clock: The present, aware and in UTC.
        timeout_s: For all of a request.
    """

    def __init__(
        self,
        pool: httpcore.AsyncConnectionPool,
        targets: AllowedTargets,
        *,
        clock: Callable[[], datetime],
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._pool = pool
        self._targets = targets
        self._clock = clock
        self._timeout_s = timeout_s

    async def deliver(self, parcel: Parcel) -> None:
        """Delivers one; the same one may come twice."""
        try:
            # What is allowed may be less than when the sink was set.
            self._targets.check_url(parcel.target.url)
            async with asyncio.timeout(self._timeout_s):
                status, again_after_s = await self._post(parcel)
        except NotAllowed as error:
            raise NotDelivered(f"it may not go there: {error}") from error
        except (TimeoutError, httpcore.TimeoutException) as error:
            raise NotDelivered(f"no answer within {self._timeout_s:g} s") from error
        except (
            httpcore.NetworkError,
            httpcore.ProtocolError,
            httpcore.UnsupportedProtocol,
            OSError,
        ) as error:
            raise NotDelivered(f"it cannot be reached: {_words(error)}") from error
        if not 200 <= status < 300:
            followed = "; redirects are not followed" if 300 <= status < 400 else ""
            raise NotDelivered(
                f"the receiver answered with status {status}{followed}",
                again_after_s=again_after_s,
                final=status == _GONE,
            )

    async def _post(self, parcel: Parcel) -> tuple[int, float]:
        """Status of the answer, and the seconds after which the receiver wants it again."""
        body = parcel.delivery.body.encode()
        signed = signed_headers(parcel.secret, parcel.delivery.delivery_id, body, self._clock())
        headers = [*_HEADERS.items(), *signed.items()]
        async with self._pool.stream(
            "POST", parcel.target.url, headers=headers, content=body
        ) as answer:
            read = 0
            async for chunk in answer.aiter_stream():
                read += len(chunk)
                if read > MOST_READ:
                    break
            told = dict(answer.headers).get(b"retry-after", b"")
            wait_s = float(told) if answer.status in _BUSY and told.isdigit() else 0.0
            return answer.status, wait_s


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Opens connections to addresses that are allowed: looked up here, judged, and then used.

    Args:
        targets: What is allowed.
        resolve: Addresses of a host, as text.
    """

    def __init__(
        self,
        targets: AllowedTargets,
        resolve: "Callable[[str, int], Awaitable[Sequence[str]]] | None" = None,
    ) -> None:
        self._targets = targets
        self._backend = httpcore.AnyIOBackend()
        self._resolve = resolve or resolved

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002, ASYNC109 - httpcore's own; ours is shorter
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connects to one of a host's addresses.

        Raises:
            NotAllowed: One of them may not be reached; then none is.
        """
        found = addresses(await self._resolve(host, port))
        for address in found:
            self._targets.check_address(host, address, port)
        failure: Exception = httpcore.ConnectError("the name has no address")
        for address in found:
            try:
                return await self._backend.connect_tcp(
                    str(address), port, CONNECT_TIMEOUT_S, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def connect_unix_socket(self, *_: object, **__: object) -> httpcore.AsyncNetworkStream:
        """Never."""
        raise NotAllowed("sockets of this machine are not reached")

    async def sleep(self, seconds: float) -> None:
        """Waits."""
        await self._backend.sleep(seconds)


async def resolved(host: str, port: int) -> list[str]:
    """Addresses of a host, each once."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


@asynccontextmanager
async def open_webhooks(
    targets: AllowedTargets, *, clock: Callable[[], datetime]
) -> AsyncIterator[WebhookCourier]:
    """Opens connections for webhooks; no proxy of the environment stands before them."""
    async with httpcore.AsyncConnectionPool(
        # A factory's own authority is named by SSL_CERT_FILE, as for other programs.
        ssl_context=ssl.create_default_context(
            cafile=os.environ.get("SSL_CERT_FILE") or certifi.where()
        ),
        max_connections=CONNECTIONS,
        keepalive_expiry=KEEP_ALIVE_S,
        network_backend=GuardedBackend(targets),
    ) as pool:
        yield WebhookCourier(pool, targets, clock=clock)


def _words(error: Exception) -> str:
    """Why a connection failed; nothing of what the other side sent."""
    return type(error).__name__ if not str(error) else str(error)[:200]
