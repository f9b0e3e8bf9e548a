"""From vectors to the cut-off: pure arithmetic, some milliseconds of matrix products."""

import numpy as np

from services.search.index.ranking import SCORE_DIGITS
from services.search.meaning.model import FALSE_ALARM_RATE, LEAST_IMAGES, Calibration, Kind
from services.search.meaning.null import LEAST_SCORES, Null, fit, growth
from services.search.meaning.reference_vectors import Vectors
from services.search.model import Cutoff

MOST_QUERIES = 256
"""Images of the sample that stand for unrelated pictures."""
LEAST_OWN = 100
"""Images that a collection must have to stand for unrelated pictures itself: what fewer say is too
uncertain, and the lower of two uncertain things is too low."""
COPY = 0.95
"""From this similarity on two images are taken for the same, which says nothing of chance."""
PARTS = 4
"""Parts of the sample by which is learnt how the best score grows with a collection."""


def learn(
    kind: Kind, references: Vectors, images: Vectors, collection_size: int
) -> Calibration | None:
    """What scores of a kind of query mean.

    Words are compared with captions. For pictures two things stand for unrelated
    ones: pictures that come with search, and the collection's own, each compared with the others.
    Either may be related to the collection (it has those photographs, or is of series
    that are alike), and that only raises what it says; so the lower of the two holds.

    Args:
        kind: Words or pictures.
        references: [m, dimension] captions or pictures, of unit length.
        images: [n, dimension] a sample of the collection, of unit length.
        collection_size: How many images the collection has, n or more.

    Returns:
        None if there are too few images.
    """
    if len(images) < LEAST_IMAGES:
        return None
    times = max(1.0, collection_size / len(images))
    nulls = [_null(references, images, times)]
    if kind is Kind.PICTURE and len(images) >= LEAST_OWN:
        step = -(-len(images) // MOST_QUERIES)
        nulls.append(_null(images[::step], images, times))
    known = [null for null in nulls if null is not None]
    if not known:
        return None
    null = min(known, key=lambda one: one.score_at(FALSE_ALARM_RATE))
    score = round(min(1.0, null.score_at(FALSE_ALARM_RATE)), SCORE_DIGITS)
    return Calibration(null, Cutoff(score, FALSE_ALARM_RATE, len(images)))


def _null(queries: Vectors, images: Vectors, times: float) -> Null | None:
    """What the best match of such queries scores in a collection that is so many times the images.

    Queries may be among the images: copies do not count.
    """
    scores = queries @ images.T
    scores[scores >= COPY] = -np.inf
    best = scores.max(axis=1)
    compared = np.isfinite(best)
    if compared.sum() < LEAST_SCORES:
        return None
    null = fit(best[compared])
    if null is None or times == 1.0:
        return null
    parts = [scores[compared, part::PARTS].max(axis=1) for part in range(PARTS)]
    whole_parts = np.isfinite(parts).all(axis=0)
    if not whole_parts.any():
        return null
    mean = np.mean([part[whole_parts] for part in parts], axis=0)
    return null.of_more(times, growth(mean, best[compared][whole_parts], PARTS))
