"""Maximal marginal relevance (Carbonell and Goldstein 1998)."""

import numpy as np
from numpy.typing import NDArray

from services.search.query.pool import Matrix

Numbers = NDArray[np.float64]


def next_diverse(
    scores: Numbers, vectors: Matrix, shown: NDArray[np.bool_], diversity: float, count: int
) -> list[int]:
    """Which images are shown next: close to the query, and unlike those that were shown.

    Each is the one with the most of (1 - diversity) x relevance - diversity x likeness to what
    it is most like among those before; equals in the order given. Relevance and likeness are
    brought to 0 to 1 over these images, since cosines of words and pictures, or of pictures
    alone, spread differently in each model. Which were shown counts, not in which order, so that
    going on later is the same as not having stopped.

    Args:
        scores: Of each image, best first.
        vectors: A row of unit length for each.
        shown: Whether each was shown.
        diversity: 0 to 1.
        count: How many to choose.

    Returns:
        Rows, in the order in which they are shown.
    """
    cosines = (vectors @ vectors.T).astype(np.float64)
    relevance = _scaled(scores, scores)
    apart = ~np.eye(len(scores), dtype=bool)
    likeness = _scaled(cosines, cosines[apart])
    left = ~shown
    most_like = likeness[:, shown].max(axis=1) if shown.any() else np.zeros(len(scores))
    chosen: list[int] = []
    for _ in range(min(count, int(left.sum()))):
        value = (1 - diversity) * relevance - diversity * most_like
        row = int(np.argmax(np.where(left, value, -np.inf)))
        chosen.append(row)
        left[row] = False
        most_like = np.maximum(most_like, likeness[:, row])
    return chosen


def _scaled(values: Numbers, over: Numbers) -> Numbers:
    """Values so that the least of `over` is 0 and the greatest 1; all 0 if these are equal."""
    if not over.size:
        return np.zeros_like(values)
    least, most = float(over.min()), float(over.max())
    if most - least < np.finfo(np.float32).eps:
        return np.zeros_like(values)
    return (values - least) / (most - least)
