"""The indexer's long streams to the embedders, opened again when they break."""

import asyncio
import itertools
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import grpc
from argus.embedder.v1 import embedder_pb2, embedder_pb2_grpc

from services.clients.errors import EmbedderUnavailable
from services.clients.model import Crop, Embedded, Space
from services.clients.peer_errors import translated
from services.clients.service_call import as_service, connected
from services.clients.space import CurrentSpace
from services.runtime.outgoing import ServiceToken
from services.runtime.status import DETAILS_KEY, from_status
from services.search.errors import OtherModel, StreamBroke

if TYPE_CHECKING:
    Call = grpc.aio.StreamStreamCall[
        embedder_pb2.EmbedImageBatchesRequest, embedder_pb2.EmbedImageBatchesResponse
    ]

ANSWER_TIMEOUT_S = 120.0
"""An image that is not answered for so long breaks the stream: the embedder hangs."""

MAX_GROUP = 16
"""Most images that travel together."""

MAX_GROUP_BYTES = 2 * 2**20
"""Most of their bytes, unless one image has more: what one message costs is spread by then."""

MAX_AGE_S = 30.0
"""One of several streams is opened anew after so long, one at a time, so that a replica that
joined gets its share: a stream stays with the replica it began with."""

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

UNSENT_KEY = "x-argus-unsent"
"""What the balancer answers with when it reached no embedder at all."""

_log = logging.getLogger(__name__)


