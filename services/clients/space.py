"""Which model the embedder runs."""

import grpc
from argus.embedder.v1 import embedder_pb2, embedder_pb2_grpc

from services.clients.errors import EmbedderUnavailable
from services.clients.model import Space
from services.clients.peer_errors import translated
from services.clients.service_call import as_service
from services.runtime.outgoing import ServiceToken

TIMEOUT_S = 5.0


class CurrentSpace:
    """The space of the embedder's default model: as it was asked for, or as its answers say."""

    def __init__(self, channel: grpc.aio.Channel, token: ServiceToken) -> None:
        self._embedder = embedder_pb2_grpc.EmbedderServiceStub(channel)
        self.token = token
        """This service's identity."""
        self._space: Space | None = None

    async def get(self) -> Space:
        """The space as it was last seen; stays known while the embedder is down.

        Raises:
            EmbedderUnavailable: if it was never seen and the embedder does not answer.
        """
        return self._space or await self.ask()

    async def ask(self) -> Space:
        """Asks the embedder, which may have been started anew with another model.

        Raises:
            EmbedderUnavailable: if it does not answer.
        """
        with translated("the embedder", EmbedderUnavailable, as_service=True):
            answer = await self._embedder.ListModels(
                embedder_pb2.ListModelsRequest(),
                **await as_service(self.token, timeout_s=TIMEOUT_S),
            )
        model = next((model for model in answer.models if model.default), None)
        if model is None:
            raise EmbedderUnavailable("the embedder has no default model")
        self._space = Space(model.model, model.version, model.dimension)
        return self._space

    def seen(self, embedding: embedder_pb2.Embedding) -> Space:
        """Learns the space from an answer, and gives it.

        A model's dimension never changes: a vector of another length is no news of it.
        """
        space = Space(embedding.model, embedding.model_version, len(embedding.values))
        known = self._space
        if known and (known.model, known.version) == (space.model, space.version):
            return known
        self._space = space
        return space
