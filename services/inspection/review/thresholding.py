"""A version's threshold: what scores lie around it, what another one would change, setting one."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.inspection.artifact import unpack
from services.inspection.errors import ArtifactWrong, ThresholdTooLow, no_version
from services.inspection.learning.marks import from_array
from services.inspection.learning.sensitivity import sensitivity_of
from services.inspection.model import (
    Counts,
    MarkScore,
    RecentScore,
    Sensitivity,
    Threshold,
    Version,
)
from services.inspection.ports import Artifacts, InspectionHistory, Versions
from services.inspection.reference_library import ReferenceLibrary
from services.inspection.reference_set import ReferenceSet
from services.inspection.scoring.loader import current_version
from services.inspection.verdict.flips import Flips, as_called, flips_of
from services.inspection.verdict.histogram import counted, edges_of
from services.inspection.verdict.thresholds import estimate, set_at
from services.runtime.idempotency import resource_id

MARKS = "painted.marks"
"""Array of an artifact: what defects painted into references score."""

MOST_FALSE_ALARMS = 0.5


@dataclass(frozen=True, slots=True)
class Around:
    """Which inspections are looked at."""

    since: datetime | None
    limit: int


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts of scores over common bins."""

    version: Version
    edges: Sequence[float]
    held_out: Sequence[int]
    recent: Sequence[int]
    judged_normal: Sequence[int]
    judged_defective: Sequence[int]
    recent_count: int


@dataclass(frozen=True, slots=True)
class ThresholdPreviews:
    """What thresholds would change."""

    version: Version
    recent_count: int
    anomalous: int
    counts: Counts
    """How verdicts that were given agree with what people said."""
    flips: Sequence[Flips]
    sensitivity: Sequence[Sequence[Sensitivity]]
    """What each would find of painted defects; nothing where that is not known."""


class Thresholding:
    """Looking at thresholds, and setting them.

    Args:
        library: Sets, and who may do what with them.
        versions: What calibrations made.
        artifacts: What versions learnt.
        history: What was inspected.
        clock: What time it is.
    """

    def __init__(
        self,
        library: ReferenceLibrary,
        versions: Versions,
        artifacts: Artifacts,
        history: InspectionHistory,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._library = library
        self._versions = versions
        self._artifacts = artifacts
        self._history = history
        self._clock = clock

    async def histogram(
        self, set_id: str, user_id: str, version: int, around: Around, *, bins: int
    ) -> Histogram:
        """Scores of held-out normal images and of recent inspections by bin.

        Raises:
            ReferenceSetNotFound, ReferenceSetNotReady, VersionNotFound.
        """
        found = await self._library.get(set_id, user_id)
        looked_at = await self._version(found, version)
        recent = await self._recent(found, looked_at, user_id, around)
        scores = [one.score for one in recent]
        edges = edges_of([*looked_at.held_out, *scores], looked_at.threshold.value, bins)
        return Histogram(
            version=looked_at,
            edges=edges.tolist(),
            held_out=counted(looked_at.held_out, edges),
            recent=counted(scores, edges),
            judged_normal=counted([one.score for one in recent if one.defective is False], edges),
            judged_defective=counted([one.score for one in recent if one.defective], edges),
            recent_count=len(recent),
        )

    async def preview(
        self,
        set_id: str,
        user_id: str,
        version: int,
        around: Around,
        *,
        values: Sequence[float],
        targets: Sequence[float],
    ) -> ThresholdPreviews:
        """What thresholds at scores, and then those for target rates, would change.

        Raises:
            ReferenceSetNotFound, ReferenceSetNotReady, VersionNotFound.
        """
        found = await self._library.get(set_id, user_id)
        looked_at = await self._version(found, version)
        recent = await self._recent(found, looked_at, user_id, around)
        thresholds = [
            *(_set_at(looked_at, value) for value in values),
            *(_estimate(looked_at, target) for target in targets),
        ]
        marks = await self.known_marks(looked_at)
        return ThresholdPreviews(
            version=looked_at,
            recent_count=len(recent),
            anomalous=sum(one.anomalous for one in recent),
            counts=as_called(recent),
            flips=[flips_of(recent, threshold) for threshold in thresholds],
            sensitivity=[sensitivity_of(marks, threshold.value) for threshold in thresholds],
        )

    async def set(
        self,
        set_id: str,
        user_id: str,
        version: int,
        *,
        value: float | None = None,
        target: float = 0.0,
        use: bool,
        request_id: str = "",
    ) -> Version:
        """Makes a version with another threshold: at a score, or for a target rate.

        Raises:
            ReferenceSetNotFound, ReferenceSetReadOnly: it is not the user's to change.
            ReferenceSetNotReady, VersionNotFound: there is none to make it of.
            ThresholdTooLow: more than half of normal images would be called anomalous.
            ArtifactWrong: what that version learnt is gone.
        """
        base = await self._version(await self._library.owned(set_id, user_id), version)
        threshold = _by_person(_estimate(base, target) if value is None else _set_at(base, value))
        if threshold.target > MOST_FALSE_ALARMS:
            raise ThresholdTooLow(
                f"{threshold.target:.0%} of all normal images would be called anomalous",
                field="value",
                metadata={"false_alarm_rate": f"{threshold.target:.4f}"},
            )
        made = await self._versions.derive(
            set_id,
            base.version,
            threshold,
            sensitivity_of(await self.marks(base), threshold.value),
            made_by=resource_id("SetThreshold", user_id, request_id),
            created_at=self._clock(),
            use=use,
        )
        if made is None:
            raise no_version(base.version)
        return made

    async def marks(self, version: Version) -> Sequence[MarkScore]:
        """What painted defects score by a version; nothing if none were painted.

        Raises:
            ArtifactWrong: only what the version learnt knows it, and that is gone.
        """
        if version.marks is not None:
            return version.marks
        if not version.sensitivity:
            return ()
        content = await self._artifacts.get(version.artifact_name, version.artifact_sha256)
        arrays = await asyncio.to_thread(unpack, content)
        marks = from_array(arrays[MARKS]) if MARKS in arrays else []
        await self._versions.remember_marks(version.set_id, version.version, marks)
        return marks

    async def known_marks(self, version: Version) -> Sequence[MarkScore]:
        """As `marks`; none if what the version learnt is gone."""
        try:
            return await self.marks(version)
        except ArtifactWrong:
            return ()

    async def _version(self, found: ReferenceSet, number: int) -> Version:
        """A version of a set; the current one if `number` is 0."""
        number = number or current_version(found.in_use)
        version = await self._versions.get(found.set_id, number)
        if version is None:
            raise no_version(number)
        return version

    async def _recent(
        self, found: ReferenceSet, version: Version, user_id: str, around: Around
    ) -> Sequence[RecentScore]:
        """The user's inspections; everybody's if the user owns the set."""
        return await self._history.recent(
            found.set_id,
            version.version,
            user_id="" if found.user_id == user_id else user_id,
            since=around.since,
            limit=around.limit,
        )


def _estimate(version: Version, target: float) -> Threshold:
    return _of_parts(version, estimate(version.held_out, target, version.held_out_parts))


def _set_at(version: Version, value: float) -> Threshold:
    return _of_parts(version, set_at(version.held_out, value, version.held_out_parts))


def _of_parts(version: Version, threshold: Threshold) -> Threshold:
    """With what the version says of the parts that its held-out images show."""
    before = version.threshold
    return replace(threshold, part_count=before.part_count, parts_known=before.parts_known)


def _by_person(threshold: Threshold) -> Threshold:
    return replace(threshold, set_by_person=True)
