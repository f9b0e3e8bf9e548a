"""The whole-image scorer: how far an image's vector is from its nearest normal ones."""

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.clients.errors import ImageNotIndexed
from services.clients.model import Space
from services.clients.patience import patiently
from services.imaging.decode import ImageLimits, decode
from services.imaging.resize import enough_for
from services.inspection.artifact import array_text, text_array
from services.inspection.errors import ImagesUnusable, ModelVersionChanged
from services.inspection.finding import Arrays, Finding, Learnt, Seen
from services.inspection.learning.folds import several
from services.inspection.learning.frames import nearest_others
from services.inspection.learning.light import SIDE, light_of
from services.inspection.learning.training import Lesson, Progress
from services.inspection.learning.vectors import unit
from services.inspection.model import FloatArray, NearestImage, PartsKnown, SkippedImage, WholeFrame
from services.inspection.pictures.whole_frame import whole_frame
from services.inspection.ports import ImageVectors, ReferenceContents
from services.inspection.verdict.frame_checks import learn_checks, measures
from services.inspection.verdict.strangeness import Strangeness
from services.runtime.concurrency import at_once
from services.runtime.errors import InvalidInput, NotFound

NEIGHBOURS = 3
"""Nearest normal images whose mean distance is the score."""

LEAST_IMAGES = 2
"""Fewer have no others to be held against."""

LIGHTS = 200
"""Normal images whose light is looked at; of more, every so many."""

FETCHED_AT_ONCE = 8

LEAST_TYPICAL = (1e-3, 0.02)
"""A usual score, and a usual difference of light, at least."""


Look = tuple[FloatArray, WholeFrame]
"""An image's light, and what it looks like as a whole."""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What the scorer knows."""

    space: Space
    image_ids: Sequence[str] = field(repr=False)
    largest_held_out: float
    lights: FloatArray | None = field(default=None, repr=False)
    """Light of some of the images, [n, NUMBERS]; None if none was looked at."""
    distances: NDArray[np.float64] | None = field(default=None, repr=False)
    """Of each of these its held-out score, and the nearest other's distance in light, [n, 2]."""
    _strangeness: Strangeness = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        known = self.distances
        if known is None:
            # The largest score alone tells less of how they spread, so that more is allowed.
            known = np.array([[self.largest_held_out]])
        strangeness = Strangeness(known, least=LEAST_TYPICAL[: known.shape[1]])
        object.__setattr__(self, "_strangeness", strangeness)

    def p_value(self, score: float, light: FloatArray) -> float:
        """Share of normal images that are as strange as one of that score and light."""
        if self.lights is None:
            return self._strangeness.p_value([score])
        nearest = np.linalg.norm(self.lights - light, axis=1).min()
        return self._strangeness.p_value([score, nearest])

    def to_arrays(self) -> Arrays:
        """As arrays for an artifact."""
        space = self.space
        arrays: dict[str, NDArray[Any]] = {
            "knn.images": text_array(list(self.image_ids)),
            "knn.space": text_array([space.model, space.version, str(space.dimension)]),
            "knn.largest_held_out": np.array([self.largest_held_out], np.float64),
        }
        if self.lights is not None and self.distances is not None:
            arrays |= {"knn.lights": self.lights, "knn.distances": self.distances}
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> "Neighbours":
        """What `to_arrays` made."""
        model, version, dimension = array_text(arrays["knn.space"])
        return cls(
            Space(model, version, int(dimension)),
            array_text(arrays["knn.images"]),
            float(arrays["knn.largest_held_out"][0]),
            arrays.get("knn.lights"),
            arrays.get("knn.distances"),
        )


class KnnScorer:
    """`ImageScorer` by the mean distance (1 - cosine) to the nearest normal images.

    The vectors are the vector index's own; a normal image that was deleted no
    longer counts.

    Args:
        known: What it learnt.
        vectors: Embeds images and knows their neighbours.
        owner_id: Whose images the normal ones are.
        threads: Where an image's light is looked at.
        limits: What an image may measure.
    """

    def __init__(
        self,
        known: Neighbours,
        vectors: ImageVectors,
        owner_id: str,
        threads: Executor,
        *,
        limits: ImageLimits,
    ) -> None:
        self._known = known
        self._vectors = vectors
        self._owner_id = owner_id
        self._threads = threads
        self._limits = limits

    @property
    def size_bytes(self) -> int:
        """Memory that it holds."""
        return 100 * len(self._known.image_ids)

    async def look(self, image: bytes, *, interactive: bool = True) -> Seen:
        """The image's vector, and after it its light if the version knows any."""
        embedded = await self._vectors.embed_image(image, interactive=interactive)
        if embedded.space != self._known.space:
            raise ModelVersionChanged(
                f"the version was made with the model {self._known.space.model}"
                f" ({self._known.space.version}); calibrate anew"
            )
        vector = np.asarray(embedded.vector, np.float32)
        light, frame = await asyncio.get_running_loop().run_in_executor(
            self._threads, lambda: _look(image, self._limits)
        )
        if self._known.lights is None:
            return Seen(vector, frame)
        return Seen(np.concatenate([vector, light]), frame)

    async def find(self, seen: Seen, *, nearest_limit: int) -> Finding:
        """The mean distance to the nearest normal images."""
        known = self._known
        vector, light = np.split(seen.features, [known.space.dimension])
        hits = await self._vectors.nearest(
            known.space,
            vector.tolist(),
            self._owner_id,
            known.image_ids,
            max(NEIGHBOURS, nearest_limit),
        )
        if not hits:
            raise ModelVersionChanged("no normal image of the version is left; calibrate anew")
        score = mean_distance([cosine for _, cosine in hits])
        return Finding(
            score=score,
            descriptor=unit(vector),
            nearest=[NearestImage(name, distance(cosine)) for name, cosine in hits[:nearest_limit]],
            strangeness=known.p_value(score, light),
        )


