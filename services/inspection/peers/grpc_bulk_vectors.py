"""Whole images' vectors for jobs: after people's, with this service's identity."""

from collections.abc import AsyncIterator

import grpc
from argus.embedder.v1 import embedder_pb2, embedder_pb2_grpc

from services.clients.errors import EmbedderUnavailable
from services.clients.model import Embedded
from services.clients.peer_errors import translated
from services.clients.service_call import as_service
from services.clients.space import CurrentSpace
from services.runtime.outgoing import ServiceToken
from services.runtime.status import from_status

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
        request = embedder_pb2.EmbedImagesRequest(
            item_id="image", image=image, priority=embedder_pb2.PRIORITY_BULK
        )
        with translated("the embedder", EmbedderUnavailable, as_service=True):
            options = await as_service(self._token, timeout_s=TIMEOUT_S)
            call = self._embedder.EmbedImages(_once(request), **options)
            answers = [answer async for answer in call]
        if len(answers) != 1:
            raise EmbedderUnavailable("the embedder ended without an answer", retry_after_s=1)
        (answer,) = answers
        if answer.error.code:
            raise from_status(answer.error)
        return Embedded(self._space.seen(answer.embedding), list(answer.embedding.values))


async def _once(
    request: embedder_pb2.EmbedImagesRequest,
) -> AsyncIterator[embedder_pb2.EmbedImagesRequest]:
    yield request
