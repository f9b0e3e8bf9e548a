"""How a mesh looks to a person: a live table on a terminal, plain lines elsewhere."""

import os
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from mesh.layout import Layout
from mesh.options import DEFAULT_PORT
from mesh.parts.edge import page_folder
from mesh.parts.observe import page_url
from mesh.supervision.child import last_lines
from mesh.supervision.state import MeshState, PartState

STYLES = {
    "ready": "green",
    "starting": "yellow",
    "waiting": "dim",
    "unhealthy": "red",
    "restarting": "red",
    "stopping": "yellow",
    "stopped": "dim",
}
_FIRST_FAILURE_LINES = 15


class StartView:
    """Shows a mesh start, live, and what goes wrong later.

    Args:
        console: Where to.
        layout: Whose logs are quoted when a part does not start.
    """

    def __init__(self, console: Console, layout: Layout) -> None:
        self._console = console
        self._layout = layout
        self._live: Live | None = None
        self._seen: dict[str, tuple[str, int]] = {}
        self._explained: set[str] = set()
        self._announced = False

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live = Live(console=self._console, refresh_per_second=8, transient=True)
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close_live()

    def __call__(self, state: MeshState) -> None:
        """Shows a change."""
        for part in state.parts:
            self._explain_failure(part)
        if self._live is not None:
            self._live.update(_progress(state))
        else:
            for part in state.parts:
                self._print_change(part)
        if state.ready and not self._announced:
            self._announced = True
            self._close_live()
            self._console.print(_announcement(state))
            self._seen = {part.name: (part.status, part.restarts) for part in state.parts}

    def _explain_failure(self, part: PartState) -> None:
        if part.restarts == 0 or part.was_ready or part.name in self._explained:
            return
        self._explained.add(part.name)
        log = self._layout.log(part.name)
        self._console.print(f"[red]{part.name} does not start:[/] ", Text(part.detail))
        for line in last_lines(log, _FIRST_FAILURE_LINES):
            self._console.print(Text(f"    {line}", style="dim"))
        self._console.print(f"  {part.advice}\n  The whole log: {log}")

    def _print_change(self, part: PartState) -> None:
        now = (part.status, part.restarts)
        if self._seen.get(part.name) != now and part.status != "waiting":
            self._seen[part.name] = now
            style = STYLES[part.status]
            self._console.print(f"{part.name:<12} [{style}]{part.status:<10}[/]", Text(part.detail))

    def _close_live(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None


def _progress(state: MeshState) -> Table:
    table = Table.grid(padding=(0, 2))
    for part in state.parts:
        style = STYLES[part.status]
        table.add_row(
            part.name, Text(part.status, style=style), Text(part.detail[:100], style="dim")
        )
    waited = time.time() - state.started
    table.add_row("", Text(f"{waited:.0f} s", style="dim"), Text(state.detail, style="dim"))
    return table


def _announcement(state: MeshState) -> Table:
    """The addresses, the model, and how to begin."""
    lines = [
        ("page", state.edge_url if page_folder() else "not built; `make web`, then start again"),
        ("edge", f"{state.edge_url}   REST, gRPC-web and gRPC"),
        ("tls", f"{state.tls_url}   the same; `argus doctor` says how to trust it"),
        *(
            [("links", f"{state.options.public_url}   for everybody, presigned URLs too")]
            if state.options.public_url
            else [("objects", f"{state.objects_url}   presigned URLs")]
        ),
        (
            "admin",
            f"http://127.0.0.1:{state.ports.admin}   Envoy's statistics, this machine only",
        ),
        *observing_addresses(state),
        ("data", str(state.options.data_dir)),
        ("mail", _mail(state)),
        ("model", _describe_model(state.options.model)),
        *_replicas(state),
        ("begin", "argus login --register, argus import --samples, argus search 'a cat'"),
        ("stop", "Ctrl-C, or argus down"),
    ]
    if state.ports.edge != DEFAULT_PORT:
        lines.insert(-2, ("clients", f"export ARGUS_SERVER={state.edge_url.partition('//')[2]}"))
    table = Table.grid(padding=(0, 2))
    table.add_row("", Text(f"READY after {state.ready_after_s:.1f} s", style="bold green"))
    for name, text in lines:
        table.add_row(name, Text(text))
    for note in state.notes:
        table.add_row("note", Text(note, style="yellow"))
    return table


def observing_addresses(state: MeshState) -> list[tuple[str, str]]:
    """Where traces, metrics and logs are shown, if they are."""
    if not state.options.observe:
        return []
    page = page_url(state.options.layout, state.ports)
    found = [("observe", f"{page}   traces, metrics, logs")]
    if state.options.metrics_store is not None:
        store = f"http://127.0.0.1:{state.ports.metrics_store}"
        found.append(("metrics", f"{store}   {state.options.metrics_store.name}"))
    return found


def _replicas(state: MeshState) -> list[tuple[str, str]]:
    numbers = {"embedder": state.options.embedders, **state.options.replicas}
    several = [f"{number} of {service}" for service, number in numbers.items() if number > 1]
    return [("replicas", ", ".join(several))] if several else []


def _mail(state: MeshState) -> str:
    """Where mails go, such as those with which a password is reset."""
    host = os.environ.get("ARGUS_SMTP_HOST")
    if host:
        return f"through {host}"
    return f"{state.options.layout.mail}   `argus user mail` shows the last; no ARGUS_SMTP_HOST"


def _describe_model(model: str) -> str:
    if model == "compact":
        return "compact (needs no download; --model chooses a stronger one)"
    return model
