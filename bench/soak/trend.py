"""Whether a series stays where it is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

Points = Sequence[tuple[float, float]]
"""Seconds since the start, and a value."""


@dataclass(frozen=True)
class Tolerance:
    """By how much a series may grow while it is judged and still count as flat."""

    share: float
    """Of its median."""

    amount: float
    """In its unit, however small the median is."""

    def of(self, median: float) -> float:
        """In the unit of the series."""
        return max(self.share * abs(median), self.amount)


@dataclass(frozen=True)
class Trend:
    """What became of a series while it was judged."""

    median: float
    growth: float
    """The larger of its slope times the time that was judged, which a slow leak moves, and of the
    medians of the last and the first quarter's difference, which a late step moves; below 0 if it
    shrank."""

    allowed: float

    @property
    def flat(self) -> bool:
        """Whether it grew no more than is allowed. What shrinks is no leak."""
        return self.growth <= self.allowed


def trend(points: Points, after_s: float, tolerance: Tolerance) -> Trend:
    """Judges a series after its warm-up.

    Args:
        points: At least two of them after the warm-up.
        after_s: When the warm-up is over.
        tolerance: What counts as flat.

    Raises:
        ValueError: There are fewer points.
    """
    judged = [(at, value) for at, value in points if at >= after_s]
    if len(judged) < 2:
        raise ValueError("a trend needs two points after the warm-up")
    median = float(np.median([value for _, value in judged]))
    growth = max(slope(judged) * (judged[-1][0] - judged[0][0]), _step(judged))
    return Trend(median, growth, tolerance.of(median))


def slope(points: Points) -> float:
    """Theil and Sen's: the median slope of all pairs of points, which few outliers do not move.

    Raises:
        ValueError: All points are of one time.
    """
    found = np.asarray(points, dtype=float)
    at, value = found[:, 0], found[:, 1]
    first, second = np.triu_indices(len(found), k=1)
    between = at[second] - at[first]
    apart = between != 0
    if not apart.any():
        raise ValueError("a slope needs points of two times")
    return float(np.median((value[second] - value[first])[apart] / between[apart]))


def _step(points: Points) -> float:
    quarter = max(1, len(points) // 4)
    first, last = points[:quarter], points[-quarter:]
    return float(np.median([value for _, value in last]) - np.median([v for _, v in first]))
