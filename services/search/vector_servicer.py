"""`argus.search.v1.VectorService`: for services only."""

from typing import Any

import grpc
from argus.search.v1 import vector_pb2, vector_pb2_grpc

from services.clients.model import Space
from services.search.query.neighbours import Neighbours

SERVICE = vector_pb2.DESCRIPTOR.services_by_name["VectorService"].full_name


class VectorServicer(vector_pb2_grpc.VectorServiceServicer):
    """Translates, reads the index, translates."""

    def __init__(self, neighbours: Neighbours) -> None:
        self._neighbours = neighbours

    async def BatchGetVectors(
        self,
        request: vector_pb2.BatchGetVectorsRequest,
        context: grpc.aio.ServicerContext[Any, Any],
    ) -> vector_pb2.BatchGetVectorsResponse:
        """Gives stored vectors."""
        image_ids = [image_id.lower() for image_id in request.image_ids]
        found = await self._neighbours.stored(_space(request.space), image_ids)
        return vector_pb2.BatchGetVectorsResponse(
            vectors=[
                vector_pb2.ImageVector(image_id=image_id, values=vector)
                for image_id, vector in found.items()
            ]
        )

    async def ListNeighbours(
        self,
        request: vector_pb2.ListNeighboursRequest,
        context: grpc.aio.ServicerContext[Any, Any],
    ) -> vector_pb2.ListNeighboursResponse:
        """Finds the images nearest to a vector, among those named."""
        hits = await self._neighbours.nearest(
            _space(request.space),
            list(request.vector),
            request.user_id.lower(),
            [image_id.lower() for image_id in request.image_ids],
            request.limit,
        )
        return vector_pb2.ListNeighboursResponse(
            neighbours=[
                vector_pb2.Neighbour(image_id=hit.image_id, cosine=hit.score) for hit in hits
            ]
        )


def _space(space: vector_pb2.Space) -> Space:
    return Space(space.model, space.model_version, space.dimension)
