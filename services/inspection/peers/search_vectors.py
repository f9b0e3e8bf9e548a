"""Whole images' vectors: new ones from the embedder, stored ones and neighbours from search."""

from collections.abc import Mapping, Sequence

import grpc
from argus.search.v1 import vector_pb2, vector_pb2_grpc

from services.clients.model import Embedded, Space
from services.clients.peer_errors import translated
from services.clients.ports import QueryEmbedder
from services.clients.service_call import as_service
from services.inspection.errors import SearchUnavailable
from services.inspection.peers.grpc_bulk_vectors import BulkVectors
from services.runtime.outgoing import ServiceToken

TIMEOUT_S = 10.0
MOST_AT_ONCE = 500
"""Vectors that search is asked for at once."""


class SearchVectors:
    """`ImageVectors` over search's VectorService.

    Args:
        channel: To search.
        token: This service's identity.
        embedder: Embeds what callers wait for, with their token and time.
        bulk: Embeds what jobs wait for.
    """

    def __init__(
        self,
        channel: grpc.aio.Channel,
        token: ServiceToken,
        embedder: QueryEmbedder,
        bulk: BulkVectors,
    ) -> None:
        self._search = vector_pb2_grpc.VectorServiceStub(channel)
        self._token = token
        self._embedder = embedder
        self._bulk = bulk

    async def space(self) -> Space:
        """The space of the model in use."""
        return await self._embedder.space()

    async def embed_image(self, image: bytes, *, interactive: bool) -> Embedded:
        """An encoded image's vector, for a caller who waits or for a job.

        Raises:
            EmbedderUnavailable: the embedder does not answer.
            ArgusError: the embedder's own error for what it refuses.
        """
        embedder = self._embedder if interactive else self._bulk
        return await embedder.embed_image(image)

    async def nearest(
        self, space: Space, vector: Sequence[float], user_id: str, within: Sequence[str], limit: int
    ) -> Sequence[tuple[str, float]]:
        """Ids and cosines of the user's images nearest to a vector, among those named.

        None if none is named.

        Raises:
            SearchUnavailable: search does not answer.
        """
        if not within:
            return []
        with translated("search", SearchUnavailable, as_service=True):
            answer = await self._search.ListNeighbours(
                vector_pb2.ListNeighboursRequest(
                    space=_space(space),
                    vector=vector,
                    user_id=user_id,
                    image_ids=within,
                    limit=limit,
                ),
                **await as_service(self._token, timeout_s=TIMEOUT_S),
            )
        return [(neighbour.image_id, neighbour.cosine) for neighbour in answer.neighbours]

    async def stored(self, space: Space, image_ids: Sequence[str]) -> Mapping[str, Sequence[float]]:
        """Vectors of those images that search has, whoever's they are.

        Raises:
            SearchUnavailable: search does not answer.
        """
        vectors: dict[str, Sequence[float]] = {}
        for start in range(0, len(image_ids), MOST_AT_ONCE):
            with translated("search", SearchUnavailable, as_service=True):
                answer = await self._search.BatchGetVectors(
                    vector_pb2.BatchGetVectorsRequest(
                        space=_space(space), image_ids=image_ids[start : start + MOST_AT_ONCE]
                    ),
                    **await as_service(self._token, timeout_s=TIMEOUT_S),
                )
            vectors.update((one.image_id, list(one.values)) for one in answer.vectors)
        return vectors


def _space(space: Space) -> vector_pb2.Space:
    return vector_pb2.Space(
        model=space.model, model_version=space.version, dimension=space.dimension
    )
