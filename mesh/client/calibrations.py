"""Following the making of a version."""

import asyncio
import time
from collections.abc import AsyncIterator

import grpc
from argus.inspection.v1 import inspection_pb2

from mesh.client.connection import PASSING, PATIENCE_S, Connection, backoff_s

ENDED = (
    inspection_pb2.Calibration.SUCCEEDED,
    inspection_pb2.Calibration.FAILED,
    inspection_pb2.Calibration.CANCELLED,
)


async def watch(
    connection: Connection, set_id: str, calibration_id: str
) -> AsyncIterator[inspection_pb2.Calibration]:
    """A calibration as it is now and each time it changes, until it has ended.

    The stream is opened again while parts of the mesh restart; the calibration
    itself goes on or begins anew without that.

    Raises:
        grpc.aio.AioRpcError: It cannot be watched.
    """
    request = inspection_pb2.WatchCalibrationRequest(
        reference_set_id=set_id, calibration_id=calibration_id
    )
    heard_at = time.monotonic()
    attempt = 0
    while True:
        try:
            stream = connection.inspection.WatchCalibration(
                request, metadata=await connection.metadata()
            )
            async for calibration in stream:
                heard_at = time.monotonic()
                attempt = 0
                yield calibration
                if calibration.state in ENDED:
                    return
        except grpc.aio.AioRpcError as error:
            if error.code() not in PASSING or time.monotonic() - heard_at > PATIENCE_S:
                raise
        attempt += 1
        await asyncio.sleep(backoff_s(attempt))
