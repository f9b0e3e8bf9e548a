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
    DIMENSIONS,
    LEAST_MEMBERS,
    MEMBERS_OF_ONE,
    REDUCED_FROM,
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
from services.inspection.learning.coreset import NearestPoints, choose_in_parts, farthest_first
from services.inspection.learning.folds import Folds, chosen_together, cut_by_part, several
from services.inspection.learning.frames import Frame, Frames
from services.inspection.learning.marks import middle_of
from services.inspection.learning.mask import Foreground, learn_foreground
from services.inspection.learning.places import PlaceSums, Usual, places_of
from services.inspection.learning.reduction import Reduction
from services.inspection.model import Box, FloatArray, Mark, MarkScore, PartsKnown, Polygon
from services.runtime.niceness import give_way

Grid = NDArray[Any]

NICENESS = 5
"""By how much threads that learn give way to others."""


@dataclass(frozen=True, slots=True)
class Painting:
    """A reference with painted defects."""

    place: int
    """Of the reference."""
    grid: Grid = field(repr=False)
    """Its patch features, [rows, columns, d]."""
    marks: Sequence[Mark] = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Look:
    """A look at a reference, before its features are reduced."""

    image: int
    """Place of the image."""
    grid: Grid = field(repr=False)
    areas: Sequence[Polygon] = ()
    """Where it counts; everywhere if there are none."""
    shown: Polygon = ()
    """What of it its picture shows; all of it if empty."""


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

    def drawn(self, count: int, seed: int) -> "_Sight":
        """At most so many of its patches."""
        rows = _evenly(len(self.reduced), count, seed)
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
    areas: Sequence[Polygon] = (),
    variant_areas: Sequence[Sequence[Polygon]] = (),
    shown: Sequence[Sequence[Polygon]] = (),
    parts: Sequence[int] = (),
) -> PatchBank:
    """Learns from normal images; the same images make the same bank.

    Args:
        grids: Each image's patch features, [rows, columns, d].
        variants: Of each image as it might be; may be empty.
        image_ids: Whose features they are.
        coreset_size: Most members; chosen if 0.
        mask_background: Whether to leave out the background.
        painted: References with defects, to see what is found of them; not learnt from.
        areas: Where in an image it counts; everywhere if there are none.
        variant_areas: Where that is in the first variant of an image, in the second, and so on.
        shown: Of each aligned image what of it its picture shows, and then the same of each of its
            variants; all of them if empty.
        parts: Number of the part that each image shows; each another one if empty. No image is
            held out while another picture of its part is learnt from, but for what the bank
            says of known parts.

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
    looks = _looks(grids, variants, areas, variant_areas, shown)
    share = max(1, REDUCED_FROM // len(looks))
    reduction = Reduction.of(
        np.concatenate(
            [
                _rows(
                    flat(look.grid)[counted_patches(look.grid, None, look.areas, look.shown)],
                    share,
                    seed,
                )
                for seed, look in enumerate(looks)
            ]
        ),
        DIMENSIONS,
    )
    seen = [_sight(look, reduction, foreground) for look in looks]
    candidates = _drawn(seen)
    # A single image is held against itself in other light: each look at it stands for an image.
    alone = len(grids) == 1
    sights = (
        [replace(sight, image=look) for look, sight in enumerate(seen)] if alone else _firsts(seen)
    )
    cut = cut_by_part(range(len(sights)) if alone else parts or range(len(grids)))
    number_of = np.arange(len(looks)) if alone else np.array([look.image for look in looks])
    numbers = np.repeat(number_of, [len(one.reduced) for one in candidates])
    reduced = np.concatenate([one.reduced for one in candidates])
    size = coreset_size or max(LEAST_MEMBERS, MEMBERS_OF_ONE * len(grids))
    with ThreadPoolExecutor(os.cpu_count(), initializer=give_way, initargs=(NICENESS,)) as threads:
        painted_sights = [
            _sight(
                _Look(one.place, one.grid, areas, shown[one.place][0] if shown else ()),
                reduction,
                foreground,
                like=grids[one.place],
            )
            for one in painted
        ]
        together = chosen_together(numbers, cut.cells, size)
        chosen = choose_in_parts(threads, reduced, together, size)
        members, members_of = reduced[chosen.indices], numbers[chosen.indices]
        strangers, painted_distances = _as_strangers(
            threads, sights, members, members_of, cut.folds, painted=painted_sights
        )
        known = None
        if cut.known is not None:
            familiar, familiar_distances = _as_strangers(
                threads, sights, members, members_of, cut.known, painted=painted_sights
            )
            known = _known(strangers, familiar, painted, familiar_distances, parts)
    usual, held_out = _hold_out(strangers)
    return PatchBank(
        image_ids=tuple(image_ids),
        reduction=reduction,
        usual=usual,
        members=members,
        member_images=_images_of(candidates)[chosen.indices],
        member_boxes=np.concatenate([one.boxes for one in candidates])[chosen.indices],
        held_out=_only(held_out, int(held_out.scores.argmax())) if alone else held_out,
        radius=chosen.radius,
        foreground=foreground,
        areas=areas,
        frames=Frames.of([one.frame for one in strangers]),
        marks=_mark_scores(strangers, painted, painted_distances, _usual_without_each(strangers)),
        known=known,
    )


def extend_bank(
    bank: PatchBank,
    grids: Sequence[Grid],
    variants: Sequence[Sequence[Grid]],
    image_ids: Sequence[str],
    *,
    variant_areas: Sequence[Sequence[Polygon]] = (),
    shown: Sequence[Sequence[Polygon]] = (),
) -> PatchBank:
    """A bank that learnt from further images as well, without those that it knows.

    Their patches join the coreset where it does not reach. The reduction, and
    what is usual where, stay; the images that the bank knows are scored anew by
    their worst patches, because new members can only bring those nearer. Each image
    counts as a part of its own: sets with several pictures of a part are learnt anew.
    """
    if not grids:
        return bank
    known = len(bank.image_ids)
    sights = [
        _sight(replace(look, image=known + look.image), bank.reduction, bank.foreground)
        for look in _looks(grids, variants, bank.areas, variant_areas, shown)
    ]
    drawn = _drawn(sights)
    reduced = np.concatenate([one.reduced for one in drawn])
    chosen = farthest_first(reduced, len(bank.members), chosen=bank.members, radius=bank.radius)
    boxes = np.concatenate([one.boxes for one in drawn])
    grown = replace(
        bank,
        image_ids=(*bank.image_ids, *image_ids),
        members=np.concatenate([bank.members, reduced[chosen]]),
        member_images=np.concatenate([bank.member_images, _images_of(drawn)[chosen]]),
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
        known=None,
    )


def _looks(
    grids: Sequence[Grid],
    variants: Sequence[Sequence[Grid]],
    areas: Sequence[Polygon],
    variant_areas: Sequence[Sequence[Polygon]],
    shown: Sequence[Sequence[Polygon]],
) -> list[_Look]:
    """Every look at an image."""
    there = (areas, *variant_areas) if areas else ()
    return [
        _Look(place, grid, there[look] if there else (), shown[place][look] if shown else ())
        for place, (own, others) in enumerate(zip(grids, variants, strict=True))
        for look, grid in enumerate((own, *others))
    ]


def _as_strangers(
    threads: ThreadPoolExecutor,
    sights: Sequence[_Sight],
    members: FloatArray,
    members_of: NDArray[np.intp],
    folds: Folds,
    *,
    painted: Sequence[_Sight],
) -> tuple[list[_Stranger], list[FloatArray]]:
    """Each sight as it is by what did not learn from it (cross-fitting).

    Members were chosen in each cell of folds without a look at the others, so those
    of the other folds are a coreset as it would be without the sight's.

    Args:
        threads: Where folds are worked on side by side.
        sights: Numbered from 0.
        members: [m, k].
        members_of: The sight that each is of, [m].
        folds: Of the sights.
        painted: The sights with defects, as many as there are.

    Returns:
        The sights in order, and of each painted one the distances of its patches.
    """
    distances: list[FloatArray] = [np.zeros(0, np.float32) for _ in painted]
    fold_of = folds.of[members_of]

    def fold_by_others(fold: int) -> list[_Stranger]:
        neighbours = NearestPoints(members[fold_of != fold])
        for place, one in enumerate(painted):
            if folds.of[one.image] == fold:
                distances[place], _ = nearest(one.reduced, neighbours)
        return _strangers([sights[place] for place in folds.places(fold)], neighbours)

    found = [one for part in threads.map(fold_by_others, range(folds.count)) for one in part]
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


def _usual_without_each(strangers: Sequence[_Stranger]) -> list[Usual]:
    """What is usual where by the statistics of all but one, for each."""
    sums = [PlaceSums.of(one.distances, one.sight.places) for one in strangers]
    total = reduce(add, sums)
    return [(total - own).usual() for own in sums]


def _known(
    strangers: Sequence[_Stranger],
    familiar: Sequence[_Stranger],
    painted: Sequence[Painting],
    distances: Sequence[FloatArray],
    parts: Sequence[int],
) -> PartsKnown:
    """What the sights score whose part has other pictures, by these as well.

    What is usual is what the bank takes for it: as it is by other parts.
    """
    places = several(parts)
    usuals = _usual_without_each(strangers)
    scores = [float(_held_out(familiar[place], usuals[place]).scores[0]) for place in places]
    marked = [pair for pair in zip(painted, distances, strict=True) if pair[0].place in places]
    marks = _mark_scores(familiar, [one for one, _ in marked], [some for _, some in marked], usuals)
    return PartsKnown(scores, [parts[place] for place in places], marks)


def _mark_scores(
    strangers: Sequence[_Stranger],
    painted: Sequence[Painting],
    distances: Sequence[FloatArray],
    usuals: Sequence[Usual],
) -> list[MarkScore]:
    """What an image scores with each of its painted defects alone.

    Outside of a defect's window the image counts as it is without any.
    """
    found = []
    for painting, with_marks in zip(painted, distances, strict=True):
        stranger, usual = strangers[painting.place], usuals[painting.place]
        places = stranger.sight.places
        clean = usual.anomaly(stranger.distances, places)
        marked = usual.anomaly(with_marks, places)
        across = (stranger.sight.boxes[:, :2] + stranger.sight.boxes[:, 2:]) / 2
        for mark in painting.marks:
            inside = _within(mark.window, across)
            # Nothing is missed where nothing counts.
            if _touched(middle_of(mark.window), stranger.sight.boxes).any():
                anomaly = np.where(inside, marked, clean)
                score = worst_mean(anomaly, worst_count(len(anomaly)))
                found.append(MarkScore(mark, score))
    return found


def _within(box: Box, points: NDArray[Any]) -> NDArray[np.bool_]:
    """Which points (x, y) are in a box, from [p, 2]."""
    x, y = points.T
    return np.asarray((x >= box.left) & (x < box.right) & (y >= box.top) & (y < box.bottom))


def _touched(box: Box, boxes: FloatArray) -> NDArray[np.bool_]:
    """Which of [p, 4] share some of a box."""
    left, top, right, bottom = boxes.T
    return np.asarray(
        (left < box.right) & (right > box.left) & (top < box.bottom) & (bottom > box.top)
    )


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
    look: _Look, reduction: Reduction, foreground: Foreground | None, *, like: Grid | None = None
) -> _Sight:
    """A look at a reference; what counts of it counts of the one that it is like."""
    grid = look.grid
    rows, columns, _ = grid.shape
    top, left = np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij")
    edges = [left / columns, top / rows, (left + 1) / columns, (top + 1) / rows]
    boxes = np.stack(edges, axis=-1).reshape(-1, 4).astype(np.float32)
    counted = counted_patches(grid if like is None else like, foreground, look.areas, look.shown)
    places = places_of(rows, columns)
    return _Sight(look.image, reduction(flat(grid)[counted]), places[counted], boxes[counted])


def _drawn(sights: Sequence[_Sight]) -> list[_Sight]:
    """Of each sight the patches that members are chosen from: all, as long as there is room."""
    share = max(1, CHOSEN_FROM // len(sights))
    return [sight.drawn(share, seed) for seed, sight in enumerate(sights)]


def _images_of(sights: Sequence[_Sight]) -> NDArray[np.int32]:
    """The image that each patch of some sights is of."""
    sizes = [len(one.reduced) for one in sights]
    return np.repeat([one.image for one in sights], sizes).astype(np.int32)


def _rows(features: FloatArray, count: int, seed: int) -> FloatArray:
    drawn: FloatArray = features[_evenly(len(features), count, seed)]
    return drawn


def _evenly(total: int, count: int, seed: int) -> NDArray[np.intp]:
    """At most so many of the numbers up to a total, drawn evenly; the same for the same seed.

    Each image has a seed of its own: with one for all, images of one shape would
    all be without the same places, and these would never be learnt.
    """
    if total <= count:
        return np.arange(total)
    return np.sort(np.random.default_rng(seed).permutation(total)[:count])
