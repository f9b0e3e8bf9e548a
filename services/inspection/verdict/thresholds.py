"""From the scores of held-out normal images to a threshold, and from a score to a p-value.

Held-out scores are exchangeable with those of normal images to come, so what
their ranks say holds whatever their distribution (split conformal prediction,
Vovk et al. 2005). Only where there are too few for the share that is asked for
are they taken to be log-normal.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
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
        cls, held_out: ArrayLike, *, spread: float = PRIOR_SPREAD, weight: float = PRIOR_WEIGHT
    ) -> "Tail":
        """Fits it to at least one score.

        Args:
            held_out: Scores.
            spread: Deviation of their logarithms that is expected before any were seen.
            weight: How many scores that expectation weighs as much as.
        """
        logs = np.log(np.maximum(np.asarray(held_out, np.float64), LEAST_SCORE))
        count = len(logs)
        freedom = weight + count - 1
        squares = float(np.square(logs - logs.mean()).sum())
        fitted = math.sqrt((weight * spread**2 + squares) / freedom)
        return cls(float(logs.mean()), fitted * math.sqrt(1 + 1 / count), freedom)

    def above(self, score: float) -> float:
        """Share of scores above one; never 0."""
        place = (math.log(max(score, LEAST_SCORE)) - self.centre) / self.scale
        return max(float(special.stdtr(self.freedom, -place)), 1e-12)

    def score(self, share: float) -> float:
        """The score that a share of scores is above."""
        return math.exp(self.centre + self.scale * -float(special.stdtrit(self.freedom, share)))


def estimate(held_out: ArrayLike, target: float) -> Threshold:
    """The threshold for a target false-alarm rate.

    With n held-out scores and k = floor((n + 1) target), the threshold is the
    k-th largest: the expected rate is k / (n + 1), and the rate itself has a
    Beta(k, n + 1 - k) distribution, whose middle 95 % are the interval. If k is
    0, the threshold goes on above the largest along `Tail`; of its rate only
    that of the largest is sure to bound it, which Beta(1, n) has.

    Args:
        held_out: Scores of at least one normal image, unseen by what scored them.
        target: Share of normal images that may be called anomalous, in (0, 1).
    """
    ordered = np.sort(np.asarray(held_out, np.float64))
    count = len(ordered)
    allowed = math.floor((count + 1) * target + 1e-9)
    outside = (1 - CONFIDENCE) / 2
    if allowed >= 1:
        return Threshold(
            value=float(ordered[count - allowed]),
            target=target,
            low=float(special.betaincinv(allowed, count + 1 - allowed, outside)),
            high=float(special.betainccinv(allowed, count + 1 - allowed, outside)),
            held_out_count=count,
            extrapolated=False,
        )
    return Threshold(
        value=max(float(ordered[-1]), Tail.of(held_out).score(target)),
        target=target,
        low=0.0,
        high=float(special.betainccinv(1, count, outside)),
        held_out_count=count,
        extrapolated=True,
    )


def set_at(held_out: ArrayLike, value: float) -> Threshold:
    """The threshold that a person sets at a score.

    With k of n held-out scores above it, the rate is expected to be at most
    (k + 1) / (n + 1), which becomes the target; the interval is the exact one
    of k in n (Clopper and Pearson 1934). Above all held-out scores the rate is
    expected to fall along `Tail`, and of the interval only the upper end, which
    k = 0 has, is sure.

    Args:
        held_out: Scores of at least one normal image, unseen by what scored them.
        value: Scores above are anomalous; at least 0.
    """
    ordered = np.sort(np.asarray(held_out, np.float64))
    count = len(ordered)
    above = count - int(np.searchsorted(ordered, value, side="right"))
    by_rank = (above + 1) / (count + 1)
    beyond = value > ordered[-1]
    interval = clopper_pearson(above, count, confidence=CONFIDENCE)
    assert interval is not None  # noqa: S101 - at least one was counted
    return Threshold(
        value=value,
        target=min(by_rank, Tail.of(held_out).above(value)) if beyond else by_rank,
        low=interval.low,
        high=interval.high,
        held_out_count=count,
        extrapolated=bool(beyond),
        set_by_person=True,
    )


class PValues:
    """Shares of normal images that score as high.

    A score is above the threshold exactly if its p-value is at most the target.

    Args:
        held_out: Scores of at least one normal image, ascending.
        threshold: What `estimate` or `set_at` made of them.
    """

    def __init__(self, held_out: ArrayLike, threshold: Threshold) -> None:
        self._held_out = np.asarray(held_out, np.float64)
        self._threshold = threshold
        self._tail = Tail.of(held_out)

    def of(self, score: float) -> float:
        """The p-value of a score, in (0, 1]."""
        count = len(self._held_out)
        as_high = count - int(np.searchsorted(self._held_out, score, side="left"))
        by_rank = (1 + as_high) / (count + 1)
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


def _above(target: float) -> float:
    """The least p-value that is not at most the target."""
    return math.nextafter(target, 1)
