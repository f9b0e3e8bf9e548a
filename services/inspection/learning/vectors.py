"""Vectors."""

from collections.abc import Sequence

import numpy as np

from services.inspection.model import FloatArray


def unit(vector: FloatArray) -> FloatArray:
    """A vector scaled to unit length; zeros stay zeros."""
    length = float(np.linalg.norm(vector))
    return vector / length if length else vector


def unit_rows(descriptors: Sequence[FloatArray]) -> FloatArray:
    """Vectors of unit length as rows, [n, k]; those of length 0 stay so."""
    rows = np.array(descriptors, dtype=np.float32)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1), dtype=np.float32)
