"""How sure an area under the ROC curve is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.inspection.verdict.agreement import auroc

DRAWS = 1000


@dataclass(frozen=True)
class Area:
    """An AUROC and the middle 95 % of those of resampled images."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f}–{self.high:.3f})"


def area(normals: NDArray[np.float64], defects: NDArray[np.float64]) -> Area:
    """AUROC with its bootstrap interval (Efron 1979); both classes are resampled."""
    rng = np.random.default_rng(0)
    drawn = [
        auroc(rng.choice(normals, len(normals)), rng.choice(defects, len(defects)))
        for _ in range(DRAWS)
    ]
    low, high = np.quantile(drawn, (0.025, 0.975))
    return Area(auroc(normals, defects), float(low), float(high))
