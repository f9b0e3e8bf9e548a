"""`argus import`: folders and files into a mesh."""

from pathlib import Path
from typing import Annotated

import typer

from argus_client.description import Description
from mesh.client.files import collect
from mesh.client.importer import Report
from mesh.client.names import printable
from mesh.client.samples import sample_photographs
from mesh.client.sidecars import Manifest, Sidecars, read_manifest
from mesh.commands.failures import explained
from mesh.commands.importing import (
    LISTED,
    check_found,
    import_collection,
    parse_labels,
    print_copies,
    print_problems,
)
from mesh.commands.options import DEFAULT_SERVER, Server
from mesh.commands.terminal import Terminal, say
from mesh.commands.words import counted


@explained
def import_(
    paths: Annotated[list[Path] | None, typer.Argument(help="Files and folders to import.")] = None,
    label: Annotated[
        list[str] | None,
        typer.Option("--label", "-l", help="Label for every new image, as key=value; repeatable."),
    ] = None,
    samples: Annotated[
        bool,
        typer.Option("--samples", help="Also import the sample photographs that come with Argus."),
    ] = False,
    note: Annotated[
        str, typer.Option("--note", metavar="TEXT", help="Note for every new image.")
    ] = "",
    manifest: Annotated[
        Path | None,
        typer.Option(
            "--manifest",
            metavar="FILE",
            help="Notes and labels of single files: CSV with the columns file, note and "
            "labels.KEY, or JSON Lines (.jsonl) with file, note and labels.",
        ),
    ] = None,
    xmp: Annotated[
        bool,
        typer.Option(
            help="Take titles, descriptions, keywords and ratings from files' XMP, and from "
            "FILE.xmp beside them, as notes and labels."
        ),
    ] = True,
    keep_location: Annotated[
        bool,
        typer.Option(
            "--keep-location",
            help="Keep the places where pictures were taken in their records. They stay in the "
            "files either way.",
        ),
    ] = False,
    jobs: Annotated[
        int, typer.Option(min=1, max=64, help="How many files are under way at once.")
    ] = 32,
    wait: Annotated[bool, typer.Option(help="Wait until search finds the images.")] = True,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Import images from files and folders.

    Images that are stored already are skipped, so an import can be run again.
    In folders, hidden files and folders are passed over and links are followed.
    What --manifest says of a file counts before its XMP sidecar, that before --label and --note,
    and these before the XMP within it.
    Exits with 1 if a file could not be imported or a folder could not be read.
    """
    labels = parse_labels(label or [])
    collection = collect(paths or [])
    collection.files += sample_photographs() if samples else []
    check_found(collection, "import")
    every = Description({}, note, keep_location=keep_location, take_description=xmp)
    table = read_manifest(manifest) if manifest else Manifest({})
    sidecars = Sidecars()

    def describe(file: Path) -> Description:
        beside = sidecars.of(file) if xmp else Description()
        return every.with_(beside).with_(table.of(file))

    report = import_collection(
        collection, labels, jobs=jobs, wait=wait, server=server, describe=describe
    )
    _print(report)
    _print_described(sidecars, table)
    if report.problems:
        raise typer.Exit(1)


def _print_described(sidecars: Sidecars, manifest: Manifest) -> None:
    if sidecars.found:
        say(f"{counted(sidecars.found, 'XMP file')} beside them read.")
    for file, problem in sidecars.problems[:LISTED]:
        say(f"{printable(str(file))} was not read: {problem}", style="yellow")
    if len(sidecars.problems) > LISTED:
        say(f"… and {len(sidecars.problems) - LISTED} more XMP files.", style="yellow")
    if unused := manifest.unused:
        files = counted(len(unused), "file")
        say(f"The manifest names {files} that this import did not look at.", style="yellow")


def _print(report: Report) -> None:
    rate = len(report.imported) / report.seconds if report.seconds else 0.0
    number = len(report.copies)
    copies = f"{number} {'copy' if number == 1 else 'copies'} of others, " if number else ""
    say(
        f"{len(report.imported)} imported, {report.searchable} searchable, "
        f"{len(report.skipped)} skipped (already there), {copies}{len(report.problems)} failed "
        f"in {report.seconds:.1f} s ({rate:.1f} images/s)"
    )
    print_copies(report)
    if report.unlabelled:
        images = counted(report.unlabelled, "image")
        were = "was" if report.unlabelled == 1 else "were"
        say(f"The labels of {images} that {were} there already are unchanged.", style="yellow")
    print_problems(report, Terminal(fold=True))
