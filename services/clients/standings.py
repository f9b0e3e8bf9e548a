"""Whether images are there: storage tells services that compare what they keep with its records."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import grpc
from argus.storage.v1 import ingest_pb2, ingest_pb2_grpc

from services.clients.errors import StorageUnavailable
from services.clients.peer_errors import translated
from services.clients.service_call import as_service
from services.runtime.outgoing import ServiceToken

TIMEOUT_S = 30.0
AT_ONCE = 500
"""Images that storage describes and announces at once."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether an image is there."""

    image_id: str
    user_id: str
    """UUID of the owner; empty if there is no record."""
    exists: bool
    """Whether there is a record, be it in the trash."""
    kept: bool
    """Whether its bytes are kept and it is not in the trash."""
    indexed: bool
    """Whether it is INDEXED."""
    changed_at: datetime | None
    """When it changed last, or was deleted; None if nothing is known of it."""
    event_waiting: bool
    """Whether an event of it is on its way, if that was asked for."""

    def is_older(self, than: datetime) -> bool:
        """Whether nothing has become of it since then."""
        return self.changed_at is None or self.changed_at <= than


class GrpcStandings:
    """Storage's IngestService.

    Args:
        channel: To storage.
        token: This service's identity.
    """

    def __init__(self, channel: grpc.aio.Channel, token: ServiceToken) -> None:
        self._ingest = ingest_pb2_grpc.IngestServiceStub(channel)
        self._token = token

    async def describe(
        self, image_ids: Sequence[str], *, with_events: bool = False
    ) -> list[Standing]:
        """Whether images are there, in the order asked for.

        Raises:
            StorageUnavailable: storage does not answer.
        """
        found: list[Standing] = []
        for start in range(0, len(image_ids), AT_ONCE):
            with translated("storage", StorageUnavailable, as_service=True):
                answer = await self._ingest.DescribeImages(
                    ingest_pb2.DescribeImagesRequest(
                        image_ids=image_ids[start : start + AT_ONCE], with_events=with_events
                    ),
                    **await as_service(self._token, timeout_s=TIMEOUT_S),
                )
            found += [_standing(one) for one in answer.images]
        return found

    async def indexed(self, after: str, limit: int) -> Sequence[str]:
        """Ids of images that are INDEXED, ascending, behind `after`.

        Raises:
            StorageUnavailable: storage does not answer.
        """
        with translated("storage", StorageUnavailable, as_service=True):
            answer = await self._ingest.ListIndexedImages(
                ingest_pb2.ListIndexedImagesRequest(after_image_id=after, page_size=limit),
                **await as_service(self._token, timeout_s=TIMEOUT_S),
            )
        return list(answer.image_ids)

    async def announce(self, image_ids: Sequence[str]) -> None:
        """Has images announced as they are.

        Raises:
            StorageUnavailable: storage does not answer.
        """
        for start in range(0, len(image_ids), AT_ONCE):
            with translated("storage", StorageUnavailable, as_service=True):
                await self._ingest.AnnounceImages(
                    ingest_pb2.AnnounceImagesRequest(image_ids=image_ids[start : start + AT_ONCE]),
                    **await as_service(self._token, timeout_s=TIMEOUT_S),
                )


def _standing(one: ingest_pb2.ImageStanding) -> Standing:
    changed = one.change_time.ToDatetime(UTC) if one.HasField("change_time") else None
    return Standing(
        one.image_id,
        one.user_id,
        exists=one.exists,
        kept=one.kept,
        indexed=one.indexed,
        changed_at=changed,
        event_waiting=one.event_waiting,
    )
