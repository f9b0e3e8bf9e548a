"""A light head: which deviations people call defects.

Logistic regression on the log of the score and the image's descriptor. It
becomes a correction: the score times a factor that depends on what the image
looks like, between a quarter and four, so that scores keep their unit and
their order among images that look the same.

It is kept only if it ranks labelled images better than the score alone, on
images that it did not learn from, by more than chance gives.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import exp, log, sqrt, tanh
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize
from scipy.special import expit, stdtr

from services.inspection.errors import FeedbackInsufficient
from services.inspection.model import FloatArray
from services.inspection.verdict.agreement import auroc

LEAST_OF_EACH = 8
"""Normal images and defects that people must have judged."""

MOST_CORRECTION = log(4)

CHANCE = 0.025
"""Probability of such a gain by chance above which no head is kept."""

LEAST_GAIN = 0.01
"""Area under the ROC curve below which a gain is not worth a version."""

STRENGTHS = (0.0, 0.03, 0.3, 3.0)
"""Inverse weights of the penalty on looks, weakest head first; 0 is no head."""

NEARLY_AS_GOOD = 0.005
"""Of heads whose area differs by less, the weakest is taken."""

FOLDS = 5
REPEATS = 4
INNER_FOLDS = 3
MOST_REFERENCES = 500
"""Reference images that are learnt from; of more, evenly chosen ones."""

LEAST_SLOPE = 0.25
"""How much a standard deviation of the log score counts at least: more is always worse."""

LEAST_SCORE = 1e-9
SEED = 20221

Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Head:
    """What corrects scores."""

    mean: FloatArray = field(repr=False)
    """Descriptor that is not corrected, [dimension]."""
    weights: FloatArray = field(repr=False)
    """What a step away from it adds to the log of the score, [dimension]."""

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """From what `to_arrays` gave."""
        return cls(
            np.asarray(arrays["mean"], dtype=np.float32),
            np.asarray(arrays["weights"], dtype=np.float32),
        )

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """What it consists of, for an artifact."""
        return {"mean": self.mean, "weights": self.weights}

    def apply(self, score: float, descriptor: FloatArray) -> float:
        """The corrected score, in the same unit; at least 0, and it rises with the score.

        Args:
            score: At least 0.
            descriptor: What the image looks like, of unit length, [dimension].
        """
        step = float(self.weights @ (descriptor - self.mean))
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
    p_value: float
    """Probability of such a gain if the head were no better."""
    normal_count: int
    defect_count: int
    explanation: str
    """For a person to read."""
    reference_scores: Scores = field(repr=False)
    """Of the references, each corrected by heads that did not learn from it, [references]."""


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


def train_head(
    *,
    scores: ArrayLike,
    descriptors: ArrayLike,
    defective: ArrayLike,
    reference_scores: ArrayLike,
    reference_descriptors: ArrayLike,
) -> HeadReport:
    """Trains a head, and says whether it is worth keeping. Equal input gives an equal head.

    The strength of the penalty is chosen by cross-validation within what is
    learnt from; what it is worth is measured by repeated stratified
    cross-validation around that. The gain is held against chance with the test
    of DeLong et al. (1988) for two areas on the same images, one-sided, with
    Student's distribution because there may be few.

    Args:
        scores: Of labelled images without a head, [images].
        descriptors: Of labelled images, [images, dimension].
        defective: What people said of them, [images].
        reference_scores: Of normal images of the set, held out, [references].
        reference_descriptors: Of those, [references, dimension].

    Raises:
        FeedbackInsufficient: there are fewer than eight normal images or eight defects.
    """
    truth = np.asarray(defective, dtype=bool)
    normal_count, defect_count = int((~truth).sum()), int(truth.sum())
    require_enough(normal_count, defect_count)
    labelled = _Examples.of(scores, descriptors, truth)
    references = _Examples.of(
        reference_scores, reference_descriptors, np.zeros(np.size(reference_scores), dtype=bool)
    )
    step = max(1, -(-len(references.truth) // MOST_REFERENCES))
    seen = labelled.with_(references.at(slice(None, None, step)))

    log_corrections = np.zeros(len(labelled.truth))
    of_references = np.zeros(len(references.truth))
    random = np.random.default_rng(SEED)
    for _ in range(REPEATS):
        folds = _folds(seen, len(labelled.truth), FOLDS, random)
        reference_folds = np.arange(len(references.truth)) % FOLDS
        reference_folds[::step] = folds[len(labelled.truth) :]
        for fold in range(FOLDS):
            head = _fitted(seen.at(folds != fold))
            held_out = folds[: len(labelled.truth)] == fold
            log_corrections[held_out] += head.corrections(labelled.at(held_out).looks) / REPEATS
            held_out = reference_folds == fold
            of_references[held_out] += head.corrections(references.at(held_out).looks) / REPEATS

    before = labelled.log_scores
    after = before + log_corrections
    auroc_without, auroc_with = (auroc(one[~truth], one[truth]) for one in (before, after))
    p_value = _chance_of_gain(before, after, truth)
    gain = auroc_with - auroc_without
    kept = gain >= LEAST_GAIN and p_value < CHANCE
    return HeadReport(
        head=_fitted(seen).head() if kept else None,
        auroc_without=auroc_without,
        auroc_with=auroc_with,
        p_value=p_value,
        normal_count=normal_count,
        defect_count=defect_count,
        explanation=_explanation(auroc_without, auroc_with, p_value, kept=kept),
        reference_scores=np.exp(references.log_scores + of_references),
    )


@dataclass(frozen=True, slots=True)
class _Examples:
    """Images to learn from."""

    log_scores: Scores
    """[images]"""
    looks: Scores
    """Descriptors, [images, dimension]."""
    truth: NDArray[np.bool_]
    """Whether they are defects, [images]."""

    @classmethod
    def of(cls, scores: ArrayLike, descriptors: ArrayLike, truth: NDArray[np.bool_]) -> Self:
        floor = np.maximum(np.asarray(scores, dtype=np.float64), LEAST_SCORE)
        return cls(np.log(floor), np.asarray(descriptors, dtype=np.float64), truth)

    def at(self, which: NDArray[np.bool_] | slice) -> "_Examples":
        return _Examples(self.log_scores[which], self.looks[which], self.truth[which])

    def with_(self, others: "_Examples") -> "_Examples":
        if not len(others.truth):
            return self
        return _Examples(
            np.concatenate([self.log_scores, others.log_scores]),
            np.concatenate([self.looks, others.looks]),
            np.concatenate([self.truth, others.truth]),
        )


@dataclass(frozen=True, slots=True)
class _Fit:
    """A head in double precision."""

    mean: Scores
    weights: Scores

    def corrections(self, looks: Scores) -> Scores:
        """What is added to log scores, [images]."""
        steps = (looks - self.mean) @ self.weights
        return np.asarray(MOST_CORRECTION * np.tanh(steps / MOST_CORRECTION))

    def head(self) -> Head:
        return Head(self.mean.astype(np.float32), self.weights.astype(np.float32))


def _fitted(examples: _Examples) -> _Fit:
    """The head of the strength that is best within the examples."""
    random = np.random.default_rng(SEED)
    folds = _folds(examples, len(examples.truth), INNER_FOLDS, random)
    areas = []
    for strength in STRENGTHS:
        corrected = examples.log_scores.copy()
        for fold in range(INNER_FOLDS):
            held_out = folds == fold
            fit = _fit(examples.at(~held_out), strength)
            corrected[held_out] += fit.corrections(examples.looks[held_out])
        areas.append(auroc(corrected[~examples.truth], corrected[examples.truth]))
    enough = max(areas) - NEARLY_AS_GOOD
    strength = next(one for one, area in zip(STRENGTHS, areas, strict=True) if area >= enough)
    return _fit(examples, strength)


def _fit(examples: _Examples, strength: float) -> _Fit:
    """Logistic regression, classes weighed alike, looks penalised and the score not."""
    mean = examples.looks.mean(axis=0)
    if not strength:
        return _Fit(mean, np.zeros_like(mean))
    looks = examples.looks - mean
    scale = sqrt(float((looks**2).sum(axis=1).mean())) or 1.0
    looks /= scale
    deviation = float(examples.log_scores.std()) or 1.0
    log_scores = (examples.log_scores - examples.log_scores.mean()) / deviation
    features = np.column_stack([np.ones_like(log_scores), log_scores, looks])
    signs = np.where(examples.truth, 1.0, -1.0)
    share = examples.truth.mean()
    importance = np.where(examples.truth, 0.5 / share, 0.5 / (1 - share))
    penalty = np.full(features.shape[1], 1 / strength)
    penalty[:2] = 0.0

    def loss(weights: Scores) -> tuple[float, Scores]:
        margins = signs * (features @ weights)
        gradient = -(importance * signs * expit(-margins)) @ features + penalty * weights
        value = importance @ np.logaddexp(0, -margins) + 0.5 * penalty @ weights**2
        return float(value), np.asarray(gradient)

    # Where classes fall apart the unpenalised weights would grow for ever.
    bounds = [(-20, 20), (LEAST_SLOPE, 20), *[(None, None)] * looks.shape[1]]
    start = np.zeros(features.shape[1])
    start[1] = 1.0
    found = optimize.minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    # In the unit of the log score: what looks add, for what a step of it adds.
    return _Fit(mean, np.asarray(found[2:] / scale * deviation / found[1]))


def _folds(
    examples: _Examples, labelled: int, count: int, random: np.random.Generator
) -> NDArray[np.int64]:
    """Which fold each image is in, [images]: as many of each kind in each as can be.

    Kinds are labelled defects, labelled normal images, and references, which
    are those from `labelled` on.
    """
    kinds = examples.truth.astype(np.int64)
    kinds[labelled:] = 2
    folds = np.zeros(len(kinds), dtype=np.int64)
    for kind in range(3):
        members = np.flatnonzero(kinds == kind)
        folds[random.permutation(members)] = np.arange(len(members)) % count
    return folds


def _chance_of_gain(before: Scores, after: Scores, truth: NDArray[np.bool_]) -> float:
    """Probability of such a gain in area if there were none (DeLong et al. 1988)."""
    gains = _placements(after[~truth], after[truth]) - _placements(before[~truth], before[truth])
    of_defects, of_normals = gains.mean(axis=0), gains.mean(axis=1)
    variance = of_defects.var(ddof=1) / len(of_defects) + of_normals.var(ddof=1) / len(of_normals)
    gain = float(gains.mean())
    if not variance:
        return 0.0 if gain > 0 else 1.0
    freedom = min(len(of_defects), len(of_normals)) - 1
    return float(stdtr(freedom, -gain / sqrt(variance)))


def _placements(normals: Scores, defects: Scores) -> Scores:
    """Whether a defect scores above a normal image, half if alike, [normals, defects]."""
    differences = defects[None, :] - normals[:, None]
    return (np.sign(differences) + 1) / 2


def _explanation(without: float, with_: float, p_value: float, *, kept: bool) -> str:
    areas = (
        f"on images that it did not learn from, a defect scores above a normal image in "
        f"{with_:.1%} of pairs with the head and in {without:.1%} without"
    )
    if kept:
        return f"Kept: {areas}; chance alone gives such a gain with probability {p_value:.2g}."
    if with_ - without < LEAST_GAIN:
        return f"Not kept: {areas}, which is no gain worth a version."
    return (
        f"Not kept: {areas}, but chance alone gives such a gain with probability {p_value:.2g}; "
        "more feedback may tell."
    )
