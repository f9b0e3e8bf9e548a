"""Queries' vectors from the embedder, on the caller's behalf."""

import math
from collections.abc import Awaitable, Callable
from typing import Protocol

import grpc
from argus.embedder.v1 import embedder_pb2, embedder_pb2_grpc

from services.clients.errors import EmbedderUnavailable
from services.clients.model import Embedded, Space
from services.clients.peer_errors import translated
from services.clients.service_call import as_service
from services.runtime.errors import NotFound
from services.runtime.outgoing import ServiceToken

TEXT_TIMEOUT_S = 5.0
IMAGE_TIMEOUT_S = 10.0

_UNKNOWN = "MODEL_NOT_FOUND"
"""The embedder's reason for a model that it has not."""


class SpaceOfQueries(Protocol):
    """Which model embeds queries."""

    @property
    def token(self) -> ServiceToken:
        """This service's identity."""

    async def named(self) -> str:
        """Id of the model that queries name; empty for the embedder's default."""

    async def get(self) -> Space:
        """The space in use, as far as is known."""

    def seen(self, embedding: embedder_pb2.Embedding) -> Space:
        """Learns the space from an answer, and gives it."""


class GrpcQueryEmbedder:
    """Embeds queries.

    Args:
        channel: To the embedder.
        space: Says which model, and learns of it from each answer.
        on_behalf: Whether queries are those of the calls under way; else they are this service's.
    """

    def __init__(
        self, channel: grpc.aio.Channel, space: SpaceOfQueries, *, on_behalf: bool = True
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
        return await self._named(lambda model: self._embed_text(text, model))

    async def embed_image(self, image: bytes) -> Embedded:
        """An encoded image's vector."""
        return await self._named(lambda model: self._embed_image(image, model))

    async def _named(self, embed: Callable[[str], Awaitable[Embedded]]) -> Embedded:
        """Embeds with the model in use; with the default, if that one is not there any more."""
        model = await self._space.named()
        try:
            return await embed(model)
        except NotFound as error:
            if not model or error.reason != _UNKNOWN:
                raise
        return await embed("")

    async def _embed_text(self, text: str, model: str) -> Embedded:
        request = embedder_pb2.EmbedTextRequest(
            text=text, model=model, priority=embedder_pb2.PRIORITY_INTERACTIVE
        )
        with translated("the embedder", EmbedderUnavailable, as_service=True):
            options = await as_service(
                self._token, timeout_s=TEXT_TIMEOUT_S, on_behalf=self._on_behalf
            )
            answer = await self._embedder.EmbedText(request, **options)
        return self._embedded(answer.embedding, truncated=answer.truncated)

    async def _embed_image(self, image: bytes, model: str) -> Embedded:
        request = embedder_pb2.EmbedImageRequest(
            image=image, model=model, priority=embedder_pb2.PRIORITY_INTERACTIVE
        )
        with translated("the embedder", EmbedderUnavailable, as_service=True):
            options = await as_service(
                self._token, timeout_s=IMAGE_TIMEOUT_S, on_behalf=self._on_behalf
            )
            answer = await self._embedder.EmbedImage(request, **options)
        return self._embedded(answer.embedding)

    def _embedded(self, embedding: embedder_pb2.Embedding, *, truncated: bool = False) -> Embedded:
        space = self._space.seen(embedding)
        vector = list(embedding.values)
        # What is not a number makes the length none.
        if len(vector) != space.dimension or not math.isfinite(math.hypot(*vector)):
            raise EmbedderUnavailable("the embedder gave no vector of its model")
        return Embedded(space, vector, truncated)
