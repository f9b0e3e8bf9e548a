"""One frame after the other through InspectImages, each with what is left of its time."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress

import grpc
from argus.inspection.v1 import inspection_pb2 as pb
from google.protobuf import duration_pb2

from argus_client.items import ItemStream
from mesh.client.connection import Connection
from mesh.client.inspector import HOPELESS, Finding, Item, details_of, judged
from mesh.errors import MeshError

LATE = "FRAME_LATE"
GRACE_S = 0.2
"""So much longer than a budget an answer is waited for: the service says by itself what is late."""
MOST_S = 3600.0
"""The longest budget that the service takes."""

LEAST_S = 0.001
"""The least."""

AT_ONCE = 16


class FrameInspector:
    """Inspects frames over one stream, for as long as it takes while parts of the mesh are down.

    Args:
        connection: To the mesh.
        stream: Over InspectImages.
        template: Request without an image.
    """

    def __init__(
        self,
        connection: Connection,
        stream: ItemStream[pb.InspectImagesRequest, pb.InspectImagesResponse],
        template: pb.InspectRequest,
    ) -> None:
        self._connection = connection
        self._stream = stream
        self._template = template
        self._numbers = itertools.count(1)

    async def inspect(
        self, item: Item, image: bytes, *, trigger_id: str = "", until: float | None = None
    ) -> Finding:
        """What came of a frame; of one that is late, the reason `FRAME_LATE`.

        Args:
            item: What a person calls it.
            image: Encoded.
            trigger_id: Sent with it.
            until: When it is late, by `time.monotonic`.

        Raises:
            MeshError: Every other frame would be refused as well.
            CallFailed: The mesh refuses the stream.
        """
        request = pb.InspectRequest()
        request.CopyFrom(self._template)
        request.image, request.trigger_id = image, trigger_id
        message = pb.InspectImagesRequest(item_id=str(next(self._numbers)), request=request)
        left_s = None
        if until is not None:
            left_s = min(until - time.monotonic(), MOST_S)
            if left_s < LEAST_S:
                return _late(item)
            message.budget.CopyFrom(duration_pb2.Duration())
            message.budget.FromMicroseconds(int(1e6 * left_s))
            left_s += GRACE_S
        try:
            async with asyncio.timeout(left_s) as limit:
                answer = await self._ask(message)
        except TimeoutError:
            if not limit.expired():
                raise
            return _late(item)
        if answer.HasField("inspection"):
            return Finding(item, inspection=judged(answer.inspection))
        reason, _ = details_of(answer.error)
        if reason in HOPELESS:
            raise MeshError(answer.error.message)
        return Finding(item, reason=reason, problem=answer.error.message)

    async def _ask(self, message: pb.InspectImagesRequest) -> pb.InspectImagesResponse:
        # Nobody hears of it from the stream if the account's session has ended.
        with suppress(grpc.aio.AioRpcError):
            await self._connection.token()
        async with aclosing(self._stream.answers([message])) as answers:
            async for answer in answers:
                return answer
        raise AssertionError("each item is answered")


@asynccontextmanager
async def frame_inspector(
    connection: Connection, template: pb.InspectRequest
) -> AsyncIterator[FrameInspector]:
    """Opens the stream; patient without end, because a line goes on after an outage."""
    stream = connection.client.items(
        connection.inspection.InspectImages, window=AT_ONCE, patience_s=float("inf")
    )
    async with stream as items:
        yield FrameInspector(connection, items, template)


def _late(item: Item) -> Finding:
    return Finding(item, reason=LATE, problem="no verdict came within the budget")
