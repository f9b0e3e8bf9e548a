"""How well words find an image: Okapi BM25 (Robertson and Zaragoza 2009), scaled to [0, 1].

The image's side and the query's are apart, so that an engine multiplies them: how much
an image speaks of a word is kept with it, how much a word tells is found out when it is
asked for, among the asker's images alone.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence

SATURATION = 1.2
"""k1: how soon a word that comes again says nothing more."""

LENGTH_SHARE = 0.75
"""b: how much less a word says among many."""

USUAL_WORDS = 12
"""Words of a usual name and its labels."""


def weights_of(terms: Sequence[str]) -> Mapping[str, float]:
    """How much an image with these terms speaks of each, in (0, 1)."""
    length = 1 - LENGTH_SHARE + LENGTH_SHARE * len(terms) / USUAL_WORDS
    return {term: count / (count + SATURATION * length) for term, count in Counter(terms).items()}


def rarity(images: int, having: int) -> float:
    """How much a word tells that so many of all the images have; above 0."""
    return math.log1p((images - min(having, images) + 0.5) / (having + 0.5))
