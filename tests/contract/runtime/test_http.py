"""The pool of connections to the object store."""

import asyncio
import time

import grpc
import pytest
from pydantic import SecretStr

from services.clients.contents import StoredContents, open_http
from services.clients.model import ImageContent
from services.runtime import request
from services.runtime.outgoing import ServiceToken
from services.runtime.pools import PoolFull


async def test_a_full_pool_is_overload_and_no_outage() -> None:
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def hold(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await go_on.wait()
        writer.close()

    server = await asyncio.start_server(hold, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    content = ImageContent("i", "u", f"http://127.0.0.1:{port}/", "", 1, "image/png", "", {})
    async with (
        server,
        open_http(1) as http,
        grpc.aio.insecure_channel("127.0.0.1:1") as channel,
    ):
        token = ServiceToken(channel, service="search", secret=SecretStr("not used"))
        contents = StoredContents(channel, token, http)

        async def in_a_call() -> None:
            request.enter_call(request.CallScope("/m", "r", time.monotonic() + 0.05))
            await contents.fetch(content)

        busy = asyncio.create_task(contents.fetch(content))
        await asked.wait()
        with pytest.raises(PoolFull) as caught:
            await asyncio.create_task(in_a_call())
        assert caught.value.retry_after_s
        go_on.set()
        await asyncio.gather(busy, return_exceptions=True)
