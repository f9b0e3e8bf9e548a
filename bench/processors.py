"""Processor time of a mesh's parts."""

import asyncio
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

    async def load(self) -> float:
        """Cores that the mesh and this process use, over a second."""
        self.since_last()
        await asyncio.sleep(1)
        return sum(self.since_last().values())

    async def settled(self, idle: float) -> None:
        """Waits until what was begun before is done: previews or graphs, for instance.

        Args:
            idle: Cores that the mesh uses when nobody asks anything.
        """
        while await self.load() > 1.5 * idle + 0.1:
            pass

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
