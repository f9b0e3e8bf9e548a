"""Compares a user's images: gathers what tells them apart, and has a process do the rest."""

import asyncio
import hashlib
import logging
import shutil
import tempfile
import time
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from services.clients.model import Space
from services.runtime.filters import Filter
from services.runtime.telemetry_contract import STAGE
from services.search.duplicates.kept_clusters import Found
from services.search.duplicates.model import Kind, Progress
from services.search.duplicates.ports import FingerprintSource
from services.search.duplicates.task import HALF, DuplicatesTask
from services.search.errors import DuplicatesFailed, TooManyImages
from services.search.mapping.layout import packed
from services.search.model import Scope
from services.search.ports import VectorIndex
from services.search.telemetry import duplicates_s
from services.search.work_aside import WorkFailed, run_aside

MOST_IMAGES = 2_000_000
MOST_VECTORS = 1_000_000
IDS_AT_ONCE = 5_000
"""Ids that are read at once; an embedded index is read on the event loop, these in 8 ms."""
VECTORS_AT_ONCE = 250
MOST_S = 5400.0
"""Longest that a comparison may take."""
KEEP_FREE_BYTES = 512 * 2**20
"""Room on the disk that is left; the index stops writing before this is half gone."""
LEFTOVER_S = 7200.0
"""Age after which nobody works on a folder any more."""
_PREFIX = "comparing-"
_WIDTHS = (16, 32, 8, 8, 8)
"""Bytes of an image's id, SHA-256, perceptual hash, pixels and size."""

_log = logging.getLogger(__name__)

