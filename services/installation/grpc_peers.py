"""Storage and the embedder, asked as a service."""

from collections.abc import Sequence

import grpc
from argus.embedder.v1 import embedder_pb2, embedder_pb2_grpc
from argus.storage.v1 import ingest_pb2, ingest_pb2_grpc

from services.clients.errors import EmbedderUnavailable, StorageUnavailable
from services.clients.peer_errors import translated
from services.clients.service_call import as_service
from services.runtime.outgoing import ServiceToken

TIMEOUT_S = 2.0


class GrpcPeers:
    """`Peers` over gRPC.

    Args:
        storage: Channel to it.
        embedder: Channel to it.
        token: This service's identity.
    """

    def __init__(
        self, storage: grpc.aio.Channel, embedder: grpc.aio.Channel, token: ServiceToken
    ) -> None:
        self._storage = ingest_pb2_grpc.IngestServiceStub(storage)
        self._embedder = embedder_pb2_grpc.EmbedderServiceStub(embedder)
        self._token = token

    async def limits(self) -> ingest_pb2.GetLimitsResponse:
        """What storage takes."""
        with translated("storage", StorageUnavailable, as_service=True):
            return await self._storage.GetLimits(
                ingest_pb2.GetLimitsRequest(), **await as_service(self._token, timeout_s=TIMEOUT_S)
            )

    async def models(self) -> Sequence[embedder_pb2.Model]:
        """Models that can be asked for."""
        with translated("the embedder", EmbedderUnavailable, as_service=True):
            answer = await self._embedder.ListModels(
                embedder_pb2.ListModelsRequest(),
                **await as_service(self._token, timeout_s=TIMEOUT_S),
            )
        return list(answer.models)
