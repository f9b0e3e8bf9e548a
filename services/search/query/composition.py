"""One vector of several examples.

Words and pictures count alike where their cosines spread alike, as with the model `compact`
(0.069 and 0.068 over photographs). In a model whose words lie in a narrower cone than its
pictures, pictures decide unless words are given more weight.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from services.clients.model import Vector
from services.search.errors import ExamplesCancelOut

NEGATIVE_STRENGTH = 0.5
"""What a negative example counts beside a positive one of the same weight. At 1, what comes first
is less like the positive ones; at a half, what was unwanted is mostly gone already (decision 52).
Rocchio's ratio (1971) is 0.2, that of Qdrant's mean of examples 0.5."""

MOST_NEGATIVE = 1.0
"""What all negative examples count together at most, if the positive ones count 1; so what is
wanted is never outvoted by what is not."""

LEAST_LENGTH = 1e-3
"""Length below which a sum of unit vectors has no direction that means anything."""


@dataclass(frozen=True, slots=True)
class Composed:
    """What to look near."""

    vector: Vector
    weights: Sequence[float]
    """How much of each example's cosine is in a score: the score is their weighted sum."""


def compose(vectors: Sequence[Vector], weights: Sequence[float]) -> Composed:
    """Adds examples up, each at unit length, and gives the sum unit length.

    Args:
        vectors: One of each example, of one space.
        weights: None is 0, and at least one is positive.

    Raises:
        ExamplesCancelOut: nothing is left.
    """
    if len(vectors) == 1:
        return Composed(vectors[0], [1.0])
    wanted = sum(weight for weight in weights if weight > 0)
    unwanted = -sum(weight for weight in weights if weight < 0)
    strength = NEGATIVE_STRENGTH
    if unwanted:
        strength = min(strength, MOST_NEGATIVE * wanted / unwanted)
    shares = np.array([weight if weight > 0 else strength * weight for weight in weights]) / wanted
    total = shares @ np.array([unit(vector) for vector in vectors])
    length = float(np.linalg.norm(total))
    if length < LEAST_LENGTH:
        raise ExamplesCancelOut(
            "the examples cancel each other out; leave some of the unwanted ones out",
            field="examples",
        )
    return Composed((total / length).tolist(), (shares / length).tolist())


def unit(vector: Vector) -> Vector:
    """A vector at unit length; of no length it stays."""
    length = math.hypot(*vector)
    return [part / length for part in vector] if length > 0 else vector
