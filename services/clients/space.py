"""Which models the embedder runs."""

from collections.abc import Sequence

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
        self.default: Space | None = None
        """The space of the embedder's default model when it was last asked."""
        self._space: Space | None = None

    async def named(self) -> str:
        """Id of the model that queries name; empty for the embedder's default."""
        return ""

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
        return (await self.spaces())[0]

    async def spaces(self) -> Sequence[Space]:
        """Spaces of the models that embed images, that of the default first; at least one.

        Raises:
            EmbedderUnavailable: if the embedder does not answer.
        """
        with translated("the embedder", EmbedderUnavailable, as_service=True):
            answer = await self._embedder.ListModels(
                embedder_pb2.ListModelsRequest(),
                **await as_service(self.token, timeout_s=TIMEOUT_S),
            )
        models = [
            model
            for model in answer.models
            if model.default or embedder_pb2.MODALITY_IMAGE in model.modalities
        ]
        models.sort(key=lambda model: not model.default)
        if not models or not models[0].default:
            raise EmbedderUnavailable("the embedder has no default model")
        found = [Space(model.model, model.version, model.dimension) for model in models]
        self._space = self.default = found[0]
        return found

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
