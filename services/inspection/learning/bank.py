"""What normal patches look like: a coreset of features, and what it says of others.

PatchCore (Roth et al. 2022, arXiv:2106.08265) on principal components of
standardised features, with distances in deviations of what is usual at a
patch's place, scored as AnomalyDINO does (Damm et al. 2025, arXiv:2405.14529):
an image is as anomalous as its worst patches. Every member of the coreset
remembers where it comes from, as evidence.
"""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.inspection.artifact import array_text, text_array
from services.inspection.errors import ArtifactWrong
from services.inspection.finding import Arrays
from services.inspection.learning.coreset import NearestPoints
from services.inspection.learning.frames import Frame, Frames
from services.inspection.learning.marks import from_array, to_array
from services.inspection.learning.mask import Foreground
from services.inspection.learning.outlines import patches_within
from services.inspection.learning.places import Usual, places_of
from services.inspection.learning.reduction import Reduction
from services.inspection.learning.vectors import unit
from services.inspection.model import FloatArray, MarkScore, PartsKnown, Polygon
from services.inspection.verdict.strangeness import Strangeness

DIMENSIONS = 64
"""Most dimensions of reduced features."""

LEAST_MEMBERS = 10_000
"""Members of a coreset, if that is left to us and there are as many patches."""

MEMBERS_OF_ONE = 50
"""Members for each reference, if that is more, so that further references take nothing away."""

CHOSEN_FROM = 1_000_000
"""Patches that the coreset is chosen from; of more, some of each image are drawn (256 MB)."""

REDUCED_FROM = 60_000
"""Patches that the reduction is learnt from, some of each image."""

WORST_PATCHES = 0.01
"""Share of an image's patches whose mean anomaly is its score."""

LEAST_DISTANCE = 1e-2
"""A usual median distance at least; below are those of equal pictures."""

MEDIANS_FARTHER = 1.2
"""How many times as far the median patch of another thing is, at least."""

MEDIANS_SPREAD = 0.05
"""How much the logarithms of median distances are taken to differ from image to image."""

WORST_KEPT = 64
"""Worst patches of each image that are kept, to score it anew when others are added."""

VIEW = "fusion.view"
"""Name of the array that tells an artifact of two banks."""

REGION_SHARE = 0.95
"""Share of held-out images whose score is below what makes a patch belong to a region."""


@dataclass(frozen=True, slots=True)
class Match:
    """What a bank says of one image."""

    score: float
    """Mean anomaly of the worst patches."""
    anomaly: FloatArray = field(repr=False)
    """Of each patch: deviations that its distance to the nearest member is above what is usual at
    its place, [rows, columns]; at least 0, and 0 in the background."""
    members: NDArray[np.intp] = field(repr=False)
    """The nearest member of each patch, [rows, columns]."""
    descriptor: FloatArray = field(repr=False)
    """What it looks like, and how it deviates; of unit length, [2 k]."""
    strangeness: float
    """Share of normal images that are as unlike the references on the whole; never 0."""


@dataclass(frozen=True, slots=True)
class HeldOut:
    """References as they are by what did not learn from them."""

    scores: NDArray[np.float64] = field(repr=False)
    """[n]"""
    descriptors: FloatArray = field(repr=False)
    """What each looks like and how it deviates, of unit length, [n, 2 k]."""
    medians: NDArray[np.float64] = field(repr=False)
    """Median distance of their patches, [n]."""
    worst: FloatArray = field(repr=False)
    """Reduced features of their worst patches, [n, w, k]; those of few patches repeat them."""
    worst_distances: FloatArray = field(repr=False)
    """How far these are, [n, w]; 0 for repeated ones."""
    worst_places: NDArray[np.int32] = field(repr=False)
    """Where these are, [n, w]."""
    counts: NDArray[np.int32] = field(repr=False)
    """Patches whose mean anomaly is the score, [n]; of large images more than are kept."""

    @classmethod
    def together(cls, parts: Sequence["HeldOut"]) -> "HeldOut":
        """All of some, one after the other."""
        return cls(
            *(
                np.concatenate([getattr(part, name) for part in parts])
                for name in cls.__dataclass_fields__
            )
        )


