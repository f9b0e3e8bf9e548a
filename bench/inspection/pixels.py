"""How well maps of anomaly tell defective pixels from others, by counts of levels."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from services.inspection.pictures.heatmap import TOP_LEVEL

Counts = NDArray[np.float64]

PRO_LIMIT = 0.3
"""Share of normal pixels up to which the per-region overlap counts (Bergmann et al. 2021)."""


class PixelCounts:
    """Pixels of many images by level, as fine as the 16-bit heat map.

    Args:
        top: Anomaly of the highest level.
    """

    def __init__(self, top: float) -> None:
        self._top = max(top, 1e-9)
        self.normal: Counts = np.zeros(TOP_LEVEL + 1)
        self.defective: Counts = np.zeros(TOP_LEVEL + 1)
        self.overlap: Counts = np.zeros(TOP_LEVEL + 1)
        """Each defective pixel as its part of its region."""
        self.regions = 0

    def __add__(self, other: "PixelCounts") -> "PixelCounts":
        total = PixelCounts(self._top)
        total.normal = self.normal + other.normal
        total.defective = self.defective + other.defective
        total.overlap = self.overlap + other.overlap
        total.regions = self.regions + other.regions
        return total

    def add(self, anomaly: NDArray[np.float32], mask: NDArray[np.bool_] | None) -> None:
        """Counts an image.

        Args:
            anomaly: Of each pixel, [height, width].
            mask: Which are defective; none if None.
        """
        levels = (anomaly * (TOP_LEVEL / self._top)).clip(0, TOP_LEVEL).astype(np.int64)
        if mask is None:
            self.normal += _count(levels)
            return
        self.normal += _count(levels[~mask])
        self.defective += _count(levels[mask])
        labels, count = ndimage.label(mask, np.ones((3, 3)))
        sizes = np.bincount(labels.ravel(), minlength=count + 1)
        self.overlap += np.bincount(levels[mask], 1 / sizes[labels[mask]], minlength=TOP_LEVEL + 1)
        self.regions += int(count)

    def auroc(self) -> float:
        """Probability that a defective pixel is above a normal one; ties count half."""
        below = np.cumsum(self.normal) - self.normal / 2
        return float((self.defective * below).sum() / (self.normal.sum() * self.defective.sum()))

    def pro(self) -> float:
        """Mean overlap with the regions, over false-positive rates up to `PRO_LIMIT`."""
        rates = np.concatenate([[0.0], np.cumsum(self.normal[::-1]) / self.normal.sum()])
        overlaps = np.concatenate([[0.0], np.cumsum(self.overlap[::-1]) / self.regions])
        within = rates < PRO_LIMIT
        last = float(np.interp(PRO_LIMIT, rates, overlaps))
        area = np.trapezoid(np.append(overlaps[within], last), np.append(rates[within], PRO_LIMIT))
        return float(area / PRO_LIMIT)


def _count(levels: NDArray[np.int64]) -> Counts:
    return np.bincount(levels.ravel(), minlength=TOP_LEVEL + 1).astype(np.float64)
