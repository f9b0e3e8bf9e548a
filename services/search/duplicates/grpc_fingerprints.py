"""What tells images apart, from storage, asked for as this service."""

from collections.abc import AsyncGenerator

import grpc
from argus.storage.v1 import ingest_pb2, ingest_pb2_grpc

from services.clients.errors import StorageUnavailable
from services.clients.peer_errors import translated
from services.clients.service_call import as_service
from services.runtime.outgoing import ServiceToken
from services.search.duplicates.ports import FingerprintPage

TIMEOUT_S = 10.0
PAGE_SIZE = 5_000


class GrpcFingerprints:
    """Storage's IngestService.

    Args:
        channel: To storage.
        token: This service's identity.
    """

    def __init__(self, channel: grpc.aio.Channel, token: ServiceToken) -> None:
        self._ingest = ingest_pb2_grpc.IngestServiceStub(channel)
        self._token = token

    async def pages(self, user_id: str) -> AsyncGenerator[FingerprintPage]:
        """All of a user's images, page by page."""
        request = ingest_pb2.ListFingerprintsRequest(user_id=user_id, page_size=PAGE_SIZE)
        while True:
            with translated("storage", StorageUnavailable, as_service=True):
                answer = await self._ingest.ListFingerprints(
                    request, **await as_service(self._token, timeout_s=TIMEOUT_S)
                )
            yield FingerprintPage(
                answer.image_ids,
                answer.sha256s,
                answer.phashes,
                list(answer.pixel_counts),
                list(answer.sizes_bytes),
            )
            if not answer.next_page_token:
                return
            request.page_token = answer.next_page_token
