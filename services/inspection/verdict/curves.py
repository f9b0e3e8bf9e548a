"""How well scores tell defects from normal images, at every threshold: curves and their areas."""

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from services.inspection.verdict.intervals import CONFIDENCE, Proportion, wilson

Numbers = NDArray[np.float64]

HALVINGS = 60
"""Steps after which an end of an interval is exact to a float's last digits."""


@dataclass(frozen=True, slots=True)
class Separation:
    """Counts above every threshold that makes a difference, the highest threshold first.

    The first entry is of a threshold above all scores, the last of one below all.
    """

    thresholds: Numbers
    """Scores from which on images count, [n]; the first is infinite."""
    defects: NDArray[np.int64]
    """Defects that score as high, [n]."""
    normals: NDArray[np.int64]
    """Normal images that score as high, [n]."""

    @property
    def recall(self) -> Numbers:
        """Share of the defects, [n]."""
        return np.asarray(self.defects / self.defects[-1])

    @property
    def false_alarm_rate(self) -> Numbers:
        """Share of the normal images, [n]."""
        return np.asarray(self.normals / self.normals[-1])

    @property
    def precision(self) -> Numbers:
        """Share of defects among all that score as high, [n]; 1 where nothing does."""
        both = self.defects + self.normals
        return np.where(both > 0, self.defects / np.maximum(both, 1), 1.0)

    @property
    def auroc(self) -> Proportion:
        """Area under the ROC curve, with `auroc_interval`."""
        rates = self.false_alarm_rate
        area = float(np.sum(np.diff(rates) * (self.recall[1:] + self.recall[:-1]) / 2))
        return auroc_interval(area, int(self.normals[-1]), int(self.defects[-1]))

    @property
    def average_precision(self) -> Proportion:
        """Precision averaged over recall, without interpolation.

        The interval is Wilson's as if the defects had been counted (the
        binomial one of Boyd, Eng and Page 2013 in the form that holds near 1).
        """
        value = float(np.sum(np.diff(self.recall) * self.precision[1:]))
        interval = wilson(value * int(self.defects[-1]), int(self.defects[-1]))
        assert interval is not None  # noqa: S101 - there is at least one defect
        return interval


def separation_of(normals: ArrayLike, defects: ArrayLike) -> Separation | None:
    """Counts at every threshold; None unless there are both normal images and defects.

    Args:
        normals: Scores of normal images, [n]; may be infinite.
        defects: Scores of defects, [m]; may be infinite.
    """
    low = np.sort(np.asarray(normals, np.float64))
    high = np.sort(np.asarray(defects, np.float64))
    if not len(low) or not len(high):
        return None
    at = np.unique(np.concatenate([low, high]))[::-1]
    return Separation(
        thresholds=np.concatenate([[np.inf], at]),
        defects=_as_high(high, at),
        normals=_as_high(low, at),
    )


def auroc_interval(
    area: float, normals: int, defects: int, *, confidence: float = CONFIDENCE
) -> Proportion:
    """The area under a ROC curve with its interval (Newcombe 2006, method 5).

    It inverts the variance of Hanley and McNeil (1982) with both counts taken
    as their mean, as Wilson's interval inverts that of a share: it stays within
    0 and 1, and is no point where all defects score above all normal images.

    Args:
        area: 0 to 1.
        normals: How many there were, at least one.
        defects: How many there were, at least one.
        confidence: Of the interval.
    """
    z = float(special.ndtri(0.5 + confidence / 2))
    mean = (normals + defects) / 2

    def deviation(true: float) -> float:
        spread = 2 * mean - 1 - (3 * mean - 3) / ((2 - true) * (1 + true))
        return sqrt(max(0.0, true * (1 - true) * spread / (normals * defects)))

    def low_enough(true: float) -> bool:
        return area - true >= z * deviation(true)

    def high_enough(true: float) -> bool:
        return true - area >= z * deviation(true)

    low = _last(low_enough, 0.0, area) if area > 0 else 0.0
    high = _last(high_enough, 1.0, area) if area < 1 else 1.0
    return Proportion(area, min(low, area), max(high, area))


def thinned(x: Numbers, y: Numbers, most: int) -> tuple[Numbers, Numbers]:
    """A curve with at most so many points, the first and the last among them."""
    if len(x) <= most:
        return x, y
    kept = np.unique(np.linspace(0, len(x) - 1, most).round().astype(int))
    return x[kept], y[kept]


def _as_high(ascending: Numbers, thresholds: Numbers) -> NDArray[np.int64]:
    """How many are at least as high as each threshold, after none."""
    counts = len(ascending) - np.searchsorted(ascending, thresholds, side="left")
    return np.concatenate([[0], counts]).astype(np.int64)


def _last(holds: Callable[[float], bool], true: float, false: float) -> float:
    """Where something stops to hold between a place where it does and one where it does not."""
    for _ in range(HALVINGS):
        middle = (true + false) / 2
        if holds(middle):
            true = middle
        else:
            false = middle
    return true
