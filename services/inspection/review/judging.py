"""What people say of inspected images, and what it tells of the verdicts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from services.clients.errors import ImageNotFound
from services.inspection.errors import FeedbackNotFound, InspectionNotFound, LabelMissing
from services.inspection.model import (
    Box,
    Counts,
    Drift,
    Feedback,
    InspectionRecord,
    Polygon,
    StatsRow,
)
from services.inspection.ports import (
    FeedbackStore,
    Inspections,
    ReferenceContents,
    ReferenceSets,
    Versions,
)
from services.inspection.reference_set import ReferenceSet
from services.inspection.telemetry import feedback as judged
from services.inspection.verdict.agreement import total
from services.inspection.verdict.drift import drift_of
from services.runtime.idempotency import resource_id
from services.runtime.telemetry_contract import KIND

RELABEL = "relabel"
NORMAL = "normal"
"""The label of what is no defect."""

_AGREEMENT = {
    (True, True): "defect_found",
    (True, False): "false_alarm",
    (False, False): "normal_passed",
    (False, True): "defect_missed",
}
"""By whether an image was called anomalous, and whether it is defective."""
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
    polygons: Sequence[Polygon] = ()
    label: str = ""
    request_id: str = ""
    """The client's UUID for the request; empty if it is not to be sent again."""


@dataclass(frozen=True, slots=True)
class Stats:
    """How verdicts agree with people."""

    rows: Sequence[StatsRow]
    inspected: int
    anomalous: int
    uninspectable: int
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
            region=said.region or _around(said.polygons),
            polygons=said.polygons,
            label=said.label.strip(),
        )
        kept = await self._feedback.add(feedback)
        defective = _defective(said)
        if inspection is not None and defective is not None:
            judged.add(1, {KIND: _AGREEMENT[inspection.anomalous, defective]})
        return kept

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
            uninspectable=sum(row.uninspectable for row in rows),
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
            drift = drift_of(
                one.set_id,
                version.version,
                recent.scores,
                version.held_out,
                uninspectable=recent.uninspectable,
            )
            drifts.append(drift)
        return drifts


def _around(polygons: Sequence[Polygon]) -> Box | None:
    """The smallest box around outlines; None without any."""
    if not polygons:
        return None
    across, down = zip(*(corner for polygon in polygons for corner in polygon), strict=True)
    return Box(min(across), min(down), max(across), max(down))


def _defective(said: Said) -> bool | None:
    """Whether somebody calls an image defective; None if they say nothing of it."""
    match said.action:
        case "confirm_anomaly":
            return True
        case "mark_normal":
            return False
        case "relabel":
            return said.label.strip().lower() != NORMAL
        case _:
            return None
