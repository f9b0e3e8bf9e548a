"""Maps: where the mesh puts images in the plane, near those that look alike."""

import asyncio
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from argus.search.v1 import search_pb2
from argus.storage.v1 import image_pb2

from mesh.client.connection import PATIENCE_S, Connection
from mesh.client.stored import batches
from mesh.errors import MeshError

ASK_EVERY_S = 1.0
BUILD_ASKS = 900
"""Times that a map is asked for that is being made."""
STALE_ASKS = 60
"""Times that a map is asked for that does not change and lacks images."""
RECORDS_AT_ONCE = 500

_ID_BYTES = 16


@dataclass(frozen=True, slots=True)
class ImageMap:
    """Places of images.

    Attributes:
        image_ids: UUIDs, ascending.
        points: x and y of each, 0 to 1; y grows downwards on the page.
        is_whole: False if images that are indexed could not be placed.
        model: Id of the model that it was made with; empty without images.
        built_at: When it was computed; None without images.
    """

    image_ids: Sequence[str]
    points: Sequence[tuple[float, float]]
    is_whole: bool
    model: str
    built_at: datetime | None


async def image_map(connection: Connection, filter_: str = "") -> ImageMap:
    """The map of the caller's images, waited for until all of them are on it.

    Args:
        connection: Of whoever is signed in.
        filter_: Only images that it fits; they are where they are without it.

    Raises:
        MeshError: It is not made.
    """
    request = search_pb2.GetMapRequest(filter=filter_)
    shown: search_pb2.GetMapResponse | None = None
    asks = BUILD_ASKS
    while True:
        answer = await connection.call(connection.search.GetMap, request, patience_s=PATIENCE_S)
        if answer.state != answer.BUILDING:
            if not (answer.unchanged and shown):
                shown, asks = answer, STALE_ASKS
            if answer.state == answer.READY:
                return _map_of(shown, is_whole=True)
            request.if_version = answer.version
        asks -= 1
        if asks <= 0:
            if shown is None:
                raise MeshError(
                    "The map is not made.",
                    "`argus status` says how the mesh is; its log of search says what failed.",
                )
            return _map_of(shown, is_whole=False)
        await asyncio.sleep(ASK_EVERY_S)


async def records_of(
    connection: Connection, image_ids: Sequence[str]
) -> dict[str, image_pb2.Image]:
    """Records of those of the images that are still there, by id."""
    found: dict[str, image_pb2.Image] = {}
    for batch in batches(image_ids, RECORDS_AT_ONCE):
        answer = await connection.call(
            connection.images.BatchGetImages,
            image_pb2.BatchGetImagesRequest(image_ids=batch),
            patience_s=PATIENCE_S,
        )
        found |= {image.image_id: image for image in answer.images}
    return found


def _map_of(answer: search_pb2.GetMapResponse, *, is_whole: bool) -> ImageMap:
    content = answer.image_ids
    return ImageMap(
        image_ids=[
            str(UUID(bytes=content[start : start + _ID_BYTES]))
            for start in range(0, len(content), _ID_BYTES)
        ],
        points=list(struct.iter_unpack("<2f", answer.points)),
        is_whole=is_whole,
        model=answer.model,
        built_at=(
            answer.built_time.ToDatetime(tzinfo=UTC) if answer.HasField("built_time") else None
        ),
    )
