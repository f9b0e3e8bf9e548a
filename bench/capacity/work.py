"""Processor time, log and memory of the parts of a real mesh."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import psutil
from argus.search.v1 import search_pb2
from argus.storage.v1 import image_pb2

from bench.capacity.found import Found
from bench.inspection.inspecting import stored
from bench.photos import large_photograph, photographs
from bench.running import RunningMesh
from mesh.backup.stores import Stores, stores_of
from mesh.client.account import AccountFile
from mesh.client.connection import Connection, connect
from mesh.client.samples import sample_photographs

_WARM = 32
_LARGE_BYTES = 1_500_000
_LARGE = 60
_QUIET_S = 2.0
_LEAST_MS = 0.005
EMBEDDER = "embedder"
_LOG_POSITION = "SELECT pg_current_wal_lsn() - '0/0'::pg_lsn"


class Measuring:
    """What a mesh spends.

    Args:
        mesh: It has nothing but its first start behind it.
        work: A folder.
        images: To import.
        searches: Of each kind.
    """

    def __init__(self, mesh: RunningMesh, work: Path, images: int, searches: int) -> None:
        self._mesh = mesh
        self._work = work
        self._images = images
        self._searches = searches

    async def measured(self) -> list[Found]:
        """Imports and searches."""
        accounts = AccountFile(self._work / "accounts")
        async with (
            stores_of(self._mesh.layout) as stores,
            connect(self._mesh.server, accounts) as connection,
        ):
            await connection.sign_in("bench@example.org", "a long password", name="")
            found = await self._imports(connection, stores)
            found += await self._large(connection, stores)
            found += await self._finds(connection)
        found += self._memory()
        return found

    async def _imports(self, connection: Connection, stores: Stores) -> list[Found]:
        files = photographs(self._work / "photographs", self._images + _WARM, None)
        await stored(connection, files[:_WARM])
        await self._settled()
        database = await asyncpg.connect(stores.postgres_url)
        try:
            log_before = await database.fetchval(_LOG_POSITION)
            found = await self._imported(connection, files[_WARM:], "small_", "500 × 375")
            log_bytes = float(await database.fetchval(_LOG_POSITION) - log_before) / self._images
        finally:
            await database.close()
        found.append(
            Found(
                "wal_bytes",
                round(log_bytes),
                "bytes per upload",
                f"PostgreSQL's write-ahead log of {self._images} uploads, full pages after a "
                "checkpoint included",
            )
        )
        return found

    async def _large(self, connection: Connection, stores: Stores) -> list[Found]:
        """Pictures of camera size, which have all renditions."""
        folder = self._work / "large"
        folder.mkdir()
        sources = sample_photographs()
        files = []
        for number in range(_LARGE):
            files.append(folder / f"{number:02d}.jpg")
            source = sources[number % len(sources)]
            files[-1].write_bytes(large_photograph(source, _LARGE_BYTES, 1 + number))
        mean_bytes = sum(file.stat().st_size for file in files) / _LARGE
        what = "2050 × 1538 and more, enlarged from smaller"
        known = set(await asyncio.to_thread(stores.bucket.listed))
        found = await self._imported(connection, files, "", what)
        listed = await asyncio.to_thread(stores.bucket.listed)
        added = [one.size_bytes for key, one in listed.items() if key not in known]
        return [
            *found,
            Found(
                "objects_per_image",
                round(len(added) / _LARGE, 2),
                "objects",
                f"{_LARGE} photographs of {what}: originals and renditions",
            ),
            Found(
                "rendition_bytes",
                round(sum(added) / _LARGE - mean_bytes),
                "bytes per image",
                "thumbnails and renditions of the same",
            ),
        ]

    async def _imported(
        self, connection: Connection, files: list[Path], name: str, what: str
    ) -> list[Found]:
        before = self._spent()
        await stored(connection, files)
        await self._settled()
        spent = self._per_call(before, len(files))
        mean_bytes = sum(file.stat().st_size for file in files) / len(files)
        others = {part: ms for part, ms in spent.items() if part != EMBEDDER}
        how = f"{len(files)} photographs of {what}, imported over the edge"
        unit = "ms of processor per image"
        return [
            Found(f"{name}image_bytes", round(mean_bytes), "bytes", f"of {what}, on the mean"),
            Found(f"{name}embedding_cpu_ms", round(spent[EMBEDDER], 2), unit, how),
            Found(
                f"{name}upload_cpu_ms",
                round(sum(others.values()), 2),
                unit,
                f"the same in all other parts: {_listed(others)}",
            ),
        ]

    async def _finds(self, connection: Connection) -> list[Found]:
        listed = await connection.call(
            connection.images.ListImages, image_pb2.ListImagesRequest(page_size=200)
        )
        ids = [image.image_id for image in listed.images]
        found: list[Found] = []
        for kind in ("search_by_words", "search_by_example"):
            await self._search(connection, kind, ids, range(-20, 0))
            before = self._spent()
            await self._search(connection, kind, ids, range(self._searches))
            spent = self._per_call(before, self._searches)
            found.append(
                Found(
                    f"{kind}_cpu_ms",
                    round(sum(spent.values()), 2),
                    "ms of processor per search",
                    f"{self._searches} one after the other among {self._images + _LARGE} images, "
                    f"words that are new each time: {_listed(spent)}",
                )
            )
        return found

    async def _search(
        self, connection: Connection, kind: str, ids: list[str], numbers: range
    ) -> None:
        for number in numbers:
            request = (
                search_pb2.SearchImagesRequest(text=f"a photograph of {number} things")
                if kind == "search_by_words"
                else search_pb2.SearchImagesRequest(image_id=ids[number % len(ids)])
            )
            await connection.call(connection.search.SearchImages, request)

    def _per_call(self, before: dict[str, float], calls: int) -> dict[str, float]:
        """Milliseconds of processor of each part."""
        after = self._spent()
        return {part: 1e3 * (after[part] - before[part]) / calls for part in before}

    def _memory(self) -> Iterator[Found]:
        taken = self._mesh.resident_mb()
        for part in ("auth", "storage", "search", "inspection", "embedder", "edge"):
            yield Found(
                f"{part}_memory_bytes",
                round(1e6 * taken[part]),
                "bytes per process",
                "after that import and these searches, proportional set size",
            )

    def _spent(self) -> dict[str, float]:
        """Processor seconds of each part until now."""
        return {part: _cpu_s(pid) for part, pid in self._mesh.pids().items()}

    async def _settled(self) -> None:
        """Waits until search and storage have nothing left to do: parts that stand still."""
        while True:
            before = self._spent()
            await asyncio.sleep(_QUIET_S)
            after = self._spent()
            busy = sum(after[part] - before[part] for part in ("storage", "search", "embedder"))
            if busy < 0.1 * _QUIET_S:
                return


def _listed(spent: dict[str, float]) -> str:
    ordered = sorted(spent.items(), key=lambda item: -item[1])
    return ", ".join(f"{part} {ms:.2f}" for part, ms in ordered if ms >= _LEAST_MS)


def _cpu_s(pid: int) -> float:
    parent = psutil.Process(pid)
    total = 0.0
    for process in (parent, *parent.children(recursive=True)):
        try:
            spent = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += spent.user + spent.system
    # Of children that have ended.
    ended = parent.cpu_times()
    return total + ended.children_user + ended.children_system
