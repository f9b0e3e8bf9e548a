"""A channel whose certificate may be renewed while it is used.

gRPC takes a channel's certificate once. So there is a new channel when the files have changed, for
the calls that begin then; the one before goes on with those under way.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Self

import grpc

from services.runtime.mutual_tls import MutualTls, Shown, channel_credentials

_GRACE_S = 5.0


class RenewedChannel(grpc.aio.Channel):
    """A channel over mutual TLS.

    Args:
        tls: The certificate.
        open_: Opens a channel with it.
    """

    def __init__(
        self, tls: MutualTls, open_: Callable[[grpc.ChannelCredentials], grpc.aio.Channel]
    ) -> None:
        self._tls = tls
        self._open = open_
        self._shown: Shown | None = None
        self._channel: grpc.aio.Channel | None = None
        self._before: grpc.aio.Channel | None = None
        self._closing: set[asyncio.Task[None]] = set()

    def current(self) -> grpc.aio.Channel:
        """The channel for a call that begins now."""
        shown = self._tls.shown()
        if self._channel is None or shown is not self._shown:
            # What outlives two certificates is a stream of days, which is opened again.
            if self._before is not None:
                closing = asyncio.ensure_future(self._before.close(_GRACE_S))
                self._closing.add(closing)
                closing.add_done_callback(self._closing.discard)
            self._before, self._channel = self._channel, self._open(channel_credentials(shown))
            self._shown = shown
        return self._channel

    async def __aenter__(self) -> Self:
        """Nothing is opened before it is used."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Closes what was opened."""
        await self.close(None)

    async def close(self, grace: float | None = None) -> None:
        """Closes what was opened."""
        for channel in (self._before, self._channel):
            if channel is not None:
                await channel.close(grace)
        await asyncio.gather(*self._closing)

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:
        """Whether it is connected."""
        return self.current().get_state(try_to_connect)

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        """Waits until that changes."""
        await self.current().wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        """Waits until it is connected."""
        await self.current().channel_ready()

    def unary_unary(self, *args: Any, **options: Any) -> Any:  # noqa: ANN401 - gRPC's own types
        """A method of this kind, called on the channel of the moment."""
        return _Method(self, "unary_unary", args, options)

    def unary_stream(self, *args: Any, **options: Any) -> Any:  # noqa: ANN401
        """A method of this kind, called on the channel of the moment."""
        return _Method(self, "unary_stream", args, options)

    def stream_unary(self, *args: Any, **options: Any) -> Any:  # noqa: ANN401
        """A method of this kind, called on the channel of the moment."""
        return _Method(self, "stream_unary", args, options)

    def stream_stream(self, *args: Any, **options: Any) -> Any:  # noqa: ANN401
        """A method of this kind, called on the channel of the moment."""
        return _Method(self, "stream_stream", args, options)


class _Method:
    """A method of a stub, bound anew when the channel is another."""

    def __init__(
        self, owner: RenewedChannel, kind: str, args: tuple[Any, ...], options: dict[str, Any]
    ) -> None:
        self._owner = owner
        self._kind = kind
        self._args = args
        self._options = options
        self._channel: grpc.aio.Channel | None = None
        self._bound: Any = None

    def __call__(self, *args: Any, **options: Any) -> Any:  # noqa: ANN401 - a call of gRPC's
        channel = self._owner.current()
        if channel is not self._channel:
            self._bound = getattr(channel, self._kind)(*self._args, **self._options)
            self._channel = channel
        return self._bound(*args, **options)
