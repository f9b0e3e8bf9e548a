"""Ways to bring photographs into a mesh."""

import asyncio
import io
import ssl
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

from argus.storage.v1 import image_pb2
from minio import Minio

from argus_client.description import Description
from argus_client.store import ObjectStore
from argus_client.uploads import Source
from bench.ingest.results import EMBEDDED, LINKED, PUT, STORED
from bench.mesh import _embed as embedded_per_s
from bench.running import RunningMesh
from mesh.client.connection import Connection
from mesh.credentials import load_credentials
from mesh.parts.objects import BUCKET, REGION

JOBS = 32
CONNECTIONS = 8
"""To the object store."""

Work = Callable[[], Awaitable[object]]


async def prepared(
    way: str, mesh: RunningMesh, connection: Connection, files: Sequence[Path], token: str
) -> Work:
    """What is measured of a way, once everything that is not has been done.

    Args:
        way: Its name.
        mesh: What is measured.
        connection: To the mesh.
        files: Photographs that the mesh has not seen.
        token: Of the account that brings them.
    """
    if way == EMBEDDED:
        metadata = (("authorization", f"Bearer {token}"),)
        return lambda: embedded_per_s(mesh.server, metadata, list(files))
    if way == LINKED:
        return lambda: _linked(connection, files)
    if way == PUT:
        puts = await asyncio.gather(*(_reserved(connection, file) for file in files))
        return lambda: _put(puts)
    if way == STORED:
        contents = [await (await Source.of_file(file)).read() for file in files]
        return lambda: asyncio.to_thread(_stored, mesh, contents)
    return lambda: streamed(connection, files)


async def streamed(connection: Connection, files: Sequence[Path]) -> None:
    """All over one stream."""
    report = await connection.client.upload_files(files, jobs=JOBS)
    if report.problems or report.searchable != len(files):
        raise RuntimeError(f"the import went wrong: {report.problems[:3]}")


async def _linked(connection: Connection, files: Sequence[Path]) -> None:
    """Each reserved, put by its link and completed, eight at once."""
    room = asyncio.Semaphore(CONNECTIONS)

    async def one(file: Path) -> str:
        async with room:
            source = await Source.of_file(file)
            return (await uploader.upload(source, Description())).image.image_id

    async with connection.client.links(connections=CONNECTIONS) as uploader:
        image_ids = await asyncio.gather(*map(one, files))
    await connection.client.until_indexed(*image_ids)


async def _reserved(connection: Connection, file: Path) -> tuple[bytes, image_pb2.PresignedRequest]:
    """A photograph's bytes, and the link by which they are put."""
    source = await Source.of_file(file)
    created = await connection.call(
        connection.images.CreateUpload,
        image_pb2.CreateUploadRequest(
            filename=source.name,
            content_type=source.found.content_type,
            size_bytes=source.found.size_bytes,
            sha256=source.found.sha256,
        ),
    )
    return await source.read(), created.upload


async def _put(puts: Sequence[tuple[bytes, image_pb2.PresignedRequest]]) -> None:
    """Nothing but the requests to the store."""
    async with ObjectStore(ssl.create_default_context, connections=CONNECTIONS) as store:
        await asyncio.gather(
            *(
                store.request(link.method, link.url, headers=link.headers, body=content)
                for content, link in puts
            )
        )


def _stored(mesh: RunningMesh, contents: Sequence[bytes]) -> None:
    """By a client of the store that has its keys."""
    keys = load_credentials(mesh.layout)
    store = Minio(
        f"127.0.0.1:{mesh.ports.objects}",
        keys.s3_access_key,
        keys.s3_secret_key,
        secure=False,
        region=REGION,
    )

    def put(content: bytes) -> None:
        store.put_object(BUCKET, f"bench/{uuid4()}", io.BytesIO(content), len(content))

    with ThreadPoolExecutor(CONNECTIONS) as threads:
        list(threads.map(put, contents))
