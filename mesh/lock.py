"""One supervisor for each data folder."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from mesh.errors import MeshError
from mesh.layout import Layout
from mesh.state import read_state


@contextmanager
def only_supervisor(layout: Layout) -> Iterator[None]:
    """Holds the data folder's lock. The kernel frees it however the process ends.

    Raises:
        MeshError: Another supervisor holds it.
    """
    descriptor = os.open(layout.lock_file, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            state = read_state(layout)
            who = f" (pid {state.pid}, {state.edge_url})" if state and state.alive else ""
            raise MeshError(
                f"A mesh runs on {layout.data_dir} already{who}.",
                "`argus status` shows it, `argus down` stops it, "
                "--data-dir and --port start another.",
            ) from error
        yield
    finally:
        os.close(descriptor)


def is_supervised(layout: Layout) -> bool:
    """Whether some supervisor holds the lock now."""
    try:
        descriptor = os.open(layout.lock_file, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
