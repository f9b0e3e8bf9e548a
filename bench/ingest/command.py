"""What taking images in costs: `python -m bench ingest [--write]`."""

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import numpy as np
import psutil
from PIL import Image

from argus_client.description import Description
from argus_client.uploads import Source
from bench.goal import table
from bench.ingest.peer import CALLERS, taken_per_s
from bench.ingest.processors import Processors
from bench.mesh import _embed as embedded_per_s
from bench.photos import photographs
from bench.report_command import command_line, progress, publish
from bench.running import RunningMesh, running_mesh
from mesh.client.account import AccountFile
from mesh.client.connection import Connection, connect

MODEL = "compact"
MEANING = Path(__file__).with_name("meaning.md")
LINKED, STREAMED, EMBEDDED = "presigned links", "`ImportImages`", "embedder alone"
JOBS = 32
LARGE_SIDE = 2600
"""Pixels of a large TIFF's side: 20 MB."""


@dataclass
class Way:
    """One way to bring the same number of images."""

    per_s: list[float] = field(default_factory=list)
    processor_s: list[Mapping[str, float]] = field(default_factory=list)
    """Of an image, by part."""


@dataclass
class Results:
    """What was measured."""

    ways: dict[str, Way] = field(default_factory=dict)
    large_mb: float = 0.0
    large_mb_per_s: float = 0.0
    resident_mb: tuple[float, float] = (0.0, 0.0)
    """Of storage: before the large images, and at most while they came."""
    peer_per_s: list[float] | str = ""
    """Of the usual service, in each round; or why it was not measured."""


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
    text = report(results, command_line(["ingest", *arguments]))
    publish(text, docs / "ingest.md", write=chosen.write)


def run(work: Path, chosen: argparse.Namespace, say: Callable[[str], None]) -> Results:
    """Measures everything in one go."""
    count = 3 * chosen.images * chosen.rounds + chosen.images
    files = photographs(work / "photographs", count, chosen.photos)
    settings = {"ARGUS_MODEL_DIR": str(chosen.model_dir.absolute())}
    with running_mesh(work / "data", model=MODEL, settings=settings) as mesh:
        results = asyncio.run(_measure(mesh, files, work, chosen, say))
        if not chosen.no_peers:
            say("the usual service")
            # Nothing that it has seen before: its store is empty, and so is its table.
            size = chosen.images
            batches = [files[at * size : (at + 1) * size] for at in range(chosen.rounds + 1)]
            results.peer_per_s = taken_per_s(mesh, batches, chosen.peers, work, MODEL)
    return results


async def _measure(
    mesh: RunningMesh,
    files: list[Path],
    work: Path,
    chosen: argparse.Namespace,
    say: Callable[[str], None],
) -> Results:
    """All ways in each round, each with images of its own."""
    results = Results(ways={name: Way() for name in (EMBEDDED, LINKED, STREAMED)})
    async with connect(mesh.server, AccountFile(work / "accounts")) as connection:
        account = await connection.sign_in("bench@example.org", "a long password", name="")
        metadata = (("authorization", f"Bearer {account.access_token}"),)
        fresh = iter(files)

        def some() -> list[Path]:
            return [next(fresh) for _ in range(chosen.images)]

        # Once before, so that nothing is measured cold.
        await _streamed(connection, some())
        processors = Processors(mesh)
        for number in range(chosen.rounds):
            say(f"round {number + 1}")
            for name, way in results.ways.items():
                await _settled(processors)
                batch, started = some(), time.perf_counter()
                if name == EMBEDDED:
                    await embedded_per_s(mesh.server, metadata, batch)
                else:
                    await (_linked if name == LINKED else _streamed)(connection, batch)
                took = time.perf_counter() - started
                spent = processors.since_last()
                way.per_s.append(len(batch) / took)
                way.processor_s.append({part: s / len(batch) for part, s in spent.items()})
        if chosen.large_mb:
            say("large images")
            await _large(mesh, connection, work, chosen.large_mb, results)
    return results


async def _settled(processors: Processors) -> None:
    """Until what the last way left is done: its previews, for instance."""
    while True:
        processors.since_last()
        await asyncio.sleep(1)
        if sum(processors.since_last().values()) < 0.1 * (os.cpu_count() or 1):
            return


async def _streamed(connection: Connection, files: Sequence[Path]) -> None:
    report = await connection.client.upload_files(files, jobs=JOBS)
    if report.problems or report.searchable != len(files):
        raise RuntimeError(f"the import went wrong: {report.problems[:3]}")


async def _linked(connection: Connection, files: Sequence[Path]) -> None:
    """Each reserved, put by its link and completed, eight at once."""
    room = asyncio.Semaphore(8)

    async def one(file: Path) -> str:
        async with room:
            source = await Source.of_file(file)
            return (await uploader.upload(source, Description())).image.image_id

    async with connection.client.links(connections=8) as uploader:
        image_ids = await asyncio.gather(*map(one, files))
    await connection.client.until_indexed(*image_ids)


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


def report(results: Results, command: str) -> str:
    """The results as Markdown."""
    alone = median(results.ways[EMBEDDED].per_s)
    rows = [
        (name, f"{median(way.per_s):.1f}", f"{median(way.per_s) / alone:.2f}",
         f"{1e3 * median(sum(one.values()) for one in way.processor_s):.1f}")
        for name, way in results.ways.items()
    ]  # fmt: skip
    parts = sorted(
        {part for way in results.ways.values() for one in way.processor_s for part in one}
    )
    peer = ""
    if isinstance(results.peer_per_s, list):
        taken = median(results.peer_per_s)
        streamed = median(results.ways[STREAMED].per_s)
        peer = (
            f"\n\nThe usual service (FastAPI, Pillow, minio; {CALLERS} callers) takes {taken:.1f} "
            f"images/s; `ImportImages` {streamed / taken:.2f} × as many."
        )
    elif results.peer_per_s:
        peer = f"\n\nThe usual service was not measured: {results.peer_per_s}."
    shares = [
        (part, *(
            f"{1e3 * median(one.get(part, 0.0) for one in way.processor_s):.1f}"
            for way in results.ways.values()
        ))
        for part in parts
    ]  # fmt: skip
    before, peak = results.resident_mb
    large = (
        f"\n\n{results.large_mb:.0f} MB of TIFFs of 20 MB over one stream: "
        f"{results.large_mb_per_s:.0f} MB/s; storage's resident memory was {before:.0f} MB before "
        f"and {peak:.0f} MB at most, {peak - before:+.0f} MB."
        if results.large_mb
        else ""
    )
    ways = table(("way, until searchable", "images/s", "÷ embedder alone", "CPU ms/image"), rows)
    costs = table(("CPU ms/image of", *results.ways), shares)
    head = f"`{command}` on {os.cpu_count()} cores, model `{MODEL}`; medians."
    return (
        f"# Taking images in\n\n{head}\n\n{ways}{peer}\n\n{costs}{large}\n\n"
        + MEANING.read_text(encoding="utf-8")
    )
