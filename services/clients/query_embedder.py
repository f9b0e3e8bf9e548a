"""Queries' vectors from the embedder, one short stream each, on the caller's behalf."""

import math
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Protocol, TypeVar

import grpc
from argus.embedder.v1 import embedder_pb2, embedder_pb2_grpc
from google.rpc import status_pb2

from services.clients.errors import EmbedderUnavailable
from services.clients.model import Embedded, Space
from services.clients.peer_errors import translated
from services.clients.service_call import as_service
from services.runtime.errors import NotFound
from services.runtime.outgoing import ServiceToken
from services.runtime.status import from_status

TEXT_TIMEOUT_S = 5.0
IMAGE_TIMEOUT_S = 10.0

_UNKNOWN = "MODEL_NOT_FOUND"
"""The embedder's reason for a model that it has not."""

R = TypeVar("R")


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
        request = embedder_pb2.EmbedTextsRequest(
            item_id="query", text=text, model=model, priority=embedder_pb2.PRIORITY_INTERACTIVE
        )
        with translated("the embedder", EmbedderUnavailable, as_service=True):
            options = await as_service(
                self._token, timeout_s=TEXT_TIMEOUT_S, on_behalf=self._on_behalf
            )
            call = self._embedder.EmbedTexts(_once(request), **options)
            answers = [answer async for answer in call]
        answer = _single(answers)
        return self._embedded(answer.embedding, answer.error, truncated=answer.truncated)

    async def _embed_image(self, image: bytes, model: str) -> Embedded:
        request = embedder_pb2.EmbedImagesRequest(
            item_id="query", image=image, model=model, priority=embedder_pb2.PRIORITY_INTERACTIVE
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
