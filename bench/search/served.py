"""Searches as people make them: through search's gRPC, through the edge, many at once."""

import asyncio
import importlib.util
import itertools
import shutil
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import httpx
import numpy as np
from argus.search.v1 import reindex_pb2, search_pb2, search_pb2_grpc

from bench.processors import Processors
from bench.running import RunningMesh, running_mesh
from bench.search.library import EMAIL, MODEL, PASSWORD, Library
from bench.search.vectors import LIMIT, Vectors
from mesh.client.account import AccountFile
from mesh.client.connection import connect
from mesh.client.vectors import export_vectors
from mesh.supervision.ports import draw_port
from services.search.index.tuning import GraphTuning
from services.search.snapshots.files import SUFFIX
from services.search.snapshots.restored import RESTORED

CLIENTS = 32
KNOWN, BEFORE, NEW, AGAIN = (
    "like a stored image, a new one each time",
    "words that were asked before, among others meanwhile",
    "words that nobody has asked",
    "the same page again",
)
GRPC, EDGE, REST = "gRPC", "edge, gRPC", "edge, REST"

_THINGS = ("house", "dog", "tree", "river", "car", "bicycle", "rocket", "coffee", "flower", "boat")
_WARM = 30
_TIMEOUT_S = 30.0
_LOOK_S = 0.2
_IDLE_CORES = 0.1
"""A mesh that nobody asks anything uses less."""

Once = Callable[[int], Awaitable[None]]


@dataclass
class Served:
    """Milliseconds of each call, and calls a second of many clients."""

    size: int = 0
    ms: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    """By way and what was asked."""
    per_s: dict[tuple[str, str], float] = field(default_factory=dict)
    engine_ms: list[float] = field(default_factory=list)
    """Of the engine alone, in a process that does nothing else."""
    engine_recall: float = 0.0
    exported_s: float = 0.0
    """Until a snapshot of all vectors was a file."""
    snapshot_bytes: int = 0
    imported_s: float = 0.0
    """From the start of a mesh with an empty index and that file until it had all of them."""
    peer_ms: list[float] = field(default_factory=list)
    peer_per_s: float = 0.0

    def p50_ms(self, way: str, asked: str) -> float:
        """Median."""
        return float(np.quantile(self.ms[way, asked], 0.5))

    @property
    def engine_p50_ms(self) -> float:
        """Median."""
        return float(np.quantile(self.engine_ms, 0.5))

    @property
    def engine_per_s(self) -> float:
        """One query after the other: Edge takes one at a time."""
        return 1e3 / float(np.mean(self.engine_ms))


async def served(
    library: Library, settings: Mapping[str, str], calls: int, say: Callable[[str], None]
) -> Served:
    """Starts the mesh on a library and searches it.

    Args:
        library: What is searched.
        settings: `ARGUS_*` variables of the mesh.
        calls: Of each figure.
        say: Told of progress.
    """
    found = Served(
        len(library.image_ids), engine_ms=library.engine.ms, engine_recall=library.engine.recall
    )
    with running_mesh(library.data_dir, model=MODEL, settings=settings) as mesh:
        async with connect(mesh.server, AccountFile(library.accounts)) as connection:
            account = await connection.sign_in(EMAIL, PASSWORD)
            metadata = await connection.metadata()
            target = f"127.0.0.1:{mesh.ports.search}"
            async with grpc.aio.insecure_channel(target) as channel:
                direct = search_pb2_grpc.SearchServiceStub(channel)
                asker = _Asker(library, metadata)
                ways = ((GRPC, direct), (EDGE, connection.search))
                # What scores mean is learnt when somebody first asks, beside the calls.
                await asker.over(direct)[BEFORE](0)
                await asker.over(direct)[KNOWN](0)
                await Processors(mesh).settled(_IDLE_CORES)
                for way, stub in ways:
                    await _way(found, way, asker.over(stub), calls)
                    say(f"{way}: {_line(found, way)}")
            await _rest(found, mesh, account.access_token, calls)
            say(f"{REST}: {_line(found, REST)}")
            snapshot = library.accounts.with_suffix(SUFFIX)
            began = time.monotonic()
            await export_vectors(connection.search_operator, metadata, snapshot, lambda _: None)
            found.exported_s = time.monotonic() - began
            found.snapshot_bytes = snapshot.stat().st_size
            say(f"exported in {found.exported_s:.1f} s")
    found.imported_s = await _imported(library, settings, snapshot)
    say(f"imported in {found.imported_s:.1f} s")
    return found


def _lose_index(index: Path, snapshot: Path) -> None:
    """As a restore leaves it."""
    shutil.rmtree(index)
    (index / RESTORED).mkdir(parents=True)
    snapshot.rename(index / RESTORED / snapshot.name)


async def _imported(library: Library, settings: Mapping[str, str], snapshot: Path) -> float:
    """Seconds until a mesh whose index is lost has the vectors of a snapshot."""
    await asyncio.to_thread(_lose_index, library.data_dir / "vectors", snapshot)
    began = time.monotonic()
    with running_mesh(library.data_dir, model=MODEL, settings=settings) as mesh:
        async with connect(mesh.server, AccountFile(library.accounts)) as connection:
            await connection.sign_in(EMAIL, PASSWORD)
            asked = reindex_pb2.GetReindexRequest()
            wanted = len([number for number in range(len(library.image_ids)) if number % 100])
            while True:
                told = await connection.call(connection.client.index.GetReindex, asked)
                if told.image_count >= wanted:
                    return time.monotonic() - began
                await asyncio.sleep(_LOOK_S)


