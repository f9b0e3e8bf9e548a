"""What a job is: what was asked for, how far it is, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

from services.inspection.model import CalibrationSettings, Counts, SkippedImage

WAITING = "waits for its turn"
"""Stage of a job that is queued."""


class JobKind(StrEnum):
    """What a job does."""

    CALIBRATION = "CALIBRATION"
    HEAD_TRAINING = "HEAD_TRAINING"
    COMPARISON = "COMPARISON"


class JobState(StrEnum):
    """What became of a job."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"

    @property
    def ended(self) -> bool:
        """Whether it stays so."""
        return self not in {JobState.QUEUED, JobState.RUNNING}


@dataclass(frozen=True, slots=True)
class CalibrationRequest:
    """A version to make of a set's images."""

    target: float
    """Share of normal images that may be called anomalous."""
    settings: CalibrationSettings
    from_scratch: bool
    """Whether nothing of the current version may be used."""


@dataclass(frozen=True, slots=True)
class HeadTrainingRequest:
    """A version to train a head for."""

    version: int


@dataclass(frozen=True, slots=True)
class ComparisonRequest:
    """Two versions to compare."""

    version_a: int
    version_b: int


JobRequest = CalibrationRequest | HeadTrainingRequest | ComparisonRequest

_KINDS: dict[type[JobRequest], JobKind] = {
    CalibrationRequest: JobKind.CALIBRATION,
    HeadTrainingRequest: JobKind.HEAD_TRAINING,
    ComparisonRequest: JobKind.COMPARISON,
}


@dataclass(frozen=True, slots=True)
class Calibrated:
    """What came of a calibration."""

    version: int = 0
    """The version that it made; 0 until that is kept."""


class Advice(StrEnum):
    """What a learning curve says of more feedback of a kind."""

    MORE_HELPS = "MORE_HELPS"
    TOO_EARLY = "TOO_EARLY"
    """It cannot be said yet."""
    ENOUGH = "ENOUGH"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What more feedback of one kind would bring."""

    kind: str
    """Of defect, `normal`, or empty for defects without a name."""
    count: int
    """Images of the kind that were judged."""
    advice: Advice
    more: int
    """How many more to judge next; 0 if there are enough."""
    error: float
    """Share of pairs of a defect and a normal image that are ranked wrongly."""
    expected_error: float
    """That with so many more, as far as that can be said."""


@dataclass(frozen=True, slots=True)
class HeadTraining:
    """What came of training a head."""

    auroc_without: float
    """Area under the ROC curve of the scores without a head."""
    auroc_with: float
    """The same with the head, on images that it did not learn from."""
    normal_count: int
    defect_count: int
    explanation: str
    """Why it was kept or not, for a person to read."""
    version: int = 0
    """The version that was made; 0 if the head was not kept, or until it is."""
    gain_low: float = 0.0
    """Lower end of the 95 % interval of what the head adds to the area."""
    gain_high: float = 0.0
    """Upper end of that interval."""
    wanted: Sequence[Wanted] = ()
    """What more feedback would bring, by kind; those that would help most first."""
    marked_count: int = 0
    """Defects that people marked with a box or an outline."""
    part_count: int = 0
    """Parts that the images are of."""


@dataclass(frozen=True, slots=True)
class Side:
    """How one version agrees with people."""

    counts: Counts
    auroc: float | None
    """Absent unless both defects and normal images occur."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two versions on the same images."""

    a: Side
    b: Side
    only_a_right: int
    only_b_right: int
    p_value: float


VersionResult = Calibrated | HeadTraining
"""What comes of a job that makes a version."""

JobResult = VersionResult | Comparison

R_co = TypeVar("R_co", bound=JobResult, covariant=True)


@dataclass(frozen=True, slots=True)
class Job:
    """Work on a reference set that goes on in the background."""

    job_id: str
    set_id: str
    user_id: str
    """Who asked for it."""
    state: JobState
    stage: str
    """What it does now, for a person to read; empty when it has ended."""
    request: JobRequest
    created_at: datetime
    ended_at: datetime | None = None
    images_done: int = 0
    images_total: int = 0
    result: JobResult | None = None
    """None unless it has succeeded."""
    error_reason: str = ""
    error_message: str = ""
    skipped: Sequence[SkippedImage] = ()
    attempts: int = 0
    """How often it was begun. Whoever began it last may go on with it, nobody else."""
    crashes: int = 0
    """How often whoever worked on it fell silent instead of leaving it to others."""
    revision: int = 0
    """Grows with each change that a watcher sees."""

    @property
    def kind(self) -> JobKind:
        """What it does."""
        return _KINDS[type(self.request)]

    def seen_by(self, user_id: str, owner_id: str) -> bool:
        """Whether a user who may see the set sees the job.

        A comparison shows what its asker's own images came to, which concerns
        nobody else but the set's owner.
        """
        return self.kind is not JobKind.COMPARISON or user_id in {self.user_id, owner_id}


@dataclass(frozen=True, slots=True)
class Ending(Generic[R_co]):
    """How a job succeeded."""

    job: Job
    result: R_co
    images_done: int
    images_total: int
    skipped: Sequence[SkippedImage] = ()


@dataclass(frozen=True, slots=True)
class JobSight:
    """A job as it is now, and who may see its set."""

    owner_id: str
    member_ids: frozenset[str]
    group_ids: frozenset[str]
    """Whose members see it as well, if the owner is one of them."""
    job: Job | None
    """None if the set has no such job."""
