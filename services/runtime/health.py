"""Health that means it: SERVING only while every named dependency answers.

`grpc.health.v1` answers for the whole (`""`), for each gRPC service of this
process, for each dependency by its name, for the services of peers, and under
`live` for the process alone.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health import aio as health_aio

from services.runtime.errors import Unavailable

LIVE = "live"
"""Is SERVING from the first answer until the process drains, whatever is down: who restarts what
does not answer under this name restarts nothing for a fault elsewhere."""

INTERVAL_S = 1.0
TIMEOUT_S = 3.0
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Dependency:
    """A part without which this service cannot do its work."""

    name: str
    """Short name, such as `postgres`; health answers for it under this name."""

    probe: Callable[[], Awaitable[object]]
    """Returns when the part works, raises when it does not."""

    reports: Sequence[str] = ()
    """Further names whose health is this dependency's, such as a peer's gRPC services."""


async def check_peer(channel: grpc.aio.Channel) -> None:
    """Asks a peer's health.

    Raises:
        Unavailable: if it is not SERVING.
    """
    stub: Any = health_pb2_grpc.HealthStub(channel)  # its stubs leave the methods out
    answer = await stub.Check(health_pb2.HealthCheckRequest(), timeout=TIMEOUT_S)
    if answer.status != SERVING:
        raise Unavailable("not serving")


class Readiness:
    """Probes the dependencies and keeps the health servicer's answers true."""

    def __init__(self, services: Sequence[str], dependencies: Sequence[Dependency]) -> None:
        self.servicer = health_aio.HealthServicer()
        self._services = ("", *services)
        self._dependencies = dependencies
        self._known: dict[str, bool] = {}
        self._draining = False

    async def probe_once(self) -> bool:
        """Probes every dependency now; true if all answer."""
        answers = await asyncio.gather(*(self._probe(part) for part in self._dependencies))
        for part, works in zip(self._dependencies, answers, strict=True):
            for name in (part.name, *part.reports):
                await self._set(name, works=works)
        ready = all(answers) and not self._draining
        for name in self._services:
            await self._set(name, works=ready)
        await self._set(LIVE, works=True)
        return ready

    async def watch(self) -> None:
        """Probes for ever."""
        while True:
            await self.probe_once()
            await asyncio.sleep(INTERVAL_S)

    async def drain(self) -> None:
        """Answers NOT_SERVING from now on."""
        self._draining = True
        await self.servicer.enter_graceful_shutdown()

    async def _probe(self, part: Dependency) -> bool:
        try:
            async with asyncio.timeout(TIMEOUT_S):
                await part.probe()
        except Exception as error:  # noqa: BLE001 - whatever a probe raises means "down"
            if self._known.get(part.name, True):
                _log.warning("%s is down: %s", part.name, _words(error))
            return False
        if not self._known.get(part.name, False):
            _log.info("%s answers", part.name)
        return True

    async def _set(self, name: str, *, works: bool) -> None:
        if self._known.get(name) != works:
            self._known[name] = works
            await self.servicer.set(name, SERVING if works else NOT_SERVING)


def _words(error: Exception) -> str:
    if isinstance(error, grpc.aio.AioRpcError):
        return f"{error.code().name}: {error.details()}"
    return str(error) or type(error).__name__
