"""From the scores of held-out normal images to a threshold, and from a score to a p-value.

Held-out scores are exchangeable with those of normal images to come, so what
their ranks say holds whatever their distribution (split conformal prediction,
Vovk et al. 2005). Only where there are too few for the share that is asked for
are they taken to be log-normal.

Where several images show the same part, parts are exchangeable and images are
not: every part then weighs the same, its images alike, and ranks count parts
(hierarchical conformal prediction: Lee, Barber, Willett 2023). Of m parts the
rate of one image each has the Beta distribution of m scores; that of all their
images spreads no more, so that the interval is at least as sure as it says.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from services.inspection.model import Threshold
from services.inspection.verdict.intervals import clopper_pearson

CONFIDENCE = 0.95
"""Of the interval."""

PRIOR_SPREAD = 0.2
"""Deviation of the logarithms of scores that is expected before any were seen."""

PRIOR_WEIGHT = 4
"""How many scores that expectation weighs as much as."""

LEAST_SCORE = 1e-6
"""Scores below count as this where logarithms are taken."""


@dataclass(frozen=True, slots=True)
class Tail:
    """How scores go on above those that were seen: logarithms by Student's t.

    The posterior predictive distribution of the next score, for normal
    logarithms of unknown mean and of a deviation with a scaled inverse
    chi-squared prior (Gelman et al. 2013, section 3.3).
    """

    centre: float
    scale: float
    freedom: float

    @classmethod
    def of(
        cls,
        held_out: ArrayLike,
        *,
        spread: float = PRIOR_SPREAD,
        weight: float = PRIOR_WEIGHT,
        parts: Sequence[int] = (),
    ) -> "Tail":
        """Fits it to at least one score.

        Args:
            held_out: Scores.
            spread: Deviation of their logarithms that is expected before any were seen.
            weight: How many scores that expectation weighs as much as.
            parts: Number of the part that each is of; each of another if empty.
        """
        logs = np.log(np.maximum(np.asarray(held_out, np.float64), LEAST_SCORE))
        weights = weights_of(len(logs), parts)
        count = round(float(weights.sum()))
        mean = float(np.average(logs, weights=weights)) if parts else float(logs.mean())
        freedom = weight + count - 1
        squares = float((weights * np.square(logs - mean)).sum())
        fitted = math.sqrt((weight * spread**2 + squares) / freedom)
        return cls(mean, fitted * math.sqrt(1 + 1 / count), freedom)

    def above(self, score: float) -> float:
        """Share of scores above one; never 0."""
        place = (math.log(max(score, LEAST_SCORE)) - self.centre) / self.scale
        return max(float(special.stdtr(self.freedom, -place)), 1e-12)

    def score(self, share: float) -> float:
        """The score that a share of scores is above."""
        return math.exp(self.centre + self.scale * -float(special.stdtrit(self.freedom, share)))


def weights_of(count: int, parts: Sequence[int]) -> NDArray[np.float64]:
    """What each of some images weighs, so that every part weighs 1, [n].

    Args:
        count: Images, n.
        parts: Number of the part that each shows; empty if each shows another one.
    """
    if not parts:
        return np.ones(count)
    _, part_of, sizes = np.unique(np.asarray(parts), return_inverse=True, return_counts=True)
    return np.asarray(1 / sizes[part_of.reshape(-1)])


def in_order(
    held_out: Sequence[float], parts: Sequence[int] = ()
) -> tuple[tuple[float, ...], tuple[int, ...]]:
    """Scores ascending, and the parts of their images in that order; none if none are given."""
    order = np.argsort(np.asarray(held_out, np.float64), kind="stable")
    scores = tuple(float(held_out[place]) for place in order)
    return scores, tuple(int(parts[place]) for place in order) if parts else ()


def estimate(held_out: ArrayLike, target: float, parts: Sequence[int] = ()) -> Threshold:
    """The threshold for a target false-alarm rate.

    With n held-out scores and k = floor((n + 1) target), the threshold is the
    k-th largest: the expected rate is k / (n + 1), and the rate itself has a
    Beta(k, n + 1 - k) distribution, whose middle 95 % are the interval. If k is
    0, the threshold goes on above the largest along `Tail`; of its rate only
    that of the largest is sure to bound it, which Beta(1, n) has. Of images that
    show the same parts n is the number of parts, and k, 1 more than the parts
    above the threshold, need not be whole.

    Args:
        held_out: Scores of at least one normal image, unseen by what scored them.
        target: Share of normal images that may be called anomalous, in (0, 1).
        parts: Number of the part that each of them shows; each another one if empty.
    """
    scores = np.asarray(held_out, np.float64)
    order = np.argsort(scores, kind="stable")
    ordered, weights = scores[order], weights_of(len(scores), parts)[order]
    count = round(float(weights.sum()))
    # Parts above each score.
    above = _from(weights)[1:]
    budget = (count + 1) * target + 1e-9
    outside = (1 - CONFIDENCE) / 2
    if budget >= 1:
        place = int(np.argmax(above <= budget - 1))
        # Images of one part that score alike are not above each other.
        last = int(np.searchsorted(ordered, ordered[place], side="right")) - 1 if parts else place
        allowed = 1 + float(above[last])
        return Threshold(
            value=float(ordered[place]),
            target=target,
            low=float(special.betaincinv(allowed, count + 1 - allowed, outside)),
            high=float(special.betainccinv(allowed, count + 1 - allowed, outside)),
            held_out_count=len(scores),
            extrapolated=False,
            part_count=count if parts else 0,
        )
    return Threshold(
        value=max(float(ordered[-1]), Tail.of(scores, parts=parts).score(target)),
        target=target,
        low=0.0,
        high=float(special.betainccinv(1, count, outside)),
        held_out_count=len(scores),
        extrapolated=True,
        part_count=count if parts else 0,
    )


def set_at(held_out: ArrayLike, value: float, parts: Sequence[int] = ()) -> Threshold:
    """The threshold that a person sets at a score.

    With k of n held-out scores above it, the rate is expected to be at most
    (k + 1) / (n + 1), which becomes the target; the interval is the exact one
    of k in n (Clopper and Pearson 1934). Above all held-out scores the rate is
    expected to fall along `Tail`, and of the interval only the upper end, which
    k = 0 has, is sure. Of images that show the same parts n and k count parts,
    and the interval is that of the whole numbers around k.

    Args:
        held_out: Scores of at least one normal image, unseen by what scored them.
        value: Scores above are anomalous; at least 0.
        parts: Number of the part that each of them shows; each another one if empty.
    """
    scores = np.asarray(held_out, np.float64)
    weights = weights_of(len(scores), parts)
    count = round(float(weights.sum()))
    above = float(weights[scores > value].sum())
    by_rank = (above + 1) / (count + 1)
    beyond = value > scores.max()
    lower = clopper_pearson(math.floor(above + 1e-9), count, confidence=CONFIDENCE)
    upper = clopper_pearson(math.ceil(above - 1e-9), count, confidence=CONFIDENCE)
    assert lower is not None and upper is not None  # noqa: S101, PT018 - at least one was counted
    return Threshold(
        value=value,
        target=min(by_rank, Tail.of(scores, parts=parts).above(value)) if beyond else by_rank,
        low=lower.low,
        high=upper.high,
        held_out_count=len(scores),
        extrapolated=bool(beyond),
        set_by_person=True,
        part_count=count if parts else 0,
    )


class PValues:
    """Shares of normal images that score as high.

    A score is above the threshold exactly if its p-value is at most the target.

    Args:
        held_out: Scores of at least one normal image, ascending.
        threshold: What `estimate` or `set_at` made of them.
        parts: Number of the part that each of them shows; each another one if empty.
    """

    def __init__(
        self, held_out: ArrayLike, threshold: Threshold, parts: Sequence[int] = ()
    ) -> None:
        self._held_out = np.asarray(held_out, np.float64)
        self._threshold = threshold
        self._tail = Tail.of(held_out, parts=parts)
        weights = weights_of(len(self._held_out), parts)
        self._parts = round(float(weights.sum()))
        self._from = _from(weights)

    def of(self, score: float) -> float:
        """The p-value of a score, in (0, 1]."""
        as_high = float(self._from[np.searchsorted(self._held_out, score, side="left")])
        by_rank = (1 + as_high) / (self._parts + 1)
        largest = float(self._held_out[-1])
        tail, threshold = self._tail, self._threshold
        if score <= largest:
            # Between two held-out scores a person's threshold may lie above scores of its rank.
            normal = score <= threshold.value
            return max(by_rank, _above(threshold.target)) if normal else by_rank
        if not threshold.extrapolated:
            # From the rank at the largest score on, as the tail falls.
            return by_rank * tail.above(score) / tail.above(largest)
        if score <= threshold.value:
            return max(min(by_rank, tail.above(score)), _above(threshold.target))
        return threshold.target * tail.above(score) / tail.above(threshold.value)


def _from(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Parts from each score on, and none after the last, [n + 1]; without what sums round off."""
    return np.round(np.append(np.cumsum(weights[::-1])[::-1], 0.0), 9)


def _above(target: float) -> float:
    """The least p-value that is not at most the target."""
    return math.nextafter(target, 1)
