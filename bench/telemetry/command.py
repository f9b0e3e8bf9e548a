"""Meshes that tell of themselves beside one that does not: `python -m bench telemetry`."""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import psutil

from bench.embedder.machine import describe_machine
from bench.goal import HEADS, Goal, table
from bench.inspection.inspecting import stored
from bench.photos import photographs
from bench.report_command import command_line, progress, publish, show
from bench.running import RunningMesh, running_mesh
from bench.telemetry.alone import measured
from bench.telemetry.calling import EMBED, GET, LIST, Calling
from bench.telemetry.results import FULL, OFF, SOME, Ratio, Results
from mesh.client.account import AccountFile
from mesh.client.connection import connect

MODEL = "compact"
MEANING = Path(__file__).with_name("meaning.md")
KINDS = (LIST, GET, EMBED)
LEAST_RATE = 0.97
IMAGES = 60
PULL_EVERY_S = 15.0
"""As Prometheus is often told; counted in time under load."""


def run_command(chosen: argparse.Namespace, docs: Path) -> None:
    """Measures and prints the report; writes `docs/benchmarks/telemetry.md` if asked for."""
    results = run(chosen, progress())
    found = list(goals(results))
    show(HEADS, (goal.cells for goal in found))
    command = command_line(
        [
            "telemetry",
            f"--rounds {chosen.rounds}",
            f"--seconds {chosen.seconds:g}",
            f"--embedded {chosen.embedded}",
            f"--percent {chosen.percent:g}",
        ]
    )
    text = report(results, found, command=command, percent=chosen.percent)
    publish(text, docs / "telemetry.md", write=chosen.write)


