"""The part of a head that looks at patches: which of the worst ones people call defects.

A linear discriminant on how a patch differs from the nearest normal one. Its
say of an image is, as the score itself is, the mean of what the image's worst
patches come to; it is measured against the spread of normal images' and added
to the log of the score, the way two scores are fused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from services.inspection.finding import Patches
from services.inspection.learning.bank import WORST_KEPT, PatchBank, worst_count
from services.inspection.learning.coreset import NearestPoints
from services.inspection.learning.outlines import patches_within
from services.inspection.model import FloatArray, Polygon

LOOKED_AT = WORST_KEPT
"""Most anomalous patches of an image that a head looks at: as many as are kept of references."""

UNMARKED_DEFECTIVE = 0.03
"""Share of a defective image's patches, the worst ones, that stand for a defect nobody marked."""

MOST_MARKED = 32
"""Marked patches of an image that are learnt from, the most anomalous ones."""

OTHERS_STEP = 2
"""Of a judged image's patches that are normal, every second is learnt from."""

REFERENCE_STEP = 8
"""Of a reference's worst patches, every eighth is learnt from."""

OUTSIDE_WEIGHT = 0.5
"""Of patches outside a mark, against those of normal images: people draw loosely."""

RIDGE = 0.1
"""Penalty on weights, as a share of the mean variance of standardised features."""

FOLDS = 5
"""Parts of the references; the patches of one are held against members of the others."""

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PatchLesson:
    """What is learnt from an image's patches, and what a head goes by to judge it."""

    seen: NDArray[np.float16] = field(repr=False)
    """Its most anomalous patches, as described, [w, 3 k + 1]."""
    count: int
    """How many of its worst patches its score is the mean of."""
    learnt: NDArray[np.float16] = field(repr=False)
    """Patches that are learnt from, as described, [r, 3 k + 1]."""
    defective: NDArray[np.bool_] = field(repr=False)
    """Which of those are taken for a defect, [r]."""
    weights: FloatArray = field(repr=False)
    """How much each of those counts, [r]."""


def judged_lesson(
    patches: Patches, *, defective: bool, outlines: Sequence[Polygon] = ()
) -> PatchLesson:
    """What an image teaches that somebody judged.

    Of a normal one every patch is normal. Of a defective one those in a mark are the defect and
    those outside are probably not; without a mark the worst ones are the defect, and of the
    others nothing is known.
    """
    total = len(patches.anomaly)
    ranks = np.arange(total)
    if not defective:
        bad = np.zeros(total, np.bool_)
        good, weight = (ranks < LOOKED_AT) & (ranks % OTHERS_STEP == 0), 1.0
    elif outlines:
        marked = patches_within(outlines, patches.rows, patches.columns).reshape(-1)[patches.cells]
        bad = marked & (np.cumsum(marked) <= MOST_MARKED)
        good = ~marked & (ranks < LOOKED_AT) & (ranks % OTHERS_STEP == 0)
        weight = OUTSIDE_WEIGHT
    else:
        bad = ranks < max(1, round(total * UNMARKED_DEFECTIVE))
        good, weight = np.zeros(total, np.bool_), 1.0
    taken = bad | good
    return PatchLesson(
        patches.described(slice(LOOKED_AT)).astype(np.float16),
        worst_count(total),
        patches.described(taken).astype(np.float16),
        bad[taken],
        np.where(bad[taken], 1.0, weight).astype(np.float32),
    )


def reference_lessons(bank: PatchBank) -> list[PatchLesson]:
    """What each of a bank's images teaches, by members that do not come from its fold."""
    held_out = bank.held_out
    count = len(held_out.scores)
    folds = np.arange(count) % FOLDS
    lessons: dict[int, PatchLesson] = {}
    for fold in range(min(FOLDS, count)):
        others = bank.members[folds[bank.member_images] != fold]
        points = NearestPoints(others if len(others) else bank.members)
        for place in np.flatnonzero(folds == fold):
            # Those of few patches are padded.
            real = held_out.worst_distances[place] > 0
            real[0] = True
            reduced = held_out.worst[place][real]
            distances = held_out.worst_distances[place][real]
            anomaly = bank.usual.anomaly(distances, held_out.worst_places[place][real])
            order = np.argsort(-anomaly, kind="stable")
            _, near = points.nearest(reduced[order])
            patches = Patches(
                reduced[order], reduced[order] - points.points[near], anomaly[order], order
            )
            taken = patches.described(slice(None, None, REFERENCE_STEP))
            lessons[int(place)] = PatchLesson(
                patches.described().astype(np.float16),
                int(held_out.counts[place]),
                taken.astype(np.float16),
                np.zeros(len(taken), np.bool_),
                np.ones(len(taken), np.float32),
            )
    return [lessons[place] for place in range(count)]


@dataclass(frozen=True, slots=True)
class PatchHead:
    """What says of patches how much they look like a defect."""

    weights: FloatArray = field(repr=False)
    """Of what is described of a patch, [3 k + 1]."""
    offset: float
    """What a usual normal image comes to."""
    slope: float
    """What one more adds to the log of the score."""

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self | None:
        """From what `to_arrays` gave; None if there is none among the arrays."""
        if "patch_weights" not in arrays:
            return None
        offset, slope = (float(one) for one in arrays["patch_scale"])
        return cls(np.asarray(arrays["patch_weights"], dtype=np.float32), offset, slope)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """What it consists of, for an artifact."""
        scale = np.array([self.offset, self.slope], dtype=np.float64)
        return {"patch_weights": self.weights, "patch_scale": scale}

    def step(self, patches: Patches) -> float:
        """What an image's patches add to the log of its score."""
        described = patches.described(slice(LOOKED_AT)).astype(np.float16)
        found = response(described, worst_count(len(patches.anomaly)), self.weights)
        return self.slope * (found - self.offset)


def response(described: NDArray[Any], count: int, weights: NDArray[Any]) -> float:
    """Mean of what the patches come to that look most like a defect."""
    each = described.astype(np.float32) @ weights.astype(np.float32)
    count = min(count, len(each))
    return float(np.partition(each, len(each) - count)[-count:].mean())


def fitted_weights(lessons: Sequence[PatchLesson]) -> Numbers | None:
    """Weights that tell patches of defects from normal ones; None if there are not both.

    Ridge regression on standardised features with both kinds weighed alike, which is Fisher's
    discriminant: one solution, in closed form.
    """
    truth = np.concatenate([lesson.defective for lesson in lessons])
    if truth.all() or not truth.any():
        return None
    described = np.concatenate([lesson.learnt for lesson in lessons]).astype(np.float32)
    weights = np.concatenate([lesson.weights for lesson in lessons])
    for kind in (truth, ~truth):
        weights[kind] *= 0.5 / weights[kind].sum()
    mean = weights @ described
    centred = described - mean
    deviation = np.sqrt(weights @ centred**2)
    scale = np.where(deviation > 0, deviation, 1.0).astype(np.float32)
    centred /= scale
    spread = (centred * weights[:, None]).T @ centred
    wanted = centred.T @ (weights * (truth - 0.5))
    ridge = RIDGE * np.trace(spread) / len(spread) * np.eye(len(spread))
    found = np.linalg.solve((spread + ridge).astype(np.float64), wanted.astype(np.float64))
    return np.asarray(found / scale, dtype=np.float64)
