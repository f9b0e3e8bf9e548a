"""Patch features from the embedder."""

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import grpc
import numpy as np
from argus.embedder.v1 import embedder_pb2, embedder_pb2_grpc

from services.runtime.outgoing import ServiceToken, outgoing
from services.runtime.status import from_status
from services.search.errors import EmbedderUnavailable
from services.search.inspection.model import PatchGrid
from services.search.item_stream import ItemStream
from services.search.peer_errors import translated

INTERACTIVE_TIMEOUT_S = 60.0
"""Longest that a caller waits for one image: its model may have to be loaded first."""

BACKGROUND_TIMEOUT_S = 300.0
"""An image of a calibration that is not answered for so long: the embedder hangs."""

if TYPE_CHECKING:
    Call = grpc.aio.StreamStreamCall[
        embedder_pb2.ExtractPatchesRequest, embedder_pb2.ExtractPatchesResponse
    ]
    Stream = ItemStream[embedder_pb2.ExtractPatchesRequest, embedder_pb2.ExtractPatchesResponse]


class GrpcPatchExtractor:
    """`PatchExtractor` over the embedder's ExtractPatches.

    What a caller waits for goes over a short stream of its own, with the
    caller's token and time, before bulk. What calibrations need goes as bulk,
    over long streams of one model each, with this service's identity.

    Args:
        channel: To the embedder, or to what balances streams over several.
        token: This service's identity; a stream outlives the token it began with.
        streams: Long streams for each model: as many as there are replicas.
    """

    def __init__(self, channel: grpc.aio.Channel, token: ServiceToken, *, streams: int = 1) -> None:
        self._embedder = embedder_pb2_grpc.EmbedderServiceStub(channel)
        self._token = token
        # Not one for all: an item that a stream cannot go on from, such as one for a model that
        # is gone, ends it for all items that it has.
        self._lanes: dict[str, list[Stream]] = {}
        self._streams = streams

    async def patches(self, image: bytes, *, model: str, size: int, interactive: bool) -> PatchGrid:
        """An encoded image's patch features; read-only half-precision numbers.

        Raises:
            EmbedderUnavailable: if the embedder does not answer.
            ArgusError: the embedder's own error for what it refuses.
        """
        answer = (
            await self._ask_for_caller(image, model, size)
            if interactive
            else await self._ask_as_bulk(image, model, size)
        )
        if answer.HasField("error"):
            raise from_status(answer.error)
        return _grid(answer.patches)

    async def aclose(self) -> None:
        """Ends the long streams; images under way are given up."""
        await asyncio.gather(
            *(stream.aclose() for lanes in self._lanes.values() for stream in lanes)
        )

    async def _ask_for_caller(
        self, image: bytes, model: str, size: int
    ) -> embedder_pb2.ExtractPatchesResponse:
        request = embedder_pb2.ExtractPatchesRequest(
            item_id="image",
            image=image,
            model=model,
            size=size,
            priority=embedder_pb2.PRIORITY_INTERACTIVE,
        )
        with translated("the embedder", EmbedderUnavailable):
            call = self._embedder.ExtractPatches(
                _once(request), **outgoing(timeout_s=INTERACTIVE_TIMEOUT_S)
            )
            answers = [answer async for answer in call]
        if len(answers) != 1:
            raise EmbedderUnavailable("the embedder ended without an answer", retry_after_s=1)
        return answers[0]

    async def _ask_as_bulk(
        self, image: bytes, model: str, size: int
    ) -> embedder_pb2.ExtractPatchesResponse:
        lanes = self._lanes.setdefault(model, [])
        if not lanes:
            lanes.extend(self._stream() for _ in range(self._streams))
        stream = min(lanes, key=lambda lane: lane.under_way)
        return await stream.ask(
            lambda name: embedder_pb2.ExtractPatchesRequest(
                item_id=name,
                image=image,
                model=model,
                size=size,
                priority=embedder_pb2.PRIORITY_BULK,
            )
        )

    def _stream(self) -> "Stream":
        return ItemStream(
            self._open,
            unavailable=EmbedderUnavailable,
            peer="the embedder",
            answer_timeout_s=BACKGROUND_TIMEOUT_S,
        )

    async def _open(self) -> "Call":
        with translated("the embedder", EmbedderUnavailable):
            call = self._embedder.ExtractPatches(
                **outgoing(timeout_s=None, token=await self._token.get())
            )
            await call.wait_for_connection()
        return call


async def _once(
    request: embedder_pb2.ExtractPatchesRequest,
) -> AsyncIterator[embedder_pb2.ExtractPatchesRequest]:
    yield request


def _grid(patches: embedder_pb2.Patches) -> PatchGrid:
    shape = (patches.rows, patches.columns, patches.dimension)
    values = patches.values
    if not values or len(values) != np.dtype("<f2").itemsize * np.prod(shape, dtype=np.int64):
        raise EmbedderUnavailable("the embedder's patch features are not as long as they say")
    # A view: there may be megabytes of them.
    return PatchGrid(
        np.frombuffer(values, "<f2").reshape(shape), patches.model, patches.model_version
    )
