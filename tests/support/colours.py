"""An embedder that sees nothing but colours: small, quick, and faulty on demand.

It keeps the promises of `argus.embedder.v1.EmbedderService` that search relies
on (`tests/contract/test_embedder_service.py` runs on it and on the real one),
and can break in the ways that a real one breaks only by accident.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from functools import partial
from io import BytesIO
from typing import Any

import grpc
import numpy as np
from argus.embedder.v1 import embedder_pb2, embedder_pb2_grpc, network_pb2, network_pb2_grpc
from argus.type.v1 import geometry_pb2
from numpy.typing import NDArray
from PIL import Image, ImageColor, UnidentifiedImageError

from services.embedder.errors import ModelNotFound
from services.embedder.model import PatchInfo
from services.embedder.models.patches import whole_image
from services.imaging.decode import ImageLimits
from services.imaging.errors import ImageEmpty, ImageUnreadable
from services.imaging.frame_stats import FrameStats
from services.runtime.audit import RedisAudit
from services.runtime.channel import open_channel
from services.runtime.errors import InvalidInput
from services.runtime.identity import TokenVerifier
from services.runtime.keys import PublishedKeys
from services.runtime.redis import ClosedSessions, open_redis
from services.runtime.server import RunningServer, serving
from services.runtime.settings import RuntimeSettings
from services.runtime.status import to_status
from services.runtime.validation import validate_request
from tests.support.pictures import encoded
from tests.support.services import COMMON

MODEL = "colours"
CONTEXT_WORDS = 77
_LEVELS = (0, 128, 255)
_ANCHORS = np.array([(r, g, b) for r in _LEVELS for g in _LEVELS for b in _LEVELS])
DIMENSION = len(_ANCHORS)
PATCHES = PatchInfo(dimension=DIMENSION, stride=8, size=128, min_size=32, max_size=256)
_SIDE = 8
"""Pixels of the side of what is looked at for an image's vector."""


def picture(colour: str, *, side: int = 32) -> bytes:
    """A PNG of one colour."""
    return encoded(Image.new("RGB", (side, side), colour))


def _nearness(pixels: NDArray[Any]) -> NDArray[np.float32]:
    """How near pixels [..., 3] are to each anchor, 0 to 1, [..., anchors]."""
    seen, anchors = pixels.astype(np.float32), _ANCHORS.astype(np.float32)
    squared = (seen**2).sum(axis=-1)[..., None] + (anchors**2).sum(axis=1) - 2 * seen @ anchors.T
    near: NDArray[np.float32] = np.exp(squared / -(100**2))
    return near


def _vector(pixels: NDArray[Any]) -> list[float]:
    """How near pixels [n, 3] are to each anchor, on average; unit length."""
    nearness = _nearness(pixels).mean(axis=0, dtype=float) + 1e-6
    found: list[float] = (nearness / np.linalg.norm(nearness)).tolist()
    return found


def _see(image: bytes) -> list[float]:
    if not image:
        raise ImageEmpty("the image has no bytes")
    try:
        with Image.open(BytesIO(image)) as opened:
            small = opened.convert("RGB").resize((_SIDE, _SIDE))
    except (UnidentifiedImageError, OSError):
        raise ImageUnreadable("these bytes are no image") from None
    return _vector(np.asarray(small).reshape(-1, 3))


def _crops(image: bytes) -> list[embedder_pb2.Crop]:
    """Nine halves of an image, and their vectors."""
    with Image.open(BytesIO(image)) as opened:
        small = np.asarray(opened.convert("RGB").resize((4 * _SIDE, 4 * _SIDE)))
    found = []
    for top in range(0, 3 * _SIDE, _SIDE):
        for left in range(0, 3 * _SIDE, _SIDE):
            part = small[top : top + 2 * _SIDE, left : left + 2 * _SIDE].reshape(-1, 3)
            box = [edge / (4 * _SIDE) for edge in (left, top, left + 2 * _SIDE, top + 2 * _SIDE)]
            found.append(
                embedder_pb2.Crop(
                    box=geometry_pb2.Box(left=box[0], top=box[1], right=box[2], bottom=box[3]),
                    values=_vector(part),
                )
            )
    return found


