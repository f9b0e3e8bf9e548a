"""Sets, versions, jobs, inspections and feedback as tests make them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import numpy as np

from services.inspection.errors import AuthUnavailable
from services.inspection.job import (
    WAITING,
    Calibrated,
    CalibrationRequest,
    Ending,
    HeadTraining,
    HeadTrainingRequest,
    Job,
    JobKind,
    JobRequest,
    JobState,
    VersionResult,
)
from services.inspection.jobs.ports import JobStore
from services.inspection.model import (
    BankChoice,
    Banks,
    CalibrationSettings,
    Feedback,
    InspectionRecord,
    Role,
    Sensitivity,
    Threshold,
    Version,
)
from services.inspection.ports import (
    FeedbackStore,
    InspectionHistory,
    Inspections,
    ReferenceSets,
    ReviewMarks,
    Versions,
)
from services.inspection.records.postgres_feedback import PostgresFeedback
from services.inspection.records.postgres_inspections import PostgresInspections
from services.inspection.records.postgres_jobs import PostgresJobs
from services.inspection.records.postgres_past_inspections import PostgresPastInspections
from services.inspection.records.postgres_reference_sets import PostgresReferenceSets
from services.inspection.records.postgres_review import PostgresReview
from services.inspection.records.postgres_shares import PostgresShares
from services.inspection.records.postgres_versions import PostgresVersions
from services.inspection.reference_set import ReferenceSet
from services.inspection.sharing import Bounds, Shares, Whom

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MOST = 5000
MOST_JOBS = 100
REQUEST = CalibrationRequest(
    0.05, CalibrationSettings(model="compact", size=320), from_scratch=True
)


def at(minutes: float) -> datetime:
    """So many minutes after noon."""
    return NOON + timedelta(minutes=minutes)


def new_id() -> str:
    return str(uuid4())


MOST_SETS = 1_000
"""Sets of one user, more than a test makes."""


PLENTY = Bounds()


@dataclass
class Groups:
    """`Memberships` that a test decides on."""

    of: dict[str, frozenset[str]]
    """Groups by user."""
    down: bool = False

    async def groups_of(self, user_id: str) -> frozenset[str]:
        if self.down:
            raise AuthUnavailable("down")
        return self.of.get(user_id, frozenset())


@dataclass(frozen=True)
class Stores:
    """All ports over one database."""

    pool: asyncpg.Pool
    sets: ReferenceSets
    versions: Versions
    jobs: JobStore
    inspections: Inspections
    feedback: FeedbackStore
    history: InspectionHistory
    marks: ReviewMarks
    shares: Shares
    memberships: Groups

    @classmethod
    def over(cls, pool: asyncpg.Pool) -> "Stores":
        memberships = Groups({})
        return cls(
            pool,
            PostgresReferenceSets(pool, memberships),
            PostgresVersions(pool),
            PostgresJobs(pool),
            PostgresInspections(pool, memberships),
            PostgresFeedback(pool),
            PostgresPastInspections(pool),
            PostgresReview(pool),
            PostgresShares(pool),
            memberships,
        )

    async def invite(
        self, set_id: str, whom: Whom, role: Role = Role.INSPECTOR, bounds: Bounds = PLENTY
    ) -> None:
        """Shares a set with groups, and invites people."""
        await self.shares.share(
            set_id,
            whom,
            role,
            inviter_email="owner@example.org",
            now=NOON,
            expires_at=at(60),
            bounds=bounds,
        )

    async def share(
        self, set_id: str, user_ids: Sequence[str], role: Role = Role.INSPECTOR
    ) -> None:
        """Shares a set with users, who accept."""
        await self.invite(set_id, Whom(user_ids), role)
        for user_id in user_ids:
            for one in await self.shares.invitations_to(user_id, "", NOON, limit=100):
                if one.set_id == set_id:
                    await self.shares.accept(one.invitation_id, user_id, "", NOON)

    async def unshare(self, set_id: str, user_ids: Sequence[str]) -> None:
        """Ends that a set is shared with users."""
        await self.shares.unshare(set_id, Whom(user_ids))

    async def new_set(self, user_id: str, *image_ids: str, created_at: datetime = NOON) -> str:
        """A set with images; its id."""
        made = a_set(user_id, created_at=created_at)
        await self.sets.create(made, most=MOST_SETS)
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
        assert await self.kept(a_version(set_id)) == 1
        return set_id

    async def begun(
        self, set_id: str, *, lease_s: float = 60, request: JobRequest = REQUEST
    ) -> Job:
        """A job that a replica has begun; no other of its kind may be in the queue."""
        user_id = await self.sets.owner(set_id) or new_id()
        queued = await self.jobs.create(
            a_job(set_id, user_id=user_id, request=request), most=MOST_JOBS
        )
        taken = await self.jobs.take("one", [queued.kind], lease_s=lease_s)
        assert taken is not None
        assert taken.job_id == queued.job_id
        return taken

    async def taken(self, replica: str, *kinds: JobKind, lease_s: float = 60) -> Job | None:
        """The next job that a replica gets; of any kind if none is named."""
        return await self.jobs.take(replica, kinds or tuple(JobKind), lease_s=lease_s)

    async def kept(self, version: Version, *, use: bool = True) -> int:
        """Keeps a version by a job that is begun for it; its number."""
        job = await self.begun(version.set_id, request=HeadTrainingRequest(1))
        return await self.kept_by(job, version, use=use)

    async def kept_by(self, job: Job, version: Version, *, use: bool = True) -> int:
        """Keeps what a job made; its number."""
        await self.versions.expect_artifact(version.artifact_name)
        ending = ending_of(job)
        return await self.versions.keep(version, ending=ending, use=use)

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
            settings=CalibrationSettings(
                model="compact", size=320, mask_background=True, banks=Banks.TWO
            ),
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
            banks=BankChoice(2, "They differ in size.", 0.5, 0.75, 0.8),
        ),
        **changes,
    )


def a_job(set_id: str, **changes: Any) -> Job:
    """A calibration, unless changed."""
    return replace(
        Job(
            job_id=new_id(),
            set_id=set_id,
            user_id=new_id(),
            state=JobState.QUEUED,
            stage=WAITING,
            request=REQUEST,
            created_at=NOON,
            images_total=7,
        ),
        **changes,
    )


def ending_of(job: Job) -> Ending[VersionResult]:
    """How a job that makes a version ends, unless it is cancelled."""
    result: VersionResult = Calibrated()
    if job.kind is JobKind.HEAD_TRAINING:
        result = HeadTraining(0.7, 0.9, 8, 9, "Kept.")
    return Ending(job, result, images_done=7, images_total=7)


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
