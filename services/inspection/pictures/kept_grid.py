"""The grid that is kept of an anomaly map, and the map again.

In units of the threshold, half-precision numbers are fine enough wherever a
heat map has levels: 11 bits of each value, up to 65504 thresholds.
"""

import numpy as np

from services.inspection.model import AnomalyGrid, FloatArray
from services.inspection.pictures.heatmap import LEAST_THRESHOLD

MOST = 65504.0
"""The largest half-precision number."""


def grid_of(anomaly_map: FloatArray, threshold: float, size: tuple[int, int]) -> AnomalyGrid:
    """What is kept of an anomaly map.

    Args:
        anomaly_map: Scores of patches, [rows, columns].
        threshold: That the image was held against, in the unit of the scores.
        size: Width and height of the image in pixels, as seen.
    """
    in_thresholds = anomaly_map / np.float32(max(threshold, LEAST_THRESHOLD))
    kept = in_thresholds.clip(0, MOST).astype(np.float16).astype(np.float32)
    return AnomalyGrid(kept, *size)


def anomaly_map_of(grid: AnomalyGrid, threshold: float) -> FloatArray:
    """The anomaly map again, [rows, columns], in the unit of scores."""
    return np.asarray(grid.in_thresholds * np.float32(max(threshold, LEAST_THRESHOLD)))
