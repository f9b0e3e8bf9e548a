"""One supervisor for each data folder."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from mesh.errors import MeshError
from mesh.layout import Layout, usable
from mesh.supervision.child import create_time
from mesh.supervision.state import is_process, read_state

# Whoever asks `supervisor_pid` holds the lock for a moment too; a supervisor waits that out.
_PATIENCE_S = 0.3
_POLL_S = 0.02


@contextmanager
def only_supervisor(layout: Layout) -> Iterator[None]:
    """Holds the data folder's lock. The kernel frees it however the process ends.

    Raises:
        MeshError: Another supervisor holds it, or it cannot be written, as on a full disk.
    """
    with usable(layout):
        descriptor = os.open(layout.lock_file, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _acquire(descriptor, layout)
        # Without it nobody could stop this mesh.
        with usable(layout):
            _write(descriptor, f"{os.getpid()} {create_time(os.getpid())}")
        yield
        # Whose lock is free is not asked who holds it.
        with suppress(OSError):
            _write(descriptor, "")
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, layout: Layout) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() < deadline:
                time.sleep(_POLL_S)
                continue
            state = read_state(layout)
            who = f" (pid {state.pid}, {state.edge_url})" if state and state.alive else ""
            raise MeshError(
                f"A mesh runs on {layout.data_dir} already{who}.",
                "`argus status` shows it, `argus down` stops it, "
                "--data-dir and --port start another.",
            ) from error
        return


def _write(descriptor: int, text: str) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, text.encode(), 0)


def supervisor_pid(layout: Layout) -> int | None:
    """Who holds the lock now: its pid, 0 if it has not said so yet, None if nobody does."""
    try:
        descriptor = os.open(layout.lock_file, os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        pid, _, created = os.pread(descriptor, 64, 0).decode().partition(" ")
        return int(pid) if pid and is_process(int(pid), float(created)) else 0
    finally:
        os.close(descriptor)
    return None
