"""Whether an image is another thing altogether: neither more nor less than the references are.

A score looks for the worst place of an image, and a frame with less in it than
the references (lens cap, lamp off, no part in view) has none. So a frame is
also held against the references as a whole, in several respects, and is
strange if it is farther from them than they are from each other. That is
two-sided: what has less in it is as far away as what has more.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from services.inspection.verdict.thresholds import Tail

CHANCE = 1e-3
"""Share of normal images that may be called strange, at most; less if the target is lower."""

FARTHER = 2.2
"""How many times as far as is usual of references an image must be, to be another thing. Parts in
light that no reference has are up to 2.2 times as far, blank frames from 4 times on."""

DEVIATIONS = 8.0
"""Of references that differ so little that this many deviations of theirs are less than that, as
far is far enough."""

LEAST = 1e-6
"""Distances below count as this where logarithms are taken."""

PRIOR_SPREAD = 0.2
PRIOR_WEIGHT = 20
"""How references are taken to spread before any were seen: of few, their own spread is chance."""


class Strangeness:
    """How many normal images are as far from the references as one that is seen.

    Distances count in each respect by what is usual of references; their root
    mean square is log-normal, as `Tail` has it.

    Args:
        distances: Of each reference to the others, in each respect, [n, respects].
        least: A usual distance at least, in each respect or in all: references that are all alike
            would make anything infinitely strange.
        spread: Deviation of their logarithms that is expected before any were seen.
        farther: How many times as far as is usual an image must be.
    """

    def __init__(
        self,
        distances: ArrayLike,
        *,
        least: ArrayLike,
        spread: float = PRIOR_SPREAD,
        farther: float = FARTHER,
    ) -> None:
        known = np.asarray(distances, np.float64)
        self._typical = np.maximum(np.median(known, axis=0), least)
        together = self._together(known)
        deviations = DEVIATIONS * float(np.log(np.maximum(together, LEAST)).std())
        self._near = max(float(together.max()), float(np.exp(min(np.log(farther), deviations))))
        self._tail = Tail.of(together, spread=spread, weight=PRIOR_WEIGHT)

    def p_value(self, distances: ArrayLike) -> float:
        """Share of normal images that are as far, from their distances, [respects].

        1 for what is no farther than a reference is, or not far enough; never 0.
        """
        distance = float(self._together(np.asarray(distances, np.float64)))
        return self._tail.above(distance) if distance > self._near else 1.0

    def _together(self, distances: NDArray[np.float64]) -> NDArray[np.float64]:
        squares = np.square(distances / self._typical)
        return np.asarray(np.sqrt(squares.mean(axis=-1)))


def is_strange(p_value: float, target: float) -> bool:
    """Whether an image is another thing, at a target false-alarm rate."""
    return p_value <= min(CHANCE, target)
