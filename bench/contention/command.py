"""People's searches without and beside a running calibration and a saturated InspectImages.

    python -m bench contention [--rounds N] [--seconds N] [--write]

One client searches, one call after the other, by words and by stored image in turns; another
process keeps inspection busy. Every round measures idle, calibration, idle, inspection, so that
each busy stretch has an idle one beside it.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from argus.search.v1 import search_pb2

from bench.inspection.inspecting import calibration_s, reference_set, stored
from bench.inspection.textures import pieces
from bench.report_command import command_line, progress, publish
from bench.running import RunningMesh, running_mesh
from mesh.client.account import AccountFile
from mesh.client.connection import Connection, connect

MODEL = "compact"
IMAGES = 300
REFERENCES = 120
SIZE = 192
QUERIES = ("brick wall", "grass", "gravel", "stones", "a lawn", "masonry")
PAUSE_S = 0.01
"""Between one search and the next, as a person's page makes them."""
RAMP_S = 1.5
MEANING = Path(__file__).with_name("meaning.md")
"""What the figures stand beside, and what they mean."""

_HOW = (
    "one client searches, by words and by stored image in turns, while another process keeps "
    f"inspection busy, with one calibration of {REFERENCES} images after the other, or with a "
    "saturated `InspectImages`. The ratio is that of the 99th percentiles of all searches; beside "
    "it the least and the greatest of the single rounds, each of which has an idle stretch right "
    "before the busy one. Every part of the mesh and both clients share the cores, each client in "
    "a session of its own."
)

IDLE, CALIBRATION, INSPECTION = "idle", "beside a calibration", "beside InspectImages"


@dataclass
class Results:
    """Seconds of searches, and how much was done beside them."""

    seconds: dict[str, list[list[float]]] = field(default_factory=dict)
    """By what ran beside; a list for each stretch."""
    done: dict[str, list[float]] = field(default_factory=dict)
    """Calibrations or images for each second beside which searches were made."""

    def p99_ms(self, name: str) -> float:
        """Of all stretches together."""
        return 1e3 * float(np.quantile(np.concatenate(self.seconds[name]), 0.99))

    def p50_ms(self, name: str) -> float:
        """Of all stretches together."""
        return 1e3 * float(np.quantile(np.concatenate(self.seconds[name]), 0.5))

    def ratios(self, name: str) -> list[float]:
        """p99 of each busy stretch divided by that of the idle one before it."""
        return [
            float(np.quantile(busy, 0.99) / np.quantile(idle, 0.99))
            for busy, idle in zip(
                self.seconds[name], self.seconds[f"{IDLE} before {name}"], strict=True
            )
        ]


def run_command(chosen: argparse.Namespace, docs: Path) -> None:
    """Measures and prints the report; writes `docs/benchmarks/contention.md` if asked for."""
    results = run(chosen.rounds, chosen.seconds, progress())
    arguments = ["contention", "--rounds", str(chosen.rounds), "--seconds", f"{chosen.seconds:g}"]
    text = report(results, command_line(arguments))
    publish(text, docs / "contention.md", write=chosen.write)


def run(rounds: int, seconds: float, say: Callable[[str], None]) -> Results:
    """Starts a mesh, measures, and stops it."""
    results = Results()
    with tempfile.TemporaryDirectory(prefix="argus-bench-") as temporary:
        work = Path(temporary)
        work.chmod(0o711)  # PostgreSQL's own user passes through
        folder = work / "pieces"
        folder.mkdir()
        files = []
        for number, content in enumerate(pieces(IMAGES)):
            files.append(folder / f"{number:03d}.jpg")
            files[-1].write_bytes(content)
        with running_mesh(work / "data", model=MODEL) as mesh:
            asyncio.run(
                _measure(mesh, work, files, results, rounds=rounds, seconds=seconds, say=say)
            )
    return results


async def _measure(
    mesh: RunningMesh,
    work: Path,
    files: list[Path],
    results: Results,
    *,
    rounds: int,
    seconds: float,
    say: Callable[[str], None],
) -> None:
    accounts = work / "accounts"
    async with connect(mesh.server, AccountFile(accounts)) as connection:
        await connection.sign_in("bench@example.org", "a long password", name="")
        image_ids = await stored(connection, files)
        set_id = await reference_set(connection, image_ids[:REFERENCES])
        await calibration_s(connection, set_id, SIZE)
        other = await reference_set(connection, image_ids[:REFERENCES])
        await _searches(connection, image_ids, 2.0)
        for _ in range(rounds):
            for name, kind, used in (
                (CALIBRATION, "calibrate", other),
                (INSPECTION, "inspect", set_id),
            ):
                idle = await _searches(connection, image_ids, seconds)
                results.seconds.setdefault(f"{IDLE} before {name}", []).append(idle)
                arguments = [kind, mesh.server, str(accounts), used]
                lasts_s = seconds + 2 * RAMP_S
                with _load([*arguments, str(lasts_s), str(files[0].parent)]) as load:
                    await asyncio.sleep(RAMP_S)
                    busy = await _searches(connection, image_ids, seconds)
                    results.seconds.setdefault(name, []).append(busy)
                    done = int(load.communicate()[0])
                    results.done.setdefault(name, []).append(done / lasts_s)
                say(f"{name}: {results.ratios(name)[-1]:.2f} × idle")


async def _searches(connection: Connection, image_ids: list[str], seconds: float) -> list[float]:
    """Searches one after the other, by words and by stored image in turns; how long each took."""
    metadata = await connection.metadata()
    end = time.monotonic() + seconds
    spent: list[float] = []
    number = 0
    while time.monotonic() < end:
        number += 1
        request = (
            search_pb2.SearchImagesRequest(text=f"{QUERIES[number % len(QUERIES)]} {number % 97}")
            if number % 2
            else search_pb2.SearchImagesRequest(image_id=image_ids[number % len(image_ids)])
        )
        started = time.perf_counter()
        await connection.search.SearchImages(request, metadata=metadata, timeout=30)
        spent.append(time.perf_counter() - started)
        await asyncio.sleep(PAUSE_S)
    return spent


@contextmanager
def _load(arguments: list[str]) -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen(
        [sys.executable, "-m", "bench.contention.load", *arguments],
        stdout=subprocess.PIPE,
        text=True,
        # As a line's computer it shares no session, and so no turns at the processors, with the
        # person's.
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def report(results: Results, command: str) -> str:
    """The page.

    Args:
        results: What was measured.
        command: What measures the same again.
    """
    rows = []
    for name in (CALIBRATION, INSPECTION):
        idle = f"{IDLE} before {name}"
        ratios = sorted(results.ratios(name))
        rows.append(
            f"| {name} | {results.p50_ms(idle):.1f} / {results.p99_ms(idle):.1f} | "
            f"{results.p50_ms(name):.1f} / {results.p99_ms(name):.1f} | "
            f"{results.p99_ms(name) / results.p99_ms(idle):.2f} "
            f"({ratios[0]:.2f} to {ratios[-1]:.2f}) | ≤ 2 | "
            f"{float(np.mean(results.done[name])):.2f} |"
        )
    return (
        f"# Searches beside a busy inspection\n\n`{command}` on the single-machine edition, "
        f"{os.cpu_count()} cores: {_HOW}\n\n"
        "| searches | idle, p50 / p99 ms | busy, p50 / p99 ms | p99 ÷ idle | goal | done/s |\n"
        "|---|---|---|---|---|---|\n"
        + "\n".join(rows)
        + "\n\n"
        + MEANING.read_text(encoding="utf-8")
    )
