"""Medians of repeated pairs, and how far the repetitions lie apart."""

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Spread:
    """Repetitions of one measurement."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """Half of the repetitions are no greater."""
        return statistics.median(self.values)

    @property
    def low(self) -> float:
        """The least."""
        return min(self.values)

    @property
    def high(self) -> float:
        """The greatest."""
        return max(self.values)


def spread(values: Iterable[float]) -> Spread:
    """Repetitions of one measurement.

    Raises:
        ValueError: There is none.
    """
    taken = tuple(values)
    if not taken:
        raise ValueError("nothing was measured")
    return Spread(taken)


def ratios(above: Sequence[float], below: Sequence[float]) -> Spread:
    """Ratios of what was measured in pairs, one for each pair.

    A pair is measured one right after the other, so a machine whose speed
    drifts changes both.

    Raises:
        ValueError: The two are not alike in number.
    """
    return spread(one / other for one, other in zip(above, below, strict=True))


def percentile(values: Iterable[float], percent: float) -> float:
    """The least value that at least `percent` of the values do not exceed (nearest rank)."""
    ordered = sorted(values)
    if not ordered:
        raise ValueError("nothing was measured")
    return ordered[max(0, math.ceil(percent / 100 * len(ordered)) - 1)]
