"""Processor time of a mesh's parts."""

from collections.abc import Iterator, Mapping
from contextlib import suppress

import psutil

from bench.running import RunningMesh


class Processors:
    """What each part of a mesh, and this process as its client, have taken of the processors.

    Args:
        mesh: Whose parts.
    """

    def __init__(self, mesh: RunningMesh) -> None:
        self._pids = mesh.pids()
        self._last = dict(self._now())

    def since_last(self) -> Mapping[str, float]:
        """Seconds of processor time by part since this was asked last, the client among them."""
        now = dict(self._now())
        before, self._last = self._last, now
        return {part: seconds - before.get(part, 0.0) for part, seconds in now.items()}

    def _now(self) -> Iterator[tuple[str, float]]:
        for part, pid in self._pids.items():
            yield part, _of_family(psutil.Process(pid))
        own = psutil.Process().cpu_times()
        yield "client", own.user + own.system


def _of_family(process: psutil.Process) -> float:
    seconds = 0.0
    for one in (process, *process.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            times = one.cpu_times()
            seconds += times.user + times.system
    return seconds
