"""The whole mesh: start, import, freshness, search, memory. One run, one machine.

    python -m bench mesh [--photos FOLDER] [--model ID] [--write]

Rates stand beside what limits them in the same run: the import beside the
embedder alone, fed with the same bytes through the same edge.
"""

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import httpx
from argus.embedder.v1 import embedder_pb2, embedder_pb2_grpc
from argus.search.v1 import search_pb2
from argus.storage.v1 import image_pb2

from bench.photos import large_photograph, photographs
from bench.running import RunningMesh, running_mesh
from mesh.client.account import AccountFile
from mesh.client.connection import Connection, connect
from mesh.client.importer import Importer
from mesh.client.samples import sample_photographs

IMPORTED = 200
SEARCHED = 1000
FRESH = 9
QUERIES = ("a cat", "a rocket launch", "a cup of coffee", "grass", "a temple", "a red flower")
ROUNDS = 50
IN_FLIGHT = 32


@dataclass
class Results:
    """What was measured, seconds unless the name says otherwise."""

    first_start_s: float = 0.0
    second_start_s: float = 0.0
    import_per_s: float = 0.0
    embed_per_s: float = 0.0
    freshness_s: list[float] = field(default_factory=list)
    grpc_search_s: list[float] = field(default_factory=list)
    rest_search_s: list[float] = field(default_factory=list)
    image_search_s: list[float] = field(default_factory=list)
    memory_mb: dict[str, float] = field(default_factory=dict)
    images: int = 0
    fresh_bytes: int = 0


def run_command(chosen: argparse.Namespace, docs: Path) -> None:
    """Measures and prints the report; writes `docs/mesh.md` if that was asked for."""
    text = report(run(chosen.photos, chosen.model), chosen.model)
    print(text)
    if chosen.write:
        docs.mkdir(parents=True, exist_ok=True)
        command = "make bench" + (' ARGS="--photos FOLDER"' if chosen.photos else "")
        (docs / "mesh.md").write_text(
            f"# The whole mesh\n\n`{command}` on the single-machine edition; "
            f"everything runs and is asked on the same machine.\n\n{text}",
            encoding="utf-8",
        )


def run(folder: Path | None, model: str) -> Results:
    """Measures everything in one go."""
    results = Results()
    with tempfile.TemporaryDirectory(prefix="argus-bench-") as temporary:
        work = Path(temporary)
        work.chmod(0o711)  # PostgreSQL's own user passes through
        files = photographs(work / "photographs", SEARCHED, folder)
        with running_mesh(work / "data", model=model) as mesh:
            results.first_start_s = mesh.start_s
        with running_mesh(work / "data", model=model) as mesh:
            results.second_start_s = mesh.start_s
            asyncio.run(_measure(mesh, files, work, results))
            results.memory_mb = mesh.resident_mb()
    return results


async def _measure(mesh: RunningMesh, files: list[Path], work: Path, results: Results) -> None:
    accounts = AccountFile(work / "accounts")
    async with connect(mesh.server, accounts) as connection:
        account = await connection.sign_in("bench@example.org", "a long password", name="")
        metadata = (("authorization", f"Bearer {account.access_token}"),)
        # Once before, so that nothing is measured cold.
        await _import(connection, files[IMPORTED : IMPORTED + 16])
        results.embed_per_s = await _embed(mesh.server, metadata, files[:IMPORTED])
        results.import_per_s = await _import(connection, files[:IMPORTED])
        for number in range(FRESH):
            photograph = large_photograph(sample_photographs()[0], 500_000, number)
            results.fresh_bytes = len(photograph)
            results.freshness_s.append(await _fresh(connection, photograph))
        await _import(connection, files[IMPORTED + 16 :])
        results.images = len(files) + FRESH
        image = files[0].read_bytes()

        async def by_text(number: int) -> None:
            query = QUERIES[number % len(QUERIES)]
            request = search_pb2.SearchImagesRequest(text=f"{query} {number}")
            answer = await connection.search.SearchImages(request, metadata=metadata, timeout=10)
            if not answer.matches:
                raise RuntimeError("a search found nothing")

        async def by_image(number: int) -> None:
            request = search_pb2.SearchImagesRequest(image=image, limit=1 + number % 20)
            await connection.search.SearchImages(request, metadata=metadata, timeout=10)

        results.grpc_search_s = await _repeat(by_text)
        results.image_search_s = await _repeat(by_image)
        async with httpx.AsyncClient(base_url=f"http://{mesh.server}", trust_env=False) as http:
            headers = {"authorization": f"Bearer {account.access_token}"}

            async def by_rest(number: int) -> None:
                text = f"{QUERIES[number % len(QUERIES)]} {number} again"
                answer = await http.post("/api/search", json={"text": text}, headers=headers)
                answer.raise_for_status()

            results.rest_search_s = await _repeat(by_rest)


