"""Which stored images a person means."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from argus.storage.v1 import image_pb2

from argus_client.reading import fingerprint
from mesh.client.connection import Connection

PAGE = 500
USABLE = (image_pb2.Image.UPLOADED, image_pb2.Image.INDEXED)


async def labelled(connection: Connection, labels: Mapping[str, str]) -> list[str]:
    """Ids of the caller's usable images that carry all these labels."""
    terms = [f"labels.{key} = {_quoted(value)}" for key, value in labels.items()]
    images = await _matching(connection, " AND ".join(terms))
    return [image.image_id for image in images if image.state in USABLE]


async def stored_id(connection: Connection, file: Path) -> str:
    """The id of the caller's image with a file's bytes; empty if there is none.

    Raises:
        FileProblem: It cannot be read, or is no image.
    """
    found = await asyncio.to_thread(fingerprint, file)
    images = await _matching(connection, f'sha256 = "{found.sha256}"')
    return next((image.image_id for image in images if image.state in USABLE), "")


async def file_names(connection: Connection, image_ids: Iterable[str]) -> dict[str, str]:
    """File names of those of the images that are the caller's, by id."""
    wanted = list(dict.fromkeys(one for one in image_ids if one))
    names: dict[str, str] = {}
    for batch in batches(wanted, PAGE):
        answer = await connection.call(
            connection.images.BatchGetImages, image_pb2.BatchGetImagesRequest(image_ids=batch)
        )
        names |= {image.image_id: image.filename for image in answer.images}
    return names


def batches(ids: Sequence[str], size: int) -> list[Sequence[str]]:
    """The ids, in order, at most so many at once."""
    return [ids[start : start + size] for start in range(0, len(ids), size)]


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


async def _matching(connection: Connection, filter_: str) -> list[image_pb2.Image]:
    found: list[image_pb2.Image] = []
    request = image_pb2.ListImagesRequest(filter=filter_, page_size=PAGE)
    while True:
        page = await connection.call(connection.images.ListImages, request)
        found += page.images
        if not page.next_page_token:
            return found
        request.page_token = page.next_page_token
