"""Edge's graph at sizes, beside a scan and beside other libraries: `python -m bench search`."""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from bench.goal import HEADS
from bench.report_command import command_line, progress, publish, refuse_a_quick_page, show
from bench.search import peers
from bench.search.index import (
    ALL,
    SCOPES,
    SPACE,
    all_true,
    asked,
    beside_writes,
    fill,
    point,
)
from bench.search.library import filled
from bench.search.report import report
from bench.search.results import Quantized, Results, Size, goals
from bench.search.served import Served, beside_peer, served
from bench.search.vectors import Vectors, drawn
from services.search.index.qdrant_edge import EdgeIndex
from services.search.index.tuning import BuildTuning, GraphTuning, Quantization

GRAPH = GraphTuning()
BESIDE_S = 20.0
MILLION = 1_000_000
BUILT = "built"
"""Beside a shard that is kept: a file that says that it has its graph."""

SCANNED_UP_TO = 200_000
"""A scan of more says nothing that a scan of these does not."""


def run_command(chosen: argparse.Namespace, docs: Path) -> None:
    """Measures and prints the report; writes `docs/benchmarks/search.md` if asked for."""
    refuse_a_quick_page(chosen)
    sizes = [1000, 5000] if chosen.quick else [int(one) for one in chosen.sizes.split(",")]
    if chosen.million:
        sizes.append(MILLION)
    if chosen.keep and MILLION not in sizes:
        raise SystemExit("--keep is for --million")
    results = asyncio.run(run(chosen, sizes, progress()))
    found = list(goals(results))
    show(HEADS, (goal.cells for goal in found))
    arguments = [
        "search", f"--sizes {','.join(str(one) for one in sizes if one != MILLION)}",
        *(["--million"] if MILLION in sizes else []),
        *([f"--keep {chosen.keep}"] if chosen.keep else []),
        f"--queries {chosen.queries}", f"--threads {chosen.threads}", f"--served {chosen.served}",
        f"--calls {chosen.calls}",
    ]  # fmt: skip
    text = report(results, found, GRAPH, command=command_line(arguments), busy=chosen.busy)
    publish(text, docs / "search.md", write=chosen.write)


async def run(chosen: argparse.Namespace, sizes: list[int], say: Callable[[str], None]) -> Results:
    """Measures all of it."""
    results = Results()
    began = time.monotonic()
    when = BuildTuning(from_points=0, threads=chosen.threads)
    for size in sizes:
        vectors = drawn(size, chosen.queries)
        with _place(chosen.keep if size == MILLION else None) as folder:
            index = EdgeIndex(folder / "whole", graph=GRAPH, build=when)
            await index.open(SPACE)
            built = folder / BUILT
            results.sizes.append(await _sized(index, vectors, say, kept=built.exists()))
            built.touch()
            if size == sizes[0]:
                await _beside(index, vectors, results)
                say(f"{size:,}: beside writes")
            await index.close()
            opened = time.monotonic()
            await EdgeIndex(folder / "whole", graph=GRAPH, build=when).close()
            results.sizes[-1].load_ms = 1e3 * (time.monotonic() - opened)
            if size == max(one for one in sizes if one < MILLION):
                for form in Quantization:
                    results.quantized.append(await _quantized(folder, vectors, form, when))
                    say(f"{size:,}: {form}, recall {results.quantized[-1].asked.recall:.4f}")
        if not chosen.no_peers and size < MILLION:
            for peer in peers.measured(vectors, GRAPH, chosen.threads):
                results.peers.append(peer)
                say(f"{size:,}: {peer.name}, recall {peer.recall:.4f}, p50 {peer.p50_ms:.2f} ms")
    if chosen.served:
        results.served = await _served(chosen, say)
    results.lasted_s = time.monotonic() - began
    return results


async def _served(chosen: argparse.Namespace, say: Callable[[str], None]) -> Served:
    settings = {"ARGUS_MODEL_DIR": str(chosen.model_dir.absolute())}
    vectors = drawn(2_000 if chosen.quick else chosen.served, chosen.queries)
    with tempfile.TemporaryDirectory(prefix="argus-bench-") as temporary:
        os.chmod(temporary, 0o711)  # noqa: PTH101 - PostgreSQL's own user passes through
        folder = Path(temporary)
        library = await filled(folder, vectors, settings, chosen.threads, say)
        found = await served(library, settings, chosen.calls, say)
        if not chosen.no_peers:
            await beside_peer(found, folder, vectors, GRAPH, chosen.calls)
    return found


@contextmanager
def _place(kept: Path | None) -> Iterator[Path]:
    """A folder of one's own, or one that stays."""
    if kept is not None:
        kept.mkdir(parents=True, exist_ok=True)
        yield kept
        return
    with tempfile.TemporaryDirectory(prefix="argus-bench-") as temporary:
        yield Path(temporary)


async def _sized(
    index: EdgeIndex, vectors: Vectors, say: Callable[[str], None], *, kept: bool
) -> Size:
    size = Size(len(vectors.kept))
    true = all_true(vectors)
    if not kept:
        size.upsert_us = await fill(index, vectors)
        if size.size <= SCANNED_UP_TO:
            for name in SCOPES:
                size.scanned[name] = await asked(index, vectors, SCOPES[name], true[name])
        began = time.monotonic()
        await index.build_graph(SPACE)
        size.build_s = time.monotonic() - began
    for name in SCOPES:
        size.walked[name] = await asked(index, vectors, SCOPES[name], true[name])
    walked = size.walked[ALL]
    built = "kept" if kept else f"built in {size.build_s:.0f} s"
    say(f"{size.size:,}: {built}, recall {walked.recall:.4f}")
    return size


async def _beside(index: EdgeIndex, vectors: Vectors, results: Results) -> None:
    more = drawn(len(vectors.kept) + 5000, 1).kept[-5000:]
    writes = [point(len(vectors.kept) + n, row) for n, row in enumerate(more)]
    results.beside_size = len(vectors.kept)
    results.idle_ms = await beside_writes(index, vectors, BESIDE_S / 2, writes=[])
    results.beside_ms = await beside_writes(index, vectors, BESIDE_S, writes=writes)


async def _quantized(
    folder: Path, vectors: Vectors, form: Quantization, when: BuildTuning
) -> Quantized:
    """Built from the shard with whole vectors."""
    graph = replace(GRAPH, quantization=form)
    index = EdgeIndex(folder / "whole", graph=graph, build=when)
    await index.open(SPACE)
    if form is not Quantization.NONE:
        await index.build_graph(SPACE)
    measured = await asked(index, vectors, SCOPES[ALL], all_true(vectors)[ALL])
    await index.close()
    np.save(folder / "queries.npy", vectors.queries)
    resident = await asyncio.to_thread(
        subprocess.run,
        [
            sys.executable, "-m", "bench.search.resident",
            str(folder / "whole"), str(folder / "queries.npy"), form.value,
        ],
        check=True, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    return Quantized(form.value, len(vectors.kept), int(resident.stdout), measured)
