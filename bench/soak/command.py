"""A mesh under mixed load for long: `python -m bench soak [--minutes N] [--write]`."""

import argparse
import asyncio
import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from bench.goal import HEADS
from bench.inspection.inspecting import calibration_s, reference_set, stored
from bench.photos import large_photograph, photographs
from bench.report_command import command_line, progress, publish, show
from bench.running import RunningMesh, running_mesh
from bench.soak.holding import Holding
from bench.soak.pacing import paced
from bench.soak.report import judged, markdown, plots
from bench.soak.results import Results
from bench.soak.sampling import sample
from bench.soak.work import EMAIL, PASSWORD, SHARES, Work, removed
from mesh.client.account import AccountFile
from mesh.client.connection import connect
from mesh.client.samples import sample_photographs

MODEL = "compact"
MEANING = Path(__file__).with_name("meaning.md")
REFERENCES, INSPECTED_PIXELS = 40, 192
LARGE_BYTES = 1_500_000
FILES = 64
"""Photographs that uploads are made of."""

_SETTINGS = {
    # Everybody comes from one address.
    "ARGUS_LOGIN_FREE_ATTEMPTS_OF_ADDRESS": "1000000",
    "ARGUS_REGISTRATIONS_OF_ADDRESS": "1000000",
}


def run_command(chosen: argparse.Namespace, docs: Path) -> None:
    """Measures and prints the report; writes `docs/benchmarks/soak.md` and pictures if asked."""
    results = Results.kept(chosen.again) if chosen.again else run(chosen, progress())
    if chosen.keep:
        results.keep(chosen.keep)
    show(
        HEADS,
        (
            (
                f"{one.part}, {one.what}",
                f"{one.found.median:.1f} ({one.found.growth:+.1f})",
                f"≤ {one.found.allowed:+.1f}",
                "reached" if one.found.flat else "**missed**",
                "",
            )
            for one in judged(results)
        ),
    )
    command = command_line(
        [
            "soak",
            f"--minutes {results.minutes:g}",
            f"--calls-per-second {results.calls_per_second:g}",
            f"--images {results.images}",
        ]
    )
    text = markdown(results, command=command, meaning=MEANING.read_text(encoding="utf-8"))
    publish(text, docs / "soak.md", write=chosen.write)
    if chosen.write:
        for name, picture in plots(results).items():
            (docs / name).write_text(picture, encoding="utf-8")


def run(chosen: argparse.Namespace, say: Callable[[str], None]) -> Results:
    """Starts a mesh, loads it, and stops it."""
    results = Results(
        minutes=chosen.minutes,
        warm_up=chosen.warm_up,
        calls_per_second=chosen.calls_per_second,
        images=chosen.images,
        cores=os.cpu_count() or 1,
    )
    settings = {**_SETTINGS, "ARGUS_MODEL_DIR": str(chosen.model_dir.absolute())}
    flags = ["--embedders", str(chosen.embedders)]
    with tempfile.TemporaryDirectory(prefix="argus-bench-") as temporary:
        work = Path(temporary)
        work.chmod(0o711)  # PostgreSQL's own user passes through
        with running_mesh(work / "data", model=MODEL, settings=settings, flags=flags) as mesh:
            asyncio.run(_load(mesh, work, chosen.sample_seconds, results, say))
    return results


async def _load(
    mesh: RunningMesh, work: Path, every_s: float, results: Results, say: Callable[[str], None]
) -> None:
    files = photographs(work / "photographs", max(results.images, FILES), None)
    large = work / "large.jpg"
    large.write_bytes(large_photograph(sample_photographs()[0], LARGE_BYTES, 1))
    async with (
        connect(mesh.server, AccountFile(work / "accounts")) as connection,
        connection.http(timeout_s=30, connections=16) as http,
    ):
        await connection.sign_in(EMAIL, PASSWORD, name="")
        image_ids = await stored(connection, files[: results.images])
        (large_id,) = await stored(connection, [large])
        set_id = await reference_set(connection, image_ids[:REFERENCES])
        await calibration_s(connection, set_id, INSPECTED_PIXELS)
        doing = Work(connection, http, files[:FILES], image_ids, set_id)
        holding = Holding(
            connection,
            mesh.server,
            large_id=large_id,
            set_id=set_id,
            content=doing.fresh(0),
            results=results,
        )
        say("load begins")
        # Whichever fails ends the run at once.
        async with asyncio.TaskGroup() as running:
            sampling = running.create_task(sample(mesh, every_s, results))
            telling = running.create_task(_tell(results, say))
            async with holding.held():
                until = time.monotonic() + 60 * results.minutes
                await paced(doing.kinds, SHARES, results.calls_per_second, until, results)
            sampling.cancel()
            telling.cancel()
        await removed(connection, results.images + 1)
        say("load ended")


async def _tell(results: Results, say: Callable[[str], None]) -> None:
    while True:
        await asyncio.sleep(60)
        failures = Counter(f"{kind}: {said}" for kind, _, said in results.failures).most_common(3)
        say(f"{len(results.calls)} calls, {len(results.failures)} failures {failures or ''}")
