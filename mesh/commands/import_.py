"""`argus import`: folders and files into a mesh."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from mesh.client.connection import connect
from mesh.client.files import collect
from mesh.client.importer import Importer, Outcome, Report
from mesh.client.samples import sample_photographs
from mesh.commands.failures import explained
from mesh.commands.options import DEFAULT_SERVER, Server
from mesh.errors import MeshError


@explained
def import_(
    paths: Annotated[list[Path] | None, typer.Argument(help="Files and folders.")] = None,
    label: Annotated[
        list[str] | None,
        typer.Option("--label", "-l", help="key=value for every image; repeatable."),
    ] = None,
    samples: Annotated[
        bool, typer.Option("--samples", help="Also import photographs that came with Argus.")
    ] = False,
    jobs: Annotated[int, typer.Option(min=1, max=64, help="Files under way at once.")] = 8,
    wait: Annotated[bool, typer.Option(help="Wait until search finds the images.")] = True,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Import images; what is there already is skipped, so an import can be run again."""
    labels = _labels(label or [])
    missing = [path for path in paths or [] if not path.exists()]
    if missing:
        raise MeshError(f"There is no {missing[0]}.")
    files = [*collect(paths or []), *(sample_photographs() if samples else [])]
    if not files:
        raise MeshError("There is nothing to import.", "Name image files or folders, or --samples.")
    report = _run(files, labels, jobs=jobs, wait=wait, server=server)
    _print(report)
    if report.problems:
        raise typer.Exit(1)


def _run(
    files: list[Path], labels: dict[str, str], *, jobs: int, wait: bool, server: str
) -> Report:
    columns = (
        TextColumn("{task.description:<10}"),
        BarColumn(),
        MofNCompleteColumn(),
        TaskProgressColumn(show_speed=True),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bars:
        uploaded = bars.add_task("uploaded", total=len(files))
        indexed = bars.add_task("searchable", total=len(files) if wait else 0, visible=wait)

        def progress(outcome: Outcome | None) -> None:
            if outcome is None:
                bars.advance(indexed)
                return
            bars.advance(uploaded)
            if outcome is not Outcome.IMPORTED and wait:
                bars.update(indexed, total=(bars.tasks[1].total or 0) - 1)

        async def run() -> Report:
            async with connect(server) as connection:
                importer = Importer(connection, labels=labels, jobs=jobs, progress=progress)
                return await importer.run(files, wait=wait)

        return asyncio.run(run())


def _print(report: Report) -> None:
    console = Console()
    rate = len(report.imported) / report.seconds if report.seconds else 0.0
    console.print(
        f"[bold]{len(report.imported)}[/bold] imported, {report.searchable} searchable, "
        f"{len(report.skipped)} skipped (already there), {len(report.problems)} failed "
        f"in {report.seconds:.1f} s ({rate:.1f} images/s)"
    )
    if report.problems:
        table = Table("file", "problem", title="Not imported", title_justify="left")
        for file, problem in sorted(report.problems):
            table.add_row(escape(str(file)), escape(problem))
        console.print(table)


def _labels(pairs: list[str]) -> dict[str, str]:
    labels: dict[str, str] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise MeshError(f"`{pair}` is no label.", "Write --label key=value.")
        labels[key] = value
    return labels
