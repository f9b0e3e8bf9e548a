"""The embedder's models, with search's own identity."""

from collections.abc import AsyncIterator
from typing import TypeVar

import grpc
from argus.embedder.v1 import embedder_pb2, embedder_pb2_grpc

from services.clients.errors import EmbedderUnavailable
from services.clients.model import Space
from services.clients.peer_errors import translated
from services.clients.service_call import as_service
from services.runtime.outgoing import ServiceToken
from services.runtime.status import from_status
from services.search.meaning.references import captions, pictures
from services.search.reindexing.model import Candidate

LIST_TIMEOUT_S = 5.0
TRY_TIMEOUT_S = 100.0
"""For loading the model, and one picture and one text."""

R = TypeVar("R")


class GrpcModels:
    """Asks for models, and tries them.

    Args:
        channel: To the embedder.
        token: This service's identity.
    """

    def __init__(self, channel: grpc.aio.Channel, token: ServiceToken) -> None:
        self._embedder = embedder_pb2_grpc.EmbedderServiceStub(channel)
        self._token = token

    async def find(self, model: str) -> Candidate | None:
        """The model of an id."""
        with translated("the embedder", EmbedderUnavailable, as_service=True):
            answer = await self._embedder.ListModels(
                embedder_pb2.ListModelsRequest(),
                **await as_service(self._token, timeout_s=LIST_TIMEOUT_S),
            )
        return next(
            (
                Candidate(
                    Space(one.model, one.version, one.dimension),
                    embeds_images=embedder_pb2.MODALITY_IMAGE in one.modalities,
                    embeds_words=embedder_pb2.MODALITY_TEXT in one.modalities,
                )
                for one in answer.models
                if one.model == model
            ),
            None,
        )

    async def try_out(self, space: Space) -> None:
        """Embeds one of the captions and pictures that come with search."""
        text = embedder_pb2.EmbedTextsRequest(
            item_id="try", text=captions()[0], model=space.model,
            priority=embedder_pb2.PRIORITY_INTERACTIVE,
        )  # fmt: skip
        image = embedder_pb2.EmbedImagesRequest(
            item_id="try", image=pictures()[0], model=space.model,
            priority=embedder_pb2.PRIORITY_INTERACTIVE,
        )  # fmt: skip
        with translated("the embedder", EmbedderUnavailable, as_service=True):
            options = await as_service(self._token, timeout_s=TRY_TIMEOUT_S)
            texts = self._embedder.EmbedTexts(_once(text), **options)
            answers = [(answer.embedding, answer.error) async for answer in texts]
            images = self._embedder.EmbedImages(_once(image), **options)
            answers += [(answer.embedding, answer.error) async for answer in images]
        for embedding, error in answers:
            if error.code:
                raise from_status(error)
            seen = Space(embedding.model, embedding.model_version, len(embedding.values))
            if seen != space:
                raise EmbedderUnavailable(f"the embedder runs another {space.model} by now")
        if len(answers) != 2:
            raise EmbedderUnavailable("the embedder ended without an answer", retry_after_s=1)


async def _once(request: R) -> AsyncIterator[R]:
    yield request
