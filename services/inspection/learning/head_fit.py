"""Fitting heads: what is learnt from, how strong a head is, and who is held out."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from math import log, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize
from scipy.special import expit

from services.inspection.learning.patch_head import (
    PatchHead,
    PatchLesson,
    fitted_weights,
    response,
)
from services.inspection.verdict.agreement import auroc

MOST_CORRECTION = log(4)

LOOKS = (0.0, 0.03, 0.3, 3.0)
"""Inverse weights of the penalty on looks, weakest first; 0 gives them no say."""

PATCHES = (0.0, 0.5, 1.0, 2.0)
"""Deviations of the log score that a deviation of what patches come to weighs; 0 is no say."""

NEARLY_AS_GOOD = 0.005
"""Of heads whose area differs by less, the weakest is taken."""

INNER_FOLDS = 3

LEAST_SLOPE = 0.25
"""How much a standard deviation of the log score counts at least: more is always worse."""

LEAST_SCORE = 1e-9
SEED = 20221

Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Strength:
    """How much say a head has."""

    looks: float
    patches: float


MIDDLING = Strength(0.3, 1.0)

_NONE = Strength(0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Examples:
    """Images to learn from."""

    log_scores: Scores
    """[images]"""
    looks: Scores
    """Descriptors, [images, dimension]."""
    truth: NDArray[np.bool_]
    """Whether they are defects, [images]."""
    groups: NDArray[np.int64]
    """Equal numbers are images of one part, [images]."""
    lessons: Sequence[PatchLesson] = field(repr=False)
    """Of their patches, [images]; none if nothing is known of those."""

    @classmethod
    def of(
        cls,
        scores: ArrayLike,
        descriptors: ArrayLike,
        truth: NDArray[np.bool_],
        groups: NDArray[np.int64],
        lessons: Sequence[PatchLesson],
    ) -> "Examples":
        """Examples of scores, not their logarithms."""
        floor = np.maximum(np.asarray(scores, dtype=np.float64), LEAST_SCORE)
        looks = np.asarray(descriptors, dtype=np.float64)
        return cls(np.log(floor), looks, truth, groups, tuple(lessons))

    def at(self, which: NDArray[np.bool_]) -> "Examples":
        """Some of them."""
        lessons = [one for one, taken in zip(self.lessons, which, strict=False) if taken]
        return Examples(
            self.log_scores[which], self.looks[which], self.truth[which], self.groups[which],
            lessons,
        )  # fmt: skip

    def without_lessons(self) -> "Examples":
        """The same, with nothing known of patches."""
        return replace(self, lessons=())

    def with_(self, others: "Examples") -> "Examples":
        """These and others."""
        if not len(others.truth):
            return self
        return Examples(
            np.concatenate([self.log_scores, others.log_scores]),
            np.concatenate([self.looks, others.looks]),
            np.concatenate([self.truth, others.truth]),
            np.concatenate([self.groups, others.groups]),
            # All of them, or none.
            [*self.lessons, *others.lessons] if self.lessons and others.lessons else [],
        )


@dataclass(frozen=True, slots=True)
class Fit:
    """A head in double precision."""

    mean: Scores
    weights: Scores
    patches: PatchHead | None

    def corrections(self, examples: Examples) -> Scores:
        """What is added to log scores, [images]."""
        steps = (examples.looks - self.mean) @ self.weights
        return limited(steps + _steps(self.patches, examples))


def limited(steps: Scores) -> Scores:
    """Steps that leave a score between a quarter and four of itself."""
    return np.asarray(MOST_CORRECTION * np.tanh(steps / MOST_CORRECTION))


def chosen_strength(examples: Examples) -> Strength:
    """The strength that is best within the examples; of those nearly as good, the weakest."""
    folds = folds_of(examples, len(examples.truth), INNER_FOLDS, np.random.default_rng(SEED))
    shares = PATCHES if examples.lessons else PATCHES[:1]
    strengths = sorted(
        (Strength(*one) for one in product(LOOKS, shares)),
        key=lambda one: (LOOKS.index(one.looks) + PATCHES.index(one.patches), one.patches),
    )
    corrected = {one: examples.log_scores.copy() for one in strengths}
    for fold in range(INNER_FOLDS):
        held_out = folds == fold
        learnt, tested = examples.at(~held_out), examples.at(held_out)
        of_looks = {one: _looks(learnt, one) for one in LOOKS}
        by_patches = _steps(_patches(learnt, 1.0), tested)
        by_looks = {
            one: (tested.looks - mean) @ weights for one, (mean, weights) in of_looks.items()
        }
        for one in strengths:
            corrected[one][held_out] += limited(by_looks[one.looks] + one.patches * by_patches)
    areas = [_area(corrected[one], examples.truth) for one in strengths]
    enough = max(areas) - NEARLY_AS_GOOD
    return next(one for one, area in zip(strengths, areas, strict=True) if area >= enough)


def fit_of(examples: Examples, strength: Strength) -> Fit:
    """A head of a strength; one without a say where there are no two kinds to tell apart."""
    if examples.truth.all() or not examples.truth.any():
        strength = _NONE
    mean, weights = _looks(examples, strength.looks)
    patches = _patches(examples, strength.patches) if strength.patches else None
    return Fit(mean, weights, patches)


def folds_of(
    examples: Examples, labelled: int, count: int, random: np.random.Generator
) -> NDArray[np.int64]:
    """Which fold each image is in, [images]: as many of each kind in each as can be.

    Images of one part are in one fold. Kinds of parts are those with labelled defects, with
    labelled normal images, and with references, which are the images from `labelled` on.
    """
    kinds = np.where(examples.truth, 1, 2)
    kinds[labelled:] = 4
    _, place = np.unique(examples.groups, return_inverse=True)
    of_groups = np.zeros(place.max() + 1, dtype=np.int64)
    np.bitwise_or.at(of_groups, place, kinds)
    folds = np.zeros(len(of_groups), dtype=np.int64)
    for kind in range(8):
        members = np.flatnonzero(of_groups == kind)
        folds[random.permutation(members)] = np.arange(len(members)) % count
    return np.asarray(folds[place], dtype=np.int64)


def _steps(head: PatchHead | None, examples: Examples) -> Scores:
    """What images' patches add to log scores, [images]."""
    if head is None:
        return np.zeros(len(examples.truth))
    found = [response(one.seen, one.count, head.weights) for one in examples.lessons]
    return np.asarray(head.slope * (np.array(found, dtype=np.float64) - head.offset))