def run(chosen: argparse.Namespace, say: Callable[[str], None]) -> Results:
    """Starts three meshes, calls them in turns, and stops them."""
    results = Results()
    with ExitStack() as opened:
        work = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="argus-bench-")))
        work.chmod(0o711)  # PostgreSQL's own user passes through
        collector, sink = opened.enter_context(_collector())
        model_dir = {"ARGUS_MODEL_DIR": str(chosen.model_dir.absolute())}
        told = {**model_dir, "ARGUS_OTLP_URL": collector}
        settings = {
            OFF: model_dir,
            FULL: {**told, "ARGUS_TRACE_PERCENT": "100"},
            SOME: {**told, "ARGUS_TRACE_PERCENT": f"{chosen.percent:g}"},
        }
        meshes = {
            name: opened.enter_context(
                running_mesh(
                    work / name.replace(" ", "-"),
                    model=MODEL,
                    settings=variables,
                    flags=[] if name == OFF else ["--metrics"],
                )
            )
            for name, variables in settings.items()
        }
        files = photographs(work / "photographs", IMAGES, None)
        calling = {
            name: asyncio.run(_prepared(mesh, work / f"{name}.accounts", files))
            for name, mesh in meshes.items()
        }
        pulling = {name: _Pulling(mesh) for name, mesh in meshes.items() if name != OFF}
        for one in calling.values():
            for kind in KINDS:
                one.stretch(kind, 1.0, chosen.embedded // 3)
        began, spent = time.monotonic(), _cpu_s(sink)
        for number in range(chosen.rounds):
            for kind in KINDS:
                for name in _in_turn(list(calling), number):
                    started = time.monotonic()
                    stretch = calling[name].stretch(kind, chosen.seconds, chosen.embedded)
                    if name in pulling:
                        pulling[name].loaded(time.monotonic() - started)
                    results.add(kind, name, stretch)
                    say(f"{kind}, {name}: {stretch.per_s:.0f}/s, {stretch.cpu_ms:.2f} ms")
        results.lasted_s = time.monotonic() - began
        results.sink_cpu_s = _cpu_s(sink) - spent
    return results


class _Pulling:
    """Collects a mesh's metrics as Prometheus does."""

    def __init__(self, mesh: RunningMesh) -> None:
        ports = mesh.ports
        services = (
            ports.auth_metrics, ports.storage_metrics, ports.embedder_metrics,
            ports.search_metrics, ports.inspection_metrics,
        )  # fmt: skip
        self._addresses = [f"http://127.0.0.1:{port}/metrics" for port in services]
        self._addresses.append(f"http://127.0.0.1:{ports.admin}/stats/prometheus")
        self._since_s = 0.0

    def loaded(self, seconds: float) -> None:
        """It was under load for so long; pulls once that is due."""
        self._since_s += seconds
        if self._since_s >= PULL_EVERY_S:
            self._since_s = 0.0
            for address in self._addresses:
                httpx.get(address, trust_env=False, timeout=10).raise_for_status()


async def _prepared(mesh: RunningMesh, accounts: Path, files: list[Path]) -> Calling:
    async with connect(mesh.server, AccountFile(accounts)) as connection:
        account = await connection.sign_in("bench@example.org", "a long password", name="")
        image_ids = await stored(connection, files)
        return Calling(mesh, account.access_token, image_ids[0], files[0].read_bytes())


@contextmanager
def _collector() -> Iterator[tuple[str, int]]:
    """Runs one; its address and its process."""
    with subprocess.Popen(
        [sys.executable, "-m", "bench.telemetry.sink"], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            if process.stdout is None:
                raise RuntimeError("the collector says nothing")
            yield f"http://127.0.0.1:{int(process.stdout.readline())}", process.pid
        finally:
            process.kill()


def _cpu_s(pid: int) -> float:
    spent = psutil.Process(pid).cpu_times()
    return spent.user + spent.system


def _in_turn(names: list[str], number: int) -> list[str]:
    """Another one first in each round, every second round backwards."""
    first = number % len(names)
    turned = names[first:] + names[:first]
    return turned[::-1] if number % 2 else turned


def goals(results: Results) -> Iterator[Goal]:
    """The lines of the table."""
    for name in (FULL, SOME):
        for kind in KINDS:
            rate, cpu = results.rate(kind, name), results.cpu(kind, name)
            yield Goal(
                f"{kind}, {name}: rate ÷ off",
                _interval(rate),
                f"≥ {LEAST_RATE:g}",
                (reached := rate.at_least(LEAST_RATE)),
                ("undecided, the noise is larger; " if reached is None else "")
                + f"processor time of a call ÷ off: {_interval(cpu)}",
            )


def _interval(found: Ratio) -> str:
    return f"{found.value:.3f} ({found.low:.3f}–{found.high:.3f})"


def report(results: Results, found: list[Goal], *, command: str, percent: float) -> str:
    """The page."""
    lines = []
    for kind, meshes in results.rounds.items():
        for name, stretches in meshes.items():
            rates = sorted(one.per_s for one in stretches)
            spent = sorted(one.cpu_ms for one in stretches)
            middle = len(stretches) // 2
            lines.append((kind, name, f"{rates[middle]:.0f}", f"{spent[middle]:.2f}"))
    rounds = len(next(iter(results.rounds.values()))[OFF])
    return "\n\n".join(
        [
            "# What telemetry costs",
            _how(command, rounds, percent),
            table(HEADS, (goal.cells for goal in found)),
            _alone(),
            table(("calls", "mesh", "a second, median", "processor ms of a call, median"), lines),
            (
                f"The collector, which takes everything and looks at nothing, is on the same "
                f"{os.cpu_count()} cores and took {results.sink_cpu_s:.1f} s of processor time in "
                f"{results.lasted_s:.0f} s; that is in the rates and not in the processor times."
            ),
            MEANING.read_text(encoding="utf-8").rstrip(),
            "",
        ]
    )


def _how(command: str, rounds: int, percent: float) -> str:
    return (
        f"`{command}` on {describe_machine()}. Three meshes run side by side and are called in "
        f"turns, {rounds} rounds, each with another one first: *off* sends nothing and has no "
        "endpoint of metrics; *all traced* sends traces of all requests and metrics over OTLP, and "
        f"metrics are collected from each service and the edge every {PULL_EVERY_S:g} s; *some "
        f"traced* is the same with {percent:g} % of requests traced (`ARGUS_TRACE_PERCENT`; 100 "
        "unless set). Logs are written by all. Ratios are medians of the rounds', in brackets "
        "their interval of 95 %."
    )


def _alone() -> str:
    lines = [(what, f"{spent_us:.1f}") for what, spent_us in measured()]
    return (
        "The same without calls, stores and neighbours, in one process, the least of several "
        "rounds; what a recorded span costs when it is kept is in it, sending is not:\n\n"
    ) + table(("telling of a call", "processor µs"), lines)