def _line(found: Served, way: str) -> str:
    return ", ".join(
        f"{asked} {found.p50_ms(way, asked):.1f} ms" for one, asked in found.ms if one == way
    )


async def _way(found: Served, way: str, kinds: Mapping[str, Once], calls: int) -> None:
    for asked, once in kinds.items():
        for number in range(_WARM):
            await once(number)
        found.ms[way, asked] = await _one_by_one(once, range(_WARM, _WARM + calls))
    for asked in (KNOWN, BEFORE):
        found.per_s[way, asked] = await _many(kinds[asked], 4 * calls)


async def _one_by_one(once: Once, numbers: range) -> list[float]:
    spent = []
    for number in numbers:
        began = time.perf_counter()
        await once(number)
        spent.append(1e3 * (time.perf_counter() - began))
    return spent


async def _many(once: Once, calls: int) -> float:
    """Calls a second of so many clients that each ask as soon as they are answered."""
    numbers = iter(range(calls))

    async def client() -> None:
        for number in numbers:
            await once(number)

    began = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return calls / (time.perf_counter() - began)


class _Asker:
    """Requests of each kind, all different where they are to be."""

    def __init__(self, library: Library, metadata: tuple[tuple[str, str], ...]) -> None:
        self._own = [one for number, one in enumerate(library.image_ids) if number % 100]
        self._metadata = metadata
        self._numbers = itertools.count()
        self._seed = time.time_ns()

    def over(self, stub: "search_pb2_grpc.SearchServiceAsyncStub") -> Mapping[str, Once]:
        """Calls over a stub."""

        def asking(make: Callable[[int], search_pb2.SearchImagesRequest]) -> Once:
            async def once(number: int) -> None:
                answer = await stub.SearchImages(
                    make(number), metadata=self._metadata, timeout=_TIMEOUT_S
                )
                if len(answer.matches) != LIMIT:
                    raise RuntimeError(f"a search found {len(answer.matches)} of {LIMIT}")

            return once

        request = search_pb2.SearchImagesRequest
        return {
            KNOWN: asking(lambda _: request(image_id=self._another(), limit=LIMIT)),
            # Another filter each time, so that the page is not the one of before.
            BEFORE: asking(
                lambda number: request(
                    text=f"a {_THINGS[number % len(_THINGS)]}",
                    limit=LIMIT,
                    filter=f"size_bytes > {next(self._numbers)}",
                )
            ),
            NEW: asking(
                lambda number: request(
                    text=f"{self._seed + next(self._numbers)} {_THINGS[number % len(_THINGS)]}s",
                    limit=LIMIT,
                )
            ),
            AGAIN: asking(
                lambda number: request(text=f"a {_THINGS[number % len(_THINGS)]}", limit=LIMIT)
            ),
        }

    def _another(self) -> str:
        return self._own[(37 * next(self._numbers)) % len(self._own)]


async def _rest(found: Served, mesh: RunningMesh, token: str, calls: int) -> None:
    headers = {"authorization": f"Bearer {token}"}
    base = f"http://{mesh.server}"
    async with httpx.AsyncClient(base_url=base, headers=headers, trust_env=False) as http:

        async def once(number: int) -> None:
            text = f"a {_THINGS[number % len(_THINGS)]}"
            answer = await http.post("/api/search", json={"text": text, "limit": LIMIT})
            answer.raise_for_status()

        for number in range(_WARM):
            await once(number)
        found.ms[REST, AGAIN] = await _one_by_one(once, range(calls))


async def beside_peer(
    found: Served, folder: Path, vectors: Vectors, graph: GraphTuning, calls: int
) -> None:
    """Asks the usual service with the same vectors, where its libraries are installed."""
    if not all(map(importlib.util.find_spec, ("faiss", "fastapi", "uvicorn"))):
        return
    path = folder / "vectors.npy"
    np.save(path, vectors.kept)
    asked = [row.tolist() for row in vectors.queries]
    async with _peer(path, graph) as http:

        async def once(number: int) -> None:
            query = {"vector": asked[number % len(asked)], "limit": LIMIT}
            (await http.post("/search", json=query)).raise_for_status()

        for number in range(_WARM):
            await once(number)
        found.peer_ms = await _one_by_one(once, range(calls))
        found.peer_per_s = await _many(once, 4 * calls)


@asynccontextmanager
async def _peer(path: Path, graph: GraphTuning) -> AsyncIterator[httpx.AsyncClient]:
    port = draw_port("127.0.0.1", [])
    command = [sys.executable, "-m", "bench.peers.faiss_server", str(path), str(port)]
    shape = [str(one) for one in (graph.m, graph.ef_construct, graph.ef)]
    process = await asyncio.create_subprocess_exec(*command, *shape)
    try:
        base = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(base_url=base, trust_env=False, timeout=60) as http:
            while process.returncode is None:
                try:
                    await http.get("/docs")
                    break
                except httpx.ConnectError:
                    await asyncio.sleep(0.2)
            yield http
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
