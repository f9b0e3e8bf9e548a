"""`python -m bench offline`: an exported version alone, beside the mesh that exported it.

Both inspect the same images one after the other, in turns, on the same machine; the mesh rests
meanwhile. Ratios count; times are those of a machine that may have had other work.
"""

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from argus.inspection.v1 import inspection_pb2

from argus_offline import OfflineInspector, open_file
from bench.inspection.inspecting import calibration_s, reference_set, stored
from bench.inspection.textures import pieces
from bench.report_command import command_line, progress, publish
from bench.running import RunningMesh, running_mesh
from mesh.client.account import AccountFile
from mesh.client.connection import Connection, connect
from mesh.commands.refset.export import exported_version

REFERENCES = 12
SIZE = 192
STARTS = 5
MODEL = "compact"


@dataclass
class Results:
    """What was measured."""

    file_bytes: int = 0
    artifact_bytes: int = 0
    start_s: list[float] = field(default_factory=list)
    """From the command to its end, with nothing to inspect."""
    mesh_s: list[float] = field(default_factory=list)
    """Median time of an image, of each round."""
    alone_s: list[float] = field(default_factory=list)
    differences: list[float] = field(default_factory=list)
    """Of each image's two scores, as a share of the mesh's."""
    verdicts: list[bool] = field(default_factory=list)
    """Whether both say the same."""


def run_command(chosen: argparse.Namespace, docs: Path) -> None:
    """Measures and prints the report; writes `docs/benchmarks/offline.md` if asked for."""
    results = run(chosen.rounds, chosen.images, chosen.model_dir, progress())
    arguments = ["offline", "--rounds", str(chosen.rounds), "--images", str(chosen.images)]
    publish(report(results, command_line(arguments)), docs / "offline.md", write=chosen.write)


def run(rounds: int, images: int, model_dir: Path, say: Callable[[str], None]) -> Results:
    """Starts a mesh, measures, and stops it."""
    results = Results()
    with tempfile.TemporaryDirectory(prefix="argus-bench-") as temporary:
        work = Path(temporary)
        work.chmod(0o711)  # PostgreSQL's own user passes through
        contents = list(pieces(REFERENCES + images))
        files = [work / f"{number:03d}.jpg" for number in range(len(contents))]
        for file, content in zip(files, contents, strict=True):
            file.write_bytes(content)
        settings = {"ARGUS_MODEL_DIR": str(model_dir.resolve())}
        with running_mesh(work / "data", model=MODEL, settings=settings) as mesh:
            asyncio.run(_measure(mesh, work, files, results, rounds=rounds, say=say))
    return results


async def _measure(
    mesh: RunningMesh,
    work: Path,
    files: Sequence[Path],
    results: Results,
    *,
    rounds: int,
    say: Callable[[str], None],
) -> None:
    async with connect(mesh.server, AccountFile(work / "accounts")) as connection:
        await connection.sign_in("bench@example.org", "a long password", name="")
        set_id = await reference_set(connection, await stored(connection, list(files[:REFERENCES])))
        await calibration_s(connection, set_id, SIZE)
        file = work / "version.argus"
        with file.open("wb") as opened:
            async for piece in exported_version(connection, set_id, 0):
                opened.write(piece)
        listed = await connection.call(
            connection.inspection.ListVersions,
            inspection_pb2.ListVersionsRequest(reference_set_id=set_id),
        )
        results.file_bytes = file.stat().st_size
        results.artifact_bytes = listed.versions[0].artifact_bytes
        say("exported")
        for _ in range(STARTS):
            started = time.perf_counter()
            command = [sys.executable, "-m", "argus_offline", str(file)]
            await asyncio.to_thread(subprocess.run, command, check=True, stdout=subprocess.DEVNULL)
            results.start_s.append(time.perf_counter() - started)
        contents = [one.read_bytes() for one in files[REFERENCES:]]
        async with open_file(file) as inspector:
            for number in range(rounds + 1):
                theirs = await _by_mesh(connection, set_id, contents)
                ours = await _alone(inspector, contents)
                if not number:
                    continue  # the first one loads and warms up
                results.mesh_s.append(statistics.median(one[0] for one in theirs))
                results.alone_s.append(statistics.median(one[0] for one in ours))
                say(f"{results.alone_s[-1] / results.mesh_s[-1]:.2f} × the mesh's time")
                for (_, score, anomalous), (_, own, own_anomalous) in zip(
                    theirs, ours, strict=True
                ):
                    results.differences.append(abs(own - score) / score)
                    results.verdicts.append(anomalous == own_anomalous)


async def _by_mesh(
    connection: Connection, set_id: str, contents: Sequence[bytes]
) -> list[tuple[float, float, bool]]:
    """Seconds, score and whether it is anomalous, of each image."""
    found = []
    for content in contents:
        request = inspection_pb2.InspectRequest(reference_set_id=set_id, image=content)
        started = time.perf_counter()
        answer = await connection.call(connection.inspection.Inspect, request)
        spent = time.perf_counter() - started
        anomalous = answer.verdict == inspection_pb2.InspectResponse.ANOMALOUS
        found.append((spent, answer.score, anomalous))
    return found


async def _alone(
    inspector: OfflineInspector, contents: Sequence[bytes]
) -> list[tuple[float, float, bool]]:
    found = []
    for content in contents:
        started = time.perf_counter()
        answer = await inspector.inspect(content)
        spent = time.perf_counter() - started
        found.append((spent, answer.record.score, answer.record.anomalous))
    return found


def report(results: Results, command: str) -> str:
    """The page."""
    ratios = [own / its for own, its in zip(results.alone_s, results.mesh_s, strict=True)]
    alike = sum(results.verdicts)
    return (
        "# An exported version alone\n\n"
        f"`{command}`, {os.cpu_count()} cores: a version of `compact` at {SIZE} px from "
        f"{REFERENCES} pieces of textures is exported; the mesh and the file inspect "
        "other pieces one after the other, in turns, on "
        f"the same machine; {len(ratios)} rounds, medians, in brackets least and most.\n\n"
        "| what | measured | detail |\n| --- | --- | --- |\n"
        f"| time of an image, alone ÷ mesh | {_spread(ratios, '{:.2f}')} | "
        f"{1000 * statistics.median(results.alone_s):.0f} ms and "
        f"{1000 * statistics.median(results.mesh_s):.0f} ms through the edge |\n"
        f"| scores differ by, most | {max(results.differences):.1e} of the mesh's score | "
        f"{len(results.differences)} images; the test allows 1e-3 |\n"
        f"| equal verdicts | {alike} of {len(results.verdicts)} | |\n"
        f"| size of the file | {results.file_bytes / 1e6:.1f} MB | what the version learnt: "
        f"{results.artifact_bytes / 1e6:.1f} MB, the network and its probes the rest |\n"
        f"| start: load all, inspect nothing, end | {_spread(results.start_s, '{:.1f}')} s | "
        f"{STARTS} times |\n\n"
        "A mesh's services give way to other programs, so the ratio of times depends on what else "
        "the machine does; scores and sizes do not.\n"
    )


def _spread(values: Sequence[float], words: str) -> str:
    middle = words.format(statistics.median(values))
    return f"{middle} ({words.format(min(values))}–{words.format(max(values))})"
