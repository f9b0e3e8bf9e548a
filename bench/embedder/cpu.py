"""CPU time of processes and their children."""

from collections.abc import Mapping
from contextlib import suppress

import psutil


def cpu_seconds(roots: Mapping[str, int]) -> dict[str, float]:
    """User and system seconds that processes have burnt, children counted apart.

    Args:
        roots: Process ids by name.

    Returns:
        By name; a process's living children together as `<name>'s workers`.
    """
    burnt: dict[str, float] = {}
    for name, pid in roots.items():
        process = psutil.Process(pid)
        burnt[name] = _own(process)
        workers = sum(_own(child) for child in process.children(recursive=True))
        if workers:
            burnt[f"{name}'s workers"] = workers
    return burnt


def machine_seconds() -> float:
    """Seconds that all cores together have been busy."""
    times = psutil.cpu_times()
    idle = times.idle + getattr(times, "iowait", 0.0)
    # Guests' time is within user time.
    return float(
        sum(times) - idle - getattr(times, "guest", 0.0) - getattr(times, "guest_nice", 0.0)
    )


def difference(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """What was burnt in between."""
    return {name: seconds - before.get(name, 0.0) for name, seconds in after.items()}


def _own(process: psutil.Process) -> float:
    with suppress(psutil.NoSuchProcess):
        times = process.cpu_times()
        return float(times.user + times.system)
    return 0.0
