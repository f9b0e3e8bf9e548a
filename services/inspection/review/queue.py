"""What a person should look at first."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from services.inspection.learning.vectors import unit_rows
from services.inspection.model import InspectionRecord
from services.inspection.review.asking import Asked
from services.inspection.verdict.confidence import uncertainty

ALIKE = 0.98
"""Cosine above which two images are the same to a person who judges them."""

UNCERTAINTY_WEIGHT = 0.6
"""Of what makes an image worth looking at; the rest is novelty."""

WANTED_WEIGHT = 0.3
"""What likeness to a kind that a head training asked for adds."""

LITTLE = 0.3
"""Of uncertainty and novelty, what is no reason to look."""

RELEVANCE_WEIGHT = 0.7
"""Against likeness to what comes before it in the queue."""


_NOTHING: Mapping[tuple[str, int], Asked] = MappingProxyType({})


class Reason(StrEnum):
    """Why an item is asked."""

    UNJUDGED = "UNJUDGED"
    """Nothing but that nobody has judged it."""
    NEAR_THRESHOLD = "NEAR_THRESHOLD"
    UNUSUAL = "UNUSUAL"
    KIND_WANTED = "KIND_WANTED"


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """An inspection that a person should look at."""

    record: InspectionRecord
    uncertainty: float
    """How unsure the verdict is, 0 to 1."""
    novelty: float
    """How unlike all others the image is, 0 to 1; 0.5 if as unlike as most are."""
    wanted: float = 0.0
    """How much it resembles judged images of a kind that is asked for, 0 to 1."""
    wanted_kind: str = ""
    """Which kind."""

    @property
    def worth(self) -> float:
        """What looking at it is worth."""
        return sum(self._shares.values())

    @property
    def reason(self) -> Reason:
        """What its worth is mostly."""
        shares = self._shares
        strongest = max(shares, key=lambda one: shares[one])
        if strongest is Reason.KIND_WANTED:
            return strongest
        if max(self.uncertainty, self.novelty) < LITTLE:
            return Reason.UNJUDGED
        # As they are told, not as they are weighed.
        return Reason.NEAR_THRESHOLD if self.uncertainty >= self.novelty else Reason.UNUSUAL

    @property
    def _shares(self) -> dict[Reason, float]:
        return {
            Reason.NEAR_THRESHOLD: UNCERTAINTY_WEIGHT * self.uncertainty,
            Reason.UNUSUAL: (1 - UNCERTAINTY_WEIGHT) * self.novelty,
            Reason.KIND_WANTED: WANTED_WEIGHT * self.wanted,
        }


def review_order(
    records: Sequence[InspectionRecord],
    limit: int,
    asked: Mapping[tuple[str, int], Asked] = _NOTHING,
) -> list[ReviewItem]:
    """The inspections to look at, first things first, no two of them alike.

    Of images that are alike the least sure one stands for all. Then each next
    one is chosen for what it is worth (uncertainty, novelty, and whether it
    resembles what a head training asked for) less its
    likeness to those chosen before (maximal marginal relevance, Carbonell and
    Goldstein 1998). Only images of one version of a set are compared.

    Args:
        records: What to choose from.
        limit: At most so many.
        asked: What is asked for, by set and version.
    """
    unsure = {
        record.inspection_id: uncertainty(record.p_value, record.target) for record in records
    }
    ordered = sorted(records, key=lambda one: (-unsure[one.inspection_id], one.inspection_id))
    groups: dict[tuple[str, int], list[InspectionRecord]] = defaultdict(list)
    for record in ordered:
        groups[record.set_id, record.version].append(record)

    kept: list[ReviewItem] = []
    likeness: list[NDArray[np.float64]] = []
    for key, group in groups.items():
        distinct, distances = _distinct(group)
        novelty, alike = _compared(distances)
        items = [
            ReviewItem(record, unsure[record.inspection_id], float(new))
            for record, new in zip(distinct, novelty, strict=True)
        ]
        if key in asked:
            likely = asked[key].likely(unit_rows([record.descriptor for record in distinct]))
            items = [
                replace(item, wanted=wanted, wanted_kind=kind)
                for item, (wanted, kind) in zip(items, likely, strict=True)
            ]
        kept += items
        likeness.append(alike)
    return [kept[index] for index in _chosen(kept, _block_diagonal(likeness), limit)]


def _distinct(
    records: Sequence[InspectionRecord],
) -> tuple[list[InspectionRecord], NDArray[np.float64]]:
    """Those that no earlier one is alike, n, and their cosine distances, [n, n]."""
    descriptors = unit_rows([record.descriptor for record in records])
    cosines = descriptors @ descriptors.T
    kept: list[int] = []
    for index in range(len(records)):
        if not kept or cosines[index, kept].max() <= ALIKE:
            kept.append(index)
    distances = (1 - cosines[np.ix_(kept, kept)]).clip(0, None)
    return [records[index] for index in kept], distances.astype(np.float64)


def _compared(
    distances: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Novelty, [n], and likeness, [n, n], both 0 to 1.

    What is far depends on the part and the model, so that distances are held
    against the median distance to the nearest other, at which either is 0.5.
    """
    count = len(distances)
    if count == 1:
        return np.ones(1), np.ones((1, 1))
    others = distances + np.diag(np.full(count, np.inf))
    nearest = others.min(axis=1)
    typical = float(np.median(nearest))
    return nearest / (nearest + typical), typical / (distances + typical)


def _block_diagonal(blocks: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Likeness of all, [n, n]: 0 for what is not compared."""
    size = sum(len(block) for block in blocks)
    whole = np.zeros((size, size))
    start = 0
    for block in blocks:
        end = start + len(block)
        whole[start:end, start:end] = block
        start = end
    return whole


def _chosen(items: Sequence[ReviewItem], likeness: NDArray[np.float64], limit: int) -> list[int]:
    worth = np.array([item.worth for item in items])
    alike = np.zeros(len(items))
    chosen: list[int] = []
    for _ in range(min(limit, len(items))):
        value = RELEVANCE_WEIGHT * worth - (1 - RELEVANCE_WEIGHT) * alike
        value[chosen] = -np.inf
        best = int(value.argmax())
        chosen.append(best)
        alike = np.maximum(alike, likeness[best])
    return chosen
