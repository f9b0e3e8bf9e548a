"""The use case: a set's labelled images for other programs and for people."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import Executor
from datetime import datetime
from enum import StrEnum

from argus.storage.v1.image_pb2 import Image

from services.clients.ports import Catalog
from services.inspection.evidence.document import ReportWriter
from services.inspection.evidence.reporting import Reporting
from services.inspection.ports import FeedbackStore
from services.inspection.reference_library import ReferenceLibrary
from services.inspection.review.coco import coco_json
from services.inspection.review.csv_export import csv_text

CHUNK_BYTES = 256 * 1024
RECORDS_AT_ONCE = 500


class ExportFormat(StrEnum):
    """What labelled images are exported as; the value is the media type."""

    COCO = "application/json"
    CSV = "text/csv; charset=utf-8"
    HTML = "text/html; charset=utf-8"
    PDF = "application/pdf"


class Exporting:
    """Exports the labelled images of a set, and reports of its versions.

    Its owner gets all of them, others those that they inspected themselves;
    sizes and pictures are those of the caller's own images only.

    Args:
        library: Who may see which set.
        feedback: What people said.
        catalog: Records of images, as the caller may see them.
        reporting: Reports of versions.
        writers: Who writes them, by format.
        threads: Where labelled images are written.
        clock: What time it is.
    """

    def __init__(
        self,
        library: ReferenceLibrary,
        feedback: FeedbackStore,
        catalog: Catalog,
        *,
        reporting: Reporting,
        writers: Mapping[ExportFormat, ReportWriter],
        threads: Executor,
        clock: Callable[[], datetime],
    ) -> None:
        self._library = library
        self._feedback = feedback
        self._catalog = catalog
        self._reporting = reporting
        self._writers = writers
        self._threads = threads
        self._clock = clock

    async def export(
        self, set_id: str, user_id: str, format_: ExportFormat, version: int = 0
    ) -> AsyncIterator[tuple[str, bytes]]:
        """The media type and a piece of the export, again and again.

        Args:
            set_id: Of the set.
            user_id: Who asks.
            format_: What to export as.
            version: That a report is of; the current one if 0.

        Raises:
            ReferenceSetNotFound: the user may not see the set.
            VersionNotFound: there is no such version.
            StorageUnavailable, ContentsUnavailable: they do not answer.
        """
        writer = self._writers.get(format_)
        if writer is None:
            content = await self._labels(set_id, user_id, format_)
        else:
            content = await self._reporting.report(set_id, user_id, version, writer)
        for start in range(0, max(len(content), 1), CHUNK_BYTES):
            yield format_.value, content[start : start + CHUNK_BYTES]

    async def _labels(self, set_id: str, user_id: str, format_: ExportFormat) -> bytes:
        found = await self._library.get(set_id, user_id)
        whose = "" if found.user_id == user_id else user_id
        labels = await self._feedback.labelled(set_id, user_id=whose)
        records = await self._records([label.image_id for label in labels])
        sizes = {image_id: (record.width, record.height) for image_id, record in records.items()}
        now = self._clock()

        def written() -> str:
            if format_ is ExportFormat.CSV:
                return csv_text(labels)
            return coco_json(found, labels, sizes, created_at=now)

        text = await asyncio.get_running_loop().run_in_executor(self._threads, written)
        return text.encode()

    async def _records(self, image_ids: Sequence[str]) -> Mapping[str, Image]:
        found: dict[str, Image] = {}
        for start in range(0, len(image_ids), RECORDS_AT_ONCE):
            found |= await self._catalog.images(image_ids[start : start + RECORDS_AT_ONCE])
        return found