Report = Callable[[Progress], None]
Known = Callable[[str], Found | None]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is to be compared, and how.

    Attributes:
        user_id: Whose images.
        kinds: What counts as the same.
        where: Only these, if not None.
        max_distance: In how many bits hashes may differ.
        min_cosine: Least cosine of vectors.
        min_size: Fewest images of a cluster.
        space: An open space.
    """

    user_id: str
    kinds: frozenset[Kind]
    where: Filter | None
    max_distance: int
    min_cosine: float
    min_size: int
    space: Space


class Comparer:
    """Compares users' images.

    Args:
        source: What tells images apart without looking at them.
        index: Vectors of the users' images.
        folder: Where files are while images are compared; made if it is missing.
    """

    def __init__(self, source: FingerprintSource, index: VectorIndex, folder: Path) -> None:
        self._source = source
        self._index = index
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.glob(f"{_PREFIX}*"):
            # Left by a process that was killed.
            if path.stat().st_mtime < time.time() - LEFTOVER_S:
                shutil.rmtree(path, ignore_errors=True)

    async def compare(self, comparison: Comparison, known: Known, report: Report) -> Found:
        """Compares images, unless it is known what would be found.

        Args:
            comparison: What is asked.
            known: Gives what was found of a version before, if it is kept.
            report: Told how far it is.

        Raises:
            TooManyImages: there are more than are compared at once.
            StorageUnavailable, IndexUnavailable: a part that is needed is down.
            DuplicatesFailed: the process did not do it, or the disk is full.
        """
        try:
            with tempfile.TemporaryDirectory(dir=self._folder, prefix=_PREFIX) as folder:
                return await self._in(DuplicatesTask(Path(folder)), comparison, known, report)
        except (WorkFailed, OSError, ValueError) as error:
            _log.warning("images were not compared: %r", error)
            raise DuplicatesFailed("the images could not be compared", retry_after_s=10) from error

    async def _in(
        self, task: DuplicatesTask, comparison: Comparison, known: Known, report: Report
    ) -> Found:
        started = time.perf_counter()
        digest = hashlib.sha256(comparison.space.name.encode())
        await self._read_fingerprints(task, comparison.user_id, digest.update, report)
        ids: list[str] = []
        if comparison.where is not None or Kind.ALIKE in comparison.kinds:
            ids = await self._indexed(comparison)
        if comparison.where is not None:
            task.chosen.write_bytes(packed(ids).tobytes())
        digest.update(packed(ids).tobytes())
        version = digest.hexdigest()[:32]
        found = known(version)
        if found is not None:
            return found
        if Kind.ALIKE in comparison.kinds:
            await self._read_vectors(task, comparison, ids, report)
        task.describe(
            comparison.kinds,
            max_distance=comparison.max_distance,
            min_cosine=comparison.min_cosine,
            min_size=comparison.min_size,
        )
        duplicates_s.record(time.perf_counter() - started, {STAGE: "read"})
        report(Progress("comparing"))
        started = time.perf_counter()
        await run_aside("services.search.duplicates", task.folder, most_s=MOST_S)
        clusters = await asyncio.to_thread(task.result)
        duplicates_s.record(time.perf_counter() - started, {STAGE: "compare"})
        return Found(version, clusters)

    async def _read_fingerprints(
        self,
        task: DuplicatesTask,
        user_id: str,
        noted: Callable[[bytes], None],
        report: Report,
    ) -> None:
        count = 0
        with (
            task.ids.open("wb") as ids,
            task.sha256s.open("wb") as sha256s,
            task.phashes.open("wb") as phashes,
            task.pixel_counts.open("wb") as pixels,
            task.sizes_bytes.open("wb") as sizes,
        ):
            async for page in self._source.pages(user_id):
                parts = (
                    page.image_ids,
                    page.sha256s,
                    page.phashes,
                    array("q", page.pixel_counts).tobytes(),
                    array("q", page.sizes_bytes).tobytes(),
                )
                size = len(page.pixel_counts)
                if [len(part) for part in parts] != [width * size for width in _WIDTHS]:
                    raise ValueError("a page whose parts are of different numbers of images")
                for file, part in zip((ids, sha256s, phashes, pixels, sizes), parts, strict=True):
                    file.write(part)
                    noted(part)
                count += size
                if count > MOST_IMAGES:
                    raise _too_many(MOST_IMAGES)
                report(Progress("reading", count))

    async def _indexed(self, comparison: Comparison) -> list[str]:
        """Ids of the images that the index has and the filter leaves, ascending."""
        scope = Scope(comparison.user_id, comparison.where)
        most = MOST_VECTORS if Kind.ALIKE in comparison.kinds else MOST_IMAGES
        ids: list[str] = []
        while True:
            found = await self._index.image_ids(
                comparison.space, scope, limit=IDS_AT_ONCE, after=ids[-1] if ids else ""
            )
            ids += found
            if len(ids) > most:
                raise _too_many(most)
            if len(found) < IDS_AT_ONCE:
                return ids
            await asyncio.sleep(0)

    async def _read_vectors(
        self, task: DuplicatesTask, comparison: Comparison, ids: list[str], report: Report
    ) -> None:
        needed = len(ids) * comparison.space.dimension * HALF.itemsize
        if shutil.disk_usage(self._folder).free < needed + KEEP_FREE_BYTES:
            raise DuplicatesFailed("there is no room on the disk to compare so many images")
        with task.vectors.open("wb") as file, task.embedded_ids.open("wb") as kept:
            for start in range(0, len(ids), VECTORS_AT_ONCE):
                some = await self._index.stored(
                    comparison.space, ids[start : start + VECTORS_AT_ONCE]
                )
                # Asked for by id, so that it is checked once more whose they are.
                own = sorted(one for one in some if some[one].user_id == comparison.user_id)
                if own:
                    file.write(np.array([some[one].vector for one in own], HALF).tobytes())
                    kept.write(packed(own).tobytes())
                report(Progress("reading", start + len(own)))
                await asyncio.sleep(0)


def _too_many(most: int) -> TooManyImages:
    return TooManyImages(
        f"at most {most:,} images are compared at once; choose some with a filter, or leave out "
        "ALIKE",
        metadata={"max_images": str(most)},
    )
