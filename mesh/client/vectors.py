"""Snapshots of the index's vectors: out of a mesh into a file, and back."""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
from argus.search.v1 import operator_pb2, operator_pb2_grpc
from argus.search.v1.operator_pb2 import SnapshotPart

from mesh.client.connection import connect
from mesh.client.operator import Metadata, at_service
from mesh.errors import MeshError
from mesh.layout import Layout
from services.search.errors import SnapshotDamaged
from services.search.snapshots.files import SnapshotWriter

if TYPE_CHECKING:
    Stub = operator_pb2_grpc.SearchOperatorServiceAsyncStub


@asynccontextmanager
async def search_operator(
    layout: Layout, server: str, *, as_admin: bool
) -> AsyncIterator[tuple["Stub", Metadata]]:
    """Whom to ask: at the edge as an administrator, or on this machine as whoever runs the mesh.

    Raises:
        MeshError: Nobody is signed in, or no mesh runs on this folder.
    """
    if as_admin:
        async with connect(server) as connection:
            yield connection.search_operator, await connection.metadata()
    else:
        async with at_service(layout, "search") as (channel, metadata):
            yield operator_pb2_grpc.SearchOperatorServiceStub(channel), metadata


async def export_vectors(
    stub: "Stub", metadata: Metadata, path: Path, advance: Callable[[int], None]
) -> int:
    """Writes a snapshot to a file, which has its name once it is whole; how many images it has.

    Args:
        stub: Whom to ask.
        metadata: What the call carries.
        path: The file; one that is there is replaced.
        advance: Told of each part how many images it has.

    Raises:
        OSError: It cannot be written.
        MeshError: It ended before its end.
    """
    fresh = path.with_name(f"{path.name}.part")
    try:
        with fresh.open("wb") as file:
            writer, last = SnapshotWriter(file), SnapshotPart()
            request = operator_pb2.ExportVectorsRequest()
            async for answer in stub.ExportVectors(request, metadata=metadata):
                last = answer.part
                writer.write(last)
                advance(len(last.vectors.images))
            if not last.HasField("image_count"):
                raise MeshError("The vectors were cut off.", "Export them again.")
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    return last.image_count


async def import_vectors(
    stub: "Stub", metadata: Metadata, parts: Iterator[SnapshotPart], advance: Callable[[int], None]
) -> operator_pb2.ImportVectorsResponse:
    """Has a mesh take a snapshot in.

    Args:
        stub: Whom to ask.
        metadata: What the call carries.
        parts: The snapshot.
        advance: Told of each part how many images it has, when it is sent.

    Raises:
        SnapshotDamaged: The parts cannot be read to their end; what came before is kept.
    """
    damaged: list[SnapshotDamaged] = []

    async def requests() -> AsyncIterator[operator_pb2.ImportVectorsRequest]:
        try:
            for part in parts:
                yield operator_pb2.ImportVectorsRequest(part=part)
                advance(len(part.vectors.images))
        except SnapshotDamaged as error:
            # An error in here would end the call without a word of what is wrong.
            damaged.append(error)

    try:
        done = await stub.ImportVectors(requests(), metadata=metadata)
    except grpc.aio.AioRpcError as error:
        if damaged:
            raise damaged[0] from error
        raise
    if damaged:
        raise damaged[0]
    return done
