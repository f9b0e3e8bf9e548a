"""What a part did between two readings."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from mesh.observe.quantiles import quantile
from mesh.watching.reading import Reading


@dataclass(frozen=True)
class Measures:
    """Of the time between two readings."""

    calls_per_s: float
    failures_per_s: float

    p95_s: float | None
    """Seconds that 95 of 100 calls took at most; None: there was none."""

    depths: Mapping[str, float]
    """What waits now, by the queue's name."""


def between(before: Reading, after: Reading) -> Measures:
    """What was done. A part that began anew in between is measured since it began."""
    if after.calls < before.calls:
        before = Reading(before.at_s)
    elapsed_s = max(after.at_s - before.at_s, 1e-9)
    bounds = sorted(bound for bound in after.durations if not math.isinf(bound))
    at_most = [after.durations[bound] - before.durations.get(bound, 0.0) for bound in bounds]
    calls = after.calls - before.calls
    # From "at most" to what each bucket has by itself, and the one above the last bound.
    counts = [now - below for now, below in zip([*at_most, calls], [0.0, *at_most], strict=True)]
    return Measures(
        calls / elapsed_s,
        (after.failures - before.failures) / elapsed_s,
        quantile(0.95, bounds, [max(0.0, count) for count in counts]),
        after.depths,
    )
