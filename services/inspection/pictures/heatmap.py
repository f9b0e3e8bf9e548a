"""Anomaly as grey levels, in absolute units."""

import io

import numpy as np
from PIL import Image

from services.inspection.model import FloatArray
from services.inspection.pictures.upsampling import smooth

TOP_LEVEL = 65535
THRESHOLDS_AT_THE_TOP = 4
LEAST_THRESHOLD = 1e-9
"""In place of a threshold of 0, as identical references give, so that levels mean something."""

MAX_SIDE = 512
"""Pixels of the longer side at most: 16 and more for each patch, and a quarter of the bytes of
1024."""

# Deflate without looking for repetitions (zlib's Z_HUFFMAN_ONLY): smooth 16-bit
# levels have next to none, and it takes two thirds of the time of the fastest level.
HUFFMAN_ONLY = 2


def heatmap_scale(threshold: float) -> float:
    """Anomaly that a grey level stands for, in the unit of the threshold."""
    return THRESHOLDS_AT_THE_TOP * max(threshold, LEAST_THRESHOLD) / TOP_LEVEL


def heatmap_png(size: tuple[int, int], anomaly_map: FloatArray, threshold: float) -> bytes:
    """The heat map as a 16-bit grey PNG, never stretched to the image.

    Args:
        size: Width and height of the image.
        anomaly_map: Scores of patches, [rows, columns], in the unit of the threshold.
        threshold: Images with a higher score are anomalous.

    Returns:
        A PNG in the image's aspect, its longer side at most 512 pixels. A
        grey level times `heatmap_scale` is the anomaly there, up to four
        thresholds. The highest level is that of the worst patch, at its centre.
    """
    width, height = _size(size, anomaly_map)
    levels = smooth(anomaly_map, height, width) / np.float32(heatmap_scale(threshold))
    picture = Image.fromarray(np.rint(levels.clip(0, TOP_LEVEL)).astype(np.uint16))
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=1, compress_type=HUFFMAN_ONLY)
    return out.getvalue()


def _size(size: tuple[int, int], anomaly_map: FloatArray) -> tuple[int, int]:
    """Width and height: the image's own, but with a pixel for each patch, and not too long."""
    rows, columns = anomaly_map.shape
    width, height = size
    scale = min(max(1.0, columns / width, rows / height), MAX_SIDE / max(size))
    return max(1, round(width * scale)), max(1, round(height * scale))
