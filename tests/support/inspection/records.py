"""Sets, versions, calibrations, inspections and feedback as tests make them."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import numpy as np

from services.inspection.model import (
    Calibration,
    CalibrationSettings,
    CalibrationState,
    Feedback,
    InspectionRecord,
    ReferenceSet,
    Sensitivity,
    Threshold,
    Version,
)
from services.inspection.ports import (
    Calibrations,
    FeedbackStore,
    Inspections,
    ReferenceSets,
    Versions,
)
from services.inspection.records.postgres_calibrations import PostgresCalibrations
from services.inspection.records.postgres_feedback import PostgresFeedback
from services.inspection.records.postgres_inspections import PostgresInspections
from services.inspection.records.postgres_reference_sets import PostgresReferenceSets
from services.inspection.records.postgres_versions import PostgresVersions

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MOST = 5000


def at(minutes: float) -> datetime:
    """So many minutes after noon."""
    return NOON + timedelta(minutes=minutes)


def new_id() -> str:
    return str(uuid4())


@dataclass(frozen=True)
class Stores:
    """All ports over one database."""

    pool: asyncpg.Pool
    sets: ReferenceSets
    versions: Versions
    calibrations: Calibrations
    inspections: Inspections
    feedback: FeedbackStore

    @classmethod
    def over(cls, pool: asyncpg.Pool) -> "Stores":
        return cls(
            pool,
            PostgresReferenceSets(pool),
            PostgresVersions(pool),
            PostgresCalibrations(pool),
            PostgresInspections(pool),
            PostgresFeedback(pool),
        )

    async def new_set(self, user_id: str, *image_ids: str, created_at: datetime = NOON) -> str:
        """A set with images; its id."""
        made = a_set(user_id, created_at=created_at)
        await self.sets.create(made)
        if image_ids:
            assert await self.sets.add_images(made.set_id, image_ids, most=MOST)
        return made.set_id

    async def seen(self, set_id: str, user_id: str) -> ReferenceSet:
        found = await self.sets.get(set_id, user_id)
        assert found is not None
        return found

    async def ready_set(self, user_id: str) -> str:
        """A set with a current version 1; its id."""
        set_id = await self.new_set(user_id, new_id())
        assert await self.versions.keep(a_version(set_id), calibration=None, use=True) == 1
        return set_id

    async def begun(self, set_id: str, *, lease_s: float = 60) -> Calibration:
        """A calibration that a replica has begun; no other may be in the queue."""
        queued = a_calibration(set_id)
        assert await self.calibrations.create(queued)
        taken = await self.calibrations.take("one", lease_s=lease_s)
        assert taken is not None
        assert taken.calibration_id == queued.calibration_id
        return taken

    async def inspect(self, set_id: str, user_id: str, **changes: Any) -> InspectionRecord:
        """An inspection that is recorded."""
        made = an_inspection(set_id, user_id, **changes)
        await self.inspections.record([made])
        return made

    async def unjudged(
        self, user_id: str, set_id: str, *, limit: int = 10
    ) -> list[InspectionRecord]:
        """What nobody has judged until now."""
        found = await self.inspections.unjudged(user_id, set_id, at=at(10**6), limit=limit)
        return [record for record, _ in found]

    async def proposed(self, set_id: str, user_id: str, *, limit: int = 10) -> list[str]:
        """The first images that are proposed for a set."""
        found = await self.sets.proposed_images(set_id, user_id, after=None, limit=limit)
        return [image_id for _, _, image_id in found]

    async def say(
        self, inspection: InspectionRecord, action: str, minute: float, **changes: Any
    ) -> Feedback:
        """Feedback on an inspection, by who made it, that is kept."""
        said = feedback_on(inspection, action, minute, **changes)
        await self.feedback.add(said)
        return said


def a_set(user_id: str, *, created_at: datetime = NOON) -> ReferenceSet:
    return ReferenceSet(
        set_id=new_id(),
        user_id=user_id,
        display_name="tiles",
        created_at=created_at,
        current_version=0,
        image_count=0,
        changed=False,
    )


def a_version(set_id: str, **changes: Any) -> Version:
    return replace(
        Version(
            set_id=set_id,
            version=0,
            created_at=NOON,
            image_ids=(new_id(), new_id()),
            settings=CalibrationSettings(model="compact", size=320, mask_background=True),
            model_version="compact-1",
            threshold=Threshold(
                value=2.5, target=0.01, low=0.002, high=0.03, held_out_count=40, extrapolated=True
            ),
            held_out=(0.5, 1.25, 2.0),
            coreset_size=1000,
            artifact_name=f"inspection/{new_id()}",
            artifact_sha256="ab" * 32,
            artifact_bytes=12345,
            sensitivity=(Sensitivity("scratch", 10, 5.0, painted=6, found=4),),
        ),
        **changes,
    )


def a_calibration(set_id: str, **changes: Any) -> Calibration:
    return replace(
        Calibration(
            calibration_id=new_id(),
            set_id=set_id,
            state=CalibrationState.QUEUED,
            stage="waits for its turn",
            target=0.05,
            settings=CalibrationSettings(model="compact", size=320),
            from_scratch=True,
            created_at=NOON,
            images_total=7,
        ),
        **changes,
    )


def an_inspection(set_id: str, user_id: str, **changes: Any) -> InspectionRecord:
    descriptor = np.zeros(8, np.float32)
    descriptor[[1, 5]] = 0.6, -0.8
    return replace(
        InspectionRecord(
            inspection_id=new_id(),
            user_id=user_id,
            set_id=set_id,
            version=1,
            image_id=new_id(),
            score=3.5,
            threshold=2.5,
            p_value=0.004,
            target=0.01,
            anomalous=True,
            off_distribution=False,
            descriptor=descriptor,
            created_at=NOON,
        ),
        **changes,
    )


def feedback_on(
    inspection: InspectionRecord, action: str, minute: float, **changes: Any
) -> Feedback:
    return replace(
        Feedback(
            feedback_id=new_id(),
            user_id=inspection.user_id,
            action=action,
            note="",
            created_at=at(minute),
            image_id=inspection.image_id,
            inspection_id=inspection.inspection_id,
            set_id=inspection.set_id,
        ),
        **changes,
    )
