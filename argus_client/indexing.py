"""Until search finds images."""

import asyncio
import time
from collections.abc import Sequence

import grpc
from argus.storage.v1 import image_pb2

from argus_client.calls import PATIENCE_S, Calls
from argus_client.errors import CallFailed

POLL_S = 0.15
BATCH = 200
STALLED_AFTER_S = 120.0
"""Search is believed to find no more images if it found none for so long."""

PENDING = (image_pb2.Image.PENDING, image_pb2.Image.UPLOADED)
Ended = tuple[str, image_pb2.Image | None]


async def ended(
    calls: Calls, image_ids: Sequence[str], *, patience_s: float = PATIENCE_S
) -> list[Ended]:
    """Those of the first 200 images that search finds, that failed, or (None) that are gone.

    Raises:
        CallFailed: That cannot be asked.
    """
    asked = image_ids[:BATCH]
    answer = await calls.call(
        calls.images.BatchGetImages,
        image_pb2.BatchGetImagesRequest(image_ids=asked),
        patience_s=patience_s,
    )
    found = {image.image_id: image for image in answer.images}
    return [
        (image_id, found.get(image_id))
        for image_id in asked
        if image_id not in found or found[image_id].state not in PENDING
    ]


async def until_indexed(
    calls: Calls, image_ids: Sequence[str], *, stalled_after_s: float = STALLED_AFTER_S
) -> list[image_pb2.Image]:
    """Waits until search finds images; what they are then, in the order asked for.

    One that fails or is deleted meanwhile is no error: its state is FAILED, or it is left out.

    Raises:
        CallFailed: That cannot be asked, or nothing moves any more (`DEADLINE_EXCEEDED`).
    """
    waiting = list(dict.fromkeys(image_ids))
    found: dict[str, image_pb2.Image] = {}
    moved_at = time.monotonic()
    while waiting:
        for image_id, image in await ended(calls, waiting):
            moved_at = time.monotonic()
            waiting.remove(image_id)
            if image is not None:
                found[image_id] = image
        if waiting and time.monotonic() - moved_at > stalled_after_s:
            raise CallFailed(
                grpc.StatusCode.DEADLINE_EXCEEDED, "", f"{len(waiting)} images are not indexed yet."
            )
        if waiting:
            # Others get their turn: of very many, only the first are asked about.
            waiting.append(waiting.pop(0))
            await asyncio.sleep(POLL_S)
    return [found[one] for one in dict.fromkeys(image_ids) if one in found]
