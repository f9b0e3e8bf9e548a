"""Puts many files into a mesh: concurrent, resumable, patient with parts that restart."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

import grpc
import httpx
from argus.storage.v1 import image_pb2

from mesh.client.connection import PATIENCE_S, Connection, backoff_s, reason_of
from mesh.client.files import FileProblem, Fingerprint, fingerprint

POLL_S = 0.15
STALLED_AFTER_S = 120.0
BATCH = 200


class Outcome(Enum):
    """What became of a file."""

    IMPORTED = "imported"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass
class Report:
    """What an import did."""

    imported: list[Path] = field(default_factory=list)
    skipped: list[Path] = field(default_factory=list)
    problems: list[tuple[Path, str]] = field(default_factory=list)
    image_ids: dict[Path, str] = field(default_factory=dict)
    """UUIDs of the images that the files are, of those that are stored."""
    searchable: int = 0
    seconds: float = 0.0


class Importer:
    """Imports files for the signed-in user.

    Args:
        connection: To the mesh.
        labels: Given to every image.
        jobs: Files under way at once.
        progress: Told of each file's outcome, and with None of each image that
            became searchable.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        labels: Mapping[str, str],
        jobs: int,
        progress: Callable[[Outcome | None], None],
    ) -> None:
        self._connection = connection
        self._labels = labels
        self._jobs = jobs
        self._progress = progress
        self._report = Report()
        self._waiting: dict[str, Path] = {}
        self._first: dict[str, Path] = {}
        self._copies: dict[Path, Path] = {}
        self._uploading = True

    async def run(self, files: Sequence[Path], *, wait: bool = True) -> Report:
        """Imports the files; with `wait`, until search finds them."""
        started = time.monotonic()
        queue: asyncio.Queue[Path] = asyncio.Queue()
        for file in files:
            queue.put_nowait(file)
        limits = httpx.Limits(max_connections=self._jobs)
        async with httpx.AsyncClient(timeout=60, limits=limits, trust_env=False) as http:
            indexed = asyncio.create_task(self._watch() if wait else asyncio.sleep(0))
            try:
                async with asyncio.TaskGroup() as group:
                    for _ in range(min(self._jobs, len(files))):
                        group.create_task(self._work(queue, http))
                self._uploading = False
                await indexed
            finally:
                indexed.cancel()
        for copy, first in self._copies.items():
            if image_id := self._report.image_ids.get(first):
                self._report.image_ids[copy] = image_id
        self._report.seconds = time.monotonic() - started
        return self._report

    async def _work(self, queue: asyncio.Queue[Path], http: httpx.AsyncClient) -> None:
        while not queue.empty():
            file = queue.get_nowait()
            try:
                outcome = await self._import(file, http)
            except FileProblem as problem:
                outcome = Outcome.FAILED
                self._report.problems.append((file, str(problem)))
            except grpc.aio.AioRpcError as error:
                if error.code() is grpc.StatusCode.UNAUTHENTICATED:
                    raise
                outcome = Outcome.FAILED
                reason = reason_of(error) or error.code().name
                self._report.problems.append((file, f"{error.details()} ({reason})"))
            self._progress(outcome)

    async def _import(self, file: Path, http: httpx.AsyncClient) -> Outcome:
        found = await asyncio.to_thread(fingerprint, file)
        first = self._first.setdefault(found.sha256, file)
        if first is not file:
            self._copies[file] = first
            self._report.skipped.append(file)
            return Outcome.SKIPPED
        created = await self._connection.call(
            self._connection.images.CreateUpload,
            image_pb2.CreateUploadRequest(
                filename=file.name,
                content_type=found.content_type,
                size_bytes=found.size_bytes,
                sha256=found.sha256,
                labels=self._labels,
                skip_existing=True,
            ),
            patience_s=PATIENCE_S,
        )
        image_id = created.image.image_id
        if not created.HasField("upload"):
            self._report.image_ids[file] = image_id
            self._report.skipped.append(file)
            return Outcome.SKIPPED
        await self._deliver(file, found, created, http)
        self._report.imported.append(file)
        self._report.image_ids[file] = image_id
        self._waiting[image_id] = file
        return Outcome.IMPORTED

    async def _deliver(
        self,
        file: Path,
        found: Fingerprint,
        created: image_pb2.CreateUploadResponse,
        http: httpx.AsyncClient,
    ) -> None:
        """Puts the bytes and completes; again if the store lost them in between."""
        request = image_pb2.CompleteUploadRequest(image_id=created.image.image_id)
        for last in (False, False, True):
            await self._put(file, found, created.upload, http)
            try:
                await self._connection.call(
                    self._connection.images.CompleteUpload, request, patience_s=PATIENCE_S
                )
            except grpc.aio.AioRpcError as error:
                if last or reason_of(error) != "UPLOAD_NOT_RECEIVED":
                    raise
            else:
                return

    async def _put(
        self,
        file: Path,
        found: Fingerprint,
        upload: image_pb2.PresignedRequest,
        http: httpx.AsyncClient,
    ) -> None:
        content = await asyncio.to_thread(file.read_bytes)
        if len(content) != found.size_bytes:
            raise FileProblem("the file changed while it was imported")
        give_up_at = time.monotonic() + PATIENCE_S
        attempt = 0
        while True:
            try:
                answer = await http.request(
                    upload.method, upload.url, content=content, headers=dict(upload.headers)
                )
            except httpx.TransportError as error:
                refusal = f"the object store does not answer: {error!r}"
            else:
                if answer.is_success:
                    return
                refusal = f"the object store answered {answer.status_code}"
                if answer.status_code < 500:
                    raise FileProblem(refusal)
            if time.monotonic() > give_up_at:
                raise FileProblem(refusal)
            attempt += 1
            await asyncio.sleep(backoff_s(attempt))

    async def _watch(self) -> None:
        """Counts images as they become searchable, until all are or none does for long."""
        moved_at = time.monotonic()
        while self._uploading or self._waiting:
            await asyncio.sleep(POLL_S)
            asked = list(self._waiting)[:BATCH]
            if not asked:
                continue
            answer = await self._connection.call(
                self._connection.images.BatchGetImages,
                image_pb2.BatchGetImagesRequest(image_ids=asked),
                patience_s=PATIENCE_S,
            )
            if self._settle(answer.images, asked):
                moved_at = time.monotonic()
            elif not self._uploading and time.monotonic() - moved_at > STALLED_AFTER_S:
                for file in self._waiting.values():
                    self._report.problems.append(
                        (file, f"not searchable {STALLED_AFTER_S:.0f} s after its upload")
                    )
                return

    def _settle(self, images: Sequence[image_pb2.Image], asked: Sequence[str]) -> int:
        """Takes those out that came to an end; how many."""
        pending = (image_pb2.Image.PENDING, image_pb2.Image.UPLOADED)
        states = {image.image_id: image for image in images}
        settled = 0
        for image_id in asked:
            image = states.get(image_id)
            if image is not None and image.state in pending:
                continue
            file = self._waiting.pop(image_id)
            settled += 1
            if image is not None and image.state == image_pb2.Image.INDEXED:
                self._report.searchable += 1
                self._progress(None)
            else:
                words = image.failure.message if image else "the image was deleted meanwhile"
                self._report.problems.append((file, words))
        return settled