def _area(scores: Scores, truth: NDArray[np.bool_]) -> float:
    return auroc(scores[~truth], scores[truth])


def _patches(examples: Examples, share: float) -> PatchHead | None:
    """What looks at patches; None if nothing is known of them."""
    weights = fitted_weights(examples.lessons) if examples.lessons else None
    if weights is None:
        return None
    normal = ~examples.truth
    found = np.array(
        [
            response(one.seen, one.count, weights)
            for one, counts in zip(examples.lessons, normal, strict=True)
            if counts
        ]
    )
    spread = float(found.std()) or 1.0
    deviation = float(examples.log_scores[normal].std()) or 1.0
    return PatchHead(weights.astype(np.float32), float(found.mean()), share * deviation / spread)


def _looks(examples: Examples, strength: float) -> tuple[Scores, Scores]:
    """Logistic regression, classes weighed alike, looks penalised and the score not.

    The mean of the looks, and what a step away from it adds to the log of the score.
    """
    mean = examples.looks.mean(axis=0)
    truth = examples.truth
    if not strength or truth.all() or not truth.any():
        return mean, np.zeros_like(mean)
    looks = examples.looks - mean
    scale = sqrt(float((looks**2).sum(axis=1).mean())) or 1.0
    looks /= scale
    deviation = float(examples.log_scores.std()) or 1.0
    log_scores = (examples.log_scores - examples.log_scores.mean()) / deviation
    features = np.column_stack([np.ones_like(log_scores), log_scores, looks])
    signs = np.where(truth, 1.0, -1.0)
    share = truth.mean()
    importance = np.where(truth, 0.5 / share, 0.5 / (1 - share))
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
    return mean, np.asarray(found[2:] / scale * deviation / found[1])
