"""Images' records from storage, asked for with the caller's token."""

from collections.abc import Mapping, Sequence

import grpc
from argus.storage.v1 import image_pb2, image_pb2_grpc

from services.clients.errors import StorageUnavailable
from services.clients.peer_errors import translated
from services.runtime.outgoing import outgoing

TIMEOUT_S = 5.0


class GrpcCatalog:
    """Storage, as the caller may see it."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._images = image_pb2_grpc.ImageServiceStub(channel)

    async def images(self, image_ids: Sequence[str]) -> Mapping[str, image_pb2.Image]:
        """Those of the images that exist and are the caller's."""
        with translated("storage", StorageUnavailable):
            answer = await self._images.BatchGetImages(
                image_pb2.BatchGetImagesRequest(image_ids=image_ids),
                **outgoing(timeout_s=TIMEOUT_S),
            )
        return {image.image_id: image for image in answer.images}
