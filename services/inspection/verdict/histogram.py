"""Scores counted by bin."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

MOST_THRESHOLDS = 4.0
"""The last edge lies at most so many thresholds up, as the top of a heat map."""

LEAST_WIDTH = 1e-9
"""Of all bins together: scores may all be one."""

Edges = NDArray[np.float64]


def edges_of(scores: Sequence[float], threshold: float, bins: int) -> Edges:
    """Edges of bins of one width for scores and a threshold, [bins + 1], ascending.

    From the lowest to the highest, but no higher than four thresholds: single
    scores far out must not squeeze all others into one bin.
    """
    low = min([threshold, *scores])
    high = max(threshold, min(max([threshold, *scores]), MOST_THRESHOLDS * threshold))
    return np.linspace(low, max(high, low + LEAST_WIDTH), bins + 1)


def counted(scores: Sequence[float], edges: Edges) -> list[int]:
    """How many scores each bin holds; what lies above the last edge counts in the last one.

    Args:
        scores: None below the first edge, in any order.
        edges: [bins + 1], ascending.
    """
    bins = len(edges) - 1
    places = np.searchsorted(edges, np.asarray(scores, np.float64), side="right") - 1
    counts: list[int] = np.bincount(places.clip(0, bins - 1), minlength=bins).tolist()
    return counts
