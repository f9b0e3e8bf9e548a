"""What a person does with stored images."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence

import grpc
from argus.storage.v1 import image_pb2

from mesh.client.connection import PASSING, PATIENCE_S, Connection, backoff_s
from mesh.client.paging import pages
from mesh.client.stored import batches
from mesh.errors import MeshError

BATCH = 500
SILENT_S = 45.0
"""A stream that shows no sign of life for so long has broken: three heartbeats are missing."""


async def list_images(
    connection: Connection, *, filter_: str, oldest_first: bool, deleted: bool, limit: int
) -> tuple[list[image_pb2.Image], int]:
    """Images, at most so many, and how many there are in all."""
    request = image_pb2.ListImagesRequest(
        filter=filter_,
        order_by="create_time asc" if oldest_first else "",
        deleted=deleted,
        with_total=True,
        page_size=min(limit, BATCH),
    )
    found: list[image_pb2.Image] = []
    total = 0
    async for page in pages(connection, connection.images.ListImages, request):
        found += page.images
        total = page.total_size or total
        request.with_total = False
        if len(found) >= limit:
            break
    return found[:limit], total


async def label_images(
    connection: Connection, image_ids: Sequence[str], put: Mapping[str, str], drop: Sequence[str]
) -> int:
    """Sets and removes labels; of how many images."""
    count = 0
    for batch in batches(image_ids, BATCH):
        request = image_pb2.BatchUpdateLabelsRequest(image_ids=batch, set=put, remove=drop)
        count += len((await connection.call(connection.images.BatchUpdateLabels, request)).images)
    return count


async def delete_images(
    connection: Connection, image_ids: Sequence[str], *, permanently: bool
) -> list[str]:
    """Deletes images; those that were."""
    deleted: list[str] = []
    for batch in batches(image_ids, BATCH):
        request = image_pb2.BatchDeleteImagesRequest(image_ids=batch, permanently=permanently)
        deleted += (await connection.call(connection.images.BatchDeleteImages, request)).image_ids
    return deleted


async def undelete_images(
    connection: Connection, image_ids: Sequence[str]
) -> list[image_pb2.Image]:
    """Brings images back; those that are there then."""
    found: list[image_pb2.Image] = []
    for batch in batches(image_ids, BATCH):
        request = image_pb2.BatchUndeleteImagesRequest(image_ids=batch)
        found += (await connection.call(connection.images.BatchUndeleteImages, request)).images
    return found


async def list_labels(
    connection: Connection, key: str, *, max_values: int
) -> list[image_pb2.LabelKey]:
    """The labels of the person's images."""
    request = image_pb2.ListLabelsRequest(key=key, max_values=max_values)
    return list((await connection.call(connection.images.ListLabels, request)).keys)


async def watch_images(
    connection: Connection, after_cursor: str = ""
) -> AsyncIterator[image_pb2.WatchImagesResponse]:
    """All that a watch tells, checkpoints too; for ever.

    The stream is resumed where it broke while parts of the mesh restart.

    Raises:
        grpc.aio.AioRpcError: Images cannot be watched, or not from this cursor.
        MeshError: Nothing is heard of them.
    """
    request = image_pb2.WatchImagesRequest(after_cursor=after_cursor)
    heard_at = time.monotonic()
    attempt = 0
    while True:
        try:
            stream = connection.images.WatchImages(request, metadata=await connection.metadata())
            while True:
                async with asyncio.timeout(SILENT_S):
                    told = await stream.read()
                if not isinstance(told, image_pb2.WatchImagesResponse):
                    break
                heard_at, attempt = time.monotonic(), 0
                request.after_cursor = told.cursor
                yield told
        except TimeoutError:
            stream.cancel()
            if time.monotonic() - heard_at > PATIENCE_S:
                raise MeshError("The mesh says nothing about images any more.") from None
        except grpc.aio.AioRpcError as error:
            # A token that has expired meanwhile is another one with the next call.
            passing = (*PASSING, grpc.StatusCode.UNAUTHENTICATED) if attempt == 0 else PASSING
            if error.code() not in passing or time.monotonic() - heard_at > PATIENCE_S:
                raise
        attempt += 1
        await asyncio.sleep(backoff_s(attempt))
