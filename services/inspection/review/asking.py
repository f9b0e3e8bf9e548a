"""What a head training asked for, and which unjudged images might be it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np

from services.inspection.job import Advice, Wanted
from services.inspection.learning.vectors import unit_rows
from services.inspection.model import FloatArray, JudgedLook

TOO_EARLY_WEIGHT = 0.5
"""Of a kind of which nothing can be said yet, against one that would help most."""

HARDLY_WRONG = 0.02
"""Share of pairs; a kind that is ranked so well already is not asked for to learn its curve."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Kinds that are asked for, and what judged images look like."""

    kinds: Sequence[str]
    """Of judged images, [judged]."""
    weights: FloatArray = field(repr=False)
    """How much more of that kind is wanted, 0 to 1, [judged]."""
    looks: FloatArray = field(repr=False)
    """Descriptors of judged images, of unit length, [judged, d]."""

    @classmethod
    def of(cls, wanted: Sequence[Wanted], judged: Sequence[JudgedLook]) -> Self | None:
        """What is still asked for, given what was judged since; None if that is nothing.

        Args:
            wanted: What the last head training asked for.
            judged: The newest judged images, with descriptors of one version and its bases.
        """
        counts = Counter(one.kind for one in judged)
        asked = [one for one in wanted if one.more and counts[one.kind] < one.count + one.more]
        weights = _weights(asked)
        if not any(weights.get(one.kind) for one in judged):
            return None
        return cls(
            [one.kind for one in judged],
            np.array([weights.get(one.kind, 0.0) for one in judged], np.float32),
            unit_rows([one.descriptor for one in judged]),
        )

    def likely(self, descriptors: FloatArray) -> list[tuple[float, str]]:
        """How much each image resembles what is asked for, 0 to 1, and which kind that is.

        It is taken for what the judged image is that it looks most like. What is far is held
        against how far judged images are from each other.

        Args:
            descriptors: Of unit length, [images, d].
        """
        distances = (1 - descriptors @ self.looks.T).clip(0, None)
        among = (1 - self.looks @ self.looks.T).clip(0, None)
        np.fill_diagonal(among, np.inf)
        typical = float(np.median(among.min(axis=1))) if len(among) > 1 else 1.0
        typical = max(typical, 1e-6)
        found = []
        for nearest, row in zip(distances.argmin(axis=1), distances, strict=True):
            likeness = float(self.weights[nearest]) * typical / (float(row[nearest]) + typical)
            found.append((likeness, self.kinds[nearest] if likeness else ""))
        return found


def _weights(asked: Sequence[Wanted]) -> dict[str, float]:
    """How much of each kind is wanted: 1 for what would help most."""
    gains = {
        one.kind: one.error - one.expected_error for one in asked if one.advice is Advice.MORE_HELPS
    }
    most = max(gains.values(), default=0.0)
    weights = {kind: gain / most for kind, gain in gains.items() if most > 0}
    for one in asked:
        if one.advice is Advice.TOO_EARLY and one.error > HARDLY_WRONG:
            weights[one.kind] = TOO_EARLY_WEIGHT
    return weights
