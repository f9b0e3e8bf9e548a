"""Features made comparable, and fewer."""

from dataclasses import dataclass, field

import numpy as np

from services.inspection.model import FloatArray

LEAST_SPREAD = 1e-2
"""Deviation of a channel, at least, as a part of the mean deviation: one that never changes in
references does not count without bound."""


@dataclass(frozen=True, slots=True)
class Reduction:
    """An affine map [d] -> [k] that keeps distances between standardised features.

    Every channel counts alike; the directions in which references differ most
    are kept as they are. Whitening them was worse: it lets noise count as much
    as structure.
    """

    centre: FloatArray = field(repr=False)
    """[d]"""
    projection: FloatArray = field(repr=False)
    """[d, k]"""

    @classmethod
    def of(cls, features: FloatArray, dimensions: int) -> "Reduction":
        """Learns it from features, [n, d]; keeps at most `dimensions` principal components."""
        centre = features.mean(0, dtype=np.float64)
        # The one product over all features in their own precision, which takes a tenth of the time.
        about = features.astype(np.float32) - centre.astype(np.float32)
        covariance = (about.T @ about).astype(np.float64) / len(about)
        spread = np.sqrt(covariance.diagonal())
        spread = np.maximum(spread, max(LEAST_SPREAD * float(spread.mean()), 1e-6))
        variances, directions = np.linalg.eigh(covariance / np.outer(spread, spread))
        directions = directions[:, np.argsort(variances)[::-1][:dimensions]]
        # A direction's sign is arbitrary; fixed, so that equal features make equal maps.
        largest = np.abs(directions).argmax(0)
        directions = directions * np.sign(directions[largest, np.arange(directions.shape[1])])
        projection = directions / spread[:, None]
        return cls(centre.astype(np.float32), projection.astype(np.float32))

    def __call__(self, features: FloatArray) -> FloatArray:
        """Reduced features of [n, d], [n, k]."""
        reduced: FloatArray = np.asarray((features - self.centre) @ self.projection, np.float32)
        return reduced
