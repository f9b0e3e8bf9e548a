"""What a person should look at first."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.inspection.model import FloatArray, InspectionRecord
from services.inspection.verdict.confidence import uncertainty

ALIKE = 0.98
"""Cosine above which two images are the same to a person who judges them."""

UNCERTAINTY_WEIGHT = 0.6
"""Of what makes an image worth looking at; the rest is novelty."""

RELEVANCE_WEIGHT = 0.7
"""Against likeness to what comes before it in the queue."""


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """An inspection that a person should look at."""

    record: InspectionRecord
    uncertainty: float
    """How unsure the verdict is, 0 to 1."""
    novelty: float
    """How unlike all others the image is, 0 to 1; 0.5 if as unlike as most are."""


def review_order(records: Sequence[InspectionRecord], limit: int) -> list[ReviewItem]:
    """The inspections to look at, first things first, no two of them alike.

    Of images that are alike the least sure one stands for all. Then each next
    one is chosen for what it is worth (uncertainty and novelty) less its
    likeness to those chosen before (maximal marginal relevance, Carbonell and
    Goldstein 1998). Only images of one version of a set are compared.

    Args:
        records: What to choose from.
        limit: At most so many.
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
    for group in groups.values():
        distinct, distances = _distinct(group)
        novelty, alike = _compared(distances)
        kept += [
            ReviewItem(record, unsure[record.inspection_id], float(new))
            for record, new in zip(distinct, novelty, strict=True)
        ]
        likeness.append(alike)
    return [kept[index] for index in _chosen(kept, _block_diagonal(likeness), limit)]


def _distinct(
    records: Sequence[InspectionRecord],
) -> tuple[list[InspectionRecord], NDArray[np.float64]]:
    """Those that no earlier one is alike, n, and their cosine distances, [n, n]."""
    descriptors = _unit([record.descriptor for record in records])
    cosines = descriptors @ descriptors.T
    kept: list[int] = []
    for index in range(len(records)):
        if not kept or cosines[index, kept].max() <= ALIKE:
            kept.append(index)
    distances = (1 - cosines[np.ix_(kept, kept)]).clip(0, None)
    return [records[index] for index in kept], distances.astype(np.float64)


def _unit(descriptors: Sequence[FloatArray]) -> FloatArray:
    rows = np.array(descriptors, dtype=np.float32)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1), dtype=np.float32)


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
    worth = np.array(
        [
            UNCERTAINTY_WEIGHT * item.uncertainty + (1 - UNCERTAINTY_WEIGHT) * item.novelty
            for item in items
        ]
    )
    alike = np.zeros(len(items))
    chosen: list[int] = []
    for _ in range(min(limit, len(items))):
        value = RELEVANCE_WEIGHT * worth - (1 - RELEVANCE_WEIGHT) * alike
        value[chosen] = -np.inf
        best = int(value.argmax())
        chosen.append(best)
        alike = np.maximum(alike, likeness[best])
    return chosen
