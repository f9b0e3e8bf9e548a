"""Whole images' vectors for jobs: after people's, with this service's identity."""

import grpc
from argus.embedder.v1 import embedder_pb2, embedder_pb2_grpc

from services.clients.errors import EmbedderUnavailable
from services.clients.model import Embedded
from services.clients.peer_errors import translated
from services.clients.service_call import as_service
from services.clients.space import CurrentSpace
from services.runtime.outgoing import ServiceToken

TIMEOUT_S = 300.0
"""An image of a job that is not answered for so long: the embedder hangs."""


class BulkVectors:
    """Embeds images one by one.

    Args:
        channel: To the embedder.
        token: This service's identity.
        space: Learns of the model from each answer.
    """

    def __init__(self, channel: grpc.aio.Channel, token: ServiceToken, space: CurrentSpace) -> None:
        self._embedder = embedder_pb2_grpc.EmbedderServiceStub(channel)
        self._token = token
        self._space = space

    async def embed_image(self, image: bytes) -> Embedded:
        """An encoded image's vector.

        Raises:
            EmbedderUnavailable: the embedder does not answer.
            ArgusError: the embedder's own error for what it refuses.
        """
        request = embedder_pb2.EmbedImageRequest(image=image, priority=embedder_pb2.PRIORITY_BULK)
        with translated("the embedder", EmbedderUnavailable, as_service=True):
            options = await as_service(self._token, timeout_s=TIMEOUT_S)
            answer = await self._embedder.EmbedImage(request, **options)
        return Embedded(self._space.seen(answer.embedding), list(answer.embedding.values))
