"""Why a match has its score."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from argus.storage.v1.image_pb2 import Image

from services.clients.model import Vector
from services.runtime.words import terms_of
from services.search.model import Contribution, Hit, Region, StoredVector
from services.search.query.found import Found
from services.search.query.fusion import Wording
from services.search.query.planner import Plan

HALF_PRECISION = 1e-3
"""How much a part's cosine may differ from what it is: parts are kept in half precision."""


def explained(found: Found, stored: StoredVector | None, plan: Plan) -> list[Contribution]:
    """What the query as a whole, and each of its examples, has to do with an image.

    The examples' cosines, each times its weight, add up to the score.

    Args:
        found: The image.
        stored: Its vectors, with those of its parts if it was found by the best of them; None if it
            is gone meanwhile.
        plan: What was looked for.
    """
    whole = Contribution(found.hit.score, rank=0 if found.hit.order is not None else found.rank)
    if stored is None or not plan.vectors:
        return [whole] if plan.vectors else []
    vector, region = _best(stored, plan.vector)
    whole = replace(whole, matched_region=region)
    numbers = plan.numbers or range(len(plan.vectors))
    cosines: Sequence[float] = (np.array(plan.vectors) @ np.array(vector)).tolist()
    return [
        whole,
        *(
            Contribution(cosine, weight, number)
            for number, cosine, weight in zip(numbers, cosines, plan.weights, strict=True)
        ),
    ]


def _best(stored: StoredVector, query: Vector) -> tuple[Vector, Region | None]:
    """What of an image is most like the query, and where it is; None for the whole."""
    if not stored.crops:
        return stored.vector, None
    cosines = np.array([crop.vector for crop in stored.crops]) @ np.array(query)
    best = stored.crops[int(np.argmax(cosines))]
    if cosines.max() <= np.array(stored.vector) @ np.array(query) + HALF_PRECISION:
        return stored.vector, None
    return best.vector, Region(best.left, best.top, best.right, best.bottom)


def explained_words(image: Image, hit: Hit, wording: Wording) -> list[Contribution]:
    """What the words have to do with an image; nothing where they do not count.

    Args:
        image: Storage's record.
        hit: The image as it was found.
        wording: How words take part.
    """
    if not wording.weights:
        return []
    texts = (
        image.filename,
        *(f"{key} {value}" for key, value in image.labels.items()),
        image.note,
        image.capture.camera,
        image.capture.lens,
    )
    said = {term for text in texts for term in terms_of(text)}
    matched = [term for term in wording.weights if term in said]
    return [Contribution(hit.words, wording.share, matched_words=matched)]
