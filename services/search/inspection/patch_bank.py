"""What normal patches look like: a coreset of whitened features, and what it says of others.

PatchCore (Roth et al. 2022, arXiv:2106.08265) with whitened features, scored
as AnomalyDINO does (Damm et al. 2025, arXiv:2405.14529): an image is as
anomalous as its worst patches. Every member of the coreset remembers which
image it comes from, so that an image can be scored by all others.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from services.search.inspection.artifact import array_text, text_array
from services.search.inspection.coreset import coverage, farthest_first
from services.search.inspection.errors import ImagesUnusable
from services.search.inspection.finding import Arrays
from services.search.inspection.mask import Foreground, learn_foreground
from services.search.inspection.model import FloatArray
from services.search.inspection.whitening import Whitening

DIMENSIONS = 128
"""Most dimensions of whitened features."""

CORESET_SIZE = 2000
"""Members of a coreset, if that is left to us."""

CHOSEN_FROM = 40_000
"""Patches that the coreset is chosen from, drawn evenly; more change little and cost time."""

NEIGHBOURHOOD = 3
"""Side of the neighbourhood that features are averaged over, in patches."""

WORST_PATCHES = 0.01
"""Share of an image's patches whose mean distance is its score."""

WORST_KEPT = 64
"""Worst patches of each image that are kept, to score it anew when others are added."""

REGION_SHARE = 0.995
"""Share of held-out images whose worst patch is below what makes a region."""

OFF_DISTRIBUTION = 1.5
"""An image whose median patch is as many times as far as that of any reference is another
thing altogether."""


@dataclass(frozen=True, slots=True)
class Match:
    """What a bank says of one image."""

    score: float
    """Mean distance of the worst patches."""
    distances: FloatArray = field(repr=False)
    """Of each patch to the nearest member, [rows, columns]; 0 in the background."""
    members: NDArray[np.intp] = field(repr=False)
    """The nearest member of each patch, [rows, columns]."""
    descriptor: FloatArray = field(repr=False)
    """What it looks like, and how it deviates; of unit length, [2 k]."""
    off_distribution: bool