@dataclass(frozen=True, slots=True)
class PatchBank:
    """What was learnt from normal images."""

    image_ids: tuple[str, ...] = field(repr=False)
    """Images that it learnt from, n."""
    reduction: Reduction = field(repr=False)
    usual: Usual = field(repr=False)
    """What distances are usual where."""
    members: FloatArray = field(repr=False)
    """Reduced features of the coreset, [m, k]."""
    member_images: NDArray[np.int32] = field(repr=False)
    """Place in `image_ids` of the image that each member comes from, [m]."""
    member_boxes: FloatArray = field(repr=False)
    """Where in its image each member is: left, top, right, bottom in fractions, [m, 4]."""
    held_out: HeldOut = field(repr=False)
    """What the images are by what did not learn from them."""
    radius: float
    """How far from the coreset patches that it was chosen from may be, in the projection."""
    foreground: Foreground | None = None
    """What of an image counts; all of it if None."""
    areas: Sequence[Polygon] = field(default=(), repr=False)
    """Where in an image it counts; everywhere if there are none."""
    frames: Frames | None = field(default=None, repr=False)
    """What the images look like as wholes; None if an earlier release made the bank."""
    marks: Sequence[MarkScore] = field(default=(), repr=False)
    """What defects painted into the images score by what did not learn from those."""
    known: PartsKnown | None = field(default=None, repr=False)
    """What images score while other pictures of their parts are learnt from; None if no part has
    several, or all show one, and of a bank that was kept or added to."""
    neighbours: NearestPoints = field(init=False, repr=False, compare=False)
    """Finds members."""
    _farness: Strangeness = field(init=False, repr=False, compare=False)
    """Stands in for frames."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "neighbours", NearestPoints(self.members))
        farness = Strangeness(
            self.held_out.medians[:, None],
            least=LEAST_DISTANCE,
            spread=MEDIANS_SPREAD,
            farther=MEDIANS_FARTHER,
        )
        object.__setattr__(self, "_farness", farness)

    @property
    def size_bytes(self) -> int:
        """Memory that it holds."""
        # The members lie there once more, turned round for `neighbours`.
        return self.members.nbytes + sum(array.nbytes for array in self.to_arrays().values())

    @property
    def member_count(self) -> int:
        """How many patches it keeps."""
        return len(self.members)

    @property
    def held_out_scores(self) -> NDArray[np.float64]:
        """Scores of its images by what did not learn from them, [n]."""
        return self.held_out.scores

    @property
    def region_threshold(self) -> float:
        """Anomaly above which a patch belongs to a region."""
        return float(np.quantile(self.held_out.scores, REGION_SHARE))

    def match(
        self, grid: NDArray[Any], helpers: Executor | None = None, shown: Polygon = ()
    ) -> Match:
        """Holds an image's features against the bank.

        Args:
            grid: Patch features, [rows, columns, d].
            helpers: Where half of the search may be done meanwhile.
            shown: What of an aligned image the picture shows; all of it if empty.
        """
        rows, columns, _ = grid.shape
        reduced = self.reduction(flat(grid))
        distances, members = nearest(reduced, self.neighbours, helpers)
        anomaly = self.usual.anomaly(distances, places_of(rows, columns))
        counted = counted_patches(grid, self.foreground, self.areas, shown)
        anomaly[~counted] = 0
        near = self.members[members[counted]]
        return Match(
            score=worst_mean(anomaly[counted], worst_count(int(counted.sum()))),
            anomaly=anomaly.reshape(rows, columns),
            members=members.reshape(rows, columns),
            descriptor=describe(reduced[counted], anomaly[counted], near),
            strangeness=self._farness.p_value([np.median(distances[counted])])
            if self.frames is None
            else self.frames.p_value(Frame.of(reduced[counted], near)),
        )

    def nearest_images(self, descriptor: FloatArray, limit: int) -> list[tuple[int, float]]:
        """Places of the references that look most like an image, and their distances, 0 to 2."""
        theirs = self.held_out.descriptors
        looks = theirs.shape[1] // 2
        own, theirs = descriptor[:looks], theirs[:, :looks]
        lengths = np.linalg.norm(theirs, axis=1) * np.linalg.norm(own)
        distances = np.maximum(0, 1 - theirs @ own / np.maximum(lengths, 1e-9))
        order = np.argsort(distances, kind="stable")[:limit]
        return [(int(place), float(distances[place])) for place in order]

    def to_arrays(self) -> Arrays:
        """As arrays for an artifact."""
        held_out = self.held_out
        arrays: dict[str, NDArray[Any]] = {
            "bank.images": text_array(list(self.image_ids)),
            "bank.centre": self.reduction.centre,
            "bank.projection": self.reduction.projection,
            "bank.usual_mean": self.usual.mean,
            "bank.usual_deviation": self.usual.deviation,
            "bank.members": self.members,
            "bank.member_images": self.member_images,
            "bank.member_boxes": self.member_boxes,
            "bank.radius": np.array([self.radius], np.float64),
            "held_out.scores": held_out.scores,
            "held_out.descriptors": held_out.descriptors,
            "held_out.medians": held_out.medians,
            "held_out.worst": held_out.worst.astype(np.float16),
            "held_out.worst_distances": held_out.worst_distances,
            "held_out.worst_places": held_out.worst_places,
            "held_out.counts": held_out.counts,
        }
        if self.foreground is not None:
            arrays |= {
                f"foreground.{name}": array for name, array in self.foreground.to_arrays().items()
            }
        if self.areas:
            arrays["areas.corners"] = np.array(list(chain(*self.areas)), np.float64)
            arrays["areas.sizes"] = np.array([len(area) for area in self.areas], np.int32)
        if self.frames is not None:
            arrays |= {f"frames.{name}": array for name, array in self.frames.to_arrays().items()}
        if self.marks:
            arrays["painted.marks"] = to_array(self.marks)
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> "PatchBank":
        """What `to_arrays` made; `banks.bank_of` also reads what two banks made.

        Raises:
            ArtifactWrong: the arrays are those of another release, or of two banks.
        """
        if VIEW in arrays:
            raise ArtifactWrong("the version has two banks, of which one alone is not it")
        foreground, frames = (
            {
                name.removeprefix(prefix): array
                for name, array in arrays.items()
                if name.startswith(prefix)
            }
            for prefix in ("foreground.", "frames.")
        )
        try:
            return cls(
                image_ids=tuple(array_text(arrays["bank.images"])),
                reduction=Reduction(arrays["bank.centre"], arrays["bank.projection"]),
                usual=Usual(arrays["bank.usual_mean"], arrays["bank.usual_deviation"]),
                members=arrays["bank.members"],
                member_images=arrays["bank.member_images"],
                member_boxes=arrays["bank.member_boxes"],
                held_out=HeldOut(
                    scores=arrays["held_out.scores"],
                    descriptors=arrays["held_out.descriptors"],
                    medians=arrays["held_out.medians"],
                    worst=arrays["held_out.worst"].astype(np.float32),
                    worst_distances=arrays["held_out.worst_distances"],
                    worst_places=arrays["held_out.worst_places"],
                    counts=arrays["held_out.counts"],
                ),
                radius=float(arrays["bank.radius"][0]),
                foreground=Foreground.from_arrays(foreground) if foreground else None,
                areas=_areas_from(arrays) if "areas.sizes" in arrays else (),
                frames=Frames.from_arrays(frames) if frames else None,
                marks=from_array(arrays.get("painted.marks", np.zeros((0, 5)))),
            )
        except KeyError:
            raise ArtifactWrong(
                "the version was made by another release; calibrate from scratch"
            ) from None


def flat(grid: NDArray[Any]) -> FloatArray:
    """A grid's features, [rows * columns, d]."""
    rows, columns, dimension = grid.shape
    return grid.reshape(rows * columns, dimension).astype(np.float32)