class KnnTrainer:
    """`Trainer` of `KnnScorer`: nothing is built but the scores of each image by the others.

    Args:
        vectors: Vectors of stored images.
        contents: Bytes of stored images.
        threads: Where images are looked at.
        limits: What an image may measure.
    """

    def __init__(
        self,
        vectors: ImageVectors,
        contents: ReferenceContents,
        threads: Executor,
        *,
        limits: ImageLimits,
    ) -> None:
        self._vectors = vectors
        self._contents = contents
        self._threads = threads
        self._limits = limits

    async def learn(self, lesson: Lesson, progress: Progress) -> tuple[Learnt, list[SkippedImage]]:
        """Learns from the images that search has indexed."""
        space = await patiently(self._vectors.space)
        stored = await patiently(lambda: self._vectors.stored(space, lesson.image_ids))
        used = [image_id for image_id in lesson.image_ids if image_id in stored]
        skipped = [
            SkippedImage(
                image_id,
                ImageNotIndexed.reason,
                "search has not indexed the image, or it is gone",
            )
            for image_id in lesson.image_ids
            if image_id not in stored
        ]
        if len(used) < LEAST_IMAGES:
            raise ImagesUnusable(
                f"search has indexed {len(used)} of the images, and this scorer needs"
                f" {LEAST_IMAGES}; add images or wait until they are INDEXED"
            )
        progress.images(len(used), len(lesson.image_ids))
        vectors = np.array([stored[image_id] for image_id in used], np.float32)
        parts = lesson.parts_of(used)
        several_parts = len(set(parts)) > 1
        held_out = await asyncio.to_thread(_held_out, vectors, parts if several_parts else ())
        known = None
        if several_parts:
            familiar = await asyncio.to_thread(_held_out, vectors)
            places = several(parts)
            known = PartsKnown(
                [familiar[place] for place in places], [parts[place] for place in places]
            )
        looks = await self._looks(used, lesson.user_id)
        lights = {place: light for place, (light, _) in looks.items()}
        neighbours = _known(space, used, held_out, lights)
        return (
            Learnt(
                settings=replace(lesson.settings, model=space.model, size=0),
                model_version=space.version,
                arrays=neighbours.to_arrays(),
                image_ids=used,
                held_out=held_out,
                frame_checks=learn_checks(measures([frame for _, frame in looks.values()])),
                parts=parts,
                known=known,
            ),
            skipped,
        )

    async def _looks(self, image_ids: Sequence[str], user_id: str) -> dict[int, Look]:
        """What some images look like by their place, as far as they can be read."""

        async def one(place: int) -> tuple[int, Look | None]:
            try:
                image = await patiently(lambda: self._contents.fetch(image_ids[place], user_id))
                look = await asyncio.get_running_loop().run_in_executor(
                    self._threads, lambda: _look(image, self._limits)
                )
            except (InvalidInput, NotFound):
                return place, None
            return place, look

        places = range(0, len(image_ids), -(-len(image_ids) // LIGHTS))
        found = await at_once(places, one, FETCHED_AT_ONCE)
        return {place: look for place, look in found if look is not None}


def _look(image: bytes, limits: ImageLimits) -> Look:
    decoded = decode(image, limits, short_side=enough_for(SIDE), grey_stays=True)
    return light_of(decoded.image), whole_frame(decoded)


def _known(
    space: Space,
    image_ids: Sequence[str],
    held_out: Sequence[float],
    lights: Mapping[int, FloatArray],
) -> Neighbours:
    largest = max(held_out)
    if len(lights) < LEAST_IMAGES:
        return Neighbours(space, image_ids, largest)
    together = np.array(list(lights.values()), np.float32)
    scores = np.array([held_out[place] for place in lights])
    distances = np.stack([scores, nearest_others(together)], axis=1)
    return Neighbours(space, image_ids, largest, together, distances)


def distance(cosine: float) -> float:
    """Distance of two vectors of that cosine, 0 to 2; 0 for what rounding left above 1."""
    return max(0.0, 1.0 - cosine)


def mean_distance(cosines: Sequence[float]) -> float:
    """Mean distance to the nearest; of fewer if there are fewer."""
    nearest = sorted(cosines, reverse=True)[:NEIGHBOURS]
    return float(np.mean([distance(cosine) for cosine in nearest]))


def _held_out(vectors: FloatArray, parts: Sequence[int] = ()) -> list[float]:
    """Each image's score by the others, or by those of other parts."""
    vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    cosines = vectors @ vectors.T
    numbers = np.array(parts or range(len(vectors)))
    cosines[numbers[:, None] == numbers] = -np.inf
    return [mean_distance([float(cosine) for cosine in row[np.isfinite(row)]]) for row in cosines]
