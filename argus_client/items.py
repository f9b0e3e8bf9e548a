"""Items that go into a stream and come back answered, over streams that are renewed."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Generic, Self, TypeVar, cast

import grpc
from google.rpc import status_pb2

from argus_client.calls import PATIENCE_S, Calls
from argus_client.errors import CallFailed, ClientError, delay_of, outlived_its_token, reason_of
from argus_client.retries import FINAL, PASSING, backoff_s, passes

Q = TypeVar("Q")
A = TypeVar("A")

WINDOW = 16
REOPEN_S = 30.0
STALLED_AFTER_S = 120.0
"""A stream that owes answers and gives none for so long has broken."""

RESENT = frozenset({"CHUNK_CORRUPT", "UPLOAD_STALLED"})
"""Reasons of items that are sent again, whatever their code."""

_PASSING_CODES = frozenset(code.value[0] for code in PASSING)


@dataclass(eq=False)
class _Item(Generic[Q, A]):
    """An item on its way, and who waits for it."""

    request: Q
    answer: "asyncio.Future[A]"
    since: float
    """When it was first sent, or something last answered that was sent with it."""
    attempts: int = 0


class ItemStream(Generic[Q, A]):
    """Sends items over a method whose messages have an `item_id`, and gets each answered.

    Used as an async context manager. A stream that breaks while parts of the mesh restart, or ends
    with its access token, is opened again, and what it left unanswered is sent again. Streams are
    renewed after half a minute, so that replicas that joined later get their share; more than one
    stream uses more than one replica.

    Args:
        calls: To the mesh.
        method: A stub's, such as `embedder.EmbedTexts` or `inspection.InspectImages`.
        streams: How many are open at once.
        window: Items under way on each.
        patience_s: Seconds without an answer after which a failure is final.
        messages: What is sent of an item, if that is not the item itself; what it raises as a
            `ClientError` becomes of the item.
    """

    def __init__(
        self,
        calls: Calls,
        method: Callable[..., "grpc.aio.StreamStreamCall[Any, A]"],
        *,
        streams: int = 1,
        window: int = WINDOW,
        patience_s: float = PATIENCE_S,
        messages: Callable[[Q], AsyncIterator[Any]] | None = None,
    ) -> None:
        self._calls = calls
        self._method = method
        self._messages = messages or _itself
        self._window = window
        self._patience_s = patience_s
        self._streams = streams
        self._room = asyncio.Semaphore(streams * window)
        self._queue: asyncio.Queue[_Item[Q, A]] = asyncio.Queue()
        self._under_way: dict[str, _Item[Q, A]] = {}
        self._answered_at = time.monotonic()
        self._lanes: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._lanes = [asyncio.create_task(self._lane()) for _ in range(self._streams)]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for lane in self._lanes:
            lane.cancel()
        await asyncio.gather(*self._lanes, return_exceptions=True)
        for item in self._under_way.values():
            item.answer.cancel()

    async def ask(self, request: Q) -> A:
        """Sends one item and waits for its answer; it waits for room first.

        Args:
            request: Its `item_id` is one that no other item under way has.

        Raises:
            CallFailed: The item, or the stream, was refused.
            ValueError: Another item of that id is under way, or it has none.
        """
        async with self._room:
            answer = await self._sent(request)
        error = _error(answer)
        if error is not None:
            raise CallFailed.of_status(error)
        return answer

    async def answers(self, requests: "Iterable[Q] | AsyncIterable[Q]") -> AsyncGenerator[A, None]:
        """Sends many items, as many at once as there is room for; their answers as they come.

        An item that is refused is answered with its `error`, and stops no other.

        Args:
            requests: Taken when there is room for them; each has an `item_id` of its own.

        Raises:
            CallFailed: The streams were refused.
            ValueError: Two items under way have the same id, or one has none.
        """
        done: asyncio.Queue[asyncio.Task[A] | None] = asyncio.Queue()
        asked: set[asyncio.Task[A]] = set()

        async def one(request: Q) -> A:
            try:
                return await self._sent(request)
            finally:
                self._room.release()

        async def feed() -> None:
            async for request in _each(requests):
                await self._room.acquire()
                task = asyncio.create_task(one(request))
                asked.add(task)
                task.add_done_callback(done.put_nowait)

        feeding = asyncio.create_task(feed())
        feeding.add_done_callback(lambda _: done.put_nowait(None))
        fed = False
        try:
            while not fed or asked:
                ready = await done.get()
                if ready is None:
                    fed = True
                    feeding.result()
                    continue
                asked.discard(ready)
                yield ready.result()
        finally:
            for task in (feeding, *asked):
                task.cancel()
            await asyncio.gather(feeding, *asked, return_exceptions=True)

    async def _sent(self, request: Q) -> A:
        item_id = _id(request)
        if not item_id or item_id in self._under_way:
            raise ValueError(f"an item_id of its own is needed, not {item_id!r}")
        future: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        if not self._under_way:
            self._answered_at = time.monotonic()
        item = self._under_way[item_id] = _Item(request, future, time.monotonic())
        self._queue.put_nowait(item)
        try:
            return await future
        finally:
            del self._under_way[item_id]

    async def _lane(self) -> None:
        """Keeps one stream open while there is something to send."""
        attempt, expired = 0, False
        while True:
            first = await self._next()
            left = {_id(first.request): first}
            failure: grpc.aio.AioRpcError | None = None
            answered_at = self._answered_at
            try:
                if expired:
                    await self._calls.renew()
                expired = False
                await self._stream(first, left)
            except grpc.aio.AioRpcError as error:
                failure, expired = error, outlived_its_token(error)
            except TimeoutError:
                pass
            attempt = 1 if self._answered_at > answered_at else attempt + 1
            if left and self._hopeless(failure):
                for item in left.values():
                    _fail(item, failure)
                continue
            for item in left.values():
                self._queue.put_nowait(item)
            if left:
                await asyncio.sleep(backoff_s(attempt))

    async def _next(self) -> _Item[Q, A]:
        while True:
            item = await self._queue.get()
            if not item.answer.done():
                return item

    async def _stream(self, first: _Item[Q, A], left: dict[str, _Item[Q, A]]) -> None:
        """One stream, until it is old enough and all that it was sent is answered."""
        call = self._method(metadata=await self._calls.metadata())
        room, begun = asyncio.Semaphore(self._window), asyncio.Event()

        async def write() -> None:
            item: _Item[Q, A] | None = first
            until = time.monotonic() + REOPEN_S
            while item is not None:
                left[_id(item.request)] = item
                await room.acquire()
                item.attempts += 1
                try:
                    async for message in self._messages(item.request):
                        await call.write(message)
                except ClientError as error:
                    # What was sent of it the next item makes void.
                    del left[_id(item.request)]
                    if not item.answer.done():
                        item.answer.set_exception(error)
                    room.release()
                    begun.set()
                # Of a write into a stream that is being refused, gRPC keeps the failure and loses
                # the refusal. So the first item shows whether the stream is taken.
                await begun.wait()
                try:
                    async with asyncio.timeout(max(until - time.monotonic(), 0)):
                        item = await self._next()
                except TimeoutError:
                    item = None
            await call.done_writing()

        async def read() -> None:
            while True:
                # One that owes nothing ends before that, because the writer is done with it.
                async with asyncio.timeout(STALLED_AFTER_S):
                    answer = await call.read()
                if answer is grpc.aio.EOF:
                    return
                begun.set()
                item = left.pop(_id(answer), None)
                if item is not None:
                    room.release()
                    self._came(item, cast("A", answer))

        writer, reader = asyncio.create_task(write()), asyncio.create_task(read())
        try:
            await asyncio.wait({writer, reader}, return_when=asyncio.FIRST_COMPLETED)
            wrong = writer.exception() if writer.done() else None
            # Of a broken call the reader hears the cause; the writer only trips over it.
            if wrong and not isinstance(wrong, grpc.aio.AioRpcError | asyncio.InvalidStateError):
                raise wrong
            await reader
        finally:
            writer.cancel()
            reader.cancel()
            await asyncio.gather(writer, reader, return_exceptions=True)
            call.cancel()

    def _came(self, item: _Item[Q, A], answer: A) -> None:
        """Takes an answer; an item that may be taken later is sent again."""
        error = _error(answer)
        if error is not None and self._later(item, error):
            asyncio.get_running_loop().call_later(
                delay_of(error) or backoff_s(item.attempts), self._queue.put_nowait, item
            )
            return
        self._answered_at = time.monotonic()
        if not item.answer.done():
            item.answer.set_result(answer)

    def _later(self, item: _Item[Q, A], error: status_pb2.Status) -> bool:
        failed = CallFailed.of_status(error)
        passing = failed.reason in {"TOKEN_EXPIRED", *RESENT} or (
            error.code in _PASSING_CODES and failed.reason not in FINAL
        )
        return passing and not self._out_of_patience(item)

    def _out_of_patience(self, item: _Item[Q, A]) -> bool:
        return time.monotonic() - max(item.since, self._answered_at) > self._patience_s

    def _hopeless(self, failure: grpc.aio.AioRpcError | None) -> bool:
        """Whether no other stream would fare better.

        A write into a call that the other side is ending fails as INTERNAL, before the real status
        has come; unlike the services' own errors it has no reason.
        """
        if failure is not None and not (
            passes(failure)
            or outlived_its_token(failure)
            or (failure.code() is grpc.StatusCode.INTERNAL and not reason_of(failure))
        ):
            return True
        return time.monotonic() - self._answered_at > self._patience_s


def _id(message: object) -> str:
    return str(cast("Any", message).item_id)


def _error(answer: object) -> status_pb2.Status | None:
    message = cast("Any", answer)
    return message.error if message.HasField("error") else None


def _fail(item: _Item[Any, Any], failure: grpc.aio.AioRpcError | None) -> None:
    if not item.answer.done():
        item.answer.set_exception(
            CallFailed.of(failure)
            if failure
            else CallFailed(grpc.StatusCode.DEADLINE_EXCEEDED, "", "No answer comes any more.")
        )


async def _each(requests: "Iterable[Q] | AsyncIterable[Q]") -> AsyncIterator[Q]:
    if isinstance(requests, AsyncIterable):
        async for request in requests:
            yield request
    else:
        for request in requests:
            yield request


async def _itself(request: Any) -> AsyncIterator[Any]:  # noqa: ANN401 - any message
    yield request
