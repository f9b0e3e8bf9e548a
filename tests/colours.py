"""An embedder that sees nothing but colours: small, quick, and faulty on demand.

It keeps the promises of `argus.embedder.v1.EmbedderService` that search relies
on (`tests/contract/test_embedder_service.py` runs on it and on the real one),
and can break in the ways that a real one breaks only by accident.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from io import BytesIO
from typing import Any

import grpc
import numpy as np
from argus.embedder.v1 import embedder_pb2, embedder_pb2_grpc
from PIL import Image, ImageColor, UnidentifiedImageError

from services.imaging.errors import ImageEmpty, ImageUnreadable
from services.runtime.channel import open_channel
from services.runtime.errors import InvalidInput
from services.runtime.identity import TokenVerifier
from services.runtime.keys import PublishedKeys
from services.runtime.redis import ClosedSessions, open_redis
from services.runtime.server import RunningServer, serving
from services.runtime.settings import RuntimeSettings
from services.runtime.status import to_status
from tests.services import COMMON

MODEL = "colours"
CONTEXT_WORDS = 77
_LEVELS = (0, 128, 255)
_ANCHORS = np.array([(r, g, b) for r in _LEVELS for g in _LEVELS for b in _LEVELS])
DIMENSION = len(_ANCHORS)


def picture(colour: str, *, side: int = 32) -> bytes:
    """A PNG of one colour."""
    out = BytesIO()
    Image.new("RGB", (side, side), colour).save(out, "PNG")
    return out.getvalue()


def _vector(pixels: Any) -> list[float]:
    """How near pixels [n, 3] are to each anchor, on average; unit length."""
    distance = np.linalg.norm(pixels[:, None, :].astype(float) - _ANCHORS, axis=2)
    nearness = np.exp(-((distance / 100) ** 2)).mean(axis=0) + 1e-6
    found: list[float] = (nearness / np.linalg.norm(nearness)).tolist()
    return found


def _see(image: bytes) -> list[float]:
    if not image:
        raise ImageEmpty("the image has no bytes")
    try:
        with Image.open(BytesIO(image)) as opened:
            small = opened.convert("RGB").resize((8, 8))
    except (UnidentifiedImageError, OSError):
        raise ImageUnreadable("these bytes are no image") from None
    return _vector(np.asarray(small).reshape(-1, 3))


def _read(text: str) -> tuple[list[float], bool]:
    words = text.lower().split()
    known = [word for word in words[:CONTEXT_WORDS] if word in ImageColor.colormap]
    pixels = [ImageColor.getrgb(colour)[:3] for colour in known or ["grey"]]
    return _vector(np.array(pixels)), len(words) > CONTEXT_WORDS


class ColourEmbedder(embedder_pb2_grpc.EmbedderServiceServicer):
    """The servicer and its switches."""

    def __init__(self) -> None:
        self.version = "v1"
        self.answers = asyncio.Event()
        self.answers.set()
        """While cleared, images wait for their answer."""
        self.poison: set[bytes] = set()
        """Images that end whatever embedder gets them."""
        self.embedded = 0
        """Images that were answered."""
        self.priorities: dict[bytes | str, int] = {}
        """How urgent an image or text was when it was last asked for."""

    async def EmbedImage(
        self, request: embedder_pb2.EmbedImageRequest, context: Any
    ) -> embedder_pb2.EmbedImageResponse:
        return embedder_pb2.EmbedImageResponse(embedding=self._embedding(_see(request.image)))

    async def EmbedImages(
        self, request_iterator: AsyncIterator[embedder_pb2.EmbedImagesRequest], context: Any
    ) -> AsyncIterator[embedder_pb2.EmbedImagesResponse]:
        async for request in request_iterator:
            if request.image in self.poison:
                await context.abort(grpc.StatusCode.UNAVAILABLE, "Socket closed")
            await self.answers.wait()
            self.embedded += 1
            self.priorities[request.image] = request.priority
            try:
                embedding = self._embedding(_see(request.image))
            except InvalidInput as error:
                yield embedder_pb2.EmbedImagesResponse(
                    item_id=request.item_id, error=to_status(error)
                )
            else:
                yield embedder_pb2.EmbedImagesResponse(item_id=request.item_id, embedding=embedding)

    async def EmbedImageBatches(
        self,
        request_iterator: AsyncIterator[embedder_pb2.EmbedImageBatchesRequest],
        context: Any,
    ) -> AsyncIterator[embedder_pb2.EmbedImageBatchesResponse]:
        async def singly() -> AsyncIterator[embedder_pb2.EmbedImagesRequest]:
            async for request in request_iterator:
                for item in request.items:
                    yield item

        async for answer in self.EmbedImages(singly(), context):
            yield embedder_pb2.EmbedImageBatchesResponse(items=[answer])

    async def EmbedTexts(
        self, request_iterator: AsyncIterator[embedder_pb2.EmbedTextsRequest], context: Any
    ) -> AsyncIterator[embedder_pb2.EmbedTextsResponse]:
        async for request in request_iterator:
            self.priorities[request.text] = request.priority
            vector, truncated = _read(request.text)
            yield embedder_pb2.EmbedTextsResponse(
                item_id=request.item_id, embedding=self._embedding(vector), truncated=truncated
            )

    async def ExtractPatches(
        self, request_iterator: AsyncIterator[embedder_pb2.ExtractPatchesRequest], context: Any
    ) -> AsyncIterator[embedder_pb2.ExtractPatchesResponse]:
        async for _ in request_iterator:
            await context.abort(grpc.StatusCode.UNIMPLEMENTED, "colours have no patches")
            yield embedder_pb2.ExtractPatchesResponse()

    async def ListModels(
        self, request: embedder_pb2.ListModelsRequest, context: Any
    ) -> embedder_pb2.ListModelsResponse:
        model = embedder_pb2.Model(
            model=MODEL, version=self.version, dimension=DIMENSION, default=True
        )
        return embedder_pb2.ListModelsResponse(models=[model])

    def _embedding(self, vector: list[float]) -> embedder_pb2.Embedding:
        return embedder_pb2.Embedding(values=vector, model=MODEL, model_version=self.version)


@asynccontextmanager
async def running_colours(
    servicer: ColourEmbedder, *, auth_url: str, redis_url: str, listen: str = "127.0.0.1:0"
) -> AsyncIterator[RunningServer]:
    """Serves it as every service is served."""
    settings = RuntimeSettings(
        **(COMMON | {"auth_url": auth_url, "redis_url": redis_url, "listen": listen})
    )
    async with (
        open_redis(redis_url) as redis,
        open_channel(auth_url, max_message_bytes=settings.max_message_bytes) as auth,
        serving(
            settings,
            register=partial(embedder_pb2_grpc.add_EmbedderServiceServicer_to_server, servicer),
            services=["argus.embedder.v1.EmbedderService"],
            verifier=TokenVerifier(
                PublishedKeys(auth), ClosedSessions(redis), issuer="argus", audience="argus"
            ),
            dependencies=[],
        ) as server,
    ):
        yield server
