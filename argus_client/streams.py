"""Streams that the mesh fills, resumed where they broke."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeVar, cast

import grpc

from argus_client.calls import PATIENCE_S, Calls
from argus_client.contract import identified
from argus_client.errors import CallFailed, outlived_its_token
from argus_client.retries import backoff_s, passes

A = TypeVar("A")
SILENT_S = 45.0
"""A stream that shows no sign of life for so long has broken: three heartbeats are missing."""


async def follow(
    calls: Calls,
    method: Callable[..., "grpc.aio.UnaryStreamCall[Any, A]"],
    request: Any,  # noqa: ANN401 - the method's own request
    heard: Callable[[Any, A], None],
    *,
    patience_s: float = PATIENCE_S,
) -> AsyncIterator[A]:
    """What a method that watches tells; for ever, or until nobody asks for more.

    Where the stream breaks while parts of the mesh restart, and where it ends with its access
    token, another one goes on.

    Args:
        calls: To the mesh.
        method: A stub's that answers with a stream, and shows a sign of life each 15 seconds.
        request: Its request; it is left as it is.
        heard: Writes into the request, after each message, from where the next stream is to go on.
        patience_s: Seconds without a message after which a failure is final.

    Raises:
        CallFailed: It cannot be watched, or nothing is heard.
    """
    following = type(request)()
    following.CopyFrom(request)
    heard_at, attempt, expired = time.monotonic(), 0, False
    while True:
        stream: grpc.aio.UnaryStreamCall[Any, A] | None = None
        try:
            if expired:
                await calls.renew()
            stream = method(following, metadata=await calls.metadata())
            while True:
                async with asyncio.timeout(SILENT_S):
                    told = await stream.read()
                if told is grpc.aio.EOF:
                    break
                message = cast("A", told)
                heard_at, attempt, expired = time.monotonic(), 0, False
                heard(following, message)
                yield message
        except TimeoutError:
            if time.monotonic() - heard_at > patience_s:
                raise CallFailed(
                    grpc.StatusCode.DEADLINE_EXCEEDED, "", "Nothing is heard of it any more."
                ) from None
        except grpc.aio.AioRpcError as error:
            expired = outlived_its_token(error)
            if not (expired or passes(error)) or time.monotonic() - heard_at > patience_s:
                raise CallFailed.of(error) from error
        finally:
            if stream is not None:
                stream.cancel()
        attempt += 1
        await asyncio.sleep(backoff_s(attempt))


async def once(
    calls: Calls,
    method: Callable[..., "grpc.aio.UnaryStreamCall[Any, A]"],
    request: Any,  # noqa: ANN401 - the method's own request
) -> AsyncIterator[A]:
    """What a method answers piece by piece.

    Raises:
        CallFailed: The call failed, perhaps in the middle.
    """
    stream: grpc.aio.UnaryStreamCall[Any, A] | None = None
    try:
        stream = method(identified(request), metadata=await calls.metadata())
        async for piece in stream:
            yield piece
    except grpc.aio.AioRpcError as error:
        raise CallFailed.of(error) from error
    finally:
        if stream is not None:
            stream.cancel()


def by_cursor(request: Any, told: Any) -> None:  # noqa: ANN401 - any two messages that have a cursor
    """Goes on after the last message, in contracts with `cursor` and `after_cursor`."""
    request.after_cursor = told.cursor
