"""What the best match of an unrelated query scores, as a distribution.

The best of many scores follows an extreme-value distribution; Gumbel's is the one
of scores whose tail thins out exponentially (Gumbel, 1958). It is fitted to the
best scores of reference queries. Some of those do match something: their scores are
too high and say nothing of chance. So the fit is that of an empirical null (Efron,
2004): only the lower part of the scores counts, as a distribution that is cut off
there, and what share of the queries is unrelated is estimated with it. Matching queries, however
high they score, move neither the part below nor how it is spread, but by
their number.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

LEAST_SCORES = 20
"""Of fewer best scores nothing can be said."""
CENTRAL = 0.7
"""Part of the best scores, from below, that the fit looks at."""
RELATED_PENALTY = 0.02
"""How much a query's being related costs in log-likelihood. Small: of two fits that are nearly as
good it takes the one by which fewer match, and so the cut-off that lets less pass."""
LEAST_SCALE = 1e-4
"""Narrower distributions are told no apart: copies of one image have equal scores."""

_STEPS = 33
_ZOOMS = 4

Scores = NDArray[np.float32] | NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Null:
    """A Gumbel distribution of an unrelated query's best score.

    Attributes:
        location: Its mode.
        scale: How it is spread, above 0.
    """

    location: float
    scale: float

    def exceeded(self, score: float) -> float:
        """The chance that an unrelated query's best match scores as high, 0 to 1."""
        return -math.expm1(-math.exp(min(700.0, -(score - self.location) / self.scale)))

    def score_at(self, chance: float) -> float:
        """The score that an unrelated query's best match reaches with that chance, in (0, 1)."""
        return self.location - self.scale * math.log(-math.log1p(-chance))

    def of_more(self, times: float, growth: float) -> "Null":
        """The same for a collection that is so many times as large.

        Args:
            times: At least 1.
            growth: Of the best score for each unit of the logarithm of the size.
        """
        return replace(self, location=self.location + growth * math.log(times))


def fit(best: Scores) -> Null | None:
    """The distribution of unrelated queries' best scores.

    Args:
        best: [n] the best score of each reference query; some may have found what they mean.

    Returns:
        None for fewer than `LEAST_SCORES`.
    """
    if len(best) < LEAST_SCORES:
        return None
    ordered = np.sort(np.asarray(best, np.float64))
    edge = float(np.quantile(ordered, CENTRAL))
    below = ordered[ordered <= edge]
    middle, spread = float(below.mean()), max(float(below.std()), LEAST_SCALE)
    # A search over places and widths, in units of the part below, ever more closely; the
    # likelihood has one maximum, and the same scores give the same answer.
    x, edge_x = (below - middle) / spread, (edge - middle) / spread
    places, widths = (-2.0, 3.0), (math.log(0.15), math.log(4.0))
    place = width = 0.0
    for _ in range(_ZOOMS):
        place_grid, width_grid = np.linspace(*places, _STEPS), np.linspace(*widths, _STEPS)
        likelihood = _log_likelihood(x, edge_x, len(ordered), place_grid, np.exp(width_grid))
        row, column = np.unravel_index(int(likelihood.argmax()), likelihood.shape)
        place, width = float(place_grid[row]), float(width_grid[column])
        places, widths = _around(place, place_grid), _around(width, width_grid)
    return Null(middle + place * spread, max(math.exp(width) * spread, LEAST_SCALE))


def growth(parts: Scores, whole: Scores, times: float) -> float:
    """How the best score grows with the collection, per unit of the logarithm of its size.

    Args:
        parts: [n] the mean best score of each reference query in parts of a sample.
        whole: [n] its best score in the whole sample.
        times: How many times as large as a part the sample is, above 1.

    Returns:
        0 or more; by the half of the queries that found least, which are the least likely to match.
    """
    least = np.argsort(whole)[: max(1, len(whole) // 2)]
    return max(0.0, float(np.median(whole[least] - parts[least])) / math.log(times))


def _log_likelihood(
    x: NDArray[np.float64],
    edge: float,
    count: int,
    places: NDArray[np.float64],
    widths: NDArray[np.float64],
) -> NDArray[np.float64]:
    """[places, widths]: of so many scores, of which `x` are not above the edge."""
    place, width = places[:, None], widths[None, :]
    z = (x[None, None, :] - place[..., None]) / width[..., None]
    density = (-np.log(width)[..., None] - z - np.exp(-z)).sum(axis=-1)
    under_edge = np.exp(-np.exp(-(edge - place) / width))
    share_below = len(x) / count
    # The share of unrelated queries that fits best, which is at most all.
    unrelated = np.minimum(1.0, share_below / np.maximum(under_edge, 1e-300))
    above = np.maximum(1 - unrelated * under_edge, 1e-12)
    return np.asarray(
        density
        + (len(x) + RELATED_PENALTY * count) * np.log(unrelated)
        + (count - len(x)) * np.log(above)
    )


def _around(value: float, grid: NDArray[np.float64]) -> tuple[float, float]:
    step = 1.5 * float(grid[1] - grid[0])
    return value - step, value + step
