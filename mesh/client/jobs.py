"""Following jobs: the making of a version, the training of a head, a comparison."""

from collections.abc import AsyncIterator

from argus.inspection.v1 import inspection_pb2
from google.rpc import error_details_pb2

from mesh.client.connection import PATIENCE_S, Connection

Job = inspection_pb2.Job

ENDED = (Job.SUCCEEDED, Job.FAILED, Job.CANCELLED)


async def watch(
    connection: Connection, set_id: str, job_id: str
) -> AsyncIterator[inspection_pb2.Job]:
    """A job as it is now and each time it changes, until it has ended.

    The stream is resumed where it broke while parts of the mesh restart; the
    job itself goes on or begins anew without that.

    Raises:
        CallFailed: It cannot be watched, or nothing is heard of it.
        MeshError: Nobody is signed in.
    """
    client = connection.client
    request = inspection_pb2.WatchJobRequest(reference_set_id=set_id, job_id=job_id)
    stream = client.watch(client.inspection.WatchJob, request, patience_s=PATIENCE_S)
    async for seen in stream:
        if not seen.heartbeat:
            yield seen.job
        if seen.job.state in ENDED:
            return


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
