"""A long stream to another service whose items are each answered once, in any order."""

import asyncio
import itertools
import logging
from collections.abc import Awaitable, Callable
from typing import Generic, Protocol, TypeVar

import grpc

from services.runtime.errors import ArgusError, PermissionDenied, Unauthenticated, Unavailable
from services.runtime.status import DETAILS_KEY, from_rpc_error


class Answer(Protocol):
    """What came of an item."""

    item_id: str


Q = TypeVar("Q")
A = TypeVar("A", bound=Answer)

_log = logging.getLogger(__name__)


class ItemStream(Generic[Q, A]):
    """Sends items over one stream, opened with the first of them and anew when it broke.

    A stream that ends fails the items that it had with the peer's own error, if
    it ended with one. Of one that was lost, as when its peer is replaced, each item
    is asked once more over the next stream: items change nothing at the peer.
    Streams are opened with this service's identity; a peer that does not take that
    is as good as down.

    Args:
        open_call: Opens a call that is connected; whatever it raises, an item gets.
        unavailable: What an item gets whose streams were lost.
        peer: Who answers, in words.
        answer_timeout_s: An item that is not answered for so long, opening the stream included,
            ends the stream: the peer hangs.
    """

    def __init__(
        self,
        open_call: "Callable[[], Awaitable[grpc.aio.StreamStreamCall[Q, A]]]",
        *,
        unavailable: type[Unavailable],
        peer: str,
        answer_timeout_s: float,
    ) -> None:
        self._open_call = open_call
        self._unavailable = unavailable
        self._peer = peer
        self._answer_timeout_s = answer_timeout_s
        self._connection: _Connection[Q, A] | None = None
        self._opening = asyncio.Lock()
        self._is_closed = False
        self.under_way = 0
        """Items that it has."""

    async def ask(self, named: Callable[[str], Q]) -> A:
        """Sends an item and waits for its answer.

        Args:
            named: Makes the request, given the item's name in the stream.

        Raises:
            ArgusError: there is no stream, or two ended before the answer.
        """
        self.under_way += 1
        try:
            return await self._ask(named)
        finally:
            self.under_way -= 1

    async def aclose(self) -> None:
        """Ends the stream; items under way are given up."""
        self._is_closed = True
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def _ask(self, named: Callable[[str], Q]) -> A:
        connection: _Connection[Q, A] | None = None
        try:
            async with asyncio.timeout(self._answer_timeout_s):
                connection = await self._open()
                try:
                    return await connection.ask(named)
                except self._unavailable:
                    if self._is_closed or not connection.is_lost:
                        raise
                connection = await self._open()
                return await connection.ask(named)
        except TimeoutError:
            if connection is not None:
                await connection.close()
            raise self._unavailable(
                f"{self._peer} did not answer in time", retry_after_s=1
            ) from None

    async def _open(self) -> "_Connection[Q, A]":
        async with self._opening:
            if self._connection is None or self._connection.failure is not None:
                call = await self._open_call()
                if self._is_closed:
                    call.cancel()
                    raise self._broken()
                self._connection = _Connection(call, self._broken)
            return self._connection

    def _broken(self) -> ArgusError:
        return self._unavailable(f"the stream to {self._peer} ended", retry_after_s=1)


class _Connection(Generic[Q, A]):
    """One life of the stream."""

    def __init__(
        self, call: "grpc.aio.StreamStreamCall[Q, A]", broken: Callable[[], ArgusError]
    ) -> None:
        self.failure: Callable[[], ArgusError] | None = None
        """What items get that it has; None while it lives."""
        self._call = call
        self._broken = broken
        self._names = itertools.count()
        self._waiting: dict[str, asyncio.Future[A]] = {}
        # gRPC takes one write at a time.
        self._writing = asyncio.Lock()
        self._sending: set[asyncio.Task[None]] = set()
        self._reader = asyncio.create_task(self._read())

    @property
    def is_lost(self) -> bool:
        """Whether it ended, and not with an error of the peer's own."""
        return self.failure is self._broken

    async def ask(self, named: Callable[[str], Q]) -> A:
        name = str(next(self._names))
        answer: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self._waiting[name] = answer
        try:
            # gRPC ends the call of a write that is cancelled, and with it the items of others.
            sending = asyncio.create_task(self._send(named, name))
            self._sending.add(sending)
            sending.add_done_callback(self._sending.discard)
            await asyncio.shield(sending)
            return await answer
        finally:
            self._waiting.pop(name, None)
            if answer.done() and not answer.cancelled():
                # Nobody else may look at it; asyncio would complain.
                answer.exception()

    async def close(self) -> None:
        """Ends the call and waits for its end."""
        self._call.cancel()
        await asyncio.wait([self._reader, *self._sending])

    async def _send(self, named: Callable[[str], Q], name: str) -> None:
        async with self._writing:
            if name not in self._waiting:
                return
            if self.failure is None:
                try:
                    await self._call.write(named(name))
                except (grpc.aio.AioRpcError, asyncio.InvalidStateError, asyncio.CancelledError):
                    # The stream ended, which a write may call cancelled; the reader learns why.
                    await asyncio.wait([self._reader])
            elif not (waiting := self._waiting[name]).done():
                waiting.set_exception(self.failure())

    async def _read(self) -> None:
        failure = self._broken
        try:
            async for answer in self._call:
                waiting = self._waiting.get(answer.item_id)
                if waiting is not None and not waiting.done():
                    waiting.set_result(answer)
        except grpc.aio.AioRpcError as error:
            _log.warning("a stream ended: %s %s", error.code().name, error.details())
            failure = _told(error) or failure
        except asyncio.CancelledError:
            _log.debug("a stream was ended")
        except Exception:  # noqa: BLE001 - whatever it is, somebody waits
            # Such as an answer that is no message. Nobody may wait for what never comes.
            _log.exception("a stream cannot be read")
            self._call.cancel()
        self.failure = failure
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(failure())


def _told(error: grpc.aio.AioRpcError) -> "Callable[[], ArgusError] | None":
    """The peer's own error, if it is the peer who ended the stream, because of an item."""
    if not any(key == DETAILS_KEY for key, _ in error.trailing_metadata() or ()):
        return None
    if isinstance(from_rpc_error(error), Unauthenticated | PermissionDenied):
        # It does not take this service, which is nothing that the item's caller could mend.
        return None
    return lambda: from_rpc_error(error)
