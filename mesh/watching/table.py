"""The table of `argus status --watch`."""

import time
from collections.abc import Mapping

from rich.console import Group
from rich.table import Table
from rich.text import Text

from mesh.supervision.state import MeshState, PartState
from mesh.view import STYLES
from mesh.watching.look import Seen

_COLUMNS = ("part", "state", "cpu", "memory", "restarts", "calls/s", "errors/s", "p95", "waiting")
_LEFT = frozenset({"part", "state", "waiting"})
_NOTHING = Seen()


def watch_table(state: MeshState, seen: Mapping[str, Seen]) -> Group:
    """How all parts are, and a line that says how the mesh is.

    Args:
        state: As the supervisor wrote it.
        seen: What each part takes and does, by its name.
    """
    table = Table(box=None, pad_edge=False)
    for title in _COLUMNS:
        table.add_column(title, justify="left" if title in _LEFT else "right", no_wrap=True)
    for part in state.parts:
        table.add_row(*_row(part, seen.get(part.name, _NOTHING)))
    cpu = sum(found.cpu or 0.0 for found in seen.values())
    memory = sum(found.memory_bytes for found in seen.values())
    table.add_row("total", "", _percent(cpu), _mebibytes(memory), style="bold")
    troubles = [
        Text(f"{part.name}: {part.detail}", style=STYLES[part.status])
        for part in state.parts
        if part.detail
    ]
    ready = (
        Text("READY", style="bold green") if state.ready else Text("NOT READY", style="bold red")
    )
    head = Text.assemble(
        ready, f" {state.edge_url}, model {state.options.model}, {time.strftime('%H:%M:%S')}"
    )
    without = (
        []
        if state.options.metrics
        else [Text("Calls of services are known with `argus up --metrics` only.", style="dim")]
    )
    return Group(head, Text(), table, *troubles, *without, Text("Ctrl-C ends it.", style="dim"))


def _row(part: PartState, seen: Seen) -> tuple[str | Text, ...]:
    measures = seen.measures
    style = STYLES[part.status]
    return (
        part.name,
        Text("external" if part.external else part.status, style=style),
        "" if seen.cpu is None else _percent(seen.cpu),
        _mebibytes(seen.memory_bytes),
        Text(str(part.restarts or ""), style="yellow"),
        *(
            ("", "", "", "")
            if measures is None
            else (
                f"{measures.calls_per_s:.1f}",
                Text(f"{measures.failures_per_s:.1f}", style="red")
                if measures.failures_per_s
                else "",
                "" if measures.p95_s is None else _milliseconds(measures.p95_s),
                ", ".join(
                    f"{queue} {depth:.0f}" for queue, depth in measures.depths.items() if depth
                ),
            )
        ),
    )


def _percent(cores: float) -> str:
    return f"{cores * 100:.0f} %"


def _mebibytes(size: int) -> str:
    return f"{size / 2**20:,.0f} MiB" if size else ""


def _milliseconds(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"
