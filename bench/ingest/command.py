"""What taking images in costs: `python -m bench ingest [--write]`."""

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
from PIL import Image

from bench.goal import HEADS
from bench.ingest.goals import goals
from bench.ingest.peer import taken_per_s
from bench.ingest.report import report
from bench.ingest.results import WAYS, Results
from bench.ingest.stages import stages_s
from bench.ingest.ways import JOBS, prepared, streamed
from bench.photos import photographs
from bench.processors import Processors
from bench.report_command import command_line, progress, publish, show
from bench.running import RunningMesh, running_mesh
from mesh.client.account import AccountFile
from mesh.client.connection import Connection, connect

MODEL = "compact"
_LOOKS = 7
LARGE_SIDE = 2600
"""Pixels of a large TIFF's side: 20 MB."""


def run_command(chosen: argparse.Namespace, docs: Path) -> None:
    """Measures and prints; with `--write` renews the page."""
    with tempfile.TemporaryDirectory(prefix="argus-bench-") as temporary:
        work = Path(temporary)
        work.chmod(0o711)  # PostgreSQL's own user passes through
        results = run(work, chosen, progress())
    arguments = [
        f"--{name.replace('_', '-')} {getattr(chosen, name)}"
        for name in ("images", "rounds", "large_mb")
    ]
    show(HEADS, (goal.cells for goal in goals(results)))
    text = report(results, command_line(["ingest", *arguments]), MODEL)
    publish(text, docs / "ingest.md", write=chosen.write)


def run(work: Path, chosen: argparse.Namespace, say: Callable[[str], None]) -> Results:
    """Measures everything in one go."""
    count = len(WAYS) * chosen.images * chosen.rounds + chosen.images
    files = photographs(work / "photographs", count, chosen.photos)
    say("storage's stages")
    stages = stages_s(files[: chosen.images])
    settings = {"ARGUS_MODEL_DIR": str(chosen.model_dir.absolute())}
    with running_mesh(work / "data", model=MODEL, settings=settings) as mesh:
        results = asyncio.run(_measure(mesh, files, work, chosen, say))
        if not chosen.no_peers:
            say("the usual service")
            # Nothing that it has seen before: its store is empty, and so is its table.
            size = chosen.images
            batches = [files[at * size : (at + 1) * size] for at in range(chosen.rounds + 1)]
            results.peer_per_s = taken_per_s(mesh, batches, chosen.peers, work, MODEL)
    results.stages_s = stages
    return results


async def _measure(
    mesh: RunningMesh,
    files: list[Path],
    work: Path,
    chosen: argparse.Namespace,
    say: Callable[[str], None],
) -> Results:
    """All ways in each round, each with images of its own."""
    results = Results(cores=os.cpu_count() or 1)
    async with connect(mesh.server, AccountFile(work / "accounts")) as connection:
        account = await connection.sign_in("bench@example.org", "a long password", name="")
        fresh = iter(files)
        processors = Processors(mesh)
        idle = sorted([await processors.load() for _ in range(_LOOKS)])[_LOOKS // 2]

        def some() -> list[Path]:
            return [next(fresh) for _ in range(chosen.images)]

        # Once before, so that nothing is measured cold.
        await streamed(connection, some())
        for number in range(chosen.rounds):
            say(f"round {number + 1}")
            for name, way in results.ways.items():
                batch = some()
                bring = await prepared(name, mesh, connection, batch, account.access_token)
                await processors.settled(idle)
                started = time.perf_counter()
                await bring()
                took = time.perf_counter() - started
                spent = processors.since_last()
                way.per_s.append(len(batch) / took)
                way.processor_s.append({part: s / len(batch) for part, s in spent.items()})
        if chosen.large_mb:
            say("large images")
            await _large(mesh, connection, work, chosen.large_mb, results)
    return results


async def _large(
    mesh: RunningMesh, connection: Connection, work: Path, megabytes: int, results: Results
) -> None:
    """Large TIFFs over one stream, and storage's memory meanwhile."""
    numbers = np.random.default_rng(3)
    first = work / "large"
    first.mkdir()
    files: list[Path] = []
    size = 0
    while size < megabytes * 1e6:
        file = first / f"{len(files)}.tiff"
        pixels = numbers.integers(0, 256, (LARGE_SIDE, LARGE_SIDE, 3), np.uint8)
        Image.fromarray(pixels).save(file)
        size += file.stat().st_size
        files.append(file)
    process = psutil.Process(mesh.pid("storage"))
    before = peak = process.memory_info().rss

    async def watch() -> None:
        nonlocal peak
        while True:
            peak = max(peak, process.memory_info().rss)
            await asyncio.sleep(0.02)

    watching = asyncio.create_task(watch())
    started = time.perf_counter()
    report = await connection.client.upload_files(files, jobs=JOBS, wait=False)
    results.large_mb = size / 1e6
    results.large_mb_per_s = results.large_mb / (time.perf_counter() - started)
    watching.cancel()
    if report.problems:
        raise RuntimeError(f"the import went wrong: {report.problems[:3]}")
    results.resident_mb = (before / 1e6, peak / 1e6)
