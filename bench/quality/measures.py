"""How good rankings are: precision and discounted gain."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.search.meaning.reference_vectors import Vectors

DEPTH = 10


@dataclass(frozen=True)
class Measured:
    """Means over queries."""

    queries: int
    first: float
    """P@1: queries whose best match is relevant."""
    in_ten: float | None
    """P@10: of ten matches, those that are relevant; of as many as there are, if fewer are."""
    ndcg: float
    """Normalised discounted cumulative gain of ten matches (Järvelin and Kekäläinen, 2002)."""


def measure(
    queries: Vectors, images: Vectors, relevant: NDArray[np.bool_], left_out: NDArray[np.intp]
) -> Measured:
    """How well queries find what is relevant.

    Args:
        queries: [q, dimension].
        images: [n, dimension].
        relevant: [q, n].
        left_out: [q] the image that a query is itself, and that does not count; -1 for none.
    """
    scores = queries @ images.T
    own = left_out >= 0
    scores[np.flatnonzero(own), left_out[own]] = -np.inf
    ranked = np.argsort(-scores, axis=1, kind="stable")[:, :DEPTH]
    hits = np.take_along_axis(relevant, ranked, axis=1)
    most = np.minimum(relevant.sum(axis=1), DEPTH)
    discount = 1 / np.log2(np.arange(2, DEPTH + 2))
    gain = (hits * discount[: hits.shape[1]]).sum(axis=1)
    ideal = np.array([discount[:count].sum() for count in most])
    several = most > 1
    return Measured(
        queries=len(queries),
        first=float(hits[:, 0].mean()),
        in_ten=float((hits.sum(axis=1) / most)[several].mean()) if several.any() else None,
        ndcg=float((gain / ideal).mean()),
    )
