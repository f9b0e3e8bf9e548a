"""What distances are usual where in an image.

Near its edges a part looks less alike from image to image, and a network sees
less there. A distance counts by how unusual it is for its place, in standard
deviations.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from services.inspection.model import FloatArray

EDGE_CELLS = 6
"""Cells from an edge that have statistics of their own; farther ones share."""

PLACES = (EDGE_CELLS + 1) ** 2

PRIOR_PATCHES = 50.0
"""Weight, in patches, of the statistics of the whole image in those of one place."""

LEAST_SPREAD = 0.05
"""Deviation of distances at a place, at least, as a part of their mean."""

LEAST_DEVIATION = 1e-2
"""Deviation at least: images that are all the same would make anything infinitely unusual."""


def places_of(rows: int, columns: int) -> NDArray[np.intp]:
    """Which place each patch is at, [rows * columns]: its distance to the nearest edges."""
    row, column = np.arange(rows), np.arange(columns)
    row = np.minimum(np.minimum(row, row[::-1]), EDGE_CELLS)
    column = np.minimum(np.minimum(column, column[::-1]), EDGE_CELLS)
    return (row[:, None] * (EDGE_CELLS + 1) + column[None, :]).reshape(-1)


@dataclass(frozen=True, slots=True)
class PlaceSums:
    """Numbers, sums and sums of squares of distances by place, [3, PLACES]."""

    sums: NDArray[np.float64] = field(repr=False)

    @classmethod
    def of(cls, distances: FloatArray, places: NDArray[np.intp]) -> "PlaceSums":
        """Of one image's distances, [p], at places, [p]."""
        exact = distances.astype(np.float64)
        return cls(
            np.stack(
                [
                    np.bincount(places, weights, PLACES).astype(np.float64)
                    for weights in (None, exact, exact**2)
                ]
            )
        )

    def __add__(self, other: "PlaceSums") -> "PlaceSums":
        return PlaceSums(self.sums + other.sums)

    def __sub__(self, other: "PlaceSums") -> "PlaceSums":
        return PlaceSums(self.sums - other.sums)

    def usual(self) -> "Usual":
        """Means and deviations; those of rare places are drawn to those of all."""
        count, total, squares = self.sums
        everywhere = max(count.sum(), 1.0)
        mean_of_all = total.sum() / everywhere
        square_of_all = squares.sum() / everywhere
        number = count + PRIOR_PATCHES
        mean = (total + PRIOR_PATCHES * mean_of_all) / number
        variance = (squares + PRIOR_PATCHES * square_of_all) / number - mean**2
        least = max(LEAST_SPREAD * mean_of_all, LEAST_DEVIATION)
        return Usual(
            mean.astype(np.float32), np.sqrt(np.maximum(variance, least**2)).astype(np.float32)
        )


@dataclass(frozen=True, slots=True)
class Usual:
    """Mean and deviation of distances by place, [PLACES] each."""

    mean: FloatArray = field(repr=False)
    deviation: FloatArray = field(repr=False)

    def anomaly(self, distances: FloatArray, places: NDArray[np.intp]) -> FloatArray:
        """Deviations above the mean, [p]; 0 for what is as usual or nearer."""
        above: FloatArray = (distances - self.mean[places]) / self.deviation[places]
        return np.maximum(above, 0)