def _parts(
    request: embedder_pb2.EmbedImagesRequest | embedder_pb2.EmbedImageRequest,
) -> list[embedder_pb2.Crop]:
    """Crops of an image, or the four of them that are tiles, if they are asked for."""
    if request.tiles:
        crops = _crops(request.image)
        return [crops[corner] for corner in (0, 2, 6, 8)]
    return _crops(request.image) if request.crops else []


def _pixels(request: embedder_pb2.ExtractPatchesRequest) -> NDArray[Any]:
    return np.asarray(
        whole_image(
            request.image,
            ImageLimits(),
            PATCHES,
            size=request.size,
            scale=request.scale,
            multiple=PATCHES.stride,
            standard_levels=request.standard_levels,
        )
    )


def _look(pixels: NDArray[Any]) -> NDArray[np.float16]:
    """How near each patch's pixels are to each anchor, on average: [rows, columns, anchors]."""
    side = PATCHES.stride
    rows, columns = pixels.shape[0] // side, pixels.shape[1] // side
    near = _nearness(pixels).reshape(rows, side, columns, side, DIMENSION)
    means: NDArray[np.float16] = near.mean(axis=(1, 3)).astype("<f2")
    return means


def _read(text: str) -> tuple[list[float], bool]:
    words = text.lower().split()
    known = [word for word in words[:CONTEXT_WORDS] if word in ImageColor.colormap]
    pixels = [ImageColor.getrgb(colour)[:3] for colour in known or ["grey"]]
    return _vector(np.array(pixels)), len(words) > CONTEXT_WORDS


class NoNetworks(network_pb2_grpc.NetworkServiceServicer):
    """What sees colours is no network."""

    async def ExportPatchNetwork(
        self,
        request: network_pb2.ExportPatchNetworkRequest,
        context: grpc.aio.ServicerContext[Any, Any],
    ) -> AsyncIterator[network_pb2.ExportPatchNetworkResponse]:
        for piece in self._pieces(request.model):
            yield piece

    def _pieces(self, model: str) -> list[network_pb2.ExportPatchNetworkResponse]:
        raise ModelNotFound(f"{model} has no network", field="model")


