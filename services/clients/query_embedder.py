"""Queries' vectors from the embedder, one short stream each, on the caller's behalf."""

import math
from collections.abc import AsyncIterator
from typing import TypeVar

import grpc
from argus.embedder.v1 import embedder_pb2, embedder_pb2_grpc
from google.rpc import status_pb2

from services.clients.errors import EmbedderUnavailable
from services.clients.model import Embedded, Space
from services.clients.peer_errors import translated
from services.clients.service_call import as_service
from services.clients.space import CurrentSpace
from services.runtime.status import from_status

TEXT_TIMEOUT_S = 5.0
IMAGE_TIMEOUT_S = 10.0

R = TypeVar("R")


class GrpcQueryEmbedder:
    """Embeds queries.

    Args:
        channel: To the embedder.
        space: Learns of the model from each answer.
        on_behalf: Whether queries are those of the calls under way; else they are this service's.
    """

    def __init__(
        self, channel: grpc.aio.Channel, space: CurrentSpace, *, on_behalf: bool = True
    ) -> None:
        self._on_behalf = on_behalf
        self._embedder = embedder_pb2_grpc.EmbedderServiceStub(channel)
        self._space = space
        self._token = space.token

    async def space(self) -> Space:
        """The space of the model in use."""
        return await self._space.get()

    async def embed_text(self, text: str) -> Embedded:
        """A text's vector."""
        request = embedder_pb2.EmbedTextsRequest(
            item_id="query", text=text, priority=embedder_pb2.PRIORITY_INTERACTIVE
        )
        with translated("the embedder", EmbedderUnavailable, as_service=True):
            options = await as_service(
                self._token, timeout_s=TEXT_TIMEOUT_S, on_behalf=self._on_behalf
            )
            call = self._embedder.EmbedTexts(_once(request), **options)
            answers = [answer async for answer in call]
        answer = _single(answers)
        return self._embedded(answer.embedding, answer.error, truncated=answer.truncated)

    async def embed_image(self, image: bytes) -> Embedded:
        """An encoded image's vector."""
        request = embedder_pb2.EmbedImagesRequest(
            item_id="query", image=image, priority=embedder_pb2.PRIORITY_INTERACTIVE
        )
        with translated("the embedder", EmbedderUnavailable, as_service=True):
            options = await as_service(
                self._token, timeout_s=IMAGE_TIMEOUT_S, on_behalf=self._on_behalf
            )
            call = self._embedder.EmbedImages(_once(request), **options)
            answers = [answer async for answer in call]
        answer = _single(answers)
        return self._embedded(answer.embedding, answer.error)

    def _embedded(
        self,
        embedding: embedder_pb2.Embedding,
        error: status_pb2.Status,
        *,
        truncated: bool = False,
    ) -> Embedded:
        if error.code:
            raise from_status(error)
        space = self._space.seen(embedding)
        vector = list(embedding.values)
        # What is not a number makes the length none.
        if len(vector) != space.dimension or not math.isfinite(math.hypot(*vector)):
            raise EmbedderUnavailable("the embedder gave no vector of its model")
        return Embedded(space, vector, truncated)


async def _once(request: R) -> AsyncIterator[R]:
    yield request


def _single(answers: list[R]) -> R:
    if len(answers) != 1:
        raise EmbedderUnavailable("the embedder ended without an answer", retry_after_s=1)
    return answers[0]
