"""Argus on many hosts: stores on hosts of their own, two of each service."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import grpc
import httpx
from grpc_health.v1 import health_pb2, health_pb2_grpc

from mesh.parts.edge import binary
from tests.scaleout.hosts import Host, Network
from tests.support import parts
from tests.support.eventually import eventually
from tests.support.model_dir import MODEL_DIR
from tests.support.parts import Program, temporary_folder
from tests.support.qdrant import GRPC_PORT
from tests.support.services import EASY, SERVICE_SECRET

ROOT = Path(__file__).parents[2]
STORES = ("postgres", "redis", "objects", "vectors")
REPLICAS: Mapping[str, tuple[str, ...]] = {
    "auth": ("auth-1", "auth-2"),
    "storage": ("storage-1", "storage-2"),
    "embedder": ("embedder-1", "embedder-2"),
    "search": ("search-1", "search-2"),
    "inspection": ("inspection-1", "inspection-2"),
}
EDGES = ("edge-1", "edge-2")
PORTS = {"auth": 50051, "storage": 50052, "embedder": 50053, "search": 50054, "inspection": 50055}
NOTICE_S = 5
"""Seconds between NOT_SERVING and the last call: more than two health checks of the edge."""
GRACE_S = 20
"""Seconds that calls under way may take after that."""
STREAM_GRACE_S = EDGE_GRACE_S = 7
"""The same where streams of hours pass, which last until they are ended, and are opened again."""


class Cluster:
    """All hosts with what runs there.

    Args:
        network: The hosts.
        folder: For what processes write.
        stores: Variables that say where the stores are.
    """

    def __init__(self, network: Network, folder: Path, stores: Mapping[str, str]) -> None:
        self.network = network
        self._folder = folder
        self._stores = stores
        self._programs: dict[str, Program] = {}

    @property
    def edges(self) -> list[str]:
        """Where clients may come in, `host:port`."""
        return [f"{self.network.host(name).address}:8080" for name in EDGES]

    def log(self, name: str) -> str:
        """The end of what a process said."""
        return (self._folder / f"{name}.log").read_text(errors="replace")[-1500:]

    def start(self, name: str) -> None:
        """Starts a replica, an edge, or the server of vectors."""
        program = Program(
            [
                *self.network.host(name).where.enter,
                *("setpriv", "--pdeathsig", "KILL"),
                *self._command(name),
            ],
            self._folder / f"{name}.log",
            env=self._variables(name),
            tied=False,
        )
        program.start()
        self._programs[name] = program

    async def ready(self, *names: str) -> None:
        """Waits until these do their work."""
        for name in names:
            ready = partial(self._is_ready, name)
            await eventually(ready, f"{name} is ready", within_s=90)

    async def unready(self, name: str) -> None:
        """Waits until a replica says that it cannot work."""

        async def says_so() -> bool:
            return not await self._is_ready(name)

        await eventually(says_so, f"{name} says that it lacks something", within_s=60)

    async def roll(self, name: str) -> None:
        """Replaces a process as a roll-out does: it leaves in order, another takes its place."""
        if name in EDGES:
            await self._drain(name)
        await asyncio.to_thread(self._programs[name].stop, signal.SIGTERM, within_s=60)
        self.start(name)
        await self.ready(name)

    async def who_calibrates(self, job_id: str) -> str:
        """The replica that works on a calibration, as soon as one does."""
        async with self._job(job_id) as job:

            async def begun() -> bool:
                return bool(await job("replica"))

            await eventually(begun, "the calibration begins", within_s=60)
            return str(await job("replica"))

    async def crashes_of(self, job_id: str) -> int:
        """How often a calibration was begun again because its replica was gone."""
        async with self._job(job_id) as job:
            return int(await job("crashes"))

    @contextlib.asynccontextmanager
    async def _job(self, job_id: str) -> AsyncIterator[Callable[[str], Awaitable[Any]]]:
        """What the database says of a job, by the name of the column."""
        connection = await asyncpg.connect(self._stores["ARGUS_POSTGRES_URL"])
        try:
            yield lambda column: connection.fetchval(
                f"SELECT {column} FROM inspection.jobs WHERE id = $1",  # noqa: S608 - our words
                job_id,
            )
        finally:
            await connection.close()

    def kill(self, name: str) -> None:
        """Ends a process as a crash does."""
        self._programs[name].stop(signal.SIGKILL)

    def stop(self) -> None:
        """Ends all."""
        for program in self._programs.values():
            program.stop(signal.SIGKILL)

    async def _is_ready(self, name: str) -> bool:
        host = self.network.host(name)
        if not self._programs[name].running:
            raise AssertionError(
                f"{name} ended with {self._programs[name].ended_with}: {self.log(name)}"
            )
        if name == "vectors":
            async with grpc.aio.insecure_channel(f"{host.address}:{GRPC_PORT}") as channel:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(2):
                        await channel.channel_ready()
                        return True
            return False
        if name in EDGES:
            with contextlib.suppress(httpx.HTTPError):
                async with httpx.AsyncClient(trust_env=False) as http:
                    return (await http.get(f"http://{host.address}:9901/ready")).is_success
            return False
        async with grpc.aio.insecure_channel(f"{host.address}:{PORTS[_service(name)]}") as channel:
            with contextlib.suppress(grpc.aio.AioRpcError):
                answer = await health_pb2_grpc.HealthStub(channel).Check(  # type: ignore[attr-defined] # stubs lack async methods
                    health_pb2.HealthCheckRequest(), timeout=2
                )
                return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)
        return False

    async def _drain(self, name: str) -> None:
        """What the chart's `preStop` does."""
        draining = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "mesh", "edge", "drain", "--notice", str(NOTICE_S),
            "--wait", str(EDGE_GRACE_S), "--admin-socket", str(self._admin(name)), cwd=ROOT,
        )  # fmt: skip
        assert await draining.wait() == 0

    def _admin(self, name: str) -> Path:
        return self._folder / f"{name}.sock"

    def _command(self, name: str) -> list[str]:
        if name == "vectors":
            listen = f"{self.network.host(name).address}:{GRPC_PORT}"
            return [sys.executable, "-m", "tests.support.qdrant", listen]
        if name not in EDGES:
            return [sys.executable, "-m", f"services.{_service(name)}"]
        config = self._folder / f"{name}.json"
        envoy = f"{binary()} --config-path {config} --concurrency 1 --disable-hot-restart"
        render = f"{sys.executable} -m mesh edge render {config}"
        return ["sh", "-c", f"{render} && exec {envoy} --drain-time-s 30 --log-level error"]

    def _variables(self, name: str) -> dict[str, str]:
        host = self.network.host(name)
        common = {
            "ARGUS_SERVICE_SECRET": SERVICE_SECRET,
            "ARGUS_REPLICA": name,
            "ARGUS_AUTH_URL": f"auth:{PORTS['auth']}",
            "ARGUS_STORAGE_URL": f"storage:{PORTS['storage']}",
            "ARGUS_SEARCH_URL": f"search:{PORTS['search']}",
            "HOME": str(self._folder),
            "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "gen"))),
            **self._stores,
        }
        if name in EDGES:
            return common | {
                "ARGUS_EMBEDDER_URL": f"embedder:{PORTS['embedder']}",
                "ARGUS_INSPECTION_URL": f"inspection:{PORTS['inspection']}",
                "ARGUS_EDGE_ADMIN_SOCKET": str(self._admin(name)),
                "ARGUS_LIMITS_FILE": str(ROOT / "bench" / "limits.toml"),
            }
        if name == "vectors":
            return common
        service = _service(name)
        return common | {
            "ARGUS_LISTEN": f"{host.address}:{PORTS[service]}",
            "ARGUS_EMBEDDER_URL": "internal:8081",
            "ARGUS_EMBED_STREAMS": "2",
            "ARGUS_DRAIN_NOTICE_S": str(NOTICE_S),
            "ARGUS_DRAIN_GRACE_S": str(STREAM_GRACE_S if service == "embedder" else GRACE_S),
            "ARGUS_CONNECTION_AGE_S": "30",
            "ARGUS_MODEL_DIR": str(MODEL_DIR),
            "ARGUS_EMBEDDER_THREADS": "1",
            "ARGUS_INSPECTION_THREADS": "1",
            "ARGUS_QDRANT_URL": f"http://vectors:{GRPC_PORT - 1}",
            "ARGUS_VECTOR_DIR": str(self._folder / "maps"),
            "ARGUS_MAIL_DIR": str(self._folder / "mail"),
            **{f"ARGUS_{key.upper()}": str(value) for key, value in EASY.items()},
        }


