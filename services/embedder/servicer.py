"""EmbedderService: translate, call, translate."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Any, TypeVar

import grpc
from argus.embedder.v1 import embedder_pb2, embedder_pb2_grpc

from services.embedder.errors import ModelMemoryExhausted, ModelNotFound, Overloaded
from services.embedder.ports import Embedder
from services.embedder.translate import (
    crop_messages,
    fill_embedding,
    image_item,
    model_message,
    patches_item,
    patches_message,
    text_item,
)
from services.runtime.errors import ArgusError
from services.runtime.identity import current_identity, on_behalf_of
from services.runtime.status import to_status
from services.runtime.streaming import answer_each, answer_groups
from services.runtime.validation import validate_request

Context = grpc.aio.ServicerContext[Any, Any]
Q = TypeVar("Q")
A = TypeVar(
    "A",
    embedder_pb2.EmbedImagesResponse,
    embedder_pb2.EmbedTextsResponse,
    embedder_pb2.ExtractPatchesResponse,
)


WINDOW = 64
"""Items of one stream under way, from which on nothing is read until one is answered."""

MAX_GROUP = 64
"""Most items of one message, as the contract has it."""

_END_THE_STREAM = (ModelNotFound, ModelMemoryExhausted, Overloaded)
"""What further items of a stream would meet as well."""


class EmbedderServicer(embedder_pb2_grpc.EmbedderServiceServicer):
    """The RPC methods; the contract documents them. Users and services may call."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    async def EmbedImage(
        self, request: embedder_pb2.EmbedImageRequest, context: Context
    ) -> embedder_pb2.EmbedImageResponse:
        embedded = await self._embedder.embed(image_item(request, _caller(context)))
        answer = embedder_pb2.EmbedImageResponse(crops=crop_messages(embedded))
        fill_embedding(answer.embedding, embedded)
        return answer

    def EmbedImages(
        self,
        request_iterator: AsyncIterator[embedder_pb2.EmbedImagesRequest],
        context: Context,
    ) -> AsyncIterator[embedder_pb2.EmbedImagesResponse]:
        return answer_each(request_iterator, self._answer_image(context), window=WINDOW)

    async def EmbedImageBatches(
        self,
        request_iterator: AsyncIterator[embedder_pb2.EmbedImageBatchesRequest],
        context: Context,
    ) -> AsyncIterator[embedder_pb2.EmbedImageBatchesResponse]:
        groups = answer_groups(
            _groups(request_iterator), self._answer_image(context), window=WINDOW
        )
        async with aclosing(groups):
            async for answers in groups:
                yield embedder_pb2.EmbedImageBatchesResponse(items=answers)

    async def EmbedText(
        self, request: embedder_pb2.EmbedTextRequest, context: Context
    ) -> embedder_pb2.EmbedTextResponse:
        embedded = await self._embedder.embed(text_item(request, _caller(context)))
        answer = embedder_pb2.EmbedTextResponse(truncated=embedded.truncated)
        fill_embedding(answer.embedding, embedded)
        return answer

    def EmbedTexts(
        self,
        request_iterator: AsyncIterator[embedder_pb2.EmbedTextsRequest],
        context: Context,
    ) -> AsyncIterator[embedder_pb2.EmbedTextsResponse]:
        caller = _caller(context)

        async def embed(
            request: embedder_pb2.EmbedTextsRequest, answer: embedder_pb2.EmbedTextsResponse
        ) -> None:
            embedded = await self._embedder.embed(text_item(request, caller))
            fill_embedding(answer.embedding, embedded)
            answer.truncated = embedded.truncated

        answer = _answering(embedder_pb2.EmbedTextsResponse, embed)
        return answer_each(request_iterator, answer, window=WINDOW)

    def ExtractPatches(
        self,
        request_iterator: AsyncIterator[embedder_pb2.ExtractPatchesRequest],
        context: Context,
    ) -> AsyncIterator[embedder_pb2.ExtractPatchesResponse]:
        caller = _caller(context)

        async def extract(
            request: embedder_pb2.ExtractPatchesRequest,
            answer: embedder_pb2.ExtractPatchesResponse,
        ) -> None:
            embedded = await self._embedder.embed(patches_item(request, caller))
            answer.patches.CopyFrom(patches_message(embedded))

        answer = _answering(embedder_pb2.ExtractPatchesResponse, extract)
        return answer_each(request_iterator, answer, window=WINDOW)

    def _answer_image(
        self, context: Context
    ) -> Callable[[embedder_pb2.EmbedImagesRequest], Awaitable[embedder_pb2.EmbedImagesResponse]]:
        """What answers the images of one stream."""
        caller = _caller(context)

        async def embed(
            request: embedder_pb2.EmbedImagesRequest, answer: embedder_pb2.EmbedImagesResponse
        ) -> None:
            embedded = await self._embedder.embed(image_item(request, caller))
            fill_embedding(answer.embedding, embedded)
            if embedded.boxes:
                answer.crops.extend(crop_messages(embedded))

        return _answering(embedder_pb2.EmbedImagesResponse, embed)

    async def ListModels(
        self, request: embedder_pb2.ListModelsRequest, context: Context
    ) -> embedder_pb2.ListModelsResponse:
        return embedder_pb2.ListModelsResponse(
            models=[model_message(status) for status in self._embedder.models()]
        )


async def _groups(
    requests: AsyncIterator[embedder_pb2.EmbedImageBatchesRequest],
) -> AsyncGenerator[Sequence[embedder_pb2.EmbedImagesRequest], None]:
    """The items of each message.

    Raises:
        InvalidRequest: if there are none in it, or too many.
    """
    async for request in requests:
        if not 1 <= len(request.items) <= MAX_GROUP:
            validate_request(request)
        yield request.items


def _answering(
    response: Callable[..., A], work: Callable[[Q, A], Awaitable[None]]
) -> Callable[[Q], Awaitable[A]]:
    """What answers a request: with what `work` fills in, or with the item's error."""

    async def answer(request: Any) -> A:  # noqa: ANN401 - one of three messages
        filled = response(item_id=request.item_id)
        try:
            validate_request(request)
            await work(request, filled)
        except _END_THE_STREAM:
            raise
        except ArgusError as error:
            filled.error.CopyFrom(to_status(error))
        return filled

    return answer


def _caller(context: Context) -> str:
    """Whose turn it is: a user's, also when a service asks for them, or a service's own."""
    return on_behalf_of(context.invocation_metadata() or ()) or (
        f"service:{current_identity().service}"
    )