@dataclass(frozen=True, slots=True)
class PatchBank:
    """What was learnt from normal images."""

    image_ids: tuple[str, ...] = field(repr=False)
    """Images that it learnt from, n."""
    whitening: Whitening = field(repr=False)
    members: FloatArray = field(repr=False)
    """White features of the coreset, [m, k]."""
    member_images: NDArray[np.int32] = field(repr=False)
    """Place in `image_ids` of the image that each member comes from, [m]."""
    places: FloatArray = field(repr=False)
    """Where in its image each member is: left, top, right, bottom in fractions, [m, 4]."""
    held_out: NDArray[np.float64] = field(repr=False)
    """Score of each image by the members that do not come from it, [n]."""
    worst: FloatArray = field(repr=False)
    """White features of each image's worst patches, [n, w, k]."""
    worst_count: NDArray[np.int32] = field(repr=False)
    """Patches whose mean distance is the image's score, [n]."""
    descriptors: FloatArray = field(repr=False)
    """What each image looks like and how it deviates, of unit length, [n, 2 k]."""
    medians: NDArray[np.float64] = field(repr=False)
    """Median patch distance of each image by the others' members, [n]."""
    radius: float
    """How far from the coreset patches that it was chosen from may be, in the projection."""
    foreground: Foreground | None = None
    """What of an image counts; all of it if None."""

    @property
    def size_bytes(self) -> int:
        """Memory that it holds."""
        return sum(array.nbytes for array in self.to_arrays().values())

    @property
    def region_threshold(self) -> float:
        """Distance above which a patch belongs to a region."""
        return float(np.quantile(self.held_out, REGION_SHARE))

    def match(self, grid: NDArray[Any]) -> Match:
        """Holds an image's features against the bank.

        Args:
            grid: Patch features, [rows, columns, d].
        """
        rows, columns, _ = grid.shape
        white = self.whitening(neighbourhoods(grid))
        distances, members = nearest(white, self.members)
        counted = self._counted(grid)
        distances = np.where(counted, distances, 0).astype(np.float32)
        inside = distances[counted]
        return Match(
            score=worst_mean(inside, worst_count(len(inside))),
            distances=distances.reshape(rows, columns),
            members=members.reshape(rows, columns),
            descriptor=describe(white[counted], inside, self.members[members[counted]]),
            off_distribution=bool(
                np.median(inside) > OFF_DISTRIBUTION * max(float(self.medians.max()), 1e-6)
            ),
        )

    def nearest_images(self, descriptor: FloatArray, limit: int) -> list[tuple[int, float]]:
        """Places of the references that look most like an image, and their distances, 0 to 2."""
        looks = self.descriptors.shape[1] // 2
        own, theirs = descriptor[:looks], self.descriptors[:, :looks]
        lengths = np.linalg.norm(theirs, axis=1) * np.linalg.norm(own)
        distances = np.maximum(0, 1 - theirs @ own / np.maximum(lengths, 1e-9))
        order = np.argsort(distances, kind="stable")[:limit]
        return [(int(place), float(distances[place])) for place in order]

    def to_arrays(self) -> Arrays:
        """As arrays for an artifact."""
        arrays: dict[str, NDArray[Any]] = {
            "bank.images": text_array(list(self.image_ids)),
            "bank.centre": self.whitening.centre,
            "bank.projection": self.whitening.projection,
            "bank.members": self.members,
            "bank.member_images": self.member_images,
            "bank.places": self.places,
            "held_out.scores": self.held_out,
            "bank.worst": self.worst.astype(np.float16),
            "bank.worst_count": self.worst_count,
            "held_out.descriptors": self.descriptors,
            "bank.medians": self.medians,
            "bank.radius": np.array([self.radius], np.float64),
        }
        if self.foreground is not None:
            arrays |= {
                f"foreground.{name}": array for name, array in self.foreground.to_arrays().items()
            }
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> "PatchBank":
        """What `to_arrays` made."""
        foreground = {
            name.removeprefix("foreground."): array
            for name, array in arrays.items()
            if name.startswith("foreground.")
        }
        return cls(
            image_ids=tuple(array_text(arrays["bank.images"])),
            whitening=Whitening(arrays["bank.centre"], arrays["bank.projection"]),
            members=arrays["bank.members"],
            member_images=arrays["bank.member_images"],
            places=arrays["bank.places"],
            held_out=arrays["held_out.scores"],
            worst=arrays["bank.worst"].astype(np.float32),
            worst_count=arrays["bank.worst_count"],
            descriptors=arrays["held_out.descriptors"],
            medians=arrays["bank.medians"],
            radius=float(arrays["bank.radius"][0]),
            foreground=Foreground.from_arrays(foreground) if foreground else None,
        )

    def _counted(self, grid: NDArray[Any]) -> NDArray[np.bool_]:
        """Which patches count, [rows * columns]; all if none would."""
        if self.foreground is None:
            return np.ones(grid.shape[0] * grid.shape[1], np.bool_)
        counted = self.foreground.mask(grid).reshape(-1)
        return counted if counted.any() else np.ones_like(counted)


def neighbourhoods(grid: NDArray[Any]) -> FloatArray:
    """Features averaged over each patch's neighbourhood, [rows * columns, d]."""
    rows, columns, dimension = grid.shape
    averaged: FloatArray = ndimage.uniform_filter(
        grid.astype(np.float32), size=(NEIGHBOURHOOD, NEIGHBOURHOOD, 1), mode="nearest"
    )
    return averaged.reshape(rows * columns, dimension)


def nearest(
    white: FloatArray, members: FloatArray, allowed: NDArray[np.bool_] | None = None
) -> tuple[FloatArray, NDArray[np.intp]]:
    """Distance of each of [n, k] to the nearest of the members [m, k], and which that is.

    Args:
        white: White features.
        members: A coreset.
        allowed: Members that count, [m]; all if None.
    """
    norms = np.einsum("mk,mk->m", members, members)
    if allowed is not None:
        norms = np.where(allowed, norms, np.inf).astype(np.float32)
    squares = white @ (-2 * members.T)
    squares += norms
    found = squares.argmin(1)
    best = squares[np.arange(len(white)), found] + np.einsum("nk,nk->n", white, white)
    return np.sqrt(np.maximum(best, 0)).astype(np.float32), found


