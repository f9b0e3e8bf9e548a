"""Making a patch bank: from nothing, or by adding images to one."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import add
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.inspection.errors import ImagesUnusable
from services.inspection.learning.bank import (
    CHOSEN_FROM,
    CORESET_SIZE,
    DIMENSIONS,
    WORST_KEPT,
    HeldOut,
    PatchBank,
    counted_patches,
    describe,
    flat,
    nearest,
    worst_count,
    worst_mean,
)
from services.inspection.learning.coreset import NearestPoints, choose, farthest_first
from services.inspection.learning.frames import Frame, Frames
from services.inspection.learning.mask import Foreground, learn_foreground
from services.inspection.learning.places import PlaceSums, Usual, places_of
from services.inspection.learning.reduction import Reduction
from services.inspection.model import Box, FloatArray, Mark, MarkScore
from services.runtime.niceness import give_way

Grid = NDArray[Any]

FOLDS = 5
"""Parts that references are held out in; each is scored by a coreset of the others."""

NICENESS = 5
"""By how much threads that learn give way to others."""

FEW = 16
"""Up to so many references are each held out alone."""


@dataclass(frozen=True, slots=True)
class Painting:
    """A reference with painted defects."""

    place: int
    """Of the reference."""
    grid: Grid = field(repr=False)
    """Its patch features, [rows, columns, d]."""
    marks: Sequence[Mark] = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Sight:
    """One look at a reference: it as it is, or a variant of it."""

    image: int
    """Place of the image."""
    reduced: FloatArray = field(repr=False)
    """Reduced features of what counts of it, [p, k]."""
    places: NDArray[np.intp] = field(repr=False)
    """Where they are, for what is usual there, [p]."""
    boxes: FloatArray = field(repr=False)
    """Where they are, in fractions of the image, [p, 4]."""

    def drawn(self, count: int) -> "_Sight":
        """At most so many of its patches."""
        rows = _evenly(len(self.reduced), count)
        return _Sight(self.image, self.reduced[rows], self.places[rows], self.boxes[rows])


@dataclass(frozen=True, slots=True)
class _Stranger:
    """A sight as it is by members that did not learn from it."""

    sight: _Sight
    distances: FloatArray = field(repr=False)
    """Of each patch to the nearest of them, [p]."""
    nearest: FloatArray = field(repr=False)
    """That one, [p, k]."""

    @property
    def frame(self) -> Frame:
        """It as a whole."""
        return Frame.of(self.sight.reduced, self.nearest)


def learn_bank(
    grids: Sequence[Grid],
    variants: Sequence[Sequence[Grid]],
    image_ids: Sequence[str],
    *,
    coreset_size: int = 0,
    mask_background: bool = False,
    painted: Sequence[Painting] = (),
) -> PatchBank:
    """Learns from normal images; the same images make the same bank.

    Args:
        grids: Each image's patch features, [rows, columns, d].
        variants: Of each image as it might be; may be empty.
        image_ids: Whose features they are.
        coreset_size: Most members; chosen if 0.
        mask_background: Whether to leave out the background.
        painted: References with defects, to see what is found of them; not learnt from.

    Raises:
        ImagesUnusable: a single image without variants says nothing of how normal ones differ.
    """
    if len(grids) == 1 and not variants[0]:
        raise ImagesUnusable(
            "a single image does not tell how much normal images differ; add images, or let it be"
            " seen in other light (augmentation)"
        )
    foreground = learn_foreground(grids) if mask_background else None
    if foreground is not None and not foreground.masks:
        foreground = None
    looks = [
        (place, grid)
        for place, (own, others) in enumerate(zip(grids, variants, strict=True))
        for grid in (own, *others)
    ]
    share = max(1, CHOSEN_FROM // len(looks))
    reduction = Reduction.of(
        np.concatenate([_rows(flat(grid), share) for _, grid in looks]), DIMENSIONS
    )
    seen = [_sight(place, grid, reduction, foreground) for place, grid in looks]
    candidates = [sight.drawn(share) for sight in seen]
    reduced = np.concatenate([one.reduced for one in candidates])
    sizes = [len(one.reduced) for one in candidates]
    images = np.repeat([one.image for one in candidates], sizes).astype(np.int32)
    # A single image is held against itself in other light: each look at it stands for an image.
    alone = len(grids) == 1
    number_of = np.arange(len(looks)) if alone else np.array([place for place, _ in looks])
    sights = (
        [replace(sight, image=look) for look, sight in enumerate(seen)] if alone else _firsts(seen)
    )
    size = coreset_size or CORESET_SIZE
    with ThreadPoolExecutor(os.cpu_count(), initializer=give_way, initargs=(NICENESS,)) as threads:
        choosing = threads.submit(choose, reduced, size)
        painted_sights = [
            _sight(one.place, one.grid, reduction, foreground, like=grids[one.place])
            for one in painted
        ]
        strangers, painted_distances = _as_strangers(
            threads, sights, reduced, np.repeat(number_of, sizes), size, painted=painted_sights
        )
        choice = choosing.result()
    chosen = choice.indices
    usual, held_out = _hold_out(strangers)
    return PatchBank(
        image_ids=tuple(image_ids),
        reduction=reduction,
        usual=usual,
        members=reduced[chosen],
        member_images=images[chosen],
        member_boxes=np.concatenate([one.boxes for one in candidates])[chosen],
        held_out=_only(held_out, int(held_out.scores.argmax())) if alone else held_out,
        radius=choice.radius,
        foreground=foreground,
        frames=Frames.of([one.frame for one in strangers]),
        marks=_mark_scores(strangers, painted, painted_distances),
    )


def extend_bank(
    bank: PatchBank,
    grids: Sequence[Grid],
    variants: Sequence[Sequence[Grid]],
    image_ids: Sequence[str],
) -> PatchBank:
    """A bank that learnt from further images as well, without those that it knows.

    Their patches join the coreset where it does not reach. The reduction, and
    what is usual where, stay; the images that the bank knows are scored anew by
    their worst patches, because new members can only bring those nearer.
    """
    if not grids:
        return bank
    known = len(bank.image_ids)
    sights = [
        _sight(known + place, grid, bank.reduction, bank.foreground)
        for place, (own, others) in enumerate(zip(grids, variants, strict=True))
        for grid in (own, *others)
    ]
    share = max(1, CHOSEN_FROM // len(sights))
    drawn = [sight.drawn(share) for sight in sights]
    reduced = np.concatenate([one.reduced for one in drawn])
    chosen = farthest_first(reduced, len(bank.members), chosen=bank.members, radius=bank.radius)
    images = np.repeat([one.image for one in drawn], [len(one.reduced) for one in drawn])
    boxes = np.concatenate([one.boxes for one in drawn])
    grown = replace(
        bank,
        image_ids=(*bank.image_ids, *image_ids),
        members=np.concatenate([bank.members, reduced[chosen]]),
        member_images=np.concatenate([bank.member_images, images[chosen].astype(np.int32)]),
        member_boxes=np.concatenate([bank.member_boxes, boxes[chosen]]),
    )
    old = bank.held_out
    distances = old.worst_distances
    if len(chosen):
        worst = old.worst.reshape(-1, old.worst.shape[-1])
        nearer, _ = nearest(worst, NearestPoints(reduced[chosen]))
        distances = np.minimum(distances, nearer.reshape(distances.shape))
    scores = old.scores.copy()
    for place, count in enumerate(old.counts):
        # Of a large image too few patches are kept to know better.
        if count <= WORST_KEPT:
            anomaly = grown.usual.anomaly(distances[place], old.worst_places[place])
            scores[place] = worst_mean(anomaly, int(count))
    parts = [replace(old, scores=scores, worst_distances=distances)]
    strangers = [
        stranger
        for sight in _firsts(sights)
        for stranger in _strangers(
            [sight], NearestPoints(grown.members[grown.member_images != sight.image])
        )
    ]
    parts += [_held_out(one, grown.usual) for one in strangers]
    return replace(
        grown,
        held_out=HeldOut.together(parts),
        frames=bank.frames and bank.frames.and_([one.frame for one in strangers]),
    )


def _as_strangers(
    threads: ThreadPoolExecutor,
    sights: Sequence[_Sight],
    candidates: FloatArray,
    numbers: NDArray[np.intp],
    size: int,
    *,
    painted: Sequence[_Sight],
) -> tuple[list[_Stranger], list[FloatArray]]:
    """Each sight as it is by what did not learn from it (cross-fitting).

    The coreset is chosen anew without each fold of the sights: to leave a
    sight's members out of one that was chosen with them would leave gaps that
    a coreset without it would have filled.

    Args:
        threads: Where folds are worked on side by side.
        sights: Numbered from 0.
        candidates: Patches that coresets are chosen from, [p, k].
        numbers: The sight that each is of, [p].
        size: Most members of a coreset.
        painted: The sights with defects, as many as there are.

    Returns:
        The sights in order, and of each painted one the distances of its patches.
    """
    folds = len(sights) if len(sights) <= FEW else FOLDS

    distances: list[FloatArray] = [np.zeros(0, np.float32) for _ in painted]

    def fold_by_others(fold: int) -> list[_Stranger]:
        others = candidates[numbers % folds != fold]
        members = others[farthest_first(others, size)]
        neighbours = NearestPoints(members)
        for place, one in enumerate(painted):
            if one.image % folds == fold:
                distances[place], _ = nearest(one.reduced, neighbours)
        return _strangers([one for one in sights if one.image % folds == fold], neighbours)

    found = [one for part in threads.map(fold_by_others, range(folds)) for one in part]
    return sorted(found, key=lambda one: one.sight.image), distances


def _strangers(sights: Sequence[_Sight], neighbours: NearestPoints) -> list[_Stranger]:
    members = neighbours.points
    found = [nearest(sight.reduced, neighbours) for sight in sights]
    return [
        _Stranger(sight, distances, members[nearest_ones])
        for sight, (distances, nearest_ones) in zip(sights, found, strict=True)
    ]


def _hold_out(strangers: Sequence[_Stranger]) -> tuple[Usual, HeldOut]:
    """What is usual where, and what each sight is by the statistics of the others."""
    sums = [PlaceSums.of(one.distances, one.sight.places) for one in strangers]
    total = reduce(add, sums)
    held_out = [
        _held_out(one, (total - own).usual()) for one, own in zip(strangers, sums, strict=True)
    ]
    return total.usual(), HeldOut.together(held_out)


def _mark_scores(
    strangers: Sequence[_Stranger],
    painted: Sequence[Painting],
    distances: Sequence[FloatArray],
) -> list[MarkScore]:
    """What an image scores with each of its painted defects alone.

    Outside of a defect's window the image counts as it is without any.
    """
    sums = [PlaceSums.of(one.distances, one.sight.places) for one in strangers]
    total = reduce(add, sums)
    found = []
    for painting, with_marks in zip(painted, distances, strict=True):
        stranger, own = strangers[painting.place], sums[painting.place]
        usual, places = (total - own).usual(), stranger.sight.places
        clean = usual.anomaly(stranger.distances, places)
        marked = usual.anomaly(with_marks, places)
        across = (stranger.sight.boxes[:, :2] + stranger.sight.boxes[:, 2:]) / 2
        for mark in painting.marks:
            inside = _within(mark.window, across)
            if inside.any():
                anomaly = np.where(inside, marked, clean)
                score = worst_mean(anomaly, worst_count(len(anomaly)))
                found.append(MarkScore(mark, score))
    return found


def _within(box: Box, points: NDArray[Any]) -> NDArray[np.bool_]:
    """Which points (x, y) are in a box, from [p, 2]."""
    x, y = points.T
    return np.asarray((x >= box.left) & (x < box.right) & (y >= box.top) & (y < box.bottom))


def _firsts(sights: Sequence[_Sight]) -> list[_Sight]:
    """Each image as it is, which comes before its variants."""
    firsts: dict[int, _Sight] = {}
    for sight in sights:
        firsts.setdefault(sight.image, sight)
    return list(firsts.values())


def _held_out(stranger: _Stranger, usual: Usual) -> HeldOut:
    sight, distances = stranger.sight, stranger.distances
    anomaly = usual.anomaly(distances, sight.places)
    count = worst_count(len(anomaly))
    order = np.argsort(-anomaly, kind="stable")[:WORST_KEPT]
    # Those of few patches are filled up with patches as near as can be.
    worst = np.resize(order, WORST_KEPT)
    worst_distances = distances[worst]
    worst_distances[len(order) :] = 0
    return HeldOut(
        scores=np.array([worst_mean(anomaly, count)]),
        descriptors=describe(sight.reduced, anomaly, stranger.nearest)[None],
        medians=np.array([float(np.median(distances))]),
        worst=sight.reduced[worst][None],
        worst_distances=worst_distances[None],
        worst_places=sight.places[worst][None].astype(np.int32),
        counts=np.array([count], np.int32),
    )


def _only(held_out: HeldOut, place: int) -> HeldOut:
    return HeldOut(
        *(getattr(held_out, name)[place : place + 1] for name in HeldOut.__dataclass_fields__)
    )


def _sight(
    image: int,
    grid: Grid,
    reduction: Reduction,
    foreground: Foreground | None,
    *,
    like: Grid | None = None,
) -> _Sight:
    """A look at a reference; what counts of it counts of the one that it is like."""
    rows, columns, _ = grid.shape
    top, left = np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij")
    edges = [left / columns, top / rows, (left + 1) / columns, (top + 1) / rows]
    boxes = np.stack(edges, axis=-1).reshape(-1, 4).astype(np.float32)
    counted = counted_patches(grid if like is None else like, foreground)
    places = places_of(rows, columns)
    return _Sight(image, reduction(flat(grid)[counted]), places[counted], boxes[counted])


def _rows(features: FloatArray, count: int) -> FloatArray:
    drawn: FloatArray = features[_evenly(len(features), count)]
    return drawn


def _evenly(total: int, count: int) -> NDArray[np.intp]:
    """At most so many of the numbers up to a total, drawn evenly; the same for the same total."""
    if total <= count:
        return np.arange(total)
    return np.sort(np.random.default_rng(0).permutation(total)[:count])
