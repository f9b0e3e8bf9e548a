"""The whole-image scorer without its index: the same distances, by brute force."""

import numpy as np
from numpy.typing import NDArray

from services.inspection.model import FloatArray
from services.inspection.scoring.knn import mean_distance


def scores(references: FloatArray, vectors: FloatArray) -> NDArray[np.float64]:
    """Mean distance of each vector to its nearest references; all of unit length, [n, d]."""
    cosines = vectors @ references.T
    return np.array([mean_distance([float(one) for one in row]) for row in cosines])
