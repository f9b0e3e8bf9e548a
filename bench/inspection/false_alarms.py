"""Whether the rates that a calibration states are those that unseen images show."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from services.inspection.verdict.intervals import Proportion, clopper_pearson
from services.inspection.verdict.thresholds import CONFIDENCE, estimate

TARGETS = (0.01, 0.05, 0.1)


@dataclass(frozen=True)
class FalseAlarms:
    """One calibration at one target, and what unseen images made of it."""

    target: float
    held_out: int
    """Scores that the threshold comes from."""
    low: float
    """Of the stated interval."""
    high: float
    alarms: int
    normals: int
    """Unseen ones."""
    miss_rate: float

    @property
    def measured(self) -> Proportion:
        """Alarms among unseen normals, with the exact interval of that count."""
        found = clopper_pearson(self.alarms, self.normals)
        if found is None:
            raise ValueError("no normal was tested")
        return found

    @property
    def inside(self) -> bool:
        """Whether the measured rate lies in the stated interval."""
        return self.low <= self.alarms / self.normals <= self.high

    @property
    def inside_expected(self) -> float:
        """How often `inside` would be true if the stated interval were exact.

        The rate has the stated Beta distribution and the alarms are drawn at
        that rate, so their number is beta-binomial; with few normals it is
        often outside though the rate itself is inside.
        """
        first = math.ceil(self.low * self.normals - 1e-9)
        last = math.floor(self.high * self.normals + 1e-9)
        return float(self._alarms.cdf(last) - self._alarms.cdf(first - 1))

    @property
    def compatible(self) -> bool:
        """Whether as many alarms are among the middle 95 % of those that the interval implies."""
        tail = (1 - CONFIDENCE) / 2
        fewer, more = self._alarms.cdf(self.alarms), self._alarms.sf(self.alarms - 1)
        return bool(min(fewer, more) > tail)

    @property
    def _alarms(self) -> Any:  # noqa: ANN401 - scipy is untyped
        allowed = max(1, math.floor((self.held_out + 1) * self.target + 1e-9))
        return stats.betabinom(self.normals, allowed, self.held_out + 1 - allowed)


def false_alarms(
    held_out: NDArray[np.float64],
    normals: NDArray[np.float64],
    defects: NDArray[np.float64],
    target: float,
) -> FalseAlarms:
    """Calibrates by held-out scores and applies it to unseen images' scores."""
    threshold = estimate(held_out, target)
    return FalseAlarms(
        target=target,
        held_out=len(held_out),
        low=threshold.low,
        high=threshold.high,
        alarms=int((normals > threshold.value).sum()),
        normals=len(normals),
        miss_rate=float((defects <= threshold.value).mean()),
    )
