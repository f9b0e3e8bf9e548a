"""The words that inspection thinks in."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]


class Scorer(StrEnum):
    """What gives an image its score."""

    PATCH_CORESET = "PATCH_CORESET"
    IMAGE_KNN = "IMAGE_KNN"


class Augmentation(StrEnum):
    """Whether references are also seen turned and in other light."""

    AUTO = "AUTO"
    NONE = "NONE"
    LIGHTING = "LIGHTING"
    ROTATION_AND_LIGHTING = "ROTATION_AND_LIGHTING"


class Role(StrEnum):
    """What a user may do with a set that somebody else owns."""

    VIEWER = "VIEWER"
    """Look at it."""
    INSPECTOR = "INSPECTOR"
    """Also inspect with it and give feedback."""


@dataclass(frozen=True, slots=True)
class Member:
    """A user that a set is shared with."""

    user_id: str
    role: Role
    email: str = ""
    """What the owner invited; empty if it was an id."""


@dataclass(frozen=True, slots=True)
class GroupShare:
    """A group that a set is shared with."""

    group_id: str
    role: Role


@dataclass(frozen=True, slots=True)
class ShareInvitation:
    """Somebody whom a set is to be shared with, if they accept."""

    invitation_id: str
    set_id: str
    display_name: str
    """Of the set."""
    email: str
    """Who is invited, in lower case; empty if it is a user."""
    user_id: str
    """Who is invited; empty if it is an address."""
    inviter_email: str
    role: Role
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class CalibrationSettings:
    """How a version is made."""

    scorer: Scorer = Scorer.PATCH_CORESET
    model: str = ""
    """Id of the model; the default model if empty."""
    size: int = 0
    """Shorter side in pixels; the model's own if 0."""
    augmentation: Augmentation = Augmentation.AUTO
    mask_background: bool = False
    coreset_size: int = 0
    """Most patches that the coreset keeps; chosen if 0."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """Where images are called anomalous, and what that costs."""

    value: float
    """Scores above are anomalous."""
    target: float
    """Share of normal images that may lie above: as was asked for, or as held-out ones promise for
    a value that a person set."""
    low: float
    """Lower end of the 95 % interval of the share that will."""
    high: float
    """Upper end of the 95 % interval of the share that will."""
    held_out_count: int
    """Normal images, unseen by what scored them, that it was estimated from."""
    extrapolated: bool
    """Whether these were too few, so that the value continues the tail of their scores."""
    set_by_person: bool = False
    """Whether a person set it, in place of a calibration or a head training."""

    @property
    def false_alarm_rate(self) -> float:
        """Share of normal images that is expected above: k of n + 1 by the held-out ones' ranks."""
        if self.extrapolated:
            return self.target
        count = self.held_out_count + 1
        return math.floor(count * self.target + 1e-9) / count


@dataclass(frozen=True, slots=True)
class SkippedImage:
    """An image that a job left out."""

    image_id: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class SetInUse:
    """What an inspection needs of a reference set."""

    set_id: str
    user_id: str
    """Who owns it."""
    current_version: int
    """0 if there is none."""
    may_inspect: bool = True
    """Whether whoever asks for it may inspect with it."""


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """How many painted defects of one kind, size and contrast a version finds."""

    kind: str
    """`scratch`, `spot`, `crack` or `smear`."""
    size_px: int
    """Length or diameter in pixels of the image."""
    contrast: float
    """In units of the image's own: how its structure of a few pixels deviates."""
    painted: int
    found: int
    """Those whose image scores above the threshold."""


@dataclass(frozen=True, slots=True)
class Version:
    """What normal is, as one calibration learnt it."""

    set_id: str
    version: int
    """From 1; 0 until it is kept."""
    created_at: datetime
    image_ids: Sequence[str] = field(repr=False)
    settings: CalibrationSettings
    """With what was chosen in place of empty and 0."""
    model_version: str
    threshold: Threshold
    held_out: Sequence[float] = field(repr=False)
    """Scores of normal images that it did not learn from, ascending."""
    coreset_size: int
    artifact_name: str
    artifact_sha256: str
    artifact_bytes: int
    base_version: int = 0
    has_head: bool = False
    sensitivity: Sequence[Sensitivity] = ()
    """What it finds of painted defects; empty if that cannot be estimated."""


@dataclass(frozen=True, slots=True)
class PatchGrid:
    """Patch features of one image."""

    values: NDArray[Any] = field(repr=False)
    """[rows, columns, dimension], floats."""
    model: str
    model_version: str


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in fractions of an image's width and height, 0 to 1."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class NearestPatch:
    """A patch of a normal image."""

    image_id: str
    box: Box
    distance: float


