"""The words that inspection thinks in."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.imaging.frame_stats import FrameStats

FloatArray = NDArray[np.float32]

Polygon = Sequence[tuple[float, float]]
"""An outline's corners as (x, y) in fractions of an image's width and height; at least 3."""


class Verdict(StrEnum):
    """What an inspection comes to."""

    NORMAL = "NORMAL"
    ANOMALOUS = "ANOMALOUS"
    UNINSPECTABLE = "UNINSPECTABLE"
    """The frame does not show what the references show, or not so that it can be seen."""


class FrameReason(StrEnum):
    """Why a frame cannot be inspected."""

    BLANK = "BLANK"
    TOO_DARK = "TOO_DARK"
    TOO_BRIGHT = "TOO_BRIGHT"
    BLACKED_OUT = "BLACKED_OUT"
    BURNT_OUT = "BURNT_OUT"
    LOW_CONTRAST = "LOW_CONTRAST"
    OUT_OF_FOCUS = "OUT_OF_FOCUS"
    NOISY = "NOISY"
    TOO_SMALL = "TOO_SMALL"
    OTHER_SHAPE = "OTHER_SHAPE"
    FOREIGN = "FOREIGN"
    MISPLACED = "MISPLACED"


@dataclass(frozen=True, slots=True)
class FrameProblem:
    """What is wrong with a frame; the contract says in what unit each reason is measured."""

    reason: FrameReason
    measured: float
    limit: float
    """Below `measured` where that may be too much, above it where it may be too little."""
    typical: float | None = None
    """Median of the references; None for what does not depend on them."""


@dataclass(frozen=True, slots=True)
class FrameLimit:
    """What may be measured of a frame."""

    reason: FrameReason
    """If it is beyond."""
    limit: float
    typical: float
    """Median of the references: a limit below is a lower one."""
    deviation: float
    """How references are taken to differ, on the scale that the check uses."""
    freedom: float
    """Degrees of freedom that this is known with."""


@dataclass(frozen=True, slots=True)
class FrameChecks:
    """What frames must be like to be inspected with a version."""

    limits: Sequence[FrameLimit]
    """Those that a frame can break at all."""
    blank_is_normal: bool
    """Most references show nothing, so that this is what normal looks like."""
    reference_count: int
    """References that limits were learnt from."""
    outside_count: int
    """Those of them that could not be inspected with limits that the others make."""
    stray_count: int
    """Those of them that are far from all others, and were not heeded."""


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


class Banks(StrEnum):
    """Whether a second bank sees references at one scale and with standard grey levels."""

    AUTO = "AUTO"
    """Where that pays, by what the references tell."""
    ONE = "ONE"
    TWO = "TWO"


class Registration(StrEnum):
    """How images are aligned to a reference before they are looked at."""

    NONE = "NONE"
    TRANSLATION = "TRANSLATION"
    RIGID = "RIGID"
    """Shifted and turned."""


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
class PartRule:
    """Which images show the same part: one of these, or each is a part of its own."""

    label: str = ""
    """Key of a label: images with one value of it show one part."""
    filename_pattern: str = ""
    """Regular expression with one group: images in whose names it finds the same show one part."""
    proposal: str = ""
    """Token of what was found by comparing pictures."""


EACH_ITS_OWN = PartRule()
"""Each image is a part of its own."""


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
    regions_of_interest: tuple[Polygon, ...] = ()
    """Areas of the image that count; all of it if there are none."""
    part_rule: PartRule = EACH_ITS_OWN
    banks: Banks = Banks.AUTO
    registration: Registration = Registration.NONE


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
    part_count: int = 0
    """Different parts that the held-out images show; 0 if each is a part of its own."""
    parts_known: bool = False
    """Whether images were scored by others of their own parts as well."""

    @property
    def false_alarm_rate(self) -> float:
        """Share of normal images that is expected above: k of n + 1 by the held-out ones' ranks.

        Where some show the same part, ranks are no whole numbers, and it is the target.
        """
        if self.extrapolated or self.part_count:
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
class SetInPart:
    """A set, or a view of one, that shows something of a part."""

    set_id: str
    display_name: str
    current_version: int
    """0 if there is none."""


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
class PartFigure:
    """What held-out images promise of one kind of parts: of new ones, or of known ones."""

    threshold: Threshold
    """That these images would give."""
    median: float
    """Of their scores."""
    false_alarm_rate: float
    """Share of them above the threshold for new parts; every part weighs the same."""
    painted: int
    """Defects painted into them."""
    found: int
    """Those that were found at `threshold`."""


@dataclass(frozen=True, slots=True)
class PartFigures:
    """What to expect of parts never seen, and of parts that other pictures taught."""

    new: PartFigure
    known: PartFigure


@dataclass(frozen=True, slots=True)
class Mark:
    """A painted defect."""

    kind: str
    size: float
    """As a share of the shorter side."""
    size_px: float
    """In pixels of the original."""
    contrast: float
    window: "Box"
    """Where nothing else was painted."""


@dataclass(frozen=True, slots=True)
class MarkScore:
    """A painted defect, and what its image scores with it alone."""

    mark: Mark
    score: float


@dataclass(frozen=True, slots=True)
class BankChoice:
    """How many banks a version scores with, and why."""

    count: int
    """1 or 2."""
    explanation: str
    """For a person to read."""
    scale: float = 0.0
    """Factor that the second bank sees images scaled by; 0 without one."""
    painted_with_one: float | None = None
    """Area under the ROC curve of painted defects against references with the first bank; None
    where that was not measured."""
    painted_with_two: float | None = None
    """With both."""


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
    frame_checks: FrameChecks | None = None
    """What frames must be like; None if an earlier release made it, or nothing was measured."""
    held_out_parts: Sequence[int] = field(default=(), repr=False)
    """Number of the part that each held-out image shows, in the order of `held_out`; empty if each
    is a part of its own."""
    part_figures: PartFigures | None = None
    """None unless some part has several pictures and there are two parts at least."""
    marks: Sequence[MarkScore] | None = field(default=None, repr=False)
    """Defects painted into references, without windows; None if only its artifact knows them."""
    banks: BankChoice | None = None
    """None of IMAGE_KNN, and if an earlier release made it: it has one then."""
    reference_image_id: str = ""
    """The image that others are aligned to; empty without registration."""


@dataclass(frozen=True, slots=True)
class Alignment:
    """How an image lies against the reference: turned about its middle, then shifted."""

    shift_x: float
    """To the right, as a share of the width."""
    shift_y: float
    """Down, as a share of the height."""
    rotation_degrees: float
    """Clockwise."""
    confidence: float
    """Correlation with the reference where it fits best, -1 to 1."""
    aspect: float
    """Width by height of what is turned: the reference's."""


