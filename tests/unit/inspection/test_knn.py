from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import cast

import numpy as np
import pytest

from services.clients.model import Embedded, Space
from services.imaging.decode import ImageLimits
from services.inspection.artifact import pack, unpack
from services.inspection.errors import ImagesUnusable, ModelVersionChanged
from services.inspection.finding import Seen
from services.inspection.learning.training import Lesson
from services.inspection.model import CalibrationSettings, Scorer
from services.inspection.ports import ImageVectors, ReferenceContents
from services.inspection.scoring.knn import KnnScorer, KnnTrainer, Neighbours, mean_distance
from services.inspection.verdict.strangeness import is_strange
from services.runtime.errors import NotFound
from tests.support.inspection.metal import part
from tests.support.inspection.surfaces import decoded, encoded

SPACE = Space("colours", "v1", 3)
THREADS = ThreadPoolExecutor(2)
VECTORS = {
    "a": [1.0, 0.0, 0.0],
    "b": [0.96, 0.28, 0.0],
    "c": [0.96, 0.0, 0.28],
    "d": [0.8, 0.6, 0.0],
}


class Index:
    """`ImageVectors` over a few vectors, by brute force."""

    def __init__(self, vectors: Mapping[str, Sequence[float]]) -> None:
        self.vectors = dict(vectors)
        self.running = SPACE
        self.seen = [0.0, 0.0, 1.0]
        """What any image looks like."""

    async def space(self) -> Space:
        return self.running

    async def embed_image(self, image: bytes, *, interactive: bool) -> Embedded:
        return Embedded(self.running, self.seen)

    async def nearest(
        self, space: Space, vector: Sequence[float], user_id: str, within: Sequence[str], limit: int
    ) -> Sequence[tuple[str, float]]:
        cosines = {name: float(np.dot(vector, self.vectors[name])) for name in within
                   if name in self.vectors}  # fmt: skip
        return sorted(cosines.items(), key=lambda one: -one[1])[:limit]

    async def stored(self, space: Space, image_ids: Sequence[str]) -> Mapping[str, Sequence[float]]:
        return {name: self.vectors[name] for name in image_ids if name in self.vectors}


class Silent:
    """Nobody is told."""

    def images(self, done: int, total: int) -> None:
        pass

    def stage(self, words: str) -> None:
        pass


def lesson(*image_ids: str) -> Lesson:
    return Lesson("user", image_ids, CalibrationSettings(Scorer.IMAGE_KNN))


class Shelf:
    """`ReferenceContents` of a few pictures."""

    def __init__(self, **pictures: bytes) -> None:
        self.pictures = pictures

    async def check(self, image_ids: Sequence[str]) -> Sequence[str]:
        return [name for name in image_ids if name in self.pictures]

    async def fetch(self, image_id: str, user_id: str) -> bytes:
        if image_id not in self.pictures:
            raise NotFound(f"there is no image {image_id}")
        return self.pictures[image_id]


def trainer(index: Index, shelf: ReferenceContents | None = None) -> KnnTrainer:
    return KnnTrainer(cast("ImageVectors", index), shelf or Shelf(), THREADS, limits=ImageLimits())


async def test_each_image_is_held_out_by_the_others() -> None:
    learnt, skipped = await trainer(Index(VECTORS)).learn(lesson(*VECTORS), Silent())
    assert not skipped
    for name, score in zip(learnt.image_ids, learnt.held_out, strict=True):
        others = [
            float(np.dot(VECTORS[name], vector))
            for other, vector in VECTORS.items()
            if other != name
        ]
        assert score == pytest.approx(mean_distance(others), abs=1e-6)


async def test_what_the_index_has_not_is_left_out_and_two_are_the_least() -> None:
    learnt, skipped = await trainer(Index(VECTORS)).learn(lesson("a", "x", "b"), Silent())
    assert list(learnt.image_ids) == ["a", "b"]
    assert [(one.image_id, one.reason) for one in skipped] == [("x", "IMAGE_NOT_INDEXED")]
    with pytest.raises(ImagesUnusable):
        await trainer(Index(VECTORS)).learn(lesson("a", "x"), Silent())


async def scorer(index: Index, shelf: ReferenceContents | None = None) -> KnnScorer:
    learnt, _ = await trainer(index, shelf).learn(lesson(*index.vectors), Silent())
    known = Neighbours.from_arrays(unpack(pack(learnt.arrays)))
    return KnnScorer(known, cast("ImageVectors", index), "user", THREADS, limits=ImageLimits())


async def test_a_score_is_the_mean_distance_to_the_nearest() -> None:
    scoring = await scorer(Index(VECTORS))
    found = await scoring.find(Seen(np.array(VECTORS["a"])), nearest_limit=1)
    assert found.score == pytest.approx(mean_distance([1.0, 0.96, 0.96]))
    assert [one.image_id for one in found.nearest] == ["a"]
    assert found.nearest[0].distance == pytest.approx(0)
    assert found.anomaly_map is None
    odd = await scoring.find(Seen(np.array([0.0, 0.0, -1.0])), nearest_limit=4)
    assert odd.score > found.score
    assert is_strange(odd.strangeness, 0.01)
    assert len(odd.nearest) == 4


async def test_deleted_references_count_no_more_and_another_model_is_refused() -> None:
    index = Index(VECTORS)
    scoring = await scorer(index)
    del index.vectors["a"]
    found = await scoring.find(Seen(np.array([1.0, 0.0, 0.0])), nearest_limit=4)
    assert [one.image_id for one in found.nearest] == ["b", "c", "d"]
    index.vectors.clear()
    with pytest.raises(ModelVersionChanged):
        await scoring.find(Seen(np.array([1.0, 0.0, 0.0])), nearest_limit=4)
    index.running = Space("colours", "v2", 3)
    with pytest.raises(ModelVersionChanged):
        await scoring.look(b"image")


async def test_a_frame_of_other_light_is_strange_though_its_vector_is_not() -> None:
    """A network that looks for things may see the usual one in a blank frame."""
    names = [f"part-{seed}" for seed in range(12)]
    index = Index({name: VECTORS["bcd"[place % 3]] for place, name in enumerate(names)})
    index.seen = VECTORS["b"]
    scoring = await scorer(index, Shelf(**{name: part(n) for n, name in enumerate(names)}))
    blank = [np.full((96, 96, 3), level, np.uint8) for level in (0, 128, 255)]
    for image, strange in [
        *((part(100 + seed), False) for seed in range(5)),
        *((encoded(frame), True) for frame in (*blank, decoded(part(200)) // 3)),
    ]:
        found = await scoring.find(await scoring.look(image), nearest_limit=1)
        assert is_strange(found.strangeness, 0.01) is strange
