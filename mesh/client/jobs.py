"""Following jobs: the making of a version, the training of a head, a comparison."""

import asyncio
import time
from collections.abc import AsyncIterator

import grpc
from argus.inspection.v1 import inspection_pb2
from google.rpc import error_details_pb2

from mesh.client.connection import (
    PASSING,
    PATIENCE_S,
    Connection,
    backoff_s,
    outlived_its_token,
)
from mesh.errors import MeshError

Job = inspection_pb2.Job

ENDED = (Job.SUCCEEDED, Job.FAILED, Job.CANCELLED)

SILENT_S = 45.0
"""A stream that shows no sign of life for so long has broken: three heartbeats are missing."""


async def watch(
    connection: Connection, set_id: str, job_id: str
) -> AsyncIterator[inspection_pb2.Job]:
    """A job as it is now and each time it changes, until it has ended.

    The stream is resumed where it broke while parts of the mesh restart; the
    job itself goes on or begins anew without that.

    Raises:
        grpc.aio.AioRpcError: It cannot be watched.
        MeshError: Nothing is heard of it.
    """
    request = inspection_pb2.WatchJobRequest(reference_set_id=set_id, job_id=job_id)
    heard_at = time.monotonic()
    attempt = 0
    while True:
        try:
            stream = connection.inspection.WatchJob(request, metadata=await connection.metadata())
            while True:
                async with asyncio.timeout(SILENT_S):
                    seen = await stream.read()
                if not isinstance(seen, inspection_pb2.WatchJobResponse):
                    break
                heard_at = time.monotonic()
                attempt = 0
                request.after_cursor = seen.cursor
                if not seen.heartbeat:
                    yield seen.job
                if seen.job.state in ENDED:
                    return
        except TimeoutError:
            stream.cancel()
            if time.monotonic() - heard_at > PATIENCE_S:
                raise MeshError("The mesh says nothing about the job any more.") from None
        except grpc.aio.AioRpcError as error:
            passing = error.code() in PASSING or outlived_its_token(error)
            if not passing or time.monotonic() - heard_at > PATIENCE_S:
                raise
        attempt += 1
        await asyncio.sleep(backoff_s(attempt))


def failure_reason(job: inspection_pb2.Job) -> str:
    """The documented reason why a job failed; empty if it did not."""
    for detail in job.error.details:
        info = error_details_pb2.ErrorInfo()
        if detail.Unpack(info):
            return str(info.reason)
    return ""


async def list_jobs(connection: Connection, set_id: str, *, limit: int) -> list[inspection_pb2.Job]:
    """The newest jobs of a set, at most so many."""
    found: list[inspection_pb2.Job] = []
    request = inspection_pb2.ListJobsRequest(reference_set_id=set_id)
    while len(found) < limit:
        request.page_size = min(limit - len(found), 100)
        page = await connection.call(connection.inspection.ListJobs, request)
        found += page.jobs
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    return found


async def cancel_job(connection: Connection, set_id: str, job_id: str) -> inspection_pb2.Job:
    """Cancels a job; as it is then."""
    return await connection.call(
        connection.inspection.CancelJob,
        inspection_pb2.CancelJobRequest(reference_set_id=set_id, job_id=job_id),
    )
