"""What the parts of a mesh take, again and again while it works."""

import asyncio
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import psutil
from redis.asyncio import Redis

from bench.running import RunningMesh
from bench.soak.results import Results
from mesh.backup.stores import stores_of
from mesh.parts.redis import redis_url
from mesh.supervision.probes import admin_client

MB = 1e6

OWN, RESIDENT, HANDLES, THREADS, CONNECTIONS, PROCESSOR = (
    "own MB",
    "resident MB",
    "handles",
    "threads",
    "connections",
    "processor s",
)
"""Of each part, all its processes together. Own memory is anonymous: heaps and stacks. What is
mapped from files, or shared, also depends on who else on the machine maps it."""

REDIS_MEMORY, REDIS_KEYS, REDIS_CLIENTS = "redis MB", "redis keys", "redis clients"
POSTGRES_CONNECTIONS, POSTGRES_SIZE = "postgres connections", "postgres MB"
ENVOY_ALLOCATED = "allocated MB"
STORES = "stores"


async def sample(mesh: RunningMesh, every_s: float, results: Results) -> None:
    """Samples until it is cancelled."""
    began = time.monotonic()
    async with stores_of(mesh.layout) as stores:
        database = await asyncpg.connect(stores.postgres_url)
    redis = Redis.from_url(redis_url(mesh.layout))
    admin = admin_client(mesh.layout.admin_socket)
    pids, supervisor = mesh.pids(), psutil.Process(mesh.supervisor_pid)

    def families() -> dict[str, list[psutil.Process]]:
        return {part: _family(pid) for part, pid in pids.items()} | {"argus up": [supervisor]}

    try:
        while True:
            at = time.monotonic() - began
            found = await asyncio.to_thread(lambda: list(_of_parts(families())))
            found += [(STORES, what, value) for what, value in await _of_redis(redis)]
            found += [(STORES, what, value) for what, value in await _of_postgres(database)]
            found.append(("edge", ENVOY_ALLOCATED, await _of_envoy(admin)))
            results.samples += [(at, part, what, value) for part, what, value in found]
            await asyncio.sleep(max(0.0, every_s - (time.monotonic() - began - at)))
    finally:
        await database.close()
        await redis.aclose()
        await admin.aclose()


def _of_parts(
    families: Mapping[str, Sequence[psutil.Process]],
) -> Iterator[tuple[str, str, float]]:
    for part, processes in families.items():
        total: dict[str, float] = {}
        for process in processes:
            try:
                found = _of_process(process)
            except psutil.NoSuchProcess:
                continue
            for what, value in found.items():
                total[what] = total.get(what, 0.0) + value
        for what, value in total.items():
            yield part, what, value


def _family(pid: int) -> list[psutil.Process]:
    try:
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _of_process(process: psutil.Process) -> dict[str, float]:
    resident = process.memory_info().rss
    spent = process.cpu_times()
    return {
        OWN: _own_bytes(process, resident) / MB,
        RESIDENT: resident / MB,
        HANDLES: process.num_fds(),
        THREADS: process.num_threads(),
        CONNECTIONS: len(process.net_connections("all")),
        PROCESSOR: spent.user + spent.system,
    }


def _own_bytes(process: psutil.Process, resident: int) -> int:
    """Anonymous memory as Linux tells it (proc_pid_status(5)); elsewhere what is resident."""
    try:
        text = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return resident
    found = re.search(r"^RssAnon:\s+(\d+) kB$", text, re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


async def _of_redis(redis: Any) -> list[tuple[str, float]]:  # noqa: ANN401 - untyped in its library
    found = await redis.info()
    return [
        (REDIS_MEMORY, found["used_memory"] / MB),
        (REDIS_KEYS, float(await redis.dbsize())),
        (REDIS_CLIENTS, float(found["connected_clients"])),
    ]


async def _of_postgres(database: "asyncpg.Connection[asyncpg.Record]") -> list[tuple[str, float]]:
    row = await database.fetchrow(
        "SELECT (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS n,"
        " pg_database_size(current_database()) AS size"
    )
    if row is None:
        raise RuntimeError("PostgreSQL answered nothing")
    return [(POSTGRES_CONNECTIONS, float(row["n"])), (POSTGRES_SIZE, row["size"] / MB)]


async def _of_envoy(admin: httpx.AsyncClient) -> float:
    """What Envoy has asked its allocator for and not given back."""
    answer = await admin.get("/memory")
    return int(answer.raise_for_status().json()["allocated"]) / MB
