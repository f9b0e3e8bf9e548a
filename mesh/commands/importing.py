"""Bringing files into a mesh, with progress on screen, for every command that takes files."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

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
from mesh.client.importer import Importer, Outcome, Report
from mesh.errors import MeshError


def import_files(
    files: Sequence[Path], labels: Mapping[str, str], *, jobs: int, wait: bool, server: str
) -> Report:
    """Imports files; with `wait`, until search finds them."""
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


def print_problems(report: Report, console: Console) -> None:
    """Shows which files were not imported, and why."""
    if report.problems:
        table = Table("file", "problem", title="Not imported", title_justify="left")
        for file, problem in sorted(report.problems):
            table.add_row(escape(str(file)), escape(problem))
        console.print(table)


def parse_labels(pairs: Sequence[str]) -> dict[str, str]:
    """Labels given as key=value.

    Raises:
        MeshError: One is not.
    """
    labels: dict[str, str] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise MeshError(f"`{pair}` is no label.", "Write --label key=value.")
        labels[key] = value
    return labels