@contextlib.asynccontextmanager
async def cluster() -> AsyncIterator[Cluster]:
    """Runs all of it, ready."""
    names = {
        **REPLICAS,
        "internal": EDGES,
        **{store: (store,) for store in STORES},
    }
    hosts = [*STORES, *EDGES, *(one for some in REPLICAS.values() for one in some)]
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(temporary_folder())
        network = stack.enter_context(Network(names).up(hosts))

        def at(store: str) -> Host:
            return network.host(store)

        postgres = stack.enter_context(parts.postgres(at("postgres").where))
        redis = stack.enter_context(parts.redis_server(at("redis").where))
        s3 = stack.enter_context(parts.seaweedfs(at("objects").where)).s3
        made = Cluster(
            network,
            folder,
            {
                "ARGUS_POSTGRES_URL": postgres,
                "ARGUS_REDIS_URL": redis,
                "ARGUS_S3_URL": s3.url,
                "ARGUS_S3_PUBLIC_URL": s3.url,
                "ARGUS_S3_BUCKET": s3.bucket,
                "ARGUS_S3_REGION": s3.region,
                "ARGUS_S3_ACCESS_KEY": s3.access_key,
                "ARGUS_S3_SECRET_KEY": s3.secret_key,
            },
        )
        stack.callback(made.stop)
        started = ["vectors", *EDGES, *(one for some in REPLICAS.values() for one in some)]
        for name in started:
            made.start(name)
        await made.ready(*started)
        yield made


def _service(name: str) -> str:
    return name.rpartition("-")[0]