class EmbedStream:
    """Embeds many images at once over one or several streams; answers come in any order.

    An image goes to the stream with the fewest under way. A stream that breaks
    fails its own images only.

    Args:
        channel: To the embedder, or to what balances streams over several.
        token: This service's identity; a stream outlives the token it began with.
        space: Learns of the model from each answer.
        streams: How many streams to keep open: as many as there are replicas.
        now_s: A clock that never goes back.
    """

    def __init__(
        self,
        channel: grpc.aio.Channel,
        token: ServiceToken,
        space: CurrentSpace,
        *,
        streams: int = 1,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        embedder = embedder_pb2_grpc.EmbedderServiceStub(channel)
        self._space = space
        self._lanes = [_Lane(embedder, token, now_s) for _ in range(streams)]
        self._now_s = now_s

    async def spaces(self) -> Sequence[Space]:
        """Spaces of the embedder's models, asked for anew."""
        return await self._space.spaces()

    async def embed(
        self, image_id: str, image: bytes, space: Space | None = None, *, crops: bool = False
    ) -> Embedded:
        """An encoded image's vector, in a space if one is named, and its parts' if wanted.

        The model of a space is named to the embedder unless it is its default.

        A stream stays with the replica that it began with. One whose replica runs
        another model than the space's is left to what it has under way, and the
        next may reach another.

        Raises:
            OtherModel: such a replica embedded it.
        """

        def is_of_space(answer: embedder_pb2.EmbedImagesResponse) -> bool:
            model = (answer.embedding.model, answer.embedding.model_version)
            is_embedded = not answer.HasField("error")
            return not is_embedded or space is None or model == (space.model, space.version)

        is_default = self._space.default in (None, space)
        named = "" if space is None or is_default else space.model
        answer = await (await self._choose()).ask(image, is_of_space, named, tiles=crops)
        if answer.HasField("error"):
            raise from_status(answer.error)
        if not is_of_space(answer):
            raise OtherModel("the embedder runs another model", retry_after_s=1)
        _log.debug("embedded image %s", image_id)
        seen = space if space is not None and named else self._space.seen(answer.embedding)
        return Embedded(
            seen,
            list(answer.embedding.values),
            crops=tuple(
                Crop(box.left, box.top, box.right, box.bottom, list(crop.values))
                for crop in answer.crops
                for box in [crop.box]
            ),
        )

    async def aclose(self) -> None:
        """Ends the streams; images under way are given up."""
        await asyncio.gather(*(lane.close() for lane in self._lanes))

    async def _choose(self) -> "_Lane":
        if len(self._lanes) == 1:
            return self._lanes[0]
        if not any(lane.retiring for lane in self._lanes):
            oldest = min(self._lanes, key=lambda lane: lane.opened_s)
            if self._now_s() - oldest.opened_s > MAX_AGE_S:
                await oldest.retire()
        lanes = [lane for lane in self._lanes if not lane.retiring]
        return min(lanes, key=lambda lane: lane.under_way)


class _Lane:
    """One stream's place: at most one connection at a time."""

    def __init__(
        self,
        embedder: "embedder_pb2_grpc.EmbedderServiceAsyncStub",
        token: ServiceToken,
        now_s: Callable[[], float],
    ) -> None:
        self.under_way = 0
        """Images that it has."""
        self.opened_s = float("inf")
        """When its connection was opened; infinite if it has none."""
        self.retiring = False
        """True while it takes no images because its connection is to be ended."""
        self._embedder = embedder
        self._token = token
        self._now_s = now_s
        self._connection: _Connection | None = None
        self._opening = asyncio.Lock()
        self._left: set[asyncio.Task[None]] = set()
        """Connections that take no more images, until they end."""

    async def ask(
        self,
        image: bytes,
        accepts: Callable[[embedder_pb2.EmbedImagesResponse], bool],
        model: str,
        *,
        tiles: bool,
    ) -> embedder_pb2.EmbedImagesResponse:
        """Sends an image and waits for its answer.

        The connection that gives an answer which is not accepted takes no more images.

        Raises:
            EmbedderUnavailable, StreamBroke: there is no stream, or it ended before.
        """
        self.under_way += 1
        try:
            connection = await self._open()
            answer = await connection.ask(image, model, tiles=tiles)
            if self._connection is connection and not accepts(answer):
                self._connection = None
                self.opened_s = float("inf")
                left = asyncio.create_task(connection.finish())
                self._left.add(left)
                left.add_done_callback(self._left.discard)
            return answer
        finally:
            self.under_way -= 1
            if self.retiring and not self.under_way:
                await self.close()

    async def retire(self) -> None:
        """Takes no more images, and ends the connection once it has none under way.

        The next connection is opened only after that, because where streams are
        balanced the old one's place is not free before.
        """
        self.retiring = True
        if not self.under_way:
            await self.close()

    async def close(self) -> None:
        """Ends the connection; images under way are given up."""
        connection, self._connection = self._connection, None
        try:
            for left in self._left:
                left.cancel()
            if connection is not None:
                await connection.close()
            if self._left:
                await asyncio.wait(self._left)
        finally:
            self.opened_s = float("inf")
            self.retiring = False

    async def _open(self) -> "_Connection":
        async with self._opening:
            if self._connection is None or self._connection.failure is not None:
                with translated("the embedder", EmbedderUnavailable, as_service=True):
                    options = await as_service(self._token, timeout_s=None)
                    call = await connected(self._embedder.EmbedImageBatches(**options))
                self._connection = _Connection(call)
                self.opened_s = self._now_s()
            return self._connection


class _Connection:
    """One life of the stream."""

    def __init__(self, call: "Call") -> None:
        self.failure: type[EmbedderUnavailable | StreamBroke] | None = None
        """How images that it had fail; None while it lives."""
        self._call = call
        self._names = itertools.count()
        self._waiting: dict[str, asyncio.Future[embedder_pb2.EmbedImagesResponse]] = {}
        # What is not written yet: gRPC takes one write at a time.
        self._unwritten: dict[str, embedder_pb2.EmbedImagesRequest] = {}
        self._writer: asyncio.Task[None] | None = None
        self._reader = asyncio.create_task(self._read())

    async def ask(
        self, image: bytes, model: str, *, tiles: bool
    ) -> embedder_pb2.EmbedImagesResponse:
        """Sends an image for a model, the default's if it is empty, and waits for its answer.

        Raises:
            EmbedderUnavailable, StreamBroke: the stream ended before.
        """
        name = str(next(self._names))
        answer: asyncio.Future[embedder_pb2.EmbedImagesResponse]
        answer = asyncio.get_running_loop().create_future()
        self._waiting[name] = answer
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                if self.failure is not None:
                    raise self.failure("the stream to the embedder ended")
                self._unwritten[name] = embedder_pb2.EmbedImagesRequest(
                    item_id=name,
                    image=image,
                    model=model,
                    priority=embedder_pb2.PRIORITY_BULK,
                    tiles=tiles,
                )
                if self._writer is None or self._writer.done():
                    self._writer = asyncio.create_task(self._write())
                return await answer
        except TimeoutError:
            self._call.cancel()
            raise StreamBroke("the embedder did not answer in time") from None
        finally:
            self._waiting.pop(name, None)
            self._unwritten.pop(name, None)
            if answer.done() and not answer.cancelled():
                # Nobody else may look at it; asyncio would complain.
                answer.exception()

    async def finish(self) -> None:
        """Sends no more, and waits until what it has is answered; cancelled, it closes."""
        try:
            if self._writer is not None:
                await asyncio.wait([self._writer])
            with suppress(grpc.aio.AioRpcError, asyncio.InvalidStateError):
                await self._call.done_writing()
            await asyncio.wait([self._reader])
        except asyncio.CancelledError:
            await self.close()
            raise

    async def close(self) -> None:
        """Ends the call and waits for its end."""
        self._call.cancel()
        await asyncio.wait([self._reader, *([self._writer] if self._writer else [])])

    async def _write(self) -> None:
        """Writes what is there, in groups of what came while the group before was written."""
        while self._unwritten and self.failure is None:
            try:
                await self._call.write(self._group())
            except (grpc.aio.AioRpcError, asyncio.InvalidStateError, asyncio.CancelledError):
                # The stream ended, which a write may call cancelled; the reader learns why, and
                # tells those who wait.
                return

    def _group(self) -> embedder_pb2.EmbedImageBatchesRequest:
        """The next images to write; one at least."""
        group: list[embedder_pb2.EmbedImagesRequest] = []
        size = 0
        for request in self._unwritten.values():
            size += len(request.image)
            if group and size > MAX_GROUP_BYTES:
                break
            group.append(request)
            if len(group) == MAX_GROUP:
                break
        for request in group:
            del self._unwritten[request.item_id]
        return embedder_pb2.EmbedImageBatchesRequest(items=group)

    async def _read(self) -> None:
        code, refused = grpc.StatusCode.OK, False
        try:
            async for answers in self._call:
                for answer in answers.items:
                    waiting = self._waiting.get(answer.item_id)
                    if waiting is not None and not waiting.done():
                        waiting.set_result(answer)
        except grpc.aio.AioRpcError as error:
            code = error.code()
            keys = {key for key, _ in error.trailing_metadata() or ()}
            refused = not keys.isdisjoint({DETAILS_KEY, UNSENT_KEY})
            _log.warning("the stream to the embedder ended: %s %s", code.name, error.details())
        except asyncio.CancelledError:
            code = grpc.StatusCode.CANCELLED
        except Exception:  # noqa: BLE001 - whatever it is, somebody waits
            # Such as an answer that is no message. Nobody may wait for what never comes.
            _log.exception("the stream to the embedder cannot be read")
            self._call.cancel()
        self.failure = StreamBroke if code in _LOST and not refused else EmbedderUnavailable
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(self.failure("the stream to the embedder ended"))
