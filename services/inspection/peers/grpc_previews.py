"""Pictures of images, from storage, as a service: of images of others, thumbnails."""

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence

import grpc
from argus.storage.v1 import image_pb2, ingest_pb2, ingest_pb2_grpc

from services.clients.errors import StorageUnavailable
from services.clients.peer_errors import translated
from services.clients.service_call import as_service
from services.runtime.errors import ArgusError, DeadlineExceeded
from services.runtime.identity import current_identity
from services.runtime.outgoing import ServiceToken

TIMEOUT_S = 3.0
"""An answer without pictures is worth more than one that comes late."""

MOST_AT_ONCE = 500
"""Images that storage is asked about at once."""

_log = logging.getLogger(__name__)


class GrpcPreviews:
    """`Previews` over storage's IngestService.

    Args:
        channel: To storage.
        token: This service's identity.
    """

    def __init__(self, channel: grpc.aio.Channel, token: ServiceToken) -> None:
        self._ingest = ingest_pb2_grpc.IngestServiceStub(channel)
        self._token = token

    async def of(self, image_ids: Iterable[str]) -> Mapping[str, image_pb2.ImagePreview] | None:
        """What is needed to show the caller images, as far as they are there.

        None if storage does not answer.

        Raises:
            DeadlineExceeded: the caller's time is up.
        """
        wanted = sorted({image_id for image_id in image_ids if image_id})
        chunks = [wanted[at : at + MOST_AT_ONCE] for at in range(0, len(wanted), MOST_AT_ONCE)]
        try:
            found = await asyncio.gather(*(self._some(chunk) for chunk in chunks))
        except DeadlineExceeded:
            raise
        except ArgusError as error:
            # Also if storage is of a release that knows no previews.
            _log.warning("answered without pictures: %s", error.message)
            return None
        return {preview.image_id: preview for some in found for preview in some}

    async def _some(self, image_ids: Sequence[str]) -> Sequence[image_pb2.ImagePreview]:
        with translated("storage", StorageUnavailable, as_service=True):
            answer = await self._ingest.ResolvePreviews(
                ingest_pb2.ResolvePreviewsRequest(
                    image_ids=image_ids, viewer_id=current_identity().user_id
                ),
                **await as_service(self._token, timeout_s=TIMEOUT_S),
            )
        return answer.previews
