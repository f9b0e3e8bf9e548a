"""The indexer's one long stream to the embedder, opened again when it breaks."""

import asyncio
import itertools
import logging
from typing import TYPE_CHECKING

import grpc
from argus.embedder.v1 import embedder_pb2, embedder_pb2_grpc

from services.runtime.outgoing import ServiceToken, outgoing
from services.runtime.status import DETAILS_KEY, from_status
from services.search.errors import EmbedderUnavailable, StreamBroke
from services.search.grpc_space import CurrentSpace
from services.search.model import Embedded, Space
from services.search.peer_errors import translated

if TYPE_CHECKING:
    Call = grpc.aio.StreamStreamCall[
        embedder_pb2.EmbedImagesRequest, embedder_pb2.EmbedImagesResponse
    ]

ANSWER_TIMEOUT_S = 120.0
"""An image that is not answered for so long breaks the stream: the embedder hangs."""

_LOST = (
    grpc.StatusCode.OK,
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.INTERNAL,
    grpc.StatusCode.UNKNOWN,
    grpc.StatusCode.CANCELLED,
    # gRPC's own word for a message above the other side's limit.
    grpc.StatusCode.RESOURCE_EXHAUSTED,
)
"""How a stream ends that a crash or an image ended; any other status is an answer."""

_log = logging.getLogger(__name__)


class EmbedStream:
    """Embeds many images at once over one stream; answers come in any order.

    Args:
        channel: To the embedder.
        token: This service's identity; a stream outlives the token it began with.
        space: Learns of the model from each answer.
    """

    def __init__(self, channel: grpc.aio.Channel, token: ServiceToken, space: CurrentSpace) -> None:
        self._embedder = embedder_pb2_grpc.EmbedderServiceStub(channel)
        self._token = token
        self._space = space
        self._connection: _Connection | None = None
        self._opening = asyncio.Lock()

    async def space(self) -> Space:
        """The space of the model in use, asked for anew."""
        return await self._space.ask()

    async def embed(self, image_id: str, image: bytes) -> Embedded:
        """An encoded image's vector."""
        answer = await (await self._open()).ask(image)
        if answer.HasField("error"):
            raise from_status(answer.error)
        _log.debug("embedded image %s", image_id)
        return Embedded(self._space.seen(answer.embedding), list(answer.embedding.values))

    async def aclose(self) -> None:
        """Ends the stream; images under way are given up."""
        if self._connection is not None:
            await self._connection.close()

    async def _open(self) -> "_Connection":
        async with self._opening:
            if self._connection is None or self._connection.failure is not None:
                with translated("the embedder", EmbedderUnavailable):
                    token = await self._token.get()
                    call = self._embedder.EmbedImages(**outgoing(timeout_s=None, token=token))
                    await call.wait_for_connection()
                self._connection = _Connection(call)
            return self._connection


class _Connection:
    """One life of the stream."""

    def __init__(self, call: "Call") -> None:
        self.failure: type[EmbedderUnavailable | StreamBroke] | None = None
        """How images that it had fail; None while it lives."""
        self._call = call
        self._names = itertools.count()
        self._waiting: dict[str, asyncio.Future[embedder_pb2.EmbedImagesResponse]] = {}
        # gRPC takes one write at a time.
        self._writing = asyncio.Lock()
        self._reader = asyncio.create_task(self._read())

    async def ask(self, image: bytes) -> embedder_pb2.EmbedImagesResponse:
        """Sends an image and waits for its answer.

        Raises:
            EmbedderUnavailable, StreamBroke: the stream ended before.
        """
        name = str(next(self._names))
        answer: asyncio.Future[embedder_pb2.EmbedImagesResponse]
        answer = asyncio.get_running_loop().create_future()
        self._waiting[name] = answer
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                async with self._writing:
                    if self.failure is not None:
                        raise self.failure("the stream to the embedder ended")
                    request = embedder_pb2.EmbedImagesRequest(item_id=name, image=image)
                    await self._write(request)
                return await answer
        except TimeoutError:
            self._call.cancel()
            raise StreamBroke("the embedder did not answer in time") from None
        finally:
            self._waiting.pop(name, None)
            if answer.done() and not answer.cancelled():
                # Nobody else may look at it; asyncio would complain.
                answer.exception()

    async def close(self) -> None:
        """Ends the call and waits for its end."""
        self._call.cancel()
        await asyncio.wait([self._reader])

    async def _write(self, request: embedder_pb2.EmbedImagesRequest) -> None:
        try:
            await self._call.write(request)
        except (grpc.aio.AioRpcError, asyncio.InvalidStateError):
            # The reader learns why.
            await asyncio.wait([self._reader])

    async def _read(self) -> None:
        code, refused = grpc.StatusCode.OK, False
        try:
            async for answer in self._call:
                waiting = self._waiting.get(answer.item_id)
                if waiting is not None and not waiting.done():
                    waiting.set_result(answer)
        except grpc.aio.AioRpcError as error:
            code = error.code()
            refused = any(key == DETAILS_KEY for key, _ in error.trailing_metadata() or ())
            _log.warning("the stream to the embedder ended: %s %s", code.name, error.details())
        except asyncio.CancelledError:
            code = grpc.StatusCode.CANCELLED
        self.failure = StreamBroke if code in _LOST and not refused else EmbedderUnavailable
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(self.failure("the stream to the embedder ended"))
