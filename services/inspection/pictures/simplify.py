"""Fewer corners for an outline (Douglas and Peucker 1973).

scikit-image has the same; importing it brings 60 MiB of signal processing along.
"""

import numpy as np
from numpy.typing import NDArray

Chain = NDArray[np.float64]
"""Points in order, [points, 2]."""


def simplified(chain: Chain, tolerance: float) -> Chain:
    """A chain of some of the points, from which no other point is farther away than the tolerance.

    Args:
        chain: At least two points; the first and the last are kept.
        tolerance: In the unit of the points, above 0.
    """
    kept = np.zeros(len(chain), dtype=bool)
    kept[[0, -1]] = True
    spans = [(0, len(chain) - 1)]
    while spans:
        start, end = spans.pop()
        if end - start < 2:
            continue
        distances = _distances(chain[start + 1 : end], chain[start], chain[end])
        farthest = int(distances.argmax())
        if distances[farthest] > tolerance:
            middle = start + 1 + farthest
            kept[middle] = True
            spans += [(start, middle), (middle, end)]
    return chain[kept]


def _distances(points: Chain, start: Chain, end: Chain) -> NDArray[np.float64]:
    """Distances of points to a segment, [points]."""
    along = end - start
    length = float(along @ along)
    places = ((points - start) @ along / length).clip(0, 1) if length else np.zeros(len(points))
    offsets = points - (start + places[:, None] * along)
    return np.asarray(np.hypot(offsets[:, 0], offsets[:, 1]))
