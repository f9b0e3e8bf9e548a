"""Bringing files into a mesh, with progress on screen, for every command that takes files."""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Column, Table

from argus_client.description import Description
from mesh.client.connection import connect
from mesh.client.files import Collection
from mesh.client.importer import Importer, Outcome, Report
from mesh.client.names import printable
from mesh.commands.terminal import Terminal, say
from mesh.commands.words import counted
from mesh.errors import MeshError

LISTED = 10
"""Most names that a sentence or a list of sentences gives."""

_FORMATS = "Argus reads JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF and HEIC"
_LABEL_KEY = re.compile(r"[a-z][a-z0-9_.-]{0,62}")
_LONGEST_LABEL_VALUE = 255
_MOST_LABELS = 64


Describe = Callable[[Path], Description]
"""What a file's image is to have, if it is new."""


def import_collection(
    collection: Collection,
    labels: Mapping[str, str],
    *,
    jobs: int,
    wait: bool,
    server: str,
    describe: Describe = lambda _: Description(),
) -> Report:
    """Imports what was found; says what was passed over, and reports unreadable folders too."""
    say_passed_over(collection)
    report = import_files(
        collection.files, labels, jobs=jobs, wait=wait, server=server, describe=describe
    )
    report.problems += collection.problems
    return report


def import_files(
    files: Sequence[Path],
    labels: Mapping[str, str],
    *,
    jobs: int,
    wait: bool,
    server: str,
    describe: Describe = lambda _: Description(),
) -> Report:
    """Imports files; with `wait`, until search finds them."""
    columns = (
        TextColumn("{task.description:<10}"),
        BarColumn(),
        MofNCompleteColumn(),
        TaskProgressColumn(show_speed=True),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Terminal(stderr=True, fold=True)) as bars:
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
                importer = Importer(
                    connection, labels=labels, jobs=jobs, progress=progress, describe=describe
                )
                return await importer.run(files, wait=wait)

        return asyncio.run(run())


def check_found(collection: Collection, what: str) -> None:
    """Fails where there was nothing to do, so that nobody believes that something was done.

    Args:
        collection: What was found.
        what: What was to be done, such as `import`.

    Raises:
        MeshError: There is nothing, or nothing of what was named exists.
    """
    if not collection.files and not collection.problems:
        advice = "Name image files or folders that contain some."
        if passed := passed_over(collection):
            advice = f"{passed}\n{_FORMATS}."
        raise MeshError(f"There is nothing to {what}.", advice)
    if collection.files and all(map(_is_missing, collection.files)):
        raise MeshError(f"There is no {printable(str(collection.files[0]))}.")


def _is_missing(file: Path) -> bool:
    try:
        file.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def passed_over(collection: Collection) -> str:
    """What in folders was not looked at, as a sentence; empty if nothing."""
    kinds = sorted(collection.others.items(), key=lambda kind: (-kind[1], not kind[0], kind[0]))
    parts = [f"{count} {suffix or 'without a suffix'}" for suffix, count in kinds[:LISTED]]
    if rest := kinds[LISTED:]:
        parts.append(f"{sum(count for _, count in rest)} of {counted(len(rest), 'other kind')}")
    if collection.hidden_files:
        parts.append(counted(collection.hidden_files, "hidden file"))
    if collection.folders:
        names = [name for name, _ in collection.folders.most_common(LISTED)]
        names += ["…"] if len(collection.folders) > LISTED else []
        folders = counted(collection.folders.total(), "hidden or system folder")
        parts.append(f"{folders} ({', '.join(names)})")
    return f"Passed over: {', '.join(parts)}." if parts else ""


def say_passed_over(collection: Collection) -> None:
    """Says on standard error what in folders was not looked at."""
    if sentence := passed_over(collection):
        say(sentence, stderr=True)
    if collection.foreign:
        say(f"{_FORMATS}; convert pictures in other formats first.", stderr=True)


def print_copies(report: Report) -> None:
    """Says which files are the same as others, the first few of them."""
    for copy, stored in report.copies[:LISTED]:
        say(f"{copy} is the same as {stored}.")
    if len(report.copies) > LISTED:
        say(f"… and {len(report.copies) - LISTED} more copies.")


def print_problems(report: Report, terminal: Terminal) -> None:
    """Shows which files were not imported, and why."""
    if report.problems:
        table = Table(
            Column("file", overflow="fold"), "problem", title="Not imported", title_justify="left"
        )
        for file, problem in sorted(report.problems):
            table.add_row(str(file), problem)
        terminal.print(table)


def parse_labels(pairs: Sequence[str]) -> dict[str, str]:
    """Labels given as key=value.

    Raises:
        MeshError: One is not, or is none that an image can have.
    """
    labels: dict[str, str] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise MeshError(f"`{printable(pair)}` is not a label.", "Write --label key=value.")
        if not _LABEL_KEY.fullmatch(key):
            raise MeshError(
                f"`{printable(key)}` cannot be the key of a label.",
                "A key has up to 63 characters: small letters a to z first, then also digits, "
                "`_`, `-` and `.`.",
            )
        if len(value) > _LONGEST_LABEL_VALUE:
            raise MeshError(
                f"The value of the label `{key}` is too long.",
                f"A value has up to {_LONGEST_LABEL_VALUE} characters.",
            )
        labels[key] = value
    if len(labels) > _MOST_LABELS:
        raise MeshError(f"An image can have up to {_MOST_LABELS} labels.")
    return labels