async def _repeat(once: Callable[[int], Awaitable[None]]) -> list[float]:
    for number in range(5):
        await once(number)
    seconds = []
    for number in range(5, 5 + ROUNDS):
        started = time.perf_counter()
        await once(number)
        seconds.append(time.perf_counter() - started)
    return seconds


async def _import(connection: Connection, files: list[Path]) -> float:
    """Images per second from the first byte read until search finds the last."""
    importer = Importer(connection, labels={}, jobs=8, progress=lambda _: None)
    report = await importer.run(files)
    if report.problems or report.searchable != len(files):
        raise RuntimeError(f"the import went wrong: {report.problems[:3]}, {report.skipped[:3]}")
    return len(files) / report.seconds


async def _embed(server: str, metadata: tuple[tuple[str, str], ...], files: list[Path]) -> float:
    """Images per second of the embedder alone, over one stream through the edge."""
    contents = [file.read_bytes() for file in files]
    started = time.perf_counter()
    async with grpc.aio.insecure_channel(server) as channel:
        stub = embedder_pb2_grpc.EmbedderServiceStub(channel)
        window = asyncio.Semaphore(IN_FLIGHT)
        call = stub.EmbedImages(metadata=metadata)

        async def send() -> None:
            for number, content in enumerate(contents):
                await window.acquire()
                await call.write(
                    embedder_pb2.EmbedImagesRequest(item_id=str(number), image=content)
                )
            await call.done_writing()

        sending = asyncio.create_task(send())
        answered = 0
        async for answer in call:
            if not answer.HasField("embedding"):
                raise RuntimeError(f"an image was not embedded: {answer.error.message}")
            answered += 1
            window.release()
        await sending
    if answered != len(contents):
        raise RuntimeError("the stream ended early")
    return answered / (time.perf_counter() - started)


async def _fresh(connection: Connection, photograph: bytes) -> float:
    """Seconds from sending CompleteUpload until a search by the image id finds it."""
    images = connection.images
    created = await connection.call(
        images.CreateUpload,
        image_pb2.CreateUploadRequest(
            filename="fresh.jpg", content_type="image/jpeg", size_bytes=len(photograph)
        ),
    )
    async with httpx.AsyncClient(trust_env=False) as http:
        (await http.put(created.upload.url, content=photograph)).raise_for_status()
    image_id = created.image.image_id
    started = time.perf_counter()
    await connection.call(images.CompleteUpload, image_pb2.CompleteUploadRequest(image_id=image_id))
    request = search_pb2.SearchImagesRequest(image_id=image_id, limit=1)
    while True:
        try:
            answer = await connection.call(connection.search.SearchImages, request)
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.FAILED_PRECONDITION:
                raise
            await asyncio.sleep(0.005)
        else:
            if answer.matches[0].image.image_id != image_id:
                raise RuntimeError("the image does not find itself first")
            return time.perf_counter() - started


def report(results: Results, model: str) -> str:
    """The results as Markdown."""

    def ms(seconds: list[float]) -> str:
        ordered = sorted(seconds)
        p95 = ordered[int(0.95 * (len(ordered) - 1))]
        return f"p50 {statistics.median(ordered) * 1e3:.1f} ms, p95 {p95 * 1e3:.1f} ms"

    ratio = results.import_per_s / results.embed_per_s
    total = sum(results.memory_mb.values())
    rows = [
        ("first start (model converted)", f"{results.first_start_s:.1f} s", "–"),
        ("second start", f"{results.second_start_s:.1f} s", "≤ 15 s"),
        (f"import of {IMPORTED} photographs", f"{results.import_per_s:.1f} images/s", "≥ 20"),
        ("embedder alone, same bytes, same edge", f"{results.embed_per_s:.1f} images/s", "–"),
        ("import ÷ embedder alone", f"{ratio:.2f}", "–"),
        (
            f"{results.fresh_bytes / 1000:.0f} kB photograph, complete → found",
            ms(results.freshness_s),
            "≤ 2 s",
        ),
        (f"text search, gRPC, {results.images} images", ms(results.grpc_search_s), "p50 ≤ 25 ms"),
        (f"text search, REST, {results.images} images", ms(results.rest_search_s), "p50 ≤ 25 ms"),
        (f"search by image, gRPC, {results.images} images", ms(results.image_search_s), "–"),
        ("memory of the whole mesh", f"{total:.0f} MB", "≤ 2,500 MB"),
    ]
    lines = ["| what | measured | goal |", "|---|---|---|"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    lines += ["", "| part | memory, MB |", "|---|---|"]
    by_size = sorted(results.memory_mb.items(), key=lambda item: -item[1])
    lines += [f"| {name} | {size:.0f} |" for name, size in by_size]
    head = f"{os.cpu_count()} cores, model `{model}`, memory as proportional set size."
    return "\n".join([head, "", *lines, ""])
