"""Following a job on the terminal, and what a person reads when they leave it alone."""

import asyncio
from collections.abc import Awaitable, Callable

import typer
from argus.inspection.v1 import inspection_pb2
from rich.box import SIMPLE_HEAD
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

from mesh.client.connection import Connection, connect
from mesh.client.jobs import ENDED, watch
from mesh.client.names import printable
from mesh.client.reference_sets import find_set
from mesh.commands.terminal import Terminal, say

INTERRUPTED = 130
_KINDS = {
    inspection_pb2.Job.CALIBRATION: "calibration",
    inspection_pb2.Job.HEAD_TRAINING: "head training",
    inspection_pb2.Job.COMPARISON: "comparison",
}

Start = Callable[[Connection, inspection_pb2.ReferenceSet], Awaitable[inspection_pb2.Job]]


async def follow(connection: Connection, job: inspection_pb2.Job) -> inspection_pb2.Job:
    """Shows a job's progress until it has ended; as it is then."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Terminal(stderr=True, fold=True)) as bars:
        bar = bars.add_task(printable(job.stage or "queued"), total=None)
        async for one in watch(connection, job.reference_set_id, job.job_id):
            job = one
            bars.update(
                bar,
                description="ended" if one.state in ENDED else printable(one.stage or "queued"),
                completed=one.images_done,
                total=one.images_total or None,
            )
    return job


def followed(server: str, set_name: str, start: Start, *, wait: bool) -> inspection_pb2.Job:
    """Starts or finds a job of a set and follows it to its end, unless nobody waits.

    Raises:
        typer.Exit: It was interrupted; the job goes on, and how to look at it is said.
    """

    async def run() -> inspection_pb2.Job:
        async with connect(server) as connection:
            job = await start(connection, await find_set(connection, set_name))
            return await follow(connection, job) if wait else job

    try:
        return asyncio.run(run())
    except KeyboardInterrupt as error:
        say(
            "Stopped watching. A job that was started goes on: "
            f"`argus refset job {set_name}` shows its progress, "
            f"`argus refset job {set_name} --cancel` cancels it.",
            stderr=True,
        )
        raise typer.Exit(INTERRUPTED) from error


def kind_name(job: inspection_pb2.Job) -> str:
    """A job's kind as the command line calls it."""
    return _KINDS.get(job.kind, "job")


def state_name(job: inspection_pb2.Job) -> str:
    """A job's state in small letters."""
    return inspection_pb2.Job.State.Name(job.state).lower()


def tell_unfinished(job: inspection_pb2.Job, set_name: str) -> None:
    """Says what became of a job that has not succeeded."""
    if job.state == inspection_pb2.Job.FAILED:
        say(f"The {kind_name(job)} failed: {job.error.message}", style="red")
    elif job.state == inspection_pb2.Job.CANCELLED:
        say("Cancelled.")
    else:
        say(
            f"The {kind_name(job)} is {state_name(job)}: "
            f"`argus refset job {set_name} {job.job_id}` shows its progress."
        )


def skipped_table(of: inspection_pb2.Job | inspection_pb2.PartProposal) -> Table:
    """The images that a job, or a comparison of pictures, left out."""
    table = Table(
        Column("image id", no_wrap=True), "reason", "what happened", box=SIMPLE_HEAD,
        title="Images left out", title_justify="left",
    )  # fmt: skip
    for one in of.skipped:
        table.add_row(one.image_id, one.reason, one.message)
    return table
