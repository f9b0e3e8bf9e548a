"""`argus import`: folders and files into a mesh."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from mesh.client.files import collect
from mesh.client.importer import Report
from mesh.client.samples import sample_photographs
from mesh.commands.failures import explained
from mesh.commands.importing import import_files, parse_labels, print_problems
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
    labels = parse_labels(label or [])
    missing = [path for path in paths or [] if not path.exists()]
    if missing:
        raise MeshError(f"There is no {missing[0]}.")
    files = [*collect(paths or []), *(sample_photographs() if samples else [])]
    if not files:
        raise MeshError("There is nothing to import.", "Name image files or folders, or --samples.")
    report = import_files(files, labels, jobs=jobs, wait=wait, server=server)
    _print(report)
    if report.problems:
        raise typer.Exit(1)


def _print(report: Report) -> None:
    console = Console()
    rate = len(report.imported) / report.seconds if report.seconds else 0.0
    console.print(
        f"[bold]{len(report.imported)}[/bold] imported, {report.searchable} searchable, "
        f"{len(report.skipped)} skipped (already there), {len(report.problems)} failed "
        f"in {report.seconds:.1f} s ({rate:.1f} images/s)"
    )
    print_problems(report, console)
