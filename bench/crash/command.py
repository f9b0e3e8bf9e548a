"""`python -m bench crash`: imports in which every process is killed, round after round."""

import argparse
import asyncio
import os
import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.crash.pictures import pictures
from bench.crash.rounds import Killer, Round, run_round, unrendered
from bench.crash.targets import ALWAYS, TARGETS
from bench.goal import HEADS, Goal, table
from bench.report_command import command_line, progress, publish, show
from bench.running import RunningMesh, running_mesh
from mesh.client.account import AccountFile
from mesh.client.connection import connect

MEANING = Path(__file__).parent / "meaning.md"
EMAIL, PASSWORD = "crash@bench.example", "a password for benchmarks only"
SETTINGS = {
    "ARGUS_LOGIN_FREE_ATTEMPTS_OF_ADDRESS": "1000000",
    "ARGUS_REGISTRATIONS_OF_ADDRESS": "1000000",
    # So that the index is built anew within a round.
    "ARGUS_VECTOR_GRAPH_FROM": "100",
}


@dataclass(frozen=True)
class Ended:
    """All rounds, and what was left at the end.

    Attributes:
        rounds: As they were run.
        unrendered: Names of images that had no preview and placeholder in the end.
    """

    rounds: Sequence[Round]
    unrendered: Sequence[str]


def run_command(chosen: argparse.Namespace, docs: Path) -> None:
    """Runs all rounds and prints them; with `--write` renews the page."""
    with tempfile.TemporaryDirectory(prefix="argus-bench-") as temporary:
        work = Path(temporary)
        work.chmod(0o711)  # PostgreSQL's own user passes through
        say = progress()
        settings = {**SETTINGS, "ARGUS_MODEL_DIR": str(chosen.model_dir.absolute())}
        with running_mesh(work / "data", model="compact", settings=settings) as mesh:
            ended = asyncio.run(run(mesh, work, chosen, say))
    goals = list(goals_of(ended))
    show(HEADS, (goal.cells for goal in goals))
    publish(report(ended, goals, chosen), docs / "crash.md", write=chosen.write)


async def run(
    mesh: RunningMesh, work: Path, chosen: argparse.Namespace, say: Callable[[str], None]
) -> Ended:
    """Runs rounds on one mesh, whose data stay."""
    done: list[Round] = []
    async with connect(mesh.server, AccountFile(work / "home")) as connection:
        await connection.sign_in(EMAIL, PASSWORD, name="crash")
        began = time.monotonic()
        for seed in range(chosen.seed, chosen.seed + chosen.rounds):
            if done and 0 < chosen.minutes < (time.monotonic() - began) / 60:
                break
            folder = work / f"round-{seed}"
            files = pictures(folder, chosen.images, seed)
            killer = Killer(mesh.layout, TARGETS, len(files), random.Random(seed))
            done.append(await run_round(mesh.layout, connection, files, str(seed), killer))
            shutil.rmtree(folder)
            say(f"seed {seed}: {done[-1].seconds:.0f} s, {told(done[-1])}")
        say("waiting until everything is rendered")
        return Ended(done, await unrendered(connection))


def told(one: Round) -> str:
    """A round for a person: that it is whole, or all of it."""
    return f"whole, {len(one.killed)} killed" if one.whole else str(one)


def goals_of(ended: Ended) -> Iterator[Goal]:
    """The lines of the table."""
    rounds = ended.rounds
    total = sum(one.images for one in rounds)
    kills = Counter(target for one in rounds for target in one.killed)

    def none(what: str, count: int, detail: str = "") -> Goal:
        return Goal(what, f"{count:,} of {total:,}", "0", count == 0, detail)

    wanted = len(ALWAYS) * len(rounds)
    yield Goal(
        "processes killed",
        f"{kills.total():,}",
        f"{wanted:,} or more",
        all(kills[target] == len(rounds) for target in ALWAYS),
        ", ".join(f"{target} {kills[target]}" for target in TARGETS),
    )
    yield Goal("files imported at once", f"{sum(one.imported for one in rounds):,}", "", None)
    again = sum(one.sent_again for one in rounds)
    yield Goal("files kept, and the answer lost", f"{again:,}", "", None)
    yield Goal("files resumed", f"{sum(one.resumed for one in rounds):,}", "", None)
    yield none("files refused for good", sum(len(one.problems) for one in rounds))
    yield none("acknowledged and gone", sum(len(one.forgotten) for one in rounds))
    yield none("files that search does not find", sum(len(one.lost) for one in rounds))
    yield none("files that are two images", sum(len(one.twice) for one in rounds))
    yield none("without bytes or thumbnail", sum(len(one.unshown) for one in rounds))
    yield none("without preview or placeholder", len(ended.unrendered), "once all rounds were over")
    findings = sum(len(one.findings) for one in rounds)
    yield Goal("findings of `argus check`", f"{findings:,}", "0", findings == 0)
    seconds = sorted(one.seconds for one in rounds)
    yield Goal(
        "seconds of a round, median", f"{seconds[len(seconds) // 2]:.0f}", "", None,
        f"{seconds[0]:.0f} to {seconds[-1]:.0f}",
    )  # fmt: skip


def report(ended: Ended, goals: Sequence[Goal], chosen: argparse.Namespace) -> str:
    """The page."""
    rounds = ended.rounds
    again = command_line([
        "crash", f"--rounds {len(rounds)}", f"--images {chosen.images}", f"--seed {chosen.seed}"
    ])  # fmt: skip
    wrong = "".join(f"- seed {one.label}: {one}\n" for one in rounds if not one.whole)
    return (
        f"# Killed in the midst of an import\n\n`{again}`: {len(rounds)} rounds of "
        f"{rounds[0].images} pictures into one mesh, {os.cpu_count()} cores. In each round "
        "`kill -9` ends every process once, each at a moment drawn at random.\n\n"
        f"{table(HEADS, (goal.cells for goal in goals))}\n\n{wrong}"
        + MEANING.read_text(encoding="utf-8")
    )
