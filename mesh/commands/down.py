"""`argus down`: stops a mesh."""

import os
import signal
import time
from contextlib import suppress

from rich.text import Text

from mesh.commands.terminal import SafeConsole
from mesh.commands.up import DataDir
from mesh.errors import MeshError
from mesh.layout import Layout
from mesh.options import DEFAULT_DATA_DIR
from mesh.supervision.child import create_time
from mesh.supervision.leftovers import end_leftovers
from mesh.supervision.lock import supervisor_pid
from mesh.supervision.state import is_process

_TIMEOUT_S = 60.0
_POLL_S = 0.05


def down(*, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Stop the mesh and wait until it is gone."""
    layout = Layout.of(data_dir)
    console = SafeConsole(stderr=True, soft_wrap=True, highlight=False)
    if supervisor_pid(layout) is not None:
        _stop_supervisor(layout)
        console.print("Stopped.")
        return
    left = end_leftovers(layout)
    for leftover in left:
        console.print(Text(f"Ended {leftover}, left by a mesh that was killed.", style="yellow"))
    if not left:
        console.print(Text(f"Nothing runs on {layout.data_dir}."))


def _stop_supervisor(layout: Layout) -> None:
    """Asks the supervisor to stop and waits until it is gone.

    Raises:
        MeshError: It does not end.
    """
    deadline = time.monotonic() + _TIMEOUT_S
    asked: tuple[int, float] | None = None
    while (pid := supervisor_pid(layout)) is not None or (asked and is_process(*asked)):
        if pid and asked is None:
            asked = (pid, create_time(pid))
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        if time.monotonic() > deadline:
            raise MeshError(
                f"The mesh on {layout.data_dir} does not stop.",
                f"See {layout.log('mesh')}. Kill its supervisor; `argus down` ends the rest.",
            )
        time.sleep(_POLL_S)
