"""Streams that stay open, and clients that are slow."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import grpc
import httpx
from argus.inspection.v1 import inspection_pb2
from argus.storage.v1 import image_pb2

from argus_client.errors import outlived_its_token
from bench.soak.results import Results
from mesh.client.connection import Connection

WATCHERS, READERS, SENDERS, HALF_REQUESTS = 4, 2, 2, 4
WATCHED_S = 45.0
_READ_BYTES, _READ_PAUSE_S = 16_384, 0.2
_SENT, _SEND_PAUSE_S = 8, 2.0
_HALF_REQUEST_S = 20.0
_PAUSE_S = 1.0


class Holding:
    """What is held open beside the calls, each kind again and again.

    Args:
        connection: Signed in.
        server: `host:port` of the edge.
        large_id: An image of some megabytes.
        set_id: Of a reference set with a version.
        content: An image to inspect.
        results: Take how often each came to its end.
    """

    def __init__(
        self,
        connection: Connection,
        server: str,
        *,
        large_id: str,
        set_id: str,
        content: bytes,
        results: Results,
    ) -> None:
        self._connection = connection
        self._server = server
        self._large_id = large_id
        self._set_id = set_id
        self._content = content
        self._results = results

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """All of them, as long as the context is open."""
        kinds: list[tuple[str, Callable[[], Awaitable[None]], int]] = [
            ("watches its images", self._watch, WATCHERS),
            ("reads slowly", self._read_slowly, READERS),
            ("sends slowly", self._send_slowly, SENDERS),
            ("sends half a request", self._send_half, HALF_REQUESTS),
        ]
        tasks = [
            asyncio.create_task(self._again(name, once))
            for name, once, times in kinds
            for _ in range(times)
        ]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _again(self, name: str, once: Callable[[], Awaitable[None]]) -> None:
        began = asyncio.get_running_loop().time()
        while True:
            try:
                await once()
                self._results.held[name] = self._results.held.get(name, 0) + 1
            except grpc.aio.AioRpcError as error:
                if outlived_its_token(error):
                    # As the contract has it; it opens another one.
                    continue
                said = f"{error.code().name} {error.details()}"
                at = asyncio.get_running_loop().time() - began
                self._results.failures.append((name, at, said))
            except (httpx.HTTPError, OSError) as error:
                at = asyncio.get_running_loop().time() - began
                self._results.failures.append((name, at, f"{type(error).__name__} {error}"))
            await asyncio.sleep(_PAUSE_S)

    async def _watch(self) -> None:
        call = self._connection.images.WatchImages(
            image_pb2.WatchImagesRequest(), metadata=await self._connection.metadata()
        )
        # As a page that is left: the client hangs up.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(WATCHED_S):
                async for _ in call:
                    pass
        call.cancel()

    async def _read_slowly(self) -> None:
        headers = dict(await self._connection.metadata())
        path = f"http://{self._server}/api/images/{self._large_id}/content"
        async with (
            httpx.AsyncClient(trust_env=False, timeout=30) as http,
            http.stream("GET", path, headers=headers) as answer,
        ):
            answer.raise_for_status()
            async for _ in answer.aiter_raw(_READ_BYTES):
                await asyncio.sleep(_READ_PAUSE_S)

    async def _send_slowly(self) -> None:
        call = self._connection.inspection.InspectImages(
            metadata=await self._connection.metadata(), timeout=120
        )
        request = inspection_pb2.InspectRequest(reference_set_id=self._set_id, image=self._content)
        for number in range(_SENT):
            await call.write(
                inspection_pb2.InspectImagesRequest(item_id=str(number), request=request)
            )
            await call.read()
            await asyncio.sleep(_SEND_PAUSE_S)
        await call.done_writing()
        await call.read()

    async def _send_half(self) -> None:
        host, _, port = self._server.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        try:
            writer.write(b"POST /api/search HTTP/1.1\r\nhost: argus\r\ncontent-le")
            await writer.drain()
            # The edge may end it first.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_HALF_REQUEST_S):
                    await reader.read()
        finally:
            writer.close()
