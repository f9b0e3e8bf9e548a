"""Vectors."""

import numpy as np

from services.inspection.model import FloatArray


def unit(vector: FloatArray) -> FloatArray:
    """A vector scaled to unit length; zeros stay zeros."""
    length = float(np.linalg.norm(vector))
    return vector / length if length else vector
