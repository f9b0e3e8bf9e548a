"""How exact limits are: those that each edge keeps for itself, and those that all share."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack, closing
from itertools import cycle, islice
from typing import Any
from uuid import uuid4

import grpc
from argus.auth.v1 import auth_pb2, auth_pb2_grpc
from argus.storage.v1 import image_pb2, image_pb2_grpc

from bench.edge.calls import Call, Caller

CLIENTS = 32
PER_SECOND = 100
READS = {"read": (PER_SECOND, PER_SECOND)}
"""The limit that is measured: a rate, and a second of it at once."""
_EMPTIED_S = 2.0


def let_through(
    call: Call, ports: Sequence[int], seconds: float, addresses: Sequence[str] = ("127.0.0.1",)
) -> float:
    """What many clients of one user are let through, divided by the limit.

    The bucket is emptied first, so that only the rate counts.

    Args:
        call: A method of the class that is limited.
        ports: Of edges, over which clients are spread.
        seconds: How long.
        addresses: Where clients come from, spread as well.
    """
    doors = list(islice(zip(cycle(ports), cycle(addresses), strict=False), CLIENTS))
    with closing(Caller(call, doors)) as caller:
        caller.run(_EMPTIED_S)
        done = caller.run(seconds)
    if not done.refused:
        raise RuntimeError("nothing was refused: the clients called less than the limit allows")
    return len(done.seconds) / (PER_SECOND * seconds)


async def guesses_that_were_looked_at(ports: Sequence[int], email: str) -> int:
    """Of many wrong passwords at once, at several edges: those that were compared.

    Raises:
        RuntimeError: One was answered otherwise than as wrong or as too many.
    """

    async def guess(channel: grpc.aio.Channel) -> int:
        request = auth_pb2.LoginRequest(email=email, password=uuid4().hex)
        try:
            await auth_pb2_grpc.AuthServiceStub(channel).Login(request, timeout=60)
        except grpc.aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.UNAUTHENTICATED:
                return 1
            if error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED:
                return 0
            raise RuntimeError(f"a guess: {error.code().name} {error.details()}") from error
        raise RuntimeError("a wrong password was taken")

    async with AsyncExitStack() as opened:
        channels = [await opened.enter_async_context(_channel(port)) for port in ports]
        spread = islice(cycle(channels), CLIENTS)
        return sum(await asyncio.gather(*(guess(channel) for channel in spread)))


async def uploads_that_were_reserved(ports: Sequence[int], token: str, tries: int) -> int:
    """Of many uploads that are reserved and never made, at several edges: those that were taken.

    Raises:
        RuntimeError: One was refused for another reason than that there are too many.
    """
    left = iter(range(tries))
    metadata = (("authorization", f"Bearer {token}"),)
    request = image_pb2.CreateUploadRequest(
        filename="x.png", content_type="image/png", size_bytes=100
    )

    async def reserve(channel: grpc.aio.Channel) -> int:
        images: Any = image_pb2_grpc.ImageServiceStub(channel)
        taken = 0
        for _ in left:
            try:
                await images.CreateUpload(request, metadata=metadata, timeout=60)
                taken += 1
            except grpc.aio.AioRpcError as error:
                if error.code() is not grpc.StatusCode.RESOURCE_EXHAUSTED:
                    raise RuntimeError(f"{error.code().name} {error.details()}") from error
        return taken

    async with AsyncExitStack() as opened:
        channels = [await opened.enter_async_context(_channel(port)) for port in ports]
        spread = islice(cycle(channels), CLIENTS)
        return sum(await asyncio.gather(*(reserve(channel) for channel in spread)))


def _channel(port: int) -> grpc.aio.Channel:
    own = [("grpc.use_local_subchannel_pool", 1)]
    return grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=own)
