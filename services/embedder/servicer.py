"""EmbedderService: translate, call, translate."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import grpc
from argus.embedder.v1 import embedder_pb2, embedder_pb2_grpc

from services.embedder.batcher import Batcher
from services.embedder.errors import ModelNotFound, Overloaded
from services.embedder.streaming import answer_each
from services.embedder.translate import embedding_message, model_message
from services.runtime.errors import ArgusError
from services.runtime.status import to_status
from services.runtime.validation import validate_request

Context = grpc.aio.ServicerContext[Any, Any]

SERVICE = embedder_pb2.DESCRIPTOR.services_by_name["EmbedderService"].full_name

WINDOW = 32
"""Most items of one stream under way; the next is read when one is answered."""


class EmbedderServicer(embedder_pb2_grpc.EmbedderServiceServicer):
    """The RPC methods; the contract documents them. Users and services may call."""

    def __init__(self, batcher: Batcher) -> None:
        self._batcher = batcher

    async def EmbedImages(
        self,
        request_iterator: AsyncIterator[embedder_pb2.EmbedImagesRequest],
        context: Context,
    ) -> AsyncIterator[embedder_pb2.EmbedImagesResponse]:
        async with aclosing(
            answer_each(request_iterator, self._embed_image, window=WINDOW)
        ) as answers:
            async for answer in answers:
                yield answer

    async def EmbedTexts(
        self,
        request_iterator: AsyncIterator[embedder_pb2.EmbedTextsRequest],
        context: Context,
    ) -> AsyncIterator[embedder_pb2.EmbedTextsResponse]:
        async with aclosing(
            answer_each(request_iterator, self._embed_text, window=WINDOW)
        ) as answers:
            async for answer in answers:
                yield answer

    async def ListModels(
        self, request: embedder_pb2.ListModelsRequest, context: Context
    ) -> embedder_pb2.ListModelsResponse:
        return embedder_pb2.ListModelsResponse(models=[model_message(self._batcher.info)])

    async def _embed_image(
        self, request: embedder_pb2.EmbedImagesRequest
    ) -> embedder_pb2.EmbedImagesResponse:
        answer = embedder_pb2.EmbedImagesResponse(item_id=request.item_id)
        try:
            self._check_model(request.model)
            validate_request(request)
            vector = await self._batcher.embed_image(request.image)
            answer.embedding.CopyFrom(embedding_message(vector, self._batcher.info))
        except (ModelNotFound, Overloaded):
            raise
        except ArgusError as error:
            answer.error.CopyFrom(to_status(error))
        return answer

    async def _embed_text(
        self, request: embedder_pb2.EmbedTextsRequest
    ) -> embedder_pb2.EmbedTextsResponse:
        answer = embedder_pb2.EmbedTextsResponse(item_id=request.item_id)
        try:
            self._check_model(request.model)
            validate_request(request)
            embedded = await self._batcher.embed_text(request.text)
            answer.embedding.CopyFrom(embedding_message(embedded.vector, self._batcher.info))
            answer.truncated = embedded.truncated
        except (ModelNotFound, Overloaded):
            raise
        except ArgusError as error:
            answer.error.CopyFrom(to_status(error))
        return answer

    def _check_model(self, model: str) -> None:
        if model not in {"", self._batcher.info.model}:
            raise ModelNotFound(
                f"there is no model {model!r} here; there is {self._batcher.info.model!r}",
                field="model",
            )
