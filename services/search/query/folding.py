"""Near-duplicates under the best of them."""

import numpy as np

from services.search.query.pool import Matrix

SAME_COSINE = 0.94
"""Cosine similarity from which two images are near-duplicates."""

ROUNDING = 1e-6
"""By which the cosine of an image with its exact copy may fall short."""


def folded(vectors: Matrix) -> list[list[int]]:
    """Groups of near-duplicates, in order of their best.

    An image belongs to the best-ranked group whose best it is a near-duplicate of, and begins a
    group of its own if there is none. So no two that head groups are near-duplicates.

    Args:
        vectors: A row of unit length for each image, best first.

    Returns:
        Rows of each group, its head first.
    """
    cosines = vectors @ vectors.T
    groups: list[list[int]] = []
    heads: list[int] = []
    for row in range(len(vectors)):
        near = cosines[row, heads] >= SAME_COSINE - ROUNDING
        if near.any():
            groups[int(np.argmax(near))].append(row)
        else:
            heads.append(row)
            groups.append([row])
    return groups
