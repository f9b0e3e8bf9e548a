"""Many files into a mesh: concurrent, each once, patient with parts that restart."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path

import grpc
from argus.storage.v1 import image_pb2

from argus_client.calls import Calls
from argus_client.description import Description
from argus_client.errors import CallFailed
from argus_client.imports import Importer
from argus_client.indexing import PENDING, POLL_S, STALLED_AFTER_S, Ended, ended
from argus_client.reading import FileProblem
from argus_client.store import Sent
from argus_client.uploads import Source

ASKED = 64
"""Images that are asked about at once."""

PATIENCE_S = 90.0
"""How long each step of an upload is tried again while parts of the mesh are down."""

_OF_THE_REQUEST = "INVALID_REQUEST"
"""Reason of a refusal for a file's name, which a copy under another name need not share."""


class Outcome(Enum):
    """What became of a file."""

    IMPORTED = "imported"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass
class Report:
    """What a batch did."""

    imported: list[Path] = field(default_factory=list)
    skipped: list[Path] = field(default_factory=list)
    """Files whose images were stored before."""
    copies: list[tuple[Path, Path]] = field(default_factory=list)
    """Files with the bytes of another file of this batch that is stored, and that other file."""
    problems: list[tuple[Path, str]] = field(default_factory=list)
    image_ids: dict[Path, str] = field(default_factory=dict)
    """UUIDs of the images that the files are, of those that are stored."""
    searchable: int = 0
    unlabelled: int = 0
    """Images stored before that lack a label of this batch, which does not change them."""
    seconds: float = 0.0


class _Copies:
    """Files of the same bytes: one is imported, the others wait for what becomes of it."""

    def __init__(self) -> None:
        self.turn = asyncio.Lock()
        self.stored: Path | None = None
        self.refused: tuple[Path, str] | None = None
        """A file whose bytes the mesh refused, and why; it would refuse its copies too."""


class Batch:
    """Uploads files for the signed-in user.

    One file can neither end a batch nor keep another from being uploaded.

    Args:
        calls: To the mesh.
        importer: What they go over.
        labels: Given to every image.
        describe: What each file's image is to have beside that, if it is new.
        jobs: Files under way at once.
        progress: Told of each file's outcome, and with None of each image that became searchable.
        sent: Told of bytes as they leave.
        named: What an image is called that comes from a file.
    """

    def __init__(
        self,
        calls: Calls,
        importer: Importer,
        *,
        labels: Mapping[str, str],
        jobs: int,
        progress: Callable[[Outcome | None], None],
        sent: Sent | None = None,
        named: Callable[[Path], str] = lambda file: file.name,
        describe: Callable[[Path], Description] = lambda _: Description(),
    ) -> None:
        self._calls = calls
        self._uploader = importer
        self._labels = labels
        self._jobs = jobs
        self._progress = progress
        self._sent = sent
        self._named = named
        self._describe = describe
        self._report = Report()
        self._waiting: dict[str, Path] = {}
        self._earlier: set[str] = set()
        self._copies: defaultdict[str, _Copies] = defaultdict(_Copies)
        self._uploading = True

    async def run(self, files: Sequence[Path], *, wait: bool = True) -> Report:
        """Uploads the files; with `wait`, until search finds them.

        Raises:
            CallFailed: Nobody is signed in any more.
        """
        started = time.monotonic()
        queue: asyncio.Queue[Path] = asyncio.Queue()
        for file in files:
            queue.put_nowait(file)
        indexed = asyncio.create_task(self._watch() if wait else asyncio.sleep(0))
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(self._jobs, len(files))):
                    group.create_task(self._work(queue))
            self._uploading = False
            await self._followed(indexed)
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from failures
        finally:
            indexed.cancel()
        self._settle_copies()
        self._report.seconds = time.monotonic() - started
        return self._report

    async def _work(self, queue: asyncio.Queue[Path]) -> None:
        while not queue.empty():
            file = queue.get_nowait()
            try:
                outcome = await self._upload(file)
            except FileProblem as problem:
                outcome = Outcome.FAILED
                self._report.problems.append((file, str(problem)))
            except CallFailed as failed:
                if failed.code is grpc.StatusCode.UNAUTHENTICATED:
                    raise
                outcome = Outcome.FAILED
                self._report.problems.append((file, _words(failed)))
            self._progress(outcome)

    async def _upload(self, file: Path) -> Outcome:
        source = await Source.of_file(file, self._named(file))
        copies = self._copies[source.found.sha256]
        async with copies.turn:
            if copies.stored is not None:
                self._report.copies.append((file, copies.stored))
                return Outcome.SKIPPED
            if copies.refused is not None:
                raise FileProblem("the same as {}: {}".format(*copies.refused))
            try:
                says = self._describe(file)
                says = replace(says, labels={**self._labels, **says.labels})
                done = await self._uploader.upload(source, says, self._sent)
            except CallFailed as failed:
                if (
                    failed.code is grpc.StatusCode.INVALID_ARGUMENT
                    and failed.reason != _OF_THE_REQUEST
                ):
                    copies.refused = (file, _words(failed))
                raise
            copies.stored = file
            if not done.brought:
                return self._skip(file, done.image)
            self._report.imported.append(file)
            self._report.image_ids[file] = done.image.image_id
            self._waiting[done.image.image_id] = file
            return Outcome.IMPORTED

    def _skip(self, file: Path, image: image_pb2.Image) -> Outcome:
        """Leaves an image as it is that is stored already."""
        self._report.image_ids[file] = image.image_id
        self._report.skipped.append(file)
        self._report.unlabelled += not self._labels.items() <= image.labels.items()
        if image.state in PENDING:
            # Somebody else has just brought it; search does not find it yet.
            self._earlier.add(image.image_id)
            self._waiting[image.image_id] = file
        return Outcome.SKIPPED

    async def _watch(self) -> None:
        """Counts images as they become searchable, until all are or none does for long."""
        moved_at = time.monotonic()
        settled: Sequence[Ended] = ()
        asked: list[str] = []
        while self._uploading or self._waiting:
            # Search mostly finds first what came first: where most are found, others are too.
            if 2 * len(settled) <= len(asked):
                await asyncio.sleep(POLL_S)
            asked = list(self._waiting)[:ASKED]
            if not asked:
                settled = ()
                continue
            settled = await ended(self._calls, asked, patience_s=PATIENCE_S)
            # Those that are not found yet let others have a turn.
            for image_id in set(asked) - {image_id for image_id, _ in settled}:
                self._waiting[image_id] = self._waiting.pop(image_id)
            for image_id, image in settled:
                self._settle(image_id, image)
            if settled:
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
        except CallFailed as failed:
            if failed.code is grpc.StatusCode.UNAUTHENTICATED:
                raise
            words = f"stored, but whether search finds it is not known: {_words(failed)}"
            self._report.problems += [(file, words) for file in self._waiting.values()]

    def _settle(self, image_id: str, image: image_pb2.Image | None) -> None:
        """Takes one out that came to an end."""
        file = self._waiting.pop(image_id)
        if image is not None and image.state == image_pb2.Image.INDEXED:
            if image_id not in self._earlier:
                self._report.searchable += 1
                self._progress(None)
        else:
            words = image.failure.message if image else "the image was deleted meanwhile"
            self._report.problems.append((file, words))

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


def _words(failed: CallFailed) -> str:
    """What a refusal says, with its reason."""
    return f"{failed.message or 'the call failed'} ({failed.reason or failed.code.name})"
