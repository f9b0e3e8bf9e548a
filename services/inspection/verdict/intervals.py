"""Confidence intervals for a proportion."""

from dataclasses import dataclass
from math import sqrt

from scipy import special

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Proportion:
    """A share, and the interval that holds the true one in 95 of 100 cases."""

    value: float
    low: float
    high: float


def wilson(hits: float, total: int, *, confidence: float = CONFIDENCE) -> Proportion | None:
    """A share with the score interval (Wilson 1927); None if nothing was counted.

    On average it covers the true share as often as it says, also near 0 and 1
    and for a handful, where the textbook's normal interval does not.
    """
    if not total:
        return None
    z = float(special.ndtri(0.5 + confidence / 2))
    share = hits / total
    denominator = 1 + z * z / total
    centre = (share + z * z / (2 * total)) / denominator
    spread = z * sqrt(share * (1 - share) / total + (z / (2 * total)) ** 2) / denominator
    # Rounding must not leave the share outside.
    return Proportion(
        share, min(share, max(0.0, centre - spread)), max(share, min(1.0, centre + spread))
    )


def clopper_pearson(hits: int, total: int, *, confidence: float = CONFIDENCE) -> Proportion | None:
    """A share with the exact interval (Clopper and Pearson 1934); None if nothing was counted.

    It covers the true share at least as often as it says, whatever that is.
    """
    if not total:
        return None
    tail = (1 - confidence) / 2
    low = float(special.betaincinv(hits, total - hits + 1, tail)) if hits else 0.0
    high = float(special.betainccinv(hits + 1, total - hits, tail)) if hits < total else 1.0
    return Proportion(hits / total, low, high)
