"""Features made comparable: decorrelated, of unit variance, and fewer."""

from dataclasses import dataclass, field

import numpy as np

from services.search.inspection.model import FloatArray

SHRINKAGE = 0.05
"""Part of the mean variance that every direction's variance is drawn towards, so that directions
in which references hardly differ do not count without bound (Ledoit and Wolf 2004)."""


@dataclass(frozen=True, slots=True)
class Whitening:
    """An affine map [d] -> [k] that makes references' features white."""

    centre: FloatArray = field(repr=False)
    """[d]"""
    projection: FloatArray = field(repr=False)
    """[d, k]"""

    @classmethod
    def of(cls, features: FloatArray, dimensions: int) -> "Whitening":
        """Learns it from features, [n, d]; keeps the strongest directions, at most `dimensions`.

        Features are standardised first, so that the scale of no channel counts.
        """
        exact = features.astype(np.float64)
        centre = exact.mean(0)
        spread = exact.std(0) + 1e-6
        standard = (exact - centre) / spread
        variances, directions = np.linalg.eigh(standard.T @ standard / len(standard))
        order = np.argsort(variances)[::-1][:dimensions]
        variances, directions = variances[order], directions[:, order]
        # A direction's sign is arbitrary; fixed, so that equal features make equal maps.
        largest = np.abs(directions).argmax(0)
        directions = directions * np.sign(directions[largest, np.arange(directions.shape[1])])
        shrunk = (1 - SHRINKAGE) * variances + SHRINKAGE * max(float(variances.mean()), 1e-6)
        projection = directions / np.sqrt(shrunk) / spread[:, None]
        return cls(centre.astype(np.float32), projection.astype(np.float32))

    def __call__(self, features: FloatArray) -> FloatArray:
        """White features of [n, d], [n, k]."""
        white: FloatArray = np.asarray((features - self.centre) @ self.projection, np.float32)
        return white