def counted_patches(
    grid: NDArray[Any],
    foreground: Foreground | None,
    areas: Sequence[Polygon] = (),
    shown: Polygon = (),
) -> NDArray[np.bool_]:
    """Which patches count, [rows * columns]: those of the part that lie within areas.

    Without areas they count everywhere; if nothing there is of the part, all there do.

    Args:
        grid: Patch features, [rows, columns, d].
        foreground: What of an image counts; all of it if None.
        areas: Where it counts; everywhere if there are none.
        shown: What of an aligned image the picture shows; all of it if empty. The rest does not
            count, unless nothing else does.
    """
    rows, columns, _ = grid.shape
    within = patches_within(areas, rows, columns) if areas else np.ones((rows, columns), np.bool_)
    if shown:
        visible = within & patches_within([shown], rows, columns)
        within = visible if visible.any() else within
    counted = within if foreground is None else within & foreground.mask(grid)
    return (counted if counted.any() else within).reshape(-1)


def _areas_from(arrays: Arrays) -> tuple[Polygon, ...]:
    ends = np.cumsum(arrays["areas.sizes"])
    return tuple(
        tuple((float(x), float(y)) for x, y in corners)
        for corners in np.split(arrays["areas.corners"], ends[:-1])
    )


def nearest(
    reduced: FloatArray, members: NearestPoints, helpers: Executor | None = None
) -> tuple[FloatArray, NDArray[np.intp]]:
    """Distance of each of [n, k] to the nearest member, and which that is, [n] each."""
    if helpers is None:
        squares, found = members.nearest(reduced)
        return np.sqrt(squares), found
    # Between two steps, so that every bit is as without helpers.
    half = members.step * round(len(reduced) / members.step / 2)
    others = helpers.submit(members.nearest, reduced[half:])
    own = members.nearest(reduced[:half])
    # Not waited for if nobody began it: all helpers may be doing as this one does.
    rest = members.nearest(reduced[half:]) if others.cancel() else others.result()
    return np.sqrt(np.concatenate([own[0], rest[0]])), np.concatenate([own[1], rest[1]])


def worst_count(patches: int) -> int:
    """How many of an image's patches its score is the mean of."""
    return max(1, round(patches * WORST_PATCHES))


def worst_mean(anomaly: FloatArray, count: int) -> float:
    """Mean of the largest anomalies."""
    if count >= len(anomaly):
        return float(anomaly.mean())
    return float(np.partition(anomaly, len(anomaly) - count)[-count:].mean())


def describe(reduced: FloatArray, anomaly: FloatArray, members: FloatArray) -> FloatArray:
    """What an image looks like and how it deviates, of unit length, [2 k].

    The mean of its features, and the mean of what its worst patches have that
    their nearest members have not; both weigh the same.

    Args:
        reduced: Reduced features, [p, k].
        anomaly: Of each patch, [p].
        members: The nearest member of each, [p, k].
    """
    worst = np.argsort(anomaly, kind="stable")[-worst_count(len(anomaly)) :]
    deviation = (reduced[worst] - members[worst]).mean(0)
    halves = [unit(reduced.mean(0)), unit(deviation)]
    return np.concatenate(halves).astype(np.float32) / np.float32(np.sqrt(2))
