"""`argus status`: shows how each part is."""

import asyncio
import time
from typing import Annotated

import psutil
import typer
from rich.table import Table
from rich.text import Text

from mesh.archive.record import archive_record, archive_words
from mesh.backup.record import last_backup, words_of_age
from mesh.commands.terminal import SafeConsole
from mesh.commands.up import DataDir
from mesh.commands.watch import watch
from mesh.credentials import load_credentials
from mesh.layout import Layout
from mesh.options import DEFAULT_DATA_DIR
from mesh.supervision.leftovers import find_leftovers
from mesh.supervision.memory import memory_bytes
from mesh.supervision.plan import build_plan
from mesh.supervision.state import MeshState, PartState, is_process, read_state
from mesh.supervision.supervisor import ask
from mesh.view import STYLES, observing_addresses


def status(
    *,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    watching: Annotated[
        bool,
        typer.Option(
            "--watch",
            help="Stay, and show what each part does: processors, calls, errors, what waits.",
        ),
    ] = False,
    interval_s: Annotated[
        float, typer.Option("--interval", min=0.5, help="With --watch: seconds between two looks.")
    ] = 2.0,
) -> None:
    """Show each part: state, memory, restarts, and what is wrong. Exits with 0 if all is ready."""
    layout = Layout.of(data_dir)
    if watching:
        watch(layout, interval_s)
    console = SafeConsole(soft_wrap=True, highlight=False)
    state = read_state(layout)
    if state is None or not state.alive:
        console.print(Text(f"Nothing runs on {layout.data_dir}."))
        if find_leftovers(layout):
            console.print("Its supervisor was killed and left processes; `argus down` ends them.")
        raise typer.Exit(1)
    problem = asyncio.run(_probe(state, layout))
    console.print(_table(state))
    for part in state.parts:
        if part.detail:
            console.print(Text(f"{part.name}: {part.detail}", style=STYLES[part.status]))
    console.print(Text(_summary(state, problem)))
    for name, address in observing_addresses(state):
        console.print(Text(f"{name}: {address}"))
    last = last_backup(layout)
    if last is not None:
        console.print(Text(f"Last backup {last.backup_id}, {words_of_age(last.age_s)} ago."))
    record = archive_record(layout)
    if record is not None and record.reached is not None:
        console.print(Text(f"{archive_words(record)}."))
    if problem or not state.parts_ready:
        raise typer.Exit(1)


async def _probe(state: MeshState, layout: Layout) -> str | None:
    """Asks every part now and corrects the state; returns what is wrong with the whole."""
    plan = build_plan(state.options, state.ports, load_credentials(layout))
    answers = await asyncio.gather(*(ask(part.ready) for part in plan.parts), ask(plan.ready))
    for part, problem in zip(plan.parts, answers, strict=False):
        found = state.part(part.name)
        if not found.external and not is_process(found.pid, found.created):
            continue  # the supervisor knows best what it waits for
        if problem is None:
            found.status, found.detail = "ready", ""
        elif found.status == "ready":
            found.status, found.detail = "unhealthy", problem
    return answers[-1]


def _table(state: MeshState) -> Table:
    table = Table(box=None, pad_edge=False)
    for title in ("part", "state", "pid", "memory", "restarts", "up"):
        table.add_column(
            title, justify="right" if title in {"pid", "memory", "restarts", "up"} else "left"
        )
    total = 0
    for part in state.parts:
        used = memory_bytes(part.pid) if part.pid else 0
        total += used
        table.add_row(
            part.name,
            Text("external" if part.external else part.status, style=STYLES[part.status]),
            str(part.pid or ""),
            _megabytes(used),
            str(part.restarts or ""),
            _uptime(part),
        )
    own = memory_bytes(state.pid, descendants=False)
    table.add_row("argus up", "", str(state.pid), _megabytes(own))
    table.add_row("total", "", "", _megabytes(total + own), style="bold")
    return table


def _summary(state: MeshState, problem: str | None) -> str:
    if problem is None and state.parts_ready:
        return f"READY at {state.edge_url}, model {state.options.model}"
    return f"NOT READY: the edge {problem}" if problem else "NOT READY"


def _megabytes(size: int) -> str:
    return f"{size / 2**20:,.0f} MiB" if size else ""


def _uptime(part: PartState) -> str:
    if not part.pid:
        return ""
    try:
        seconds = int(time.time() - psutil.Process(part.pid).create_time())
    except psutil.NoSuchProcess:
        return ""
    hours, rest = divmod(seconds, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}"
