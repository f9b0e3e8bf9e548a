"""`argus refset jobs|job`: what goes on with a set in the background, and what came of it."""

import asyncio
from typing import Annotated

import typer
from argus.inspection.v1 import inspection_pb2
from rich.box import SIMPLE_HEAD
from rich.table import Column, Table

from mesh.client.connection import Connection, connect
from mesh.client.jobs import ENDED, cancel_job, list_jobs
from mesh.client.reference_sets import find_set, get_version
from mesh.commands.failures import explained
from mesh.commands.options import DEFAULT_SERVER, Server
from mesh.commands.refset.calibrate import tell_calibration
from mesh.commands.refset.compare import tell_review
from mesh.commands.refset.following import followed, kind_name, state_name
from mesh.commands.refset.options import SetName
from mesh.commands.terminal import Terminal, say
from mesh.commands.words import when
from mesh.errors import MeshError

Job = inspection_pb2.Job


@explained
def jobs(
    set_name: SetName,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most this many.")] = 20,
    server: Server = DEFAULT_SERVER,
) -> None:
    """List a set's calibrations, head trainings and comparisons, newest first."""

    async def run() -> list[Job]:
        async with connect(server) as connection:
            found = await find_set(connection, set_name)
            return await list_jobs(connection, found.reference_set_id, limit=limit)

    listed = asyncio.run(run())
    if not listed:
        say(f"{set_name} has had no job yet.")
        return
    Terminal(fold=True).print(jobs_table(listed))


@explained
def job(
    set_name: SetName,
    job_id: Annotated[
        str, typer.Argument(metavar="[ID]", help="As `argus refset jobs` shows it; the newest.")
    ] = "",
    wait: Annotated[bool, typer.Option(help="Show progress until it ends.")] = True,
    cancel: Annotated[bool, typer.Option("--cancel", help="Cancel it.")] = False,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Follow a job to its end, and say what came of it."""

    async def find(connection: Connection, found: inspection_pb2.ReferenceSet) -> Job:
        set_id = found.reference_set_id
        if job_id:
            seen = await connection.call(
                connection.inspection.GetJob,
                inspection_pb2.GetJobRequest(reference_set_id=set_id, job_id=job_id),
            )
        else:
            newest = await list_jobs(connection, set_id, limit=1)
            if not newest:
                raise MeshError(f"{found.display_name} has had no job yet.")
            (seen,) = newest
        if not cancel:
            return seen
        if seen.state in ENDED:
            raise MeshError(f"The job is {state_name(seen)}; there is nothing to cancel.")
        return await cancel_job(connection, set_id, seen.job_id)

    ended = followed(server, set_name, find, wait=wait and not cancel)
    if cancel:
        cancelled = ended.state == Job.CANCELLED
        say("Cancelled." if cancelled else f"It has ended meanwhile: {state_name(ended)}.")
    elif ended.kind == Job.CALIBRATION:
        tell_calibration(ended, _version(server, ended), set_name)
        if ended.state in (Job.FAILED, Job.CANCELLED):
            raise typer.Exit(1)
    else:
        tell_review(ended, set_name)


def jobs_table(listed: list[Job]) -> Table:
    """Jobs as a table."""
    table = Table(
        Column("job id", no_wrap=True), "kind", "state", "asked for (UTC)", "what", box=SIMPLE_HEAD
    )
    for one in listed:
        table.add_row(
            one.job_id,
            kind_name(one),
            state_name(one),
            when(one.create_time),
            _words(one),
        )
    return table


def _words(one: Job) -> str:
    """What a job does, or what came of it."""
    if one.HasField("error"):
        return str(one.error.message)
    match one.WhichOneof("result"):
        case "version":
            return f"made version {one.version}"
        case "head_training":
            made = one.head_training.version
            return f"made version {made}" if made else "no better, not kept"
        case "comparison":
            return f"versions {one.versions[0]} and {one.versions[1]}"
        case _:
            return f"{one.stage} {one.images_done}/{one.images_total}" if one.stage else ""


def _version(server: str, ended: Job) -> inspection_pb2.Version | None:
    async def run() -> inspection_pb2.Version | None:
        async with connect(server) as connection:
            return await get_version(connection, ended.reference_set_id, ended.version)

    return asyncio.run(run())
