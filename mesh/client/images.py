"""What a person does with stored images."""

from collections.abc import AsyncIterator, Mapping, Sequence

from argus.storage.v1 import image_pb2
from google.protobuf.field_mask_pb2 import FieldMask

from mesh.client.connection import PATIENCE_S, Connection
from mesh.client.paging import pages
from mesh.client.stored import batches

BATCH = 500
DELETE_TIMEOUT_S = 60.0


async def list_images(
    connection: Connection,
    *,
    filter_: str,
    oldest_first: bool,
    by_capture: bool = False,
    deleted: bool,
    limit: int,
) -> tuple[list[image_pb2.Image], int]:
    """Images, at most so many, and how many there are in all."""
    order = "capture_time" if by_capture else "create_time"
    request = image_pb2.ListImagesRequest(
        filter=filter_,
        order_by=f"{order} {'asc' if oldest_first else 'desc'}",
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


async def get_image(connection: Connection, image_id: str) -> image_pb2.Image:
    """An image's record."""
    request = image_pb2.GetImageRequest(image_id=image_id)
    return await connection.call(connection.images.GetImage, request)


async def note_image(
    connection: Connection, image_id: str, note: str, *, forget_location: bool
) -> image_pb2.Image:
    """Writes an image's note; the image as it is then."""
    paths = ["note", *(("capture.location",) if forget_location else ())]
    request = image_pb2.UpdateImageRequest(
        image=image_pb2.Image(image_id=image_id, note=note), update_mask=FieldMask(paths=paths)
    )
    return await connection.call(connection.images.UpdateImage, request)


async def delete_images(
    connection: Connection, image_ids: Sequence[str], *, permanently: bool
) -> list[str]:
    """Deletes images; those that were."""
    deleted: list[str] = []
    for batch in batches(image_ids, BATCH):
        request = image_pb2.BatchDeleteImagesRequest(image_ids=batch, permanently=permanently)
        deleted += (await connection.call(connection.images.BatchDeleteImages, request)).image_ids
    return deleted


async def count_found(connection: Connection, filter_: str) -> int:
    """How many images a filter finds that are not in the trash."""
    request = image_pb2.DeleteImagesByFilterRequest(filter=filter_, dry_run=True)
    answer = await connection.call(connection.images.DeleteImagesByFilter, request)
    return answer.remaining_count


async def delete_found(
    connection: Connection, filter_: str, expected: int, *, permanently: bool
) -> int:
    """Deletes the images that a filter finds; how many.

    Args:
        connection: Of the person whose images they are.
        filter_: Which.
        expected: How many there have to be; else none is deleted.
        permanently: Whether nothing is kept of them.
    """
    deleted = 0
    while True:
        request = image_pb2.DeleteImagesByFilterRequest(
            filter=filter_, expected_count=expected, permanently=permanently
        )
        answer = await connection.call(
            connection.images.DeleteImagesByFilter, request, timeout_s=DELETE_TIMEOUT_S
        )
        deleted += answer.deleted_count
        expected = answer.remaining_count
        # What was added since is not meant.
        if not expected or not answer.deleted_count:
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


def watch_images(
    connection: Connection, after_cursor: str = ""
) -> AsyncIterator[image_pb2.WatchImagesResponse]:
    """All that a watch tells, checkpoints too; for ever.

    The stream is resumed where it broke while parts of the mesh restart.

    Raises:
        CallFailed: Images cannot be watched, or not from this cursor, or nothing is heard of them.
        MeshError: Nobody is signed in.
    """
    client = connection.client
    request = image_pb2.WatchImagesRequest(after_cursor=after_cursor)
    return client.watch(client.images.WatchImages, request, patience_s=PATIENCE_S)
