"""The bytes of images, as they were uploaded."""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator

import grpc
from argus.storage.v1 import image_pb2

from argus_client.calls import PATIENCE_S, Calls
from argus_client.errors import CallFailed, outlived_its_token
from argus_client.retries import backoff_s, passes

DOWNLOAD_TIMEOUT_S = 3600.0


async def chunks(
    calls: Calls, image_id: str, *, patience_s: float = PATIENCE_S
) -> AsyncIterator[bytes]:
    """The bytes of an image, piece by piece.

    A stream that breaks is begun anew, and goes on after what was given out.

    Raises:
        CallFailed: They cannot be had, or are others than the record says (DATA_LOSS).
    """
    record = await calls.call(
        calls.images.GetImage, image_pb2.GetImageRequest(image_id=image_id), patience_s=patience_s
    )
    digest, given = hashlib.sha256(), 0
    moved_at, attempt, expired = time.monotonic(), 0, False
    while given < record.size_bytes:
        skipped = 0
        stream = None
        try:
            if expired:
                await calls.renew()
            expired = False
            stream = calls.images.DownloadImage(
                image_pb2.DownloadImageRequest(image_id=image_id),
                metadata=await calls.metadata(),
                timeout=DOWNLOAD_TIMEOUT_S,
            )
            async for body in stream:
                piece = body.data[max(given - skipped, 0) :]
                skipped += len(body.data)
                if piece:
                    moved_at, attempt = time.monotonic(), 0
                    digest.update(piece)
                    given += len(piece)
                    yield piece
            break
        except grpc.aio.AioRpcError as error:
            expired = outlived_its_token(error)
            if not (expired or passes(error)) or time.monotonic() - moved_at > patience_s:
                raise CallFailed.of(error) from error
        finally:
            if stream is not None:
                stream.cancel()
        attempt += 1
        await asyncio.sleep(backoff_s(attempt))
    if digest.hexdigest() != record.sha256:
        raise CallFailed(
            grpc.StatusCode.DATA_LOSS, "", f"The bytes of {image_id} came as others or not whole."
        )
