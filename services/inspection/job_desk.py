"""The use cases of jobs: request, read, list, cancel."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from services.inspection.errors import (
    JobNotFound,
    PartProposalNotFound,
    ReferenceSetEmpty,
    ReferenceSetReadOnly,
    ScorerUnsupported,
    no_version,
)
from services.inspection.job import (
    WAITING,
    CalibrationRequest,
    ComparisonRequest,
    HeadTrainingRequest,
    Job,
    JobKind,
    JobRequest,
    JobState,
)
from services.inspection.jobs.ports import JobStore
from services.inspection.learning.head import require_enough
from services.inspection.model import CalibrationSettings, PartRule, Scorer, Version
from services.inspection.part_rules import checked
from services.inspection.ports import SettingsCheck, Versions
from services.inspection.reference_library import ReferenceLibrary
from services.inspection.reference_set import ReferenceSet
from services.inspection.review.labels import UnseenLabels, require_some
from services.inspection.scoring.loader import current_version
from services.runtime.idempotency import resource_id

MOST_JOBS = 100
"""Jobs that one user may have queued or under way."""

DEFAULT_TARGET = 0.01


class JobDesk:
    """Handles users' requests for jobs.

    Refuses at once what is already known to be impossible; other failures end
    the job. A repeated `request_id` gets the job that it began.

    Args:
        library: Who may see and change which set.
        versions: What jobs made.
        store: The queue.
        labels: What people said of images.
        settings_check: What models can do.
        clock: What time it is.
        queued: Told when there is a job to work on.
    """

    def __init__(
        self,
        library: ReferenceLibrary,
        versions: Versions,
        store: JobStore,
        labels: UnseenLabels,
        settings_check: SettingsCheck,
        *,
        clock: Callable[[], datetime],
        queued: Callable[[], None],
    ) -> None:
        self._library = library
        self._versions = versions
        self._store = store
        self._labels = labels
        self._settings_check = settings_check
        self._clock = clock
        self._queued = queued

    async def calibrate(
        self,
        set_id: str,
        user_id: str,
        *,
        target: float | None,
        settings: CalibrationSettings | None,
        part_rule: PartRule | None = None,
        from_scratch: bool,
        request_id: str = "",
    ) -> Job:
        """Queues the making of a version.

        Args:
            set_id: A set of the user's.
            user_id: Who asks.
            target: Share of normal images that may be called anomalous; None: as for the current
                version, or `DEFAULT_TARGET`.
            settings: How, but for the rule of parts; None: as the current version was made, or the
                defaults.
            part_rule: Which images show the same part; None: as the set says.
            from_scratch: Whether nothing of the current version may be used.
            request_id: The client's UUID for the request; empty if it is not to be sent again.

        Raises:
            ReferenceSetEmpty: it has no images.
            CalibrationUnderWay: another one has not ended.
            ModelNotFound, ModelHasNoPatches, PatchSizeUnsupported: the settings do not fit.
            PartPatternWrong, PartProposalNotFound: the rule of parts cannot be followed.
            TooManyJobs: the user has too many unfinished jobs.
        """
        found = await self._library.owned(set_id, user_id)
        job_id = _job_id(JobKind.CALIBRATION, set_id, user_id, request_id)
        if request_id and (begun := await self._store.get(set_id, job_id)):
            return begun
        if not found.image_count:
            raise ReferenceSetEmpty("the reference set has no images; add normal ones first")
        current = await self._versions.get(set_id, found.current_version)
        if settings is None:
            settings = current.settings if current else CalibrationSettings()
        if target is None:
            target = current.threshold.target if current else DEFAULT_TARGET
        settings = replace(settings, part_rule=_part_rule(found, part_rule))
        settings = await self._settings_check.resolve(settings)
        request = CalibrationRequest(target, settings, from_scratch)
        return await self._queue(job_id, found, user_id, request, images_total=found.image_count)

    async def train(self, set_id: str, user_id: str, version: int, *, request_id: str = "") -> Job:
        """Queues the training of a head for a version; the current one if it is 0.

        Raises:
            ReferenceSetNotReady: there is no current version.
            VersionNotFound: there is no such version.
            ScorerUnsupported: its scorer keeps nothing that a head could learn with.
            FeedbackInsufficient: too few images were judged.
            TooManyJobs: the user has too many unfinished jobs.
        """
        found = await self._library.owned(set_id, user_id)
        job_id = _job_id(JobKind.HEAD_TRAINING, set_id, user_id, request_id)
        if request_id and (begun := await self._store.get(set_id, job_id)):
            return begun
        known = await self._version(set_id, version or current_version(found.in_use))
        if known.settings.scorer is not Scorer.PATCH_CORESET:
            raise ScorerUnsupported("a head needs a version whose scorer is PATCH_CORESET")
        labels = await self._labels.of(set_id, user_id, [known])
        defects = sum(one.defective for one in labels)
        require_enough(len(labels) - defects, defects)
        request = HeadTrainingRequest(known.version)
        return await self._queue(job_id, found, user_id, request, images_total=len(labels))

    async def compare(
        self, set_id: str, user_id: str, a: int, b: int, *, request_id: str = ""
    ) -> Job:
        """Queues the comparison of two versions on the user's images that people judged.

        Raises:
            VersionNotFound: there is no such version.
            FeedbackInsufficient: nobody judged an image that neither learnt from.
            TooManyJobs: the user has too many unfinished jobs.
        """
        found = await self._library.get(set_id, user_id)
        job_id = _job_id(JobKind.COMPARISON, set_id, user_id, request_id)
        if request_id and (begun := await self._store.get(set_id, job_id)):
            return begun
        known = [await self._version(set_id, number) for number in (a, b)]
        labels = await self._labels.of(set_id, user_id, known)
        require_some(len(labels))
        request = ComparisonRequest(a, b)
        return await self._queue(job_id, found, user_id, request, images_total=2 * len(labels))

    async def get(self, set_id: str, job_id: str, user_id: str) -> Job:
        """A job as it is now.

        Raises:
            JobNotFound: there is none, or the user may not see it.
        """
        found = await self._library.get(set_id, user_id)
        job = await self._store.get(set_id, job_id)
        if job is None or not job.seen_by(user_id, found.user_id):
            raise _no_job(job_id)
        return job

    async def list(
        self,
        set_id: str,
        user_id: str,
        *,
        kind: JobKind | None,
        before: tuple[datetime, str] | None,
        limit: int,
    ) -> Sequence[Job]:
        """Jobs of a set that the user may see, newest first: of one kind, or of any."""
        found = await self._library.get(set_id, user_id)
        return await self._store.list(
            set_id,
            kind=kind,
            comparisons_of="" if found.user_id == user_id else user_id,
            before=before,
            limit=limit,
        )

    async def cancel(self, set_id: str, job_id: str, user_id: str) -> Job:
        """Cancels a job; as it is then.

        Raises:
            JobNotFound: there is none, or the user may not see it.
            ReferenceSetReadOnly: neither the set nor the job is the user's.
        """
        found = await self._library.get(set_id, user_id)
        if found.user_id != user_id:
            job = await self._store.get(set_id, job_id)
            if job is None or job.user_id != user_id:
                raise ReferenceSetReadOnly("only its owner may cancel a reference set's jobs")
        cancelled = await self._store.cancel(set_id, job_id)
        if cancelled is None:
            raise _no_job(job_id)
        return cancelled

    async def _version(self, set_id: str, number: int) -> Version:
        known = await self._versions.get(set_id, number)
        if known is None:
            raise no_version(number)
        return known

    async def _queue(
        self, job_id: str, found: ReferenceSet, user_id: str, request: JobRequest, images_total: int
    ) -> Job:
        job = Job(
            job_id=job_id,
            set_id=found.set_id,
            user_id=user_id,
            state=JobState.QUEUED,
            stage=WAITING,
            request=request,
            created_at=self._clock(),
            images_total=images_total,
        )
        queued = await self._store.create(job, most=MOST_JOBS)
        self._queued()
        return queued


def _part_rule(found: ReferenceSet, asked: PartRule | None) -> PartRule:
    """The rule that is asked for; the set's if there is none."""
    if asked is None:
        return found.part_rule
    if asked.proposal and asked != found.part_rule:
        raise PartProposalNotFound(
            f"the set has not accepted a proposal {asked.proposal} of parts", field="part_rule"
        )
    return checked(asked)


def _job_id(kind: JobKind, set_id: str, user_id: str, request_id: str) -> str:
    return resource_id(f"{kind.value} {set_id}", user_id, request_id)


def _no_job(job_id: str) -> JobNotFound:
    return JobNotFound(f"the reference set has no job {job_id}")
