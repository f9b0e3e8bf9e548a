"""The embedder's models, with search's own identity."""

import grpc
from argus.embedder.v1 import embedder_pb2, embedder_pb2_grpc

from services.clients.errors import EmbedderUnavailable
from services.clients.model import Space
from services.clients.peer_errors import translated
from services.clients.service_call import as_service
from services.runtime.outgoing import ServiceToken
from services.search.meaning.references import captions, pictures
from services.search.reindexing.model import Candidate

LIST_TIMEOUT_S = 5.0
TRY_TIMEOUT_S = 100.0
"""For loading the model, and one picture and one text."""


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
        text = embedder_pb2.EmbedTextRequest(
            text=captions()[0], model=space.model, priority=embedder_pb2.PRIORITY_INTERACTIVE
        )
        image = embedder_pb2.EmbedImageRequest(
            image=pictures()[0], model=space.model, priority=embedder_pb2.PRIORITY_INTERACTIVE
        )
        with translated("the embedder", EmbedderUnavailable, as_service=True):
            options = await as_service(self._token, timeout_s=TRY_TIMEOUT_S)
            of_text = await self._embedder.EmbedText(text, **options)
            of_image = await self._embedder.EmbedImage(image, **options)
        for embedding in (of_text.embedding, of_image.embedding):
            seen = Space(embedding.model, embedding.model_version, len(embedding.values))
            if seen != space:
                raise EmbedderUnavailable(f"the embedder runs another {space.model} by now")
