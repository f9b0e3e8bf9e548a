"""What was measured of meshes that tell of themselves and of one that does not."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import stats

OFF, FULL, SOME = "off", "all traced", "some traced"
CONFIDENCE = 0.95
LEAST_PAIRS = 6


@dataclass(frozen=True)
class Stretch:
    """One kind of calls at one mesh for a while."""

    per_s: float
    cpu_ms: float
    """Of all parts of the mesh, for each call."""


@dataclass
class Results:
    """Stretches by kind of call and mesh, one for each round."""

    rounds: dict[str, dict[str, list[Stretch]]] = field(default_factory=dict)
    sink_cpu_s: float = 0.0
    """Of the collector, in the whole run."""

    lasted_s: float = 0.0

    def add(self, kind: str, mesh: str, stretch: Stretch) -> None:
        """Takes a stretch of the present round."""
        self.rounds.setdefault(kind, {}).setdefault(mesh, []).append(stretch)

    def rate(self, kind: str, mesh: str) -> "Ratio":
        """Calls a second beside those of the mesh that tells nothing."""
        return ratio(
            [one.per_s for one in self.rounds[kind][mesh]],
            [one.per_s for one in self.rounds[kind][OFF]],
        )

    def cpu(self, kind: str, mesh: str) -> "Ratio":
        """Processor time of a call, beside the same."""
        return ratio(
            [one.cpu_ms for one in self.rounds[kind][mesh]],
            [one.cpu_ms for one in self.rounds[kind][OFF]],
        )


@dataclass(frozen=True)
class Ratio:
    """Of pairs measured in the same round."""

    value: float
    """The median."""
    low: float
    high: float
    """Between which it is with 95 %, whatever the noise is like (the sign test's interval)."""

    def at_least(self, goal: float) -> bool | None:
        """Whether it is; None if the interval leaves it open."""
        if self.low >= goal:
            return True
        return False if self.high < goal else None


def ratio(ours: Sequence[float], beside: Sequence[float]) -> Ratio:
    """Ratios of pairs.

    Raises:
        ValueError: There are fewer than six pairs.
    """
    found = np.sort(np.asarray(ours, dtype=float) / np.asarray(beside, dtype=float))
    if len(found) < LEAST_PAIRS:
        raise ValueError(f"an interval needs {LEAST_PAIRS} pairs")
    outside = int(stats.binom.ppf((1 - CONFIDENCE) / 2, len(found), 0.5))
    return Ratio(float(np.median(found)), float(found[outside - 1]), float(found[-outside]))