class ColourEmbedder(embedder_pb2_grpc.EmbedderServiceServicer):
    """The servicer and its switches."""

    def __init__(self) -> None:
        self.version = "v1"
        self.answers = asyncio.Event()
        self.answers.set()
        """While cleared, images wait for their answer."""
        self.bulk_answers = asyncio.Event()
        self.bulk_answers.set()
        """While cleared, images that no person waits for wait for their answer."""
        self.poison: set[bytes] = set()
        """Images that end whatever embedder gets them."""
        self.embedded = 0
        """Images that were answered with a vector, or with why there is none."""
        self.extracted = 0
        """Images that were answered with patch features, or with why there are none."""
        self.waiting: list[bytes] = []
        """Images that wait for their answer."""
        self.others: list[embedder_pb2.Model] = []
        """Models that it says it has as well, and has not."""
        self.copies: list[str] = []
        """Models that it has as well, and that see what it sees."""
        self.priorities: dict[bytes | str, int] = {}
        """How urgent an image or text was when it was last asked for."""

    async def EmbedImage(
        self, request: embedder_pb2.EmbedImageRequest, context: Any
    ) -> embedder_pb2.EmbedImageResponse:
        self._check_model(request.model)
        await self._take(request.image, request.priority, context)
        self.embedded += 1
        embedding = self._embedding(_see(request.image), request.model)
        return embedder_pb2.EmbedImageResponse(embedding=embedding, crops=_parts(request))

    async def EmbedImages(
        self, request_iterator: AsyncIterator[embedder_pb2.EmbedImagesRequest], context: Any
    ) -> AsyncIterator[embedder_pb2.EmbedImagesResponse]:
        async for request in request_iterator:
            self._check_model(request.model)
            await self._take(request.image, request.priority, context)
            self.embedded += 1
            try:
                embedding = self._embedding(_see(request.image), request.model)
            except InvalidInput as error:
                yield embedder_pb2.EmbedImagesResponse(
                    item_id=request.item_id, error=to_status(error)
                )
            else:
                yield embedder_pb2.EmbedImagesResponse(
                    item_id=request.item_id,
                    embedding=embedding,
                    crops=_parts(request),
                )

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

    async def EmbedText(
        self, request: embedder_pb2.EmbedTextRequest, context: Any
    ) -> embedder_pb2.EmbedTextResponse:
        self._check_model(request.model)
        self.priorities[request.text] = request.priority
        vector, truncated = _read(request.text)
        return embedder_pb2.EmbedTextResponse(
            embedding=self._embedding(vector, request.model), truncated=truncated
        )

    async def EmbedTexts(
        self, request_iterator: AsyncIterator[embedder_pb2.EmbedTextsRequest], context: Any
    ) -> AsyncIterator[embedder_pb2.EmbedTextsResponse]:
        async for request in request_iterator:
            self._check_model(request.model)
            self.priorities[request.text] = request.priority
            vector, truncated = _read(request.text)
            yield embedder_pb2.EmbedTextsResponse(
                item_id=request.item_id,
                embedding=self._embedding(vector, request.model),
                truncated=truncated,
            )

    async def ExtractPatches(
        self, request_iterator: AsyncIterator[embedder_pb2.ExtractPatchesRequest], context: Any
    ) -> AsyncIterator[embedder_pb2.ExtractPatchesResponse]:
        async for request in request_iterator:
            self._check_model(request.model)
            await self._take(request.image, request.priority, context)
            self.extracted += 1
            answer = embedder_pb2.ExtractPatchesResponse(item_id=request.item_id)
            try:
                validate_request(request)
                pixels = _pixels(request)
                values = _look(pixels)
            except InvalidInput as error:
                answer.error.CopyFrom(to_status(error))
            else:
                rows, columns, dimension = values.shape
                answer.patches.CopyFrom(
                    embedder_pb2.Patches(
                        rows=rows,
                        columns=columns,
                        dimension=dimension,
                        values=values.tobytes(),
                        model=MODEL,
                        model_version=self.version,
                        frame=embedder_pb2.FrameStatistics(**asdict(FrameStats.of(pixels))),
                    )
                )
            yield answer

    async def ListModels(
        self, request: embedder_pb2.ListModelsRequest, context: Any
    ) -> embedder_pb2.ListModelsResponse:
        model = embedder_pb2.Model(
            model=MODEL,
            version=self.version,
            dimension=DIMENSION,
            image_size=_SIDE,
            context_length=CONTEXT_WORDS,
            default=True,
            modalities=[
                embedder_pb2.MODALITY_IMAGE,
                embedder_pb2.MODALITY_TEXT,
                embedder_pb2.MODALITY_PATCHES,
            ],
            residency=embedder_pb2.RESIDENCY_RESIDENT,
            patches=embedder_pb2.PatchFeatures(**asdict(PATCHES)),
        )
        copies = [embedder_pb2.Model() for _ in self.copies]
        for name, copy in zip(self.copies, copies, strict=True):
            copy.CopyFrom(model)
            copy.model, copy.default = name, False
        return embedder_pb2.ListModelsResponse(models=[model, *copies, *self.others])

    async def _take(self, image: bytes, priority: int, context: Any) -> None:
        if image in self.poison:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "Socket closed")
        self.waiting.append(image)
        try:
            await self.answers.wait()
            if priority == embedder_pb2.PRIORITY_BULK:
                await self.bulk_answers.wait()
        finally:
            self.waiting.remove(image)
        self.priorities[image] = priority

    def _embedding(self, vector: list[float], model: str = "") -> embedder_pb2.Embedding:
        return embedder_pb2.Embedding(
            values=vector, model=model or MODEL, model_version=self.version
        )

    def _check_model(self, model: str) -> None:
        if model not in {"", MODEL, *self.copies}:
            raise ModelNotFound(f"there is no model {model}")


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
            servicers=[
                partial(embedder_pb2_grpc.add_EmbedderServiceServicer_to_server, servicer),
                partial(network_pb2_grpc.add_NetworkServiceServicer_to_server, NoNetworks()),
            ],
            verifier=TokenVerifier(
                PublishedKeys(auth), ClosedSessions(redis), issuer="argus", audience="argus"
            ),
            dependencies=[],
            audit=RedisAudit(redis),
        ) as server,
    ):
        yield server
