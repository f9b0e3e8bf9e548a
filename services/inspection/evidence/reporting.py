"""The use case: a report of what a version is worth."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from datetime import datetime

from services.clients.ports import Catalog
from services.imaging.decode import ImageLimits
from services.inspection.errors import no_version
from services.inspection.evidence.composing import MOST_JUDGED, compose, worst
from services.inspection.evidence.document import ReportWriter
from services.inspection.evidence.gathered import Gathered, Judged
from services.inspection.model import Drift, LabelledImage, MarkScore, Version
from services.inspection.pictures.small import small_picture
from services.inspection.ports import (
    FeedbackStore,
    InspectionHistory,
    Inspections,
    ReferenceContents,
    Versions,
)
from services.inspection.reference_library import ReferenceLibrary
from services.inspection.verdict.drift import drift_of
from services.runtime.concurrency import at_once
from services.runtime.errors import InvalidInput, NotFound

REPORTS_AT_ONCE = 2
"""Written by one replica; more wait, so that their pictures do not fill the memory."""

PICTURES_AT_ONCE = 4
RECENT_SCORES = 200


class Reporting:
    """Reports of versions.

    The set's owner gets all inspections and feedback, others their own
    inspections and what was said of them; pictures are of the caller's own images
    only.

    Args:
        library: Who may see which set.
        versions: What calibrations made.
        feedback: What people said.
        inspections: What was inspected.
        history: Inspections with what they found.
        contents: Bytes of stored images.
        catalog: Records of images, as the caller may see them.
        marks: What painted defects score by a version; none if that is gone.
        threads: Where pictures are drawn and reports are written.
        limits: What an image may measure.
        clock: What time it is.
    """

    def __init__(
        self,
        library: ReferenceLibrary,
        *,
        versions: Versions,
        feedback: FeedbackStore,
        inspections: Inspections,
        history: InspectionHistory,
        contents: ReferenceContents,
        catalog: Catalog,
        marks: Callable[[Version], Awaitable[Sequence[MarkScore]]],
        threads: Executor,
        limits: ImageLimits,
        clock: Callable[[], datetime],
    ) -> None:
        self._library = library
        self._versions = versions
        self._feedback = feedback
        self._inspections = inspections
        self._history = history
        self._contents = contents
        self._catalog = catalog
        self._marks = marks
        self._threads = threads
        self._limits = limits
        self._clock = clock
        self._turns = asyncio.Semaphore(REPORTS_AT_ONCE)

    async def report(self, set_id: str, user_id: str, version: int, writer: ReportWriter) -> bytes:
        """A report of a version, the current one if 0; of a set without one, that there is none.

        Raises:
            ReferenceSetNotFound: the user may not see the set.
            VersionNotFound: there is no such version.
            StorageUnavailable, ContentsUnavailable: they do not answer.
        """
        async with self._turns:
            known = await self._gathered(set_id, user_id, version)
            return await asyncio.get_running_loop().run_in_executor(
                self._threads, lambda: writer.write(compose(known))
            )

    async def _gathered(self, set_id: str, user_id: str, number: int) -> Gathered:
        found = await self._library.get(set_id, user_id)
        whose = "" if found.user_id == user_id else user_id
        known = Gathered(
            found,
            self._clock(),
            user_id,
            judged_at_all=await self._feedback.judged_count(set_id, user_id=whose),
        )
        number = number or found.current_version
        if not number:
            return known
        version = await self._versions.get(set_id, number)
        if version is None:
            raise no_version(number)
        images = await self._feedback.judged(
            set_id, version.artifact_sha256, user_id=whose, limit=MOST_JUDGED
        )
        learnt = set(version.image_ids)
        judged = Judged(version.threshold, [one for one in images if one.image_id not in learnt])
        rows = await self._inspections.stats(user_id, set_id, version.version)
        return replace(
            known,
            version=version,
            judged=judged,
            learnt_from=len(images) - len(judged.images),
            inspected=sum(row.inspected for row in rows),
            anomalous=sum(row.anomalous for row in rows),
            marks=await self._marks(version),
            drift=await self._drift(version) if known.owned else None,
            pictures=await self._pictures(worst(judged), user_id),
        )

    async def _drift(self, version: Version) -> Drift:
        recent = await self._inspections.recent_scores(
            version.set_id, version.version, limit=RECENT_SCORES
        )
        return drift_of(
            version.set_id,
            version.version,
            recent.scores,
            version.held_out,
            uninspectable=recent.uninspectable,
        )

    async def _pictures(self, images: Sequence[LabelledImage], user_id: str) -> Mapping[str, bytes]:
        """Those of the user's own images, as far as they are there."""
        if not images:
            return {}
        own = await self._catalog.images([one.image_id for one in images])
        pictures: dict[str, bytes] = {}

        async def one(image: LabelledImage) -> None:
            inspection = image.inspection
            past = await self._history.get(inspection.inspection_id, user_id)
            try:
                content = await self._contents.fetch(image.image_id, image.user_id)
                pictures[image.image_id] = await asyncio.get_running_loop().run_in_executor(
                    self._threads,
                    lambda: small_picture(
                        content,
                        self._limits,
                        findings=past.record.findings if past else None,
                        threshold=inspection.threshold,
                        told=image.region,
                    ),
                )
            except (InvalidInput, NotFound):
                return

        await at_once([image for image in images if image.image_id in own], one, PICTURES_AT_ONCE)
        return pictures
