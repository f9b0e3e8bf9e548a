"""The whole-image scorer: how far an image's vector is from its nearest normal ones."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.clients.errors import ImageNotIndexed
from services.clients.model import Space
from services.clients.patience import patiently
from services.inspection.artifact import array_text, text_array
from services.inspection.errors import ImagesUnusable, ModelVersionChanged
from services.inspection.finding import Arrays, Finding, Learnt
from services.inspection.learning.training import Lesson, Progress
from services.inspection.learning.vectors import unit
from services.inspection.model import FloatArray, NearestImage, SkippedImage
from services.inspection.ports import ImageVectors

NEIGHBOURS = 3
"""Nearest normal images whose mean distance is the score."""

LEAST_IMAGES = 2
"""Fewer have no others to be held against."""

OFF_DISTRIBUTION = 3.0
"""An image that scores as many times the largest held-out score is another thing altogether."""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What the scorer knows."""

    space: Space
    image_ids: Sequence[str] = field(repr=False)
    largest_held_out: float

    def to_arrays(self) -> Arrays:
        """As arrays for an artifact."""
        space = self.space
        return {
            "knn.images": text_array(list(self.image_ids)),
            "knn.space": text_array([space.model, space.version, str(space.dimension)]),
            "knn.largest_held_out": np.array([self.largest_held_out], np.float64),
        }

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> "Neighbours":
        """What `to_arrays` made."""
        model, version, dimension = array_text(arrays["knn.space"])
        return cls(
            Space(model, version, int(dimension)),
            array_text(arrays["knn.images"]),
            float(arrays["knn.largest_held_out"][0]),
        )


class KnnScorer:
    """`ImageScorer` by the mean distance (1 - cosine) to the nearest normal images.

    The vectors are the vector index's own; a normal image that was deleted no
    longer counts.

    Args:
        known: What it learnt.
        vectors: Embeds images and knows their neighbours.
        owner_id: Whose images the normal ones are.
    """

    def __init__(self, known: Neighbours, vectors: ImageVectors, owner_id: str) -> None:
        self._known = known
        self._vectors = vectors
        self._owner_id = owner_id

    @property
    def size_bytes(self) -> int:
        """Memory that it holds."""
        return 100 * len(self._known.image_ids)

    async def look(self, image: bytes, *, interactive: bool = True) -> NDArray[Any]:
        """The image's vector."""
        embedded = await self._vectors.embed_image(image, interactive=interactive)
        if embedded.space != self._known.space:
            raise ModelVersionChanged(
                f"the version was made with the model {self._known.space.model}"
                f" ({self._known.space.version}); calibrate anew"
            )
        return np.asarray(embedded.vector, np.float32)

    async def find(self, seen: NDArray[Any], *, nearest_limit: int) -> Finding:
        """The mean distance to the nearest normal images."""
        known = self._known
        hits = await self._vectors.nearest(
            known.space,
            seen.tolist(),
            self._owner_id,
            known.image_ids,
            max(NEIGHBOURS, nearest_limit),
        )
        if not hits:
            raise ModelVersionChanged("no normal image of the version is left; calibrate anew")
        score = mean_distance([cosine for _, cosine in hits])
        return Finding(
            score=score,
            descriptor=unit(seen),
            nearest=[NearestImage(name, distance(cosine)) for name, cosine in hits[:nearest_limit]],
            off_distribution=score > OFF_DISTRIBUTION * max(known.largest_held_out, 1e-3),
        )


class KnnTrainer:
    """`Trainer` of `KnnScorer`: nothing is built but the scores of each image by the others.

    Args:
        vectors: Vectors of stored images.
    """

    def __init__(self, vectors: ImageVectors) -> None:
        self._vectors = vectors

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
        held_out = await asyncio.to_thread(_held_out, vectors)
        known = Neighbours(space, used, max(held_out))
        return (
            Learnt(
                settings=replace(lesson.settings, model=space.model, size=0),
                model_version=space.version,
                arrays=known.to_arrays(),
                image_ids=used,
                held_out=held_out,
            ),
            skipped,
        )


def distance(cosine: float) -> float:
    """Distance of two vectors of that cosine, 0 to 2; 0 for what rounding left above 1."""
    return max(0.0, 1.0 - cosine)


def mean_distance(cosines: Sequence[float]) -> float:
    """Mean distance to the nearest; of fewer if there are fewer."""
    nearest = sorted(cosines, reverse=True)[:NEIGHBOURS]
    return float(np.mean([distance(cosine) for cosine in nearest]))


def _held_out(vectors: FloatArray) -> list[float]:
    """Each image's score by the others."""
    vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -np.inf)
    return [mean_distance([float(cosine) for cosine in row[np.isfinite(row)]]) for row in cosines]
