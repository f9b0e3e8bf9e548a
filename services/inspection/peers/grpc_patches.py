"""Patch features from the embedder."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import grpc
import numpy as np
from argus.embedder.v1 import embedder_pb2, embedder_pb2_grpc

from services.clients.errors import EmbedderUnavailable
from services.clients.item_stream import ItemStream
from services.clients.peer_errors import translated
from services.clients.service_call import as_service, connected
from services.imaging.decode import ImageLimits, size_of
from services.imaging.frame_stats import FrameStats
from services.inspection.model import PatchGrid, View, WholeFrame
from services.inspection.peers.caller_streams import IDLE_S, CallerStreams
from services.runtime.errors import DeadlineExceeded, InvalidInput
from services.runtime.identity import current_identity
from services.runtime.outgoing import ServiceToken
from services.runtime.request import remaining_s
from services.runtime.status import from_status

CALLERS_TIMEOUT_S = 60.0
"""A caller's image that is not answered for so long: the embedder hangs. Its model may have to be
loaded first."""

BACKGROUND_TIMEOUT_S = 300.0
"""An image of a calibration that is not answered for so long: the embedder hangs."""

if TYPE_CHECKING:
    Call = grpc.aio.StreamStreamCall[
        embedder_pb2.ExtractPatchesRequest, embedder_pb2.ExtractPatchesResponse
    ]
    Stream = ItemStream[embedder_pb2.ExtractPatchesRequest, embedder_pb2.ExtractPatchesResponse]
    Streams = CallerStreams[embedder_pb2.ExtractPatchesRequest, embedder_pb2.ExtractPatchesResponse]


class GrpcPatchExtractor:
    """`PatchExtractor` over the embedder's ExtractPatches.

    What a caller waits for goes over streams of the caller's own, on the caller's
    behalf, before bulk. What calibrations need goes as bulk. All of them carry
    this service's own token: a stream is opened anew when it broke or was idle,
    long after the caller's token, which was good when the call began.

    Args:
        channel: To the embedder, or to what balances streams over several.
        token: This service's identity.
        streams: Streams of each caller and model: as many as there are replicas.
        idle_s: For how long a stream is kept without an image.
    """

    def __init__(
        self,
        channel: grpc.aio.Channel,
        token: ServiceToken,
        *,
        streams: int = 1,
        idle_s: float = IDLE_S,
    ) -> None:
        self._embedder = embedder_pb2_grpc.EmbedderServiceStub(channel)
        self._token = token
        # Of one model each: an item that a stream cannot go on from, such as one for a model
        # that is gone, ends it for all items that it has.
        self._callers: Streams = CallerStreams(self._callers_stream, each=streams, idle_s=idle_s)
        self._background: Streams = CallerStreams(
            self._background_stream, each=streams, idle_s=idle_s
        )

    async def patches(
        self,
        image: bytes,
        *,
        model: str,
        size: int,
        interactive: bool,
        view: View | None = None,
    ) -> PatchGrid:
        """An encoded image's patch features; read-only half-precision numbers.

        A view's, where there is one, in place of those at a size.

        Raises:
            EmbedderUnavailable: if the embedder does not answer.
            ArgusError: the embedder's own error for what it refuses.
        """

        def named(name: str) -> embedder_pb2.ExtractPatchesRequest:
            return embedder_pb2.ExtractPatchesRequest(
                item_id=name,
                image=image,
                model=model,
                size=0 if view else size,
                scale=view.scale if view else 0.0,
                standard_levels=view is not None and view.standard_levels,
                priority=embedder_pb2.PRIORITY_INTERACTIVE
                if interactive
                else embedder_pb2.PRIORITY_BULK,
            )

        if interactive:
            left_s = remaining_s(math.inf)
            try:
                async with asyncio.timeout(None if left_s == math.inf else left_s):
                    answer = await self._callers.ask((current_identity().user_id, model), named)
            except TimeoutError:
                raise DeadlineExceeded("the embedder did not answer in time") from None
        else:
            answer = await self._background.ask(model, named)
        if answer.HasField("error"):
            raise from_status(answer.error)
        return _grid(answer.patches, image)

    async def aclose(self) -> None:
        """Ends the streams; images under way are given up."""
        await asyncio.gather(self._callers.aclose(), self._background.aclose())

    def _callers_stream(self) -> "Stream":
        return _stream(lambda: self._open(on_behalf=True), CALLERS_TIMEOUT_S)

    def _background_stream(self) -> "Stream":
        return _stream(lambda: self._open(on_behalf=False), BACKGROUND_TIMEOUT_S)

    async def _open(self, *, on_behalf: bool) -> "Call":
        with translated("the embedder", EmbedderUnavailable, as_service=True):
            options = await as_service(self._token, timeout_s=None, on_behalf=on_behalf)
            return await connected(self._embedder.ExtractPatches(**options))


def _stream(open_call: "Callable[[], Awaitable[Call]]", answer_timeout_s: float) -> "Stream":
    return ItemStream(
        open_call,
        unavailable=EmbedderUnavailable,
        peer="the embedder",
        answer_timeout_s=answer_timeout_s,
    )


def _grid(patches: embedder_pb2.Patches, image: bytes) -> PatchGrid:
    shape = (patches.rows, patches.columns, patches.dimension)
    values = patches.values
    if not values or len(values) != np.dtype("<f2").itemsize * np.prod(shape, dtype=np.int64):
        raise EmbedderUnavailable("the embedder's patch features are not as long as they say")
    # A view: there may be megabytes of them.
    return PatchGrid(
        np.frombuffer(values, "<f2").reshape(shape),
        patches.model,
        patches.model_version,
        _frame(patches.frame, image) if patches.HasField("frame") else None,
    )


def _frame(frame: embedder_pb2.FrameStatistics, image: bytes) -> WholeFrame:
    try:
        # Of the header alone.
        width, height = size_of(image, ImageLimits())
    except InvalidInput:
        width = height = 0
    stats = FrameStats(
        extent=frame.extent,
        brightness=frame.brightness,
        contrast=frame.contrast,
        detail=frame.detail,
        noise=frame.noise,
        black=frame.black,
        white=frame.white,
    )
    return WholeFrame(stats, width, height)
