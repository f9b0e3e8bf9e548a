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
    """

    def __init__(
        self, distances: ArrayLike, *, least: ArrayLike, spread: float = PRIOR_SPREAD
    ) -> None:
        known = np.asarray(distances, np.float64)
        self._typical = np.maximum(np.median(known, axis=0), least)
        together = self._together(known)
        self._largest = float(together.max())
        self._tail = Tail.of(together, spread=spread, weight=PRIOR_WEIGHT)

    def p_value(self, distances: ArrayLike) -> float:
        """Share of normal images that are as far, from their distances, [respects].

        1 for what is no farther than a reference is; never 0.
        """
        distance = float(self._together(np.asarray(distances, np.float64)))
        return self._tail.above(distance) if distance > self._largest else 1.0

    def _together(self, distances: NDArray[np.float64]) -> NDArray[np.float64]:
        squares = np.square(distances / self._typical)
        return np.asarray(np.sqrt(squares.mean(axis=-1)))


def is_strange(p_value: float, target: float) -> bool:
    """Whether an image is another thing, at a target false-alarm rate."""
    return p_value <= min(CHANCE, target)
