"""A light head: which deviations people call defects.

Two parts, either of which may have no say. Logistic regression on the log of the
score and the image's descriptor says what images look like that are called
defects; a linear discriminant says it of patches, from the marks that people
drew or from the worst patches where they drew none. Together they become a
correction: the score times a factor between a quarter and four, so that scores
keep their unit and their order among images that look the same.

A head is kept only if it ranks labelled images better than the score alone, on
images of parts that it did not learn from, by more than chance gives: the 95 %
interval of the gain lies above 0.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import exp, tanh
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from services.inspection.errors import FeedbackInsufficient
from services.inspection.finding import Patches
from services.inspection.job import Wanted
from services.inspection.learning.head_fit import (
    MOST_CORRECTION,
    SEED,
    Examples,
    Fit,
    Scores,
    chosen_strength,
    fit_of,
    folds_of,
)
from services.inspection.learning.learning_curve import NORMAL, Curves
from services.inspection.learning.patch_head import PatchHead, PatchLesson
from services.inspection.model import FloatArray
from services.inspection.verdict.agreement import auroc
from services.inspection.verdict.gain import Gain, gain_of

LEAST_OF_EACH = 8
"""Normal images and defects that people must have judged."""

LEAST_GAIN = 0.01
"""Area under the ROC curve below which a gain is not worth a version."""

FOLDS = 5
REPEATS = 4
MOST_REFERENCES = 500
"""Reference images that are learnt from; of more, evenly chosen ones."""

REFERENCE = "\0"
"""In place of a kind; nobody can call one so."""


@dataclass(frozen=True, slots=True)
class Head:
    """What corrects scores."""

    mean: FloatArray = field(repr=False)
    """Descriptor that is not corrected, [dimension]."""
    weights: FloatArray = field(repr=False)
    """What a step away from it adds to the log of the score, [dimension]."""
    patches: PatchHead | None = None
    """What looks at patches; None if they have no say."""

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """From what `to_arrays` gave."""
        return cls(
            np.asarray(arrays["mean"], dtype=np.float32),
            np.asarray(arrays["weights"], dtype=np.float32),
            PatchHead.from_arrays(arrays),
        )

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """What it consists of, for an artifact."""
        of_patches = self.patches.to_arrays() if self.patches is not None else {}
        return {"mean": self.mean, "weights": self.weights} | of_patches

    def apply(
        self, score: float, descriptor: FloatArray, patches: Callable[[], Patches] | None = None
    ) -> float:
        """The corrected score, in the same unit; at least 0, and it rises with the score.

        Args:
            score: At least 0.
            descriptor: What the image looks like, of unit length, [dimension].
            patches: Its patches; not asked for unless they have a say.
        """
        step = float(self.weights @ (descriptor - self.mean))
        if self.patches is not None and patches is not None:
            step += self.patches.step(patches())
        return score * exp(MOST_CORRECTION * tanh(step / MOST_CORRECTION))


@dataclass(frozen=True, slots=True)
class HeadReport:
    """What came of training a head."""

    head: Head | None
    """None if it is not kept."""
    auroc_without: float
    """Of the score alone, on the labelled images."""
    auroc_with: float
    """With a head, each image by heads that did not learn from it."""
    gain: Gain
    """What the head adds."""
    normal_count: int
    defect_count: int
    explanation: str
    """For a person to read."""
    reference_scores: Scores = field(repr=False)
    """Of the references, each corrected by heads that did not learn from it, [references]."""
    wanted: Sequence[Wanted] = ()
    """What more feedback would bring, by kind."""
    part_count: int = 0
    """Parts that the labelled images are of."""


def require_enough(normal_count: int, defect_count: int) -> None:
    """Checks that a head can be trained on so many labelled images.

    Raises:
        FeedbackInsufficient: there are fewer than eight normal images or eight defects.
    """
    if min(normal_count, defect_count) < LEAST_OF_EACH:
        raise FeedbackInsufficient(
            f"a head needs {LEAST_OF_EACH} normal images and {LEAST_OF_EACH} defects that people "
            f"judged; there are {normal_count} and {defect_count}"
        )


@dataclass(frozen=True, slots=True)
class Judged:
    """Labelled images to learn from."""

    scores: ArrayLike = field(repr=False)
    """Without a head, [images]."""
    descriptors: ArrayLike = field(repr=False)
    """[images, dimension]"""
    defective: ArrayLike = field(repr=False)
    """What people said of them, [images]."""
    kinds: Sequence[str] = field(default=(), repr=False)
    """Of defects, empty where nobody named one, [images]; of none if empty."""
    groups: ArrayLike | None = field(default=None, repr=False)
    """Equal numbers are images of one part, [images]; each its own part if None."""
    lessons: Sequence[PatchLesson] = field(default=(), repr=False)
    """Of their patches, [images]; if empty, patches get no say."""


@dataclass(frozen=True, slots=True)
class References:
    """Normal images of the set, held out."""

    scores: ArrayLike = field(repr=False)
    """[references]"""
    descriptors: ArrayLike = field(repr=False)
    """[references, dimension]"""
    groups: ArrayLike | None = field(default=None, repr=False)
    """As of labelled images, with the same numbers; each its own part if None."""
    lessons: Sequence[PatchLesson] = field(default=(), repr=False)
    """Of their patches, [references]; if empty, patches get no say."""


def train_head(judged: Judged, references: References) -> HeadReport:
    """Trains a head, and says whether it is worth keeping. Equal input gives an equal head.

    How much say looks and patches get is chosen by cross-validation within what is
    learnt from; what the head is worth is measured by repeated cross-validation
    around that, in which all images of a part are held out together. The gain's
    interval is that of DeLong et al. (1988) for two areas on the same images, with
    Obuchowski's (1997) variance for parts of several images.

    Raises:
        FeedbackInsufficient: there are fewer than eight normal images or eight defects.
    """
    truth = np.asarray(judged.defective, dtype=bool)
    normal_count, defect_count = int((~truth).sum()), int(truth.sum())
    require_enough(normal_count, defect_count)
    count, reference_count = len(truth), np.size(references.scores)
    own = np.arange(count) if judged.groups is None else np.asarray(judged.groups)
    theirs = own.max() + 1 + np.arange(reference_count)
    if references.groups is not None:
        theirs = np.asarray(references.groups)
    labelled = Examples.of(judged.scores, judged.descriptors, truth, own, judged.lessons)
    normal = Examples.of(
        references.scores,
        references.descriptors,
        np.zeros(reference_count, dtype=bool),
        theirs,
        references.lessons,
    )
    if not (labelled.lessons and (normal.lessons or not reference_count)):
        labelled, normal = labelled.without_lessons(), normal.without_lessons()
    every = labelled.with_(normal)
    kinds = [
        (kind if kind != NORMAL else "") if defective else NORMAL
        for kind, defective in zip(judged.kinds or [""] * count, truth, strict=True)
    ] + [REFERENCE] * reference_count
    learnt_from = np.ones(len(every.truth), np.bool_)
    learnt_from[count:] = np.arange(reference_count) % _step(reference_count) == 0

    corrections = np.zeros(len(every.truth))
    curves = Curves(labelled, kinds[:count])
    random = np.random.default_rng(SEED)
    for _ in range(REPEATS):
        folds = folds_of(every, count, FOLDS, random)
        for fold in range(FOLDS):
            held_out = folds == fold
            learnt = learnt_from & ~held_out
            seen = every.at(learnt)
            fit = fit_of(seen, chosen_strength(seen))
            corrections[held_out] += fit.corrections(every.at(held_out)) / REPEATS
            of_learnt = [kind for kind, taken in zip(kinds, learnt, strict=True) if taken]
            curves.add(seen, of_learnt, held_out[:count], 1 / REPEATS, random)

    before = labelled.log_scores
    after = before + corrections[:count]
    without, with_ = (auroc(one[~truth], one[truth]) for one in (before, after))
    gain = gain_of(before, after, truth, labelled.groups)
    kept = gain.value >= LEAST_GAIN and gain.low > 0
    seen = every.at(learnt_from)
    return HeadReport(
        head=_head(fit_of(seen, chosen_strength(seen))) if kept else None,
        auroc_without=without,
        auroc_with=with_,
        gain=gain,
        normal_count=normal_count,
        defect_count=defect_count,
        explanation=_explanation(without, with_, gain, kept=kept),
        reference_scores=np.exp(normal.log_scores + corrections[count:]),
        wanted=curves.wanted(after),
        part_count=len(np.unique(own)),
    )


def _step(references: int) -> int:
    return max(1, -(-references // MOST_REFERENCES))


def _head(fit: Fit) -> Head:
    return Head(fit.mean.astype(np.float32), fit.weights.astype(np.float32), fit.patches)


def _explanation(without: float, with_: float, gain: Gain, *, kept: bool) -> str:
    areas = (
        f"on images that it did not learn from, a defect scores above a normal image in "
        f"{with_:.1%} of pairs with the head and in {without:.1%} without"
    )
    sure = f"the gain is {gain.low:+.1%} to {gain.high:+.1%} (95 % interval)"
    if kept:
        return f"Kept: {areas}; {sure}."
    if gain.value < LEAST_GAIN:
        return f"Not kept: {areas}, which is no gain worth a version."
    return f"Not kept: {areas}, but {sure}, which may be chance; more feedback may tell."
