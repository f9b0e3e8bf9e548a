"""Finds and ends what a supervisor that was killed left behind, and nothing else."""

import signal

import psutil

from mesh.layout import Layout
from mesh.supervision.child import MARK
from mesh.supervision.state import is_process, read_state

_GENTLE_S = 3.0


def find_leftovers(layout: Layout) -> list[psutil.Process]:
    """Processes of a mesh whose supervisor is gone.

    A process is the mesh's if the last state names its pid together with its
    create time, if it descends from such a one, or if its environment carries
    this data folder's mark.
    """
    found: dict[int, psutil.Process] = {}
    state = read_state(layout)
    for part in state.parts if state else ():
        if is_process(part.pid, part.created):
            try:
                process = psutil.Process(part.pid)
                for member in (process, *process.children(recursive=True)):
                    found[member.pid] = member
            except psutil.Error:
                continue
    mark = str(layout.data_dir)
    for process in psutil.process_iter():
        try:
            if process.pid not in found and process.environ().get(MARK) == mark:
                found[process.pid] = process
        except (psutil.Error, OSError):
            continue  # somebody else's, or gone
    # Whoever asks may itself run inside of a mesh's environment.
    own = {psutil.Process().pid, *(parent.pid for parent in psutil.Process().parents())}
    return [process for pid, process in found.items() if pid not in own]


def end_leftovers(layout: Layout) -> list[str]:
    """Ends the leftovers, gently first.

    Returns:
        `name (pid)` of each.
    """
    left = find_leftovers(layout)
    described = []
    for process in left:
        try:
            name = process.name()
            # PostgreSQL takes SIGTERM for "wait until every client has gone".
            process.send_signal(signal.SIGINT if name == "postgres" else signal.SIGTERM)
            described.append(f"{name} ({process.pid})")
        except psutil.Error:
            continue  # gone, or not ours to end
    _, alive = psutil.wait_procs(left, timeout=_GENTLE_S)
    for process in alive:
        try:
            process.kill()
        except psutil.Error:
            continue
    psutil.wait_procs(alive, timeout=_GENTLE_S)
    return described