def worst_count(patches: int) -> int:
    """How many of an image's patches its score is the mean of."""
    return max(1, round(patches * WORST_PATCHES))


def worst_mean(distances: FloatArray, count: int) -> float:
    """Mean of the largest distances."""
    if count >= len(distances):
        return float(distances.mean())
    return float(np.partition(distances, len(distances) - count)[-count:].mean())


def describe(white: FloatArray, distances: FloatArray, members: FloatArray) -> FloatArray:
    """What an image looks like and how it deviates, of unit length, [2 k].

    The mean of its white features, and the mean of what its worst patches have
    that their nearest members have not; both weigh the same.

    Args:
        white: White features, [p, k].
        distances: Of each patch to its nearest member, [p].
        members: Those members, [p, k].
    """
    worst = np.argsort(distances)[-worst_count(len(distances)) :]
    deviation = (white[worst] - members[worst]).mean(0)
    halves = [_unit(white.mean(0)), _unit(deviation)]
    return np.concatenate(halves).astype(np.float32) / np.float32(np.sqrt(2))


def _unit(vector: FloatArray) -> FloatArray:
    length = float(np.linalg.norm(vector))
    return vector / length if length else vector


@dataclass(frozen=True, slots=True)
class _Sight:
    """One look at a reference: it as it is, or a variant of it."""

    image: int
    """Place of the image."""
    white: FloatArray
    """White features of what counts of it, [p, k]."""
    boxes: FloatArray
    """Where they are, [p, 4]."""