@dataclass(frozen=True, slots=True)
class WholeFrame:
    """What an image looks like as a whole, whatever it shows."""

    stats: FrameStats
    width: int
    """Pixels of the image as seen; 0 if that is not known."""
    height: int
    """Pixels of the image as seen; 0 if that is not known."""


@dataclass(frozen=True, slots=True)
class PatchGrid:
    """Patch features of one image."""

    values: NDArray[Any] = field(repr=False)
    """[rows, columns, dimension], floats."""
    model: str
    model_version: str
    frame: WholeFrame | None = None
    """None if an embedder of an earlier release answered."""


@dataclass(frozen=True, slots=True)
class View:
    """How a second bank sees images."""

    scale: float
    """Factor that each image is scaled by, the same for a whole set."""
    standard_levels: bool = True
    """Whether grey levels get the same mean and deviation in every image."""


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
    polygon: Polygon
    """Outline as (x, y) in fractions of width and height; at least 3 points."""
    score: float
    """Highest anomaly in it."""
    area: float
    """Share of the image's area."""
    peak: tuple[int, int]
    """Row and column of the worst patch."""
    nearest: NearestPatch | None = None


@dataclass(frozen=True, slots=True)
class PartsKnown:
    """What references whose part has several pictures score by all that is not of their picture."""

    scores: Sequence[float] = field(repr=False)
    """[n]"""
    parts: Sequence[int] = field(repr=False)
    """Number of the part that each shows, [n]."""
    marks: Sequence[MarkScore] = field(default=(), repr=False)
    """What defects painted into them score so."""


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


def verdict_of(*, anomalous: bool, off_distribution: bool) -> Verdict:
    """What an inspection came to."""
    if off_distribution:
        return Verdict.UNINSPECTABLE
    return Verdict.ANOMALOUS if anomalous else Verdict.NORMAL


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
    """An alarm: it is anomalous or uninspectable."""
    off_distribution: bool
    """It is uninspectable."""
    descriptor: FloatArray = field(repr=False, compare=False)
    """What the image looks like, of unit length; comparable within one version."""
    created_at: datetime
    findings: Findings | None = field(default=None, repr=False, compare=False)
    """Given when it is recorded; read on their own."""
    frame_problems: Sequence[FrameProblem] = ()
    """Why the frame cannot be inspected, the main reason first."""
    alignment: Alignment | None = None
    """None without registration."""
    trigger_id: str = field(default="", compare=False)
    """The line's name for the event; goes with the result, and is not remembered."""
    part_inspection_id: str = ""
    """What it has in common with those of the part's other views; empty if it is one of its own."""

    @property
    def verdict(self) -> Verdict:
        """What it came to."""
        return verdict_of(anomalous=self.anomalous, off_distribution=self.off_distribution)


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
class RecentScores:
    """What recent inspections scored, those that people called defective left out."""

    scores: Sequence[float]
    """Of what was inspected, newest first."""
    uninspectable: int
    """Those besides whose frame could not be inspected, so that their scores say little."""


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
    polygons: Sequence[Polygon] = ()
    """Outlines of what is in the region; none if nobody drew them."""
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
    polygons: Sequence[Polygon] = ()
    """Outlines of what is in the region; none if nobody drew them."""


@dataclass(frozen=True, slots=True)
class JudgedLook:
    """What a judged image looks like."""

    kind: str
    """Of defect, in lower case; `normal`, or empty for a defect without a name."""
    descriptor: FloatArray = field(repr=False)


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
    """Alarms."""
    counts: Counts
    uninspectable: int = 0
    """Those of the alarms whose frame could not be inspected."""


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
