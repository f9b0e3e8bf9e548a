"""`python -m bench backup`: backups and restores beside raw copies of their bytes."""

import argparse
import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from rich.console import Console

from bench.backup.filling import Filled, fill
from bench.goal import HEADS, Goal, table
from bench.report_command import command_line, publish, show
from mesh.backup.bucket import THREADS
from mesh.backup.create import create
from mesh.backup.progress import Steps
from mesh.backup.repository import Repository
from mesh.backup.restore import restore
from mesh.backup.stores import stores_of
from mesh.backup.verify import verify
from mesh.layout import Layout

MEANING = Path(__file__).parent / "meaning.md"
GOAL_RATIO = 2.0
T = TypeVar("T")


@dataclass(frozen=True)
class Results:
    """Seconds of each step, of one run."""

    images: int
    filled: Filled
    files_copied_s: list[float]
    """The repository's folder of objects, copied and on the disk; before and after the restore."""

    first_s: float
    second_s: float
    second_bytes: int
    verify_s: float
    restore_s: float

    @property
    def file_copy_s(self) -> float:
        """The mean of both."""
        return sum(self.files_copied_s) / len(self.files_copied_s)


def run_command(chosen: argparse.Namespace, docs: Path) -> None:
    """Measures and prints; with `--write` renews the page."""
    with tempfile.TemporaryDirectory(prefix="argus-bench-") as temporary:
        work = Path(temporary)
        work.chmod(0o711)  # PostgreSQL's own user passes through
        results = asyncio.run(run(work, chosen.images, chosen.kilobytes * 1000))
    goals = list(goals_of(results))
    show(HEADS, (goal.cells for goal in goals))
    again = ["backup", f"--images {chosen.images}", f"--kilobytes {chosen.kilobytes}"]
    publish(report(results, goals, command_line(again)), docs / "backup.md", write=chosen.write)


async def run(work: Path, images: int, mean_bytes: int) -> Results:
    """Measures everything, one after another, on one disk."""
    steps = Steps(Console(stderr=True))
    layout = Layout(work / "data")
    layout.make()
    async with stores_of(layout) as stores:
        filled = await fill(stores, images, mean_bytes)
    repository = Repository.made(work / "backups")
    with repository.locked(for_writing=True):
        _, first_s = await timed(create(layout, repository, steps))
        again, second_s = await timed(create(layout, repository, steps))
    chosen = repository.chosen("")
    (_, problems), verify_s = await timed(verify(repository, chosen, steps, may_be_empty=False))
    if problems:
        raise RuntimeError(f"the backup is not whole: {problems[:3]}")
    # Else three times the bytes are on the disk.
    shutil.rmtree(layout.data_dir)
    copies = [copied_s(repository.folder / "objects", work / "copy")]
    restored, restore_s = await timed(restore(repository, chosen, Layout(work / "restored"), steps))
    if restored.object_count != filled.object_count:
        raise RuntimeError(f"{restored.object_count} objects of {filled.object_count}")
    copies.append(copied_s(repository.folder / "objects", work / "copy"))
    return Results(
        images, filled, copies, first_s, second_s, again.copied_bytes, verify_s, restore_s
    )


async def timed(work: Awaitable[T]) -> tuple[T, float]:
    """What it gives, and its seconds until all of it is on the disk."""
    with _clean_disk():
        began = time.perf_counter()
        result = await work
        os.sync()
        return result, time.perf_counter() - began


def copied_s(source: Path, target: Path) -> float:
    """Seconds that a copy of a folder takes until it is on the disk; it is removed again."""
    with _clean_disk():
        began = time.perf_counter()
        shutil.copytree(source, target)
        os.sync()
        spent = time.perf_counter() - began
    shutil.rmtree(target)
    return spent


@contextmanager
def _clean_disk() -> Iterator[None]:
    """Nothing of the step before is still on its way to the disk."""
    os.sync()
    yield


def goals_of(results: Results) -> Iterator[Goal]:
    """The lines of the table."""
    megabytes = results.filled.object_bytes / 1e6

    def line(what: str, seconds: float, detail: str = "") -> Goal:
        return Goal(what, f"{seconds:.1f} s", "", None, detail or f"{megabytes / seconds:.0f} MB/s")

    files, puts = results.file_copy_s, results.filled.objects_s
    yield line("copy of the files, until on disk", files)
    yield line(f"bare PUTs into an empty store, {THREADS} at once", puts)
    yield line("first backup", results.first_s)
    yield line("second backup", results.second_s, f"{results.second_bytes} bytes copied")
    yield line("verification", results.verify_s)
    yield line("restore", results.restore_s)
    for what, raw_s in (("files", files), ("PUTs", puts)):
        ratio = results.restore_s / raw_s
        yield Goal(
            f"restore ÷ copy of the {what}",
            f"{ratio:.2f}",
            f"≤ {GOAL_RATIO:g}",
            ratio <= GOAL_RATIO,
        )


def report(results: Results, goals: list[Goal], command: str) -> str:
    """The page."""
    lines = table(HEADS, (goal.cells for goal in goals))
    return (
        f"# Backup and restore\n\n`{command}`: {results.images:,} images with their thumbnails, "
        f"{results.filled.object_count:,} objects, {results.filled.object_bytes / 1e6:,.0f} MB of "
        f"random bytes; {os.cpu_count()} cores, one disk, everything in one run.\n\n{lines}\n\n"
        + MEANING.read_text(encoding="utf-8")
    )