def learn_bank(
    grids: Sequence[NDArray[Any]],
    variants: Sequence[Sequence[NDArray[Any]]],
    image_ids: Sequence[str],
    *,
    coreset_size: int,
    mask_background: bool,
) -> PatchBank:
    """Learns from normal images; the same images make the same bank.

    Args:
        grids: Each image's patch features, [rows, columns, d].
        variants: Of each image as it might be; may be empty.
        image_ids: Whose features they are.
        coreset_size: Most members; chosen if 0.
        mask_background: Whether to leave out the background.

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
    drawn = np.concatenate([_evenly(neighbourhoods(grid), share) for _, grid in looks])
    whitening = Whitening.of(drawn, DIMENSIONS)
    del drawn
    candidates = [_draw(_sight(place, grid, whitening, foreground), share) for place, grid in looks]
    white = np.concatenate([one.white for one in candidates])
    chosen = farthest_first(white, coreset_size or CORESET_SIZE)
    look_of = np.repeat(np.arange(len(candidates)), [len(one.white) for one in candidates])[chosen]
    bank = PatchBank(
        image_ids=tuple(image_ids),
        whitening=whitening,
        members=white[chosen],
        member_images=np.array([candidates[look].image for look in look_of], np.int32),
        places=np.concatenate([one.boxes for one in candidates])[chosen],
        radius=coverage(white, white[chosen]),
        foreground=foreground,
        **_nothing_held_out(whitening),
    )
    if len(grids) > 1:
        return _hold_out(bank, grids, first=0)
    return _hold_out_looks(bank, [grid for _, grid in looks], look_of)


def extend_bank(
    bank: PatchBank,
    grids: Sequence[NDArray[Any]],
    variants: Sequence[Sequence[NDArray[Any]]],
    image_ids: Sequence[str],
) -> PatchBank:
    """A bank that learnt from further images as well, without those that it knows.

    Their patches join the coreset where it does not reach. The whitening stays,
    and the images that the bank knows are scored anew by their worst patches:
    new members can only bring those nearer.
    """
    known = len(bank.image_ids)
    sights = [
        _sight(known + place, grid, bank.whitening, bank.foreground)
        for place, (own, others) in enumerate(zip(grids, variants, strict=True))
        for grid in (own, *others)
    ]
    if sights:
        share = max(1, CHOSEN_FROM // len(sights))
        drawn = [_draw(sight, share) for sight in sights]
        white = np.concatenate([one.white for one in drawn])
        chosen = farthest_first(white, len(bank.members), chosen=bank.members, radius=bank.radius)
        images = np.repeat([one.image for one in drawn], [len(one.white) for one in drawn])
        bank = replace(
            bank,
            image_ids=(*bank.image_ids, *image_ids),
            members=np.concatenate([bank.members, white[chosen]]),
            member_images=np.concatenate([bank.member_images, images[chosen].astype(np.int32)]),
            places=np.concatenate([bank.places, np.concatenate([o.boxes for o in drawn])[chosen]]),
        )
    scores = bank.held_out.copy()
    for place in range(known):
        distances, _ = nearest(bank.worst[place], bank.members, bank.member_images != place)
        scores[place] = worst_mean(distances, int(bank.worst_count[place]))
    return _hold_out(replace(bank, held_out=scores), grids, first=known)


def _hold_out(bank: PatchBank, grids: Sequence[NDArray[Any]], *, first: int) -> PatchBank:
    """Scores images, those from place `first` on, by the members that come from others."""
    scores, worst, counts, descriptors, medians = [], [], [], [], []
    for place, grid in enumerate(grids, start=first):
        sight = _sight(place, grid, bank.whitening, bank.foreground)
        distances, members = nearest(sight.white, bank.members, bank.member_images != place)
        count = worst_count(len(distances))
        order = np.argsort(distances)[::-1][: max(WORST_KEPT, count)]
        kept = sight.white[np.resize(order, max(WORST_KEPT, count))][:WORST_KEPT]
        scores.append(worst_mean(distances, count))
        worst.append(kept)
        counts.append(min(count, WORST_KEPT))
        descriptors.append(describe(sight.white, distances, bank.members[members]))
        medians.append(float(np.median(distances)))
    if not grids:
        return bank
    return replace(
        bank,
        held_out=np.concatenate([bank.held_out, scores]),
        worst=np.concatenate([bank.worst, np.array(worst, np.float32)]),
        worst_count=np.concatenate([bank.worst_count, np.array(counts, np.int32)]),
        descriptors=np.concatenate([bank.descriptors, np.array(descriptors, np.float32)]),
        medians=np.concatenate([bank.medians, medians]),
    )


def _hold_out_looks(
    bank: PatchBank, looks: Sequence[NDArray[Any]], look_of: NDArray[np.intp]
) -> PatchBank:
    """Scores a single image by how far each look at it is from the other looks: the worst."""
    nobodys = replace(bank, member_images=np.full_like(bank.member_images, -1))
    single = _hold_out(nobodys, looks[:1], first=0)
    scores, medians = [], []
    for look, grid in enumerate(looks):
        sight = _sight(0, grid, bank.whitening, bank.foreground)
        distances, _ = nearest(sight.white, bank.members, look_of != look)
        scores.append(worst_mean(distances, worst_count(len(distances))))
        medians.append(float(np.median(distances)))
    return replace(
        single,
        member_images=bank.member_images,
        held_out=np.array([max(scores)]),
        medians=np.array([max(medians)]),
    )


def _nothing_held_out(whitening: Whitening) -> dict[str, Any]:
    dimensions = whitening.projection.shape[1]
    return {
        "held_out": np.zeros(0),
        "worst": np.zeros((0, WORST_KEPT, dimensions), np.float32),
        "worst_count": np.zeros(0, np.int32),
        "descriptors": np.zeros((0, 2 * dimensions), np.float32),
        "medians": np.zeros(0),
    }


def _sight(
    image: int, grid: NDArray[Any], whitening: Whitening, foreground: Foreground | None
) -> _Sight:
    rows, columns, _ = grid.shape
    top, left = np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij")
    boxes = np.stack(
        [left / columns, top / rows, (left + 1) / columns, (top + 1) / rows], axis=-1
    ).reshape(-1, 4)
    white = whitening(neighbourhoods(grid))
    if foreground is not None:
        counted = foreground.mask(grid).reshape(-1)
        if counted.any():
            white, boxes = white[counted], boxes[counted]
    return _Sight(image, white, boxes.astype(np.float32))


def _draw(sight: _Sight, count: int) -> _Sight:
    return _Sight(sight.image, _evenly(sight.white, count), _evenly(sight.boxes, count))


def _evenly(rows: FloatArray, count: int) -> FloatArray:
    """At most so many rows, evenly drawn; the same for the same number of rows."""
    if len(rows) <= count:
        return rows
    order = np.random.default_rng(0).permutation(len(rows))[:count]
    drawn: FloatArray = rows[np.sort(order)]
    return drawn
