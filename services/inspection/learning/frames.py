"""What frames look like as wholes, by the features of all of their patches.

Three things are looked at, each by what half of the patches agree on, so that a
defect changes none of them and a frame that shows another thing changes all:

- the middle: what most patches look like;
- the spread: how much patches differ. Of an even frame they do not;
- the shift: what patches have that their nearest normal ones have not. Of a
  normal image that is something else for each patch, and nothing on the whole.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from services.inspection.model import FloatArray
from services.inspection.verdict.strangeness import Strangeness

LEAST_SPREAD = 0.2
"""Added to spreads before logarithms are taken; features have deviations of about 1."""

LEAST_TYPICAL = 0.05
"""A usual distance at least; features have deviations of about 1."""

_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame."""

    middle: FloatArray = field(repr=False)
    """Median of its reduced features, [k]."""
    spread: FloatArray = field(repr=False)
    """Logarithm of the distance of their quartiles, [k]."""
    shift: FloatArray = field(repr=False)
    """Median of their differences from the nearest members, [k]."""

    @classmethod
    def of(cls, reduced: FloatArray, members: FloatArray) -> Self:
        """Of an image.

        Args:
            reduced: Reduced features of its patches, [p, k].
            members: The nearest member of each that it did not give, [p, k].
        """
        low, middle, high = _quartiles(reduced)
        _, shift, _ = _quartiles(reduced - members)
        return cls(middle, np.log(high - low + LEAST_SPREAD), shift)


@dataclass(frozen=True)
class Frames:
    """The references, each by what did not learn from it; at least two."""

    middles: FloatArray = field(repr=False)
    """[n, k]"""
    spreads: FloatArray = field(repr=False)
    """[n, k]"""
    shifts: FloatArray = field(repr=False)
    """[n, k]"""
    distances: NDArray[np.float64] = field(repr=False)
    """Of each to the others: nearest middle, nearest spread, mean shift, [n, 3]."""

    @classmethod
    def of(cls, frames: Sequence[Frame]) -> Self:
        """Of some frames, at least two."""
        return cls._together(
            *(
                np.array([getattr(one, name) for one in frames], np.float32)
                for name in ("middle", "spread", "shift")
            )
        )

    @classmethod
    def _together(cls, middles: FloatArray, spreads: FloatArray, shifts: FloatArray) -> Self:
        count = len(shifts)
        from_others = np.linalg.norm(shifts - shifts.mean(0), axis=1) * count / (count - 1)
        distances = [nearest_others(middles), nearest_others(spreads), from_others]
        return cls(middles, spreads, shifts, np.stack(distances, axis=1).astype(np.float64))

    def and_(self, frames: Sequence[Frame]) -> "Frames":
        """With further ones."""
        if not frames:
            return self
        return Frames._together(
            np.concatenate([self.middles, [one.middle for one in frames]]),
            np.concatenate([self.spreads, [one.spread for one in frames]]),
            np.concatenate([self.shifts, [one.shift for one in frames]]),
        )

    def p_value(self, frame: Frame) -> float:
        """Share of normal images that are as far from these as a frame is, on the whole."""
        return self._strangeness.p_value(
            [
                np.linalg.norm(self.middles - frame.middle, axis=1).min(),
                np.linalg.norm(self.spreads - frame.spread, axis=1).min(),
                np.linalg.norm(frame.shift - self.shifts.mean(0)),
            ]
        )

    @cached_property
    def _strangeness(self) -> Strangeness:
        return Strangeness(self.distances, least=LEAST_TYPICAL)

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """From what `to_arrays` gave."""
        return cls(*(arrays[name] for name in ("middles", "spreads", "shifts", "distances")))

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """What they consist of, for an artifact."""
        return {
            "middles": self.middles,
            "spreads": self.spreads,
            "shifts": self.shifts,
            "distances": self.distances,
        }


def nearest_others(points: FloatArray) -> FloatArray:
    """Distance of each of at least two points, [n, k], to the nearest other, [n]."""
    found = np.empty(len(points), np.float32)
    for start in range(0, len(points), _AT_ONCE):
        part = points[start : start + _AT_ONCE]
        # Not by products: points that are alike are exactly 0 apart.
        gaps = np.stack([np.linalg.norm(points - one, axis=1) for one in part])
        gaps[np.arange(len(part)), start + np.arange(len(part))] = np.inf
        found[start : start + len(part)] = gaps.min(axis=1)
    return found


def _quartiles(values: FloatArray) -> FloatArray:
    """Lower quartile, median and upper quartile of columns, [3, k]."""
    last = len(values) - 1
    places = [round(last * share) for share in (0.25, 0.5, 0.75)]
    ordered: FloatArray = np.partition(values, sorted(set(places)), axis=0)[places]
    return ordered
