"""Vectors of the references, from the embedder, with search's own identity."""

from collections.abc import AsyncIterator, Sequence
from typing import TypeVar

import grpc
import numpy as np
from argus.embedder.v1 import embedder_pb2, embedder_pb2_grpc

from services.clients.errors import EmbedderUnavailable
from services.clients.model import Space
from services.clients.peer_errors import translated
from services.clients.service_call import as_service
from services.runtime.outgoing import ServiceToken
from services.runtime.status import from_status
from services.search.meaning.model import Kind
from services.search.meaning.reference_vectors import Vectors
from services.search.meaning.references import captions, pictures

TIMEOUT_S = 120.0
"""For all of them: a large model on a busy processor takes most of a minute."""

R = TypeVar("R")


class GrpcReferences:
    """Embeds captions and pictures behind what people wait for.

    Args:
        channel: To the embedder.
        token: This service's identity.
    """

    def __init__(self, channel: grpc.aio.Channel, token: ServiceToken) -> None:
        self._embedder = embedder_pb2_grpc.EmbedderServiceStub(channel)
        self._token = token

    async def embed(self, kind: Kind, space: Space) -> Vectors:
        """[n, dimension] vectors of a kind's references, in their order.

        Raises:
            EmbedderUnavailable: The embedder does not answer, or runs another model than the
                space's.
            InvalidInput: The model embeds nothing of that kind.
        """
        options = await as_service(self._token, timeout_s=TIMEOUT_S)
        found: dict[int, list[float]] = {}
        with translated("the embedder", EmbedderUnavailable, as_service=True):
            call = (
                self._embedder.EmbedTexts(_sent(_texts(space.model)), **options)
                if kind is Kind.WORDS
                else self._embedder.EmbedImages(_sent(_images(space.model)), **options)
            )
            async for answer in call:
                if answer.error.code:
                    raise from_status(answer.error)
                embedding = answer.embedding
                if (embedding.model, embedding.model_version) != (space.model, space.version):
                    raise EmbedderUnavailable("the embedder runs another model by now")
                found[int(answer.item_id)] = list(embedding.values)
        count = len(captions()) if kind is Kind.WORDS else len(pictures())
        vectors = np.array([found[number] for number in sorted(found)], np.float32)
        if vectors.shape != (count, space.dimension) or not np.isfinite(vectors).all():
            raise EmbedderUnavailable("the embedder did not answer every reference")
        return vectors


def _texts(model: str) -> list[embedder_pb2.EmbedTextsRequest]:
    return [
        embedder_pb2.EmbedTextsRequest(
            item_id=str(number), text=text, model=model, priority=embedder_pb2.PRIORITY_BULK
        )
        for number, text in enumerate(captions())
    ]


def _images(model: str) -> list[embedder_pb2.EmbedImagesRequest]:
    return [
        embedder_pb2.EmbedImagesRequest(
            item_id=str(number), image=image, model=model, priority=embedder_pb2.PRIORITY_BULK
        )
        for number, image in enumerate(pictures())
    ]


async def _sent(requests: Sequence[R]) -> AsyncIterator[R]:
    for request in requests:
        yield request
