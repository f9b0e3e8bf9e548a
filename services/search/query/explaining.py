"""Why a match has its score."""

from collections.abc import Sequence

import numpy as np
from argus.storage.v1.image_pb2 import Image

from services.clients.model import Vector
from services.runtime.words import terms_of
from services.search.model import Contribution, Hit
from services.search.query.found import Found
from services.search.query.fusion import Wording
from services.search.query.planner import Plan


def explained(found: Found, vector: Vector | None, plan: Plan) -> list[Contribution]:
    """What the query as a whole, and each of its examples, has to do with an image.

    The examples' cosines, each times its weight, add up to the score.

    Args:
        found: The image.
        vector: Its vector; None if it is gone meanwhile.
        plan: What was looked for.
    """
    whole = Contribution(found.hit.score, rank=0 if found.hit.order is not None else found.rank)
    if vector is None or not plan.vectors:
        return [whole] if plan.vectors else []
    numbers = plan.numbers or range(len(plan.vectors))
    cosines: Sequence[float] = (np.array(plan.vectors) @ np.array(vector)).tolist()
    return [
        whole,
        *(
            Contribution(cosine, weight, number)
            for number, cosine, weight in zip(numbers, cosines, plan.weights, strict=True)
        ),
    ]


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
