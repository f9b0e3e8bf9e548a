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
    calls: Calls,
    image_id: str,
    *,
    offset: int = 0,
    length: int = 0,
    patience_s: float = PATIENCE_S,
) -> AsyncIterator[bytes]:
    """The bytes of an image, or a range of them, piece by piece.

    A stream that breaks is begun anew, and goes on after what was given out.

    Args:
        calls: To the mesh.
        image_id: Which image.
        offset: First byte wanted, counted from 0.
        length: How many are wanted at most; 0: all that follow.
        patience_s: Seconds to go on trying while nothing comes.

    Raises:
        ValueError: Offset or length is negative.
        CallFailed: They cannot be had, the range begins behind the last byte (OUT_OF_RANGE), or
            they are others than the record says (DATA_LOSS): of a range only their number is known.
    """
    if offset < 0 or length < 0:
        raise ValueError("neither offset nor length is negative")
    record = await calls.call(
        calls.images.GetImage, image_pb2.GetImageRequest(image_id=image_id), patience_s=patience_s
    )
    end = min(record.size_bytes, offset + length) if length else record.size_bytes
    digest, given = hashlib.sha256(), 0
    moved_at, attempt, expired = time.monotonic(), 0, False
    # Also where nothing lies behind the offset: the mesh says so.
    while offset + given < end or (offset and not given):
        begin = offset + given
        stream = None
        try:
            if expired:
                await calls.renew()
            expired = False
            stream = calls.images.DownloadImage(
                image_pb2.DownloadImageRequest(
                    image_id=image_id, offset=begin, length=max(end - begin, 0)
                ),
                metadata=await calls.metadata(),
                timeout=DOWNLOAD_TIMEOUT_S,
            )
            # A mesh that knows no ranges sends everything.
            skipped = 0 if "content-range" in dict(await stream.initial_metadata()) else begin
            async for body in stream:
                piece = body.data[skipped:][: end - offset - given]
                skipped = max(skipped - len(body.data), 0)
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
    whole = offset == 0 and end == record.size_bytes
    if given != end - offset or (whole and digest.hexdigest() != record.sha256):
        raise CallFailed(
            grpc.StatusCode.DATA_LOSS, "", f"The bytes of {image_id} came as others or not whole."
        )