@dataclass(frozen=True, slots=True)
class NearestImage:
    """A normal image that is like the inspected one."""

    image_id: str
    distance: float
    """0 for the same picture."""


@dataclass(frozen=True, slots=True)
class Region:
    """A part of the image that is anomalous."""

    box: Box
    polygon: Sequence[tuple[float, float]]
    """Outline as (x, y) in fractions of width and height; at least 3 points."""
    score: float
    """Highest anomaly in it."""
    area: float
    """Share of the image's area."""
    peak: tuple[int, int]
    """Row and column of the worst patch."""
    nearest: NearestPatch | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """A painted defect."""

    kind: str
    size: float
    """As a share of the shorter side."""
    size_px: float
    """In pixels of the original."""
    contrast: float
    window: Box
    """Where nothing else was painted."""


@dataclass(frozen=True, slots=True)
class MarkScore:
    """A painted defect, and what its image scores with it alone."""

    mark: Mark
    score: float


@dataclass(frozen=True, slots=True)
class AnomalyGrid:
    """What a heat map is drawn from: how anomalous each patch of an image is."""

    in_thresholds: FloatArray = field(repr=False)
    """In units of the threshold that the image was held against, [rows, columns]."""
    width: int
    """Pixels of the image as seen."""
    height: int
    """Pixels of the image as seen."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What an inspection found beside its verdict."""

    regions: Sequence[Region]
    """Where the image is anomalous, strongest first."""
    nearest: Sequence[NearestImage]
    """The nearest normal images, nearest first."""
    grid: AnomalyGrid | None = None
    """None from a scorer that says no where."""


@dataclass(frozen=True, slots=True)
class InspectionRecord:
    """An inspection as it is remembered."""

    inspection_id: str
    user_id: str
    set_id: str
    version: int
    image_id: str
    """Empty if it is not a stored image."""
    score: float
    threshold: float
    p_value: float
    target: float
    anomalous: bool
    off_distribution: bool
    descriptor: FloatArray = field(repr=False, compare=False)
    """What the image looks like, of unit length; comparable within one version."""
    created_at: datetime
    findings: Findings | None = field(default=None, repr=False, compare=False)
    """Given when it is recorded; read on their own."""


@dataclass(frozen=True, slots=True)
class PastInspection:
    """An inspection that is looked at again."""

    record: InspectionRecord
    """With its findings, if those were kept; in lists without their nearest images and grid."""
    has_grid: bool
    defective: bool | None
    """What people said of it, the last word; None if nobody judged it."""
    feedback: Sequence["Feedback"] = ()
    """What whoever looks may see of what people said, newest first; empty in lists."""


@dataclass(frozen=True, slots=True)
class RecentScore:
    """What a recent inspection came to, and what people said of it."""

    score: float
    anomalous: bool
    off_distribution: bool
    defective: bool | None
    """The last word; None if nobody judged it."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Items of the review queue in one person's hands."""

    claim_id: str
    inspection_ids: Sequence[str]
    """In the order in which they were handed out."""
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a person said of an image."""

    feedback_id: str
    user_id: str
    action: str
    note: str
    created_at: datetime
    image_id: str = ""
    inspection_id: str = ""
    set_id: str = ""
    region: Box | None = None
    label: str = ""
    image_user_id: str = field(default="", compare=False)
    """Whose image it is, where feedback is listed."""


@dataclass(frozen=True, slots=True)
class LabelledImage:
    """A stored image whose truth people told, last word first, and how it was last inspected."""

    image_id: str
    user_id: str
    """Who inspected it, and so whose image it is."""
    defective: bool
    label: str
    """Kind of defect; empty if nobody said."""
    note: str
    region: Box | None
    told_at: datetime
    inspection: InspectionRecord


@dataclass(frozen=True, slots=True)
class Counts:
    """How verdicts agree with what people said."""

    true_positives: int = 0
    false_positives: int = 0
    true_negatives: int = 0
    false_negatives: int = 0


@dataclass(frozen=True, slots=True)
class StatsRow:
    """Counts of one set, version and day."""

    set_id: str
    version: int
    day: date
    """In UTC."""
    inspected: int
    anomalous: int
    counts: Counts


@dataclass(frozen=True, slots=True)
class Drift:
    """How recent scores compare with those of held-out normal images."""

    set_id: str
    version: int
    recent_count: int
    median_ratio: float
    distance: float
    """Kolmogorov-Smirnov, 0 to 1."""
    p_value: float
    warning: bool
