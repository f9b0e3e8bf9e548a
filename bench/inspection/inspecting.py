"""A client of InspectionService that takes times."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

import grpc
from argus.inspection.v1 import inspection_pb2, inspection_pb2_grpc

from mesh.client.connection import Connection
from mesh.client.importer import Importer
from mesh.client.jobs import watch

IN_FLIGHT = 16
TIMEOUT_S = 120.0

Metadata = tuple[tuple[str, str], ...]


async def stored(connection: Connection, files: Sequence[Path]) -> list[str]:
    """Imports files and gives their ids.

    Raises:
        RuntimeError: One was not imported.
    """
    importer = Importer(connection, labels={}, jobs=8, progress=lambda _: None)
    report = await importer.run(files)
    if report.problems:
        raise RuntimeError(f"the import went wrong: {report.problems[:3]}")
    return [report.image_ids[file] for file in files]


async def reference_set(connection: Connection, image_ids: Sequence[str]) -> str:
    """Makes a set of stored images."""
    made = await connection.call(
        connection.inspection.CreateReferenceSet,
        inspection_pb2.CreateReferenceSetRequest(display_name="bench"),
    )
    await connection.call(
        connection.inspection.AddReferenceImages,
        inspection_pb2.AddReferenceImagesRequest(
            reference_set_id=made.reference_set_id, image_ids=image_ids
        ),
    )
    return str(made.reference_set_id)


async def calibration_s(
    connection: Connection,
    set_id: str,
    size: int,
    banks: inspection_pb2.CalibrationSettings.Banks = inspection_pb2.CalibrationSettings.BANKS_ONE,
) -> float:
    """Seconds from asking for a version, made from nothing, until it is in use.

    Raises:
        RuntimeError: It failed.
    """
    started = time.perf_counter()
    begun = await connection.call(
        connection.inspection.CalibrateReferenceSet,
        inspection_pb2.CalibrateReferenceSetRequest(
            reference_set_id=set_id,
            settings=inspection_pb2.CalibrationSettings(size=size, banks=banks),
            from_scratch=True,
        ),
    )
    ended = begun
    async for job in watch(connection, set_id, begun.job_id):
        ended = job
    if ended.state != inspection_pb2.Job.SUCCEEDED:
        raise RuntimeError(f"the calibration failed: {ended.error.message}")
    return time.perf_counter() - started


class Inspecting:
    """Inspects images against one set.

    Args:
        channel: To search, or to the edge before it.
        metadata: What every call carries.
        set_id: The set.
    """

    def __init__(self, channel: grpc.aio.Channel, metadata: Metadata, set_id: str) -> None:
        self._stub = inspection_pb2_grpc.InspectionServiceStub(channel)
        self._metadata = metadata
        self._set_id = set_id

    def request(
        self, image: bytes, *, heatmap: bool = False, overlay: bool = False
    ) -> inspection_pb2.InspectRequest:
        """Asks for one image."""
        drawn = (
            inspection_pb2.InspectRequest.WEBP
            if overlay
            else inspection_pb2.InspectRequest.OVERLAY_FORMAT_UNSPECIFIED
        )
        return inspection_pb2.InspectRequest(
            reference_set_id=self._set_id, image=image, heatmap=heatmap, overlay=drawn
        )

    async def one(
        self, request: inspection_pb2.InspectRequest
    ) -> tuple[float, inspection_pb2.Timings]:
        """Inspects one image: seconds here, and what the service says of its own."""
        started = time.perf_counter()
        answer = await self._stub.Inspect(request, metadata=self._metadata, timeout=TIMEOUT_S)
        return time.perf_counter() - started, answer.timings

    async def per_s(self, requests: Sequence[inspection_pb2.InspectRequest]) -> float:
        """Images per second of one stream, a bounded number under way.

        Raises:
            RuntimeError: An image was not inspected.
        """
        window = asyncio.Semaphore(IN_FLIGHT)
        started = time.perf_counter()
        call = self._stub.InspectImages(metadata=self._metadata, timeout=TIMEOUT_S)

        async def send() -> None:
            for number, request in enumerate(requests):
                await window.acquire()
                await call.write(
                    inspection_pb2.InspectImagesRequest(item_id=str(number), request=request)
                )
            await call.done_writing()

        sending = asyncio.create_task(send())
        answered = 0
        async for answer in call:
            if not answer.HasField("inspection"):
                raise RuntimeError(f"an image was not inspected: {answer.error.message}")
            answered += 1
            window.release()
        await sending
        if answered != len(requests):
            raise RuntimeError("the stream ended early")
        return answered / (time.perf_counter() - started)
