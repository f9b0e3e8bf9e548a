"""Looks at a mesh: processors, memory, and what services and edge show Prometheus."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx
import psutil

from mesh.options import LOOPBACK
from mesh.supervision.memory import memory_bytes
from mesh.supervision.sockets import processes_of
from mesh.supervision.state import MeshState, PartState
from mesh.watching.measures import Measures, between
from mesh.watching.reading import Reading, edge_reading, service_reading

_TIMEOUT_S = 2.0
_SERVICES = ("auth", "storage", "embedder", "search", "inspection")


@dataclass(frozen=True)
class Seen:
    """What one part takes and does."""

    memory_bytes: int = 0

    cpu: float | None = None
    """Processors' time for each second: 1.0 is a whole core; None: not known yet."""

    measures: Measures | None = None
    """None: it tells nothing, or not yet."""


@dataclass
class Onlooker:
    """Compares what it sees with what it saw before."""

    _readings: dict[str, Reading] = field(default_factory=dict)
    _cpu_s: dict[str, tuple[int, float, float]] = field(default_factory=dict)

    async def look(self, state: MeshState) -> Mapping[str, Seen]:
        """What each part does now, by its name."""
        async with httpx.AsyncClient(timeout=_TIMEOUT_S, trust_env=False) as client:
            measured = await asyncio.gather(
                *(self._measure(client, part, state) for part in state.parts)
            )
        return {
            part.name: Seen(
                memory_bytes(part.pid) if part.pid else 0, self._cpu(part), measures
            )
            for part, measures in zip(state.parts, measured, strict=True)
        }  # fmt: skip

    def _cpu(self, part: PartState) -> float | None:
        now = time.monotonic()
        total = sum(_cpu_seconds(process) for process in processes_of(part.pid)) if part.pid else 0
        known = self._cpu_s.get(part.name)
        self._cpu_s[part.name] = (part.pid, now, total)
        if not part.pid or known is None or known[0] != part.pid:
            return None
        return max(0.0, total - known[2]) / max(now - known[1], 1e-9)

    async def _measure(
        self, client: httpx.AsyncClient, part: PartState, state: MeshState
    ) -> Measures | None:
        url = address(part.name, state)
        if url is None or not part.pid:
            return None
        try:
            answer = await client.get(url)
            answer.raise_for_status()
        except httpx.HTTPError:
            self._readings.pop(part.name, None)
            return None
        read = edge_reading if part.name == "edge" else service_reading
        reading = read(answer.text, time.monotonic())
        before = self._readings.get(part.name)
        self._readings[part.name] = reading
        return between(before, reading) if before else None


def address(part: str, state: MeshState) -> str | None:
    """Where a part shows what it measures; None: nowhere."""
    if part == "edge":
        return f"http://{LOOPBACK}:{state.ports.admin}/stats/prometheus"
    service, _, replica = part.partition("-")
    if service not in _SERVICES or not state.options.metrics:
        return None
    return f"http://{LOOPBACK}:{state.ports.metrics_of(service, int(replica or 1))}/metrics"


def _cpu_seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system)
