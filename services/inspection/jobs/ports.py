"""What jobs need of the world.

Methods that reach PostgreSQL raise what the driver raises when it is down.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from services.inspection.job import Ending, Job, JobKind, JobResult, JobSight
from services.inspection.model import SkippedImage


class JobStore(Protocol):
    """Jobs: a queue in which each is worked on by one replica at a time."""

    async def create(self, job: Job, *, most: int) -> Job:
        """Queues a job; the one that was queued before under its id, if any.

        Args:
            job: What is to be done.
            most: Jobs that one user may have queued or under way.

        Raises:
            CalibrationUnderWay: it is a calibration, and another of the set has not ended.
            TooManyJobs: the user has `most` that have not ended.
            ReferenceSetNotFound: the set is gone.
        """

    async def get(self, set_id: str, job_id: str) -> Job | None:
        """A job as it is now."""

    async def sight(self, set_id: str, job_id: str) -> JobSight | None:
        """A job as it is now, with who may see it; None if there is no such set."""

    async def list(
        self,
        set_id: str,
        *,
        kind: JobKind | None,
        comparisons_of: str,
        before: tuple[datetime, str] | None,
        limit: int,
    ) -> Sequence[Job]:
        """Jobs of a set, newest first.

        Args:
            set_id: Whose jobs.
            kind: Only of this kind; of any if None.
            comparisons_of: Of comparisons, only those that this user asked for; all if empty.
            before: Only those after the one with this time and id.
            limit: Most of them.
        """

    async def take(self, replica: str, kinds: Collection[JobKind], *, lease_s: float) -> Job | None:
        """The next one that is queued, or whose replica gave no sign of life for its lease.

        What was begun before comes first. Then users take turns: next is the
        oldest job of the user whose last turn is longest ago.

        It is RUNNING now, this replica's, and begun once more; nothing is done of it yet.
        """

    async def report(self, job: Job, *, stage: str, done: int, total: int, lease_s: float) -> bool:
        """Shows progress and holds on to it.

        False if it is not to be gone on with: cancelled, deleted, or begun again
        by another replica (`attempts` differ).
        """

    async def leave(self, job: Job) -> None:
        """Queues it again, unless it has ended or was begun again by another replica."""

    async def succeed(self, ending: Ending[JobResult]) -> bool:
        """Ends it as SUCCEEDED; False if it has ended or was begun again by another replica."""

    async def fail(
        self, job: Job, reason: str, message: str, skipped: Sequence[SkippedImage]
    ) -> None:
        """Ends it as FAILED, unless it has ended or was begun again by another replica."""

    async def forget_before(self, time: datetime) -> None:
        """Forgets jobs that ended before, but not a set's last calibration."""

    async def cancel(self, set_id: str, job_id: str) -> Job | None:
        """Ends it as CANCELLED unless it has ended; as it is then; None if there is none."""
