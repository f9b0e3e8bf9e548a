"""Quantiles of a histogram, as Prometheus's `histogram_quantile` estimates them."""

from collections.abc import Sequence

QUANTILES = (0.5, 0.95, 0.99)


def quantile(share: float, bounds: Sequence[float], counts: Sequence[float]) -> float | None:
    """The value below which a share of what was recorded lies; None if nothing was.

    Within a bucket values are taken to lie evenly, from 0 in the first; beyond the last bound,
    which is then the answer, nothing is known.

    Args:
        share: From 0 to 1.
        bounds: Upper bounds of the buckets, ascending.
        counts: Of each bucket, and of the one above the last bound.
    """
    total = sum(counts)
    if total <= 0 or not bounds:
        return None
    rank = share * total
    below = 0.0
    lower = 0.0
    for bound, count in zip(bounds, counts, strict=False):
        if count > 0 and below + count >= rank:
            return lower + (bound - lower) * (rank - below) / count
        below += count
        lower = bound
    return bounds[-1]
