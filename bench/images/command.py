"""`python -m bench images`: builds images, compares what is in them with their locks, and runs two.

The containers have a network of their own without a way out, a read-only root and no capabilities;
stores reach them as unix sockets.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.goal import HEADS, Goal, missed, table
from bench.images.bundle import Bundle, unpack
from bench.images.contents import Contents, contents, difference
from bench.images.trials import TRIALS
from bench.report_command import command_line, progress, publish, show
from scripts.images.builder import IMAGES, Builder
from scripts.images.missing import BUILDING, RUNNING, missing
from scripts.images.wheels import TORCH_INDEX

MEANING = Path(__file__).with_name("meaning.md")
SIZES = (
    "image",
    "compressed",
    "unpacked",
    "of that, Argus and its packages",
    "packages",
    "built in",
)


@dataclass(frozen=True)
class Built:
    """An image, and what building it took."""

    name: str
    contents: Contents
    seconds: float | None
    """None: it was there."""

    @property
    def cells(self) -> tuple[str, ...]:
        """Its row in the table of sizes."""
        what = self.contents
        sizes = (what.packed_bytes, what.root_bytes, what.own_bytes)
        seconds = "–" if self.seconds is None else f"{self.seconds:.0f} s"
        megabytes = (f"{size / 1e6:,.0f} MB" for size in sizes)
        return (self.name, *megabytes, str(len(what.packages)), seconds)


def run_command(chosen: argparse.Namespace, docs: Path) -> None:
    """Builds, runs and prints; with `--write` renews the page."""
    names = chosen.images.split(",")
    if unknown := sorted(set(names) - set(IMAGES)):
        sys.exit(f"There is no image {', '.join(unknown)}, but {', '.join(IMAGES)}.")
    if reason := missing((*BUILDING, *RUNNING)):
        sys.exit(f"Images cannot be built and run here: {reason}.")
    index = chosen.torch_index or TORCH_INDEX
    builder = Builder(chosen.folder.resolve(), chosen.storage_driver, index)
    builds: list[Built] = []
    goals: list[Goal] = []
    for name in names:
        built, found = _tried(name, builder, built_before=chosen.built)
        builds.append(built)
        goals += found
    show(HEADS, (goal.cells for goal in goals))
    command = command_line(
        ["images", f"--images {chosen.images}", *(["--built"] if chosen.built else [])]
    )
    publish(report(builds, goals, command), docs / "images.md", write=chosen.write)
    if missed(goals):
        sys.exit(1)


def _tried(name: str, builder: Builder, *, built_before: bool) -> tuple[Built, list[Goal]]:
    say = progress()
    layout = builder.layout(name)
    seconds = None
    if not built_before:
        say(f"{name}: the base")
        builder.make_base()
        say(f"{name}: building")
        began = time.monotonic()
        builder.build(name)
        seconds = time.monotonic() - began
    say(f"{name}: unpacking")
    bundle = unpack(layout, builder.folder / "bundles" / name)
    try:
        built = Built(name, contents(layout, bundle.root), seconds)
        goals = [as_locked(built)]
        if name in TRIALS:
            say(f"{name}: running")
            goals += _run(name, bundle)
    finally:
        shutil.rmtree(bundle.folder)
    return built, goals


def _run(name: str, bundle: Bundle) -> Iterator[Goal]:
    try:
        yield from TRIALS[name](bundle)
    except (RuntimeError, OSError, subprocess.SubprocessError) as error:
        # What it said goes to who waits; the page has that it failed.
        print(error, file=sys.stderr)
        yield Goal(f"{name} runs", "no", "", reached=False)


def as_locked(built: Built) -> Goal:
    """Whether it has what its lock says, and nothing else."""
    unlike = difference(built.name, built.contents.packages)
    return Goal(f"{built.name} has other than its lock says", unlike or "nothing", "", not unlike)


def report(builds: list[Built], goals: list[Goal], command: str) -> str:
    """The page."""
    lines = "\n\n".join(_sections(builds, goals))
    return (
        f"# Images\n\n`{command}`, as root, {os.cpu_count()} cores.\n\n{lines}\n\n"
        + MEANING.read_text(encoding="utf-8")
    )


def _sections(builds: list[Built], goals: list[Goal]) -> Iterator[str]:
    yield table(SIZES, (built.cells for built in builds))
    yield table(("what", "seen", "verdict", "detail"), (
        (goal.what, goal.measured, goal.verdict, goal.detail) for goal in goals
    ))  # fmt: skip
