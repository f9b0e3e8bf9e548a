"""What people say of inspected images, and what it tells of the verdicts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from services.clients.errors import ImageNotFound
from services.inspection.errors import FeedbackNotFound, InspectionNotFound, LabelMissing
from services.inspection.model import Box, Counts, Drift, Feedback, InspectionRecord, StatsRow
from services.inspection.ports import (
    FeedbackStore,
    Inspections,
    ReferenceContents,
    ReferenceSets,
    Versions,
)
from services.inspection.reference_set import ReferenceSet
from services.inspection.telemetry import drift_distance, drift_warning
from services.inspection.verdict.agreement import total
from services.inspection.verdict.drift import drift_of
from services.runtime.idempotency import resource_id

RELABEL = "relabel"
RECENT_SCORES = 200
SETS_LOOKED_AT = 200
MOST_ROWS = 1000


@dataclass(frozen=True, slots=True)
class Said:
    """What a person wants to say."""

    user_id: str
    action: str
    image_id: str = ""
    inspection_id: str = ""
    note: str = ""
    region: Box | None = None
    label: str = ""
    request_id: str = ""
    """The client's UUID for the request; empty if it is not to be sent again."""


@dataclass(frozen=True, slots=True)
class Stats:
    """How verdicts agree with people."""

    rows: Sequence[StatsRow]
    inspected: int
    anomalous: int
    counts: Counts
    drift: Sequence[Drift] = field(default_factory=list)


class Judging:
    """Feedback and statistics.

    Args:
        sets: Who may see which set.
        versions: What calibrations made.
        inspections: What was inspected.
        feedback: What people said.
        contents: Whose images are whose.
        clock: What time it is.
    """

    def __init__(
        self,
        sets: ReferenceSets,
        versions: Versions,
        inspections: Inspections,
        feedback: FeedbackStore,
        contents: ReferenceContents,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._sets = sets
        self._versions = versions
        self._inspections = inspections
        self._feedback = feedback
        self._contents = contents
        self._clock = clock

    async def submit(self, said: Said) -> Feedback:
        """Keeps what a person says of an image, an inspection, or both.

        Raises:
            LabelMissing: it relabels, and says no label.
            InspectionNotFound: the inspection is not the caller's to judge, or not of that image.
            ImageNotFound: the image is not the caller's.
            FeedbackNotFound: what the same request said before was taken back.
        """
        if said.action == RELABEL and not said.label.strip():
            raise LabelMissing("relabel needs the kind of defect, or `normal`", field="label")
        inspection = await self._meant(said)
        feedback = Feedback(
            feedback_id=resource_id("SubmitFeedback", said.user_id, said.request_id),
            user_id=said.user_id,
            action=said.action,
            note=said.note,
            created_at=self._clock(),
            image_id=inspection.image_id if inspection else said.image_id,
            inspection_id=inspection.inspection_id if inspection else "",
            set_id=inspection.set_id if inspection else "",
            region=said.region,
            label=said.label.strip(),
        )
        return await self._feedback.add(feedback)

    async def page(
        self,
        user_id: str,
        *,
        set_id: str,
        image_id: str,
        before: tuple[datetime, str] | None,
        limit: int,
    ) -> Sequence[Feedback]:
        """What the user said and what was said of the user's sets, newest first."""
        return await self._feedback.list(
            user_id, set_id=set_id, image_id=image_id, before=before, limit=limit
        )

    async def take_back(self, feedback_id: str, user_id: str) -> None:
        """Takes feedback back; whoever gave it may, and the owner of the set.

        Raises:
            FeedbackNotFound: there is none, or it is not the user's to take back.
        """
        if not await self._feedback.delete(feedback_id, user_id):
            raise FeedbackNotFound(f"there is no feedback {feedback_id}")

    async def stats(self, user_id: str, set_id: str, version: int) -> Stats:
        """Counts, and whether scores have drifted."""
        rows = await self._inspections.stats(user_id, set_id, version)
        return Stats(
            rows=rows[:MOST_ROWS],
            inspected=sum(row.inspected for row in rows),
            anomalous=sum(row.anomalous for row in rows),
            counts=total([row.counts for row in rows]),
            drift=await self._drift(user_id, set_id),
        )

    async def _meant(self, said: Said) -> InspectionRecord | None:
        """The inspection that is meant; None if the image was never inspected."""
        if said.inspection_id:
            found = await self._inspections.get(said.inspection_id, said.user_id)
            if found is None or said.image_id not in {"", found.image_id}:
                raise InspectionNotFound(f"there is no inspection {said.inspection_id}")
            return found
        if not said.image_id:
            raise InspectionNotFound(
                "say which image or which inspection is meant", field="image_id"
            )
        if not await self._contents.check([said.image_id]):
            raise ImageNotFound(f"there is no image {said.image_id}")
        return await self._inspections.last_of_image(said.image_id, said.user_id)

    async def _drift(self, user_id: str, set_id: str) -> list[Drift]:
        """Of one set, or of each that the user owns."""
        sets: Sequence[ReferenceSet]
        if set_id:
            found = await self._sets.get(set_id, user_id)
            sets = [] if found is None else [found]
        else:
            sets = await self._sets.list(user_id, before=None, limit=SETS_LOOKED_AT)
        drifts = []
        for one in sets:
            # Recent scores are everybody's; only the owner may know them.
            if one.user_id != user_id or not one.current_version:
                continue
            version = await self._versions.get(one.set_id, one.current_version)
            if version is None:
                continue
            recent = await self._inspections.recent_scores(
                one.set_id, version.version, limit=RECENT_SCORES
            )
            drift = drift_of(one.set_id, version.version, recent, version.held_out)
            drift_distance.set(drift.distance, {"reference_set": one.set_id})
            drift_warning.set(int(drift.warning), {"reference_set": one.set_id})
            drifts.append(drift)
        return drifts
