"""The use case: a set's labelled images for other programs and for people."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import Executor
from datetime import datetime
from enum import StrEnum

from argus.storage.v1.image_pb2 import Image

from services.clients.ports import Catalog
from services.imaging.decode import ImageLimits
from services.inspection.model import Counts, LabelledImage
from services.inspection.pictures.picture import thumbnail
from services.inspection.ports import FeedbackStore, ReferenceContents
from services.inspection.reference_library import ReferenceLibrary
from services.inspection.review.coco import coco_json
from services.inspection.review.csv_export import csv_text
from services.inspection.review.report import pictured, report_html
from services.inspection.verdict.agreement import agreement_of, counts_of
from services.runtime.concurrency import at_once
from services.runtime.errors import InvalidInput, NotFound

CHUNK_BYTES = 256 * 1024
RECORDS_AT_ONCE = 500

AT_ONCE = 8


class ExportFormat(StrEnum):
    """What labelled images are exported as; the value is the media type."""

    COCO = "application/json"
    CSV = "text/csv; charset=utf-8"
    HTML = "text/html; charset=utf-8"


class Exporting:
    """Exports the labelled images of a set.

    Its owner gets all of them, others those that they inspected themselves;
    sizes and pictures are those of the caller's own images only.

    Args:
        library: Who may see which set.
        feedback: What people said.
        contents: Bytes of stored images.
        catalog: Records of images, as the caller may see them.
        threads: Where pictures are made small.
        limits: What an image may measure.
        clock: What time it is.
    """

    def __init__(
        self,
        library: ReferenceLibrary,
        feedback: FeedbackStore,
        contents: ReferenceContents,
        catalog: Catalog,
        threads: Executor,
        *,
        limits: ImageLimits,
        clock: Callable[[], datetime],
    ) -> None:
        self._library = library
        self._feedback = feedback
        self._contents = contents
        self._catalog = catalog
        self._threads = threads
        self._limits = limits
        self._clock = clock

    async def export(
        self, set_id: str, user_id: str, format_: ExportFormat
    ) -> AsyncIterator[tuple[str, bytes]]:
        """The media type and a piece of the export, again and again.

        Raises:
            ReferenceSetNotFound: the user may not see the set.
            StorageUnavailable, ContentsUnavailable: they do not answer.
        """
        found = await self._library.get(set_id, user_id)
        whose = "" if found.user_id == user_id else user_id
        labels = await self._feedback.labelled(set_id, user_id=whose)
        records = await self._records([label.image_id for label in labels])
        shown = pictured(labels) if format_ is ExportFormat.HTML else []
        pictures = await self._pictures([label for label in shown if label.image_id in records])
        sizes = {image_id: (record.width, record.height) for image_id, record in records.items()}
        now = self._clock()

        def written() -> str:
            match format_:
                case ExportFormat.COCO:
                    return coco_json(found, labels, sizes, created_at=now)
                case ExportFormat.CSV:
                    return csv_text(labels)
                case ExportFormat.HTML:
                    agreement = agreement_of(counted(labels))
                    return report_html(found, labels, agreement, pictures, created_at=now)

        text = await asyncio.get_running_loop().run_in_executor(self._threads, written)
        content = text.encode()
        for start in range(0, max(len(content), 1), CHUNK_BYTES):
            yield format_.value, content[start : start + CHUNK_BYTES]

    async def _records(self, image_ids: Sequence[str]) -> Mapping[str, Image]:
        found: dict[str, Image] = {}
        for start in range(0, len(image_ids), RECORDS_AT_ONCE):
            found |= await self._catalog.images(image_ids[start : start + RECORDS_AT_ONCE])
        return found

    async def _pictures(self, labels: Sequence[LabelledImage]) -> Mapping[str, bytes]:
        pictures: dict[str, bytes] = {}

        async def one(label: LabelledImage) -> None:
            try:
                image = await self._contents.fetch(label.image_id, label.user_id)
                pictures[label.image_id] = await asyncio.get_running_loop().run_in_executor(
                    self._threads, lambda: thumbnail(image, self._limits)
                )
            except (InvalidInput, NotFound):
                return

        await at_once(labels, one, AT_ONCE)
        return pictures


def counted(labels: Sequence[LabelledImage]) -> Counts:
    """How the last verdict on each image agrees with people."""
    return counts_of((one.inspection.anomalous, one.defective) for one in labels)
