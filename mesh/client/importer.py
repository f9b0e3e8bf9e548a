"""Puts many files into a mesh: concurrent, resumable, patient with parts that restart."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

import grpc
import httpx
from argus.storage.v1 import image_pb2

from mesh.client.connection import PATIENCE_S, Connection, backoff_s, reason_of
from mesh.client.names import printable
from mesh.client.reading import FileProblem, Fingerprint, content, fingerprint

POLL_S = 0.15
STALLED_AFTER_S = 120.0
BATCH = 200

_OF_THE_REQUEST = "INVALID_REQUEST"
"""Reason of a refusal for a file's name, which a copy under another name need not share."""


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
    """Files whose images were stored before."""
    copies: list[tuple[Path, Path]] = field(default_factory=list)
    """Files with the bytes of another file of this import that is stored, and that other file."""
    problems: list[tuple[Path, str]] = field(default_factory=list)
    image_ids: dict[Path, str] = field(default_factory=dict)
    """UUIDs of the images that the files are, of those that are stored."""
    searchable: int = 0
    unlabelled: int = 0
    """Images stored before that lack a label of this import; an import does not change them."""
    seconds: float = 0.0


class _Copies:
    """Files of the same bytes: one is imported, the others wait for what becomes of it."""

    def __init__(self) -> None:
        self.turn = asyncio.Lock()
        self.stored: Path | None = None
        self.refused: tuple[Path, str] | None = None
        """A file whose bytes the mesh refused, and why; it would refuse its copies too."""


class Importer:
    """Imports files for the signed-in user.

    One file can neither end an import nor keep another from being imported.

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
        self._earlier: set[str] = set()
        self._copies: defaultdict[str, _Copies] = defaultdict(_Copies)
        self._uploading = True

    async def run(self, files: Sequence[Path], *, wait: bool = True) -> Report:
        """Imports the files; with `wait`, until search finds them."""
        started = time.monotonic()
        queue: asyncio.Queue[Path] = asyncio.Queue()
        for file in files:
            queue.put_nowait(file)
        async with self._connection.http(timeout_s=60, connections=self._jobs) as http:
            indexed = asyncio.create_task(self._watch() if wait else asyncio.sleep(0))
            try:
                async with asyncio.TaskGroup() as group:
                    for _ in range(min(self._jobs, len(files))):
                        group.create_task(self._work(queue, http))
                self._uploading = False
                await self._followed(indexed)
            finally:
                indexed.cancel()
        self._settle_copies()
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
                self._report.problems.append((file, _words(error)))
            self._progress(outcome)

    async def _import(self, file: Path, http: httpx.AsyncClient) -> Outcome:
        found = await asyncio.to_thread(fingerprint, file)
        copies = self._copies[found.sha256]
        async with copies.turn:
            if copies.stored is not None:
                self._report.copies.append((file, copies.stored))
                return Outcome.SKIPPED
            if copies.refused is not None:
                raise FileProblem("the same as {}: {}".format(*copies.refused))
            try:
                outcome = await self._store(file, found, http)
            except grpc.aio.AioRpcError as error:
                if (
                    error.code() is grpc.StatusCode.INVALID_ARGUMENT
                    and reason_of(error) != _OF_THE_REQUEST
                ):
                    copies.refused = (file, _words(error))
                raise
            copies.stored = file
            return outcome

    async def _store(self, file: Path, found: Fingerprint, http: httpx.AsyncClient) -> Outcome:
        created = await self._connection.call(
            self._connection.images.CreateUpload,
            image_pb2.CreateUploadRequest(
                filename=printable(file.name),
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
            return self._skip(file, created.image)
        image = await self._deliver(file, found, created, http)
        if image.image_id != image_id:
            # Another import brought the same bytes meanwhile; the mesh keeps its image.
            return self._skip(file, image)
        self._report.imported.append(file)
        self._report.image_ids[file] = image_id
        self._waiting[image_id] = file
        return Outcome.IMPORTED

    def _skip(self, file: Path, image: image_pb2.Image) -> Outcome:
        """Leaves an image as it is that is stored already."""
        self._report.image_ids[file] = image.image_id
        self._report.skipped.append(file)
        self._report.unlabelled += not self._labels.items() <= image.labels.items()
        if image.state == image_pb2.Image.UPLOADED:
            # Another import has just brought it; search does not find it yet.
            self._earlier.add(image.image_id)
            self._waiting[image.image_id] = file
        return Outcome.SKIPPED

    async def _deliver(
        self,
        file: Path,
        found: Fingerprint,
        created: image_pb2.CreateUploadResponse,
        http: httpx.AsyncClient,
    ) -> image_pb2.Image:
        """Puts the bytes and completes; again if the store lost them in between.

        Returns:
            The image that the mesh keeps of these bytes.
        """
        request = image_pb2.CompleteUploadRequest(image_id=created.image.image_id)
        for last in (False, False, True):
            await self._put(file, found, created.upload, http)
            try:
                return await self._connection.call(
                    self._connection.images.CompleteUpload, request, patience_s=PATIENCE_S
                )
            except grpc.aio.AioRpcError as error:
                if last or reason_of(error) != "UPLOAD_NOT_RECEIVED":
                    raise
        raise AssertionError

    async def _put(
        self,
        file: Path,
        found: Fingerprint,
        upload: image_pb2.PresignedRequest,
        http: httpx.AsyncClient,
    ) -> None:
        body = await asyncio.to_thread(content, file, found)
        give_up_at = time.monotonic() + PATIENCE_S
        attempt = 0
        while True:
            try:
                answer = await http.request(
                    upload.method, upload.url, content=body, headers=dict(upload.headers)
                )
            except httpx.TransportError as error:
                refusal = f"the object store does not answer: {error!r}"
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise FileProblem(f"the upload failed: {error!r}") from error
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

    async def _followed(self, indexed: "asyncio.Task[None]") -> None:
        """Waits until the images are searchable; where that cannot be learnt, says so of each."""
        try:
            await indexed
        except grpc.aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.UNAUTHENTICATED:
                raise
            words = f"stored, but whether search finds it is not known: {_words(error)}"
            self._report.problems += [(file, words) for file in self._waiting.values()]

    def _settle_copies(self) -> None:
        """Says of copies what became of the files that they are copies of."""
        failed = dict(self._report.problems)
        copies, self._report.copies = self._report.copies, []
        for copy, stored in copies:
            if image_id := self._report.image_ids.get(stored):
                self._report.image_ids[copy] = image_id
            if problem := failed.get(stored):
                self._report.problems.append((copy, f"the same as {stored}: {problem}"))
            else:
                self._report.copies.append((copy, stored))

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
                if image_id not in self._earlier:
                    self._report.searchable += 1
                    self._progress(None)
            else:
                words = image.failure.message if image else "the image was deleted meanwhile"
                self._report.problems.append((file, words))
        return settled


def _words(error: grpc.aio.AioRpcError) -> str:
    """What a refusal says, with its reason."""
    return f"{error.details() or 'the call failed'} ({reason_of(error) or error.code().name})"
