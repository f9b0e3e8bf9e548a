"""`argus status --watch`: a table that stays, and tells what each part does."""

import asyncio
import contextlib

import typer
from rich.live import Live
from rich.text import Text

from mesh.commands.stopping import stopped_by_signals
from mesh.commands.terminal import SafeConsole
from mesh.errors import MeshError
from mesh.layout import Layout
from mesh.supervision.state import read_state
from mesh.watching.look import Onlooker
from mesh.watching.table import watch_table


def watch(layout: Layout, interval_s: float) -> None:
    """Shows the parts of a mesh, until Ctrl-C or until it stops.

    Args:
        layout: Of the mesh.
        interval_s: Time between two looks.

    Raises:
        MeshError: Nobody could see it: the output is no terminal.
        typer.Exit: With 1, if no mesh runs (any more).
    """
    console = SafeConsole(highlight=False)
    if not console.is_terminal:
        raise MeshError(
            "--watch needs a terminal.", "`argus status` without it prints once, for scripts, too."
        )
    with contextlib.suppress(KeyboardInterrupt):
        if asyncio.run(_watch(layout, interval_s, console)):
            return
        console.print(Text(f"Nothing runs on {layout.data_dir}."))
        raise typer.Exit(1)


async def _watch(layout: Layout, interval_s: float, console: SafeConsole) -> bool:
    """Returns at Ctrl-C, True, or when no mesh runs, False."""
    onlooker = Onlooker()
    with (
        stopped_by_signals() as stop,
        Live(console=console, screen=True, auto_refresh=False) as live,
    ):
        while (state := read_state(layout)) is not None and state.alive:
            live.update(watch_table(state, await onlooker.look(state)), refresh=True)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(interval_s):
                    await stop.wait()
            if stop.is_set():
                return True
    return False
