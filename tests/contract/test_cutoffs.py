"""What a user's cut-offs promise, on a real Qdrant Edge."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
from numpy.typing import NDArray

from services.clients.errors import EmbedderUnavailable
from services.clients.model import Space
from services.search.index.qdrant_edge import EdgeIndex
from services.search.meaning.cutoffs import LOOK_EVERY_S, MOST_AGE_S, REST_S, Cutoffs
from services.search.meaning.model import LEAST_IMAGES, Calibration, Kind, NoCutoff
from services.search.meaning.reference_vectors import ReferenceVectors, Vectors
from services.search.model import ImagePoint, StoredVector
from tests.support.eventually import eventually

DIMENSION = 16
ANA, BEN = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
SPACE = Space("test/model", "v1", DIMENSION)


class Watched(EdgeIndex):
    """Qdrant Edge that remembers whose vectors were read."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.read: list[str] = []

    async def stored(
        self, space: Space, image_ids: Sequence[str], *, crops: bool = False
    ) -> Mapping[str, StoredVector]:
        self.read += image_ids
        return await super().stored(space, image_ids, crops=crops)


class Embedder:
    """Vectors of references, drawn by chance once."""

    down = False
    asked = 0

    async def embed(self, kind: Kind, space: Space) -> Vectors:
        self.asked += 1
        if self.down:
            raise EmbedderUnavailable("down")
        return drawn(7, 200 if kind is Kind.WORDS else 40)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Meanings:
    """Cut-offs and what they stand on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.index = Watched(folder / "vectors")
        self.embedder = Embedder()
        self.clock = Clock()
        self.cutoffs = self.again()

    def again(self) -> Cutoffs:
        """As after a restart."""
        references = ReferenceVectors(self.folder / "references", self.embedder)
        return Cutoffs(self.index, references, clock=self.clock)

    async def add(
        self, user_id: str, numbers: Iterable[int], vectors: NDArray[np.float32]
    ) -> list[str]:
        points = [
            ImagePoint(image_id(user_id, number), user_id, vector.tolist(), "", "", {})
            for number, vector in zip(numbers, vectors, strict=True)
        ]
        await self.index.open(SPACE)
        await self.index.upsert(SPACE, points)
        return [point.image_id for point in points]

    async def of(
        self, user_id: str = ANA, kind: Kind | None = Kind.WORDS
    ) -> Calibration | NoCutoff:
        return await self.cutoffs.of(user_id, SPACE, kind)

    async def known(self, user_id: str = ANA, kind: Kind = Kind.WORDS) -> Calibration:
        found: list[Calibration] = []

        async def there() -> bool:
            one = await self.of(user_id, kind)
            if isinstance(one, Calibration):
                found.append(one)
            return bool(found)

        await eventually(there, "there is a cut-off")
        return found[0]


@pytest.fixture
async def meanings(tmp_path: Path) -> AsyncIterator[Meanings]:
    made = Meanings(tmp_path)
    yield made
    await made.cutoffs.aclose()
    await made.index.close()


def drawn(seed: int, count: int) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(size=(count, DIMENSION)).astype(np.float32)


def image_id(user_id: str, number: int) -> str:
    return str(UUID(int=(number << 64) + int(user_id[0])))


async def test_small_collections_have_none_and_cost_no_embedding(meanings: Meanings) -> None:
    await meanings.add(ANA, range(LEAST_IMAGES - 1), drawn(1, LEAST_IMAGES - 1))
    assert await meanings.of() is NoCutoff.TOO_FEW_IMAGES
    assert meanings.embedder.asked == 0
    await meanings.add(ANA, [100], drawn(2, 1))
    assert (await meanings.known()).cutoff.sample_size == LEAST_IMAGES


async def test_mixed_queries_have_none(meanings: Meanings) -> None:
    await meanings.add(ANA, range(50), drawn(1, 50))
    assert await meanings.of(kind=None) is NoCutoff.MIXED


async def test_each_kind_has_its_own_and_references_are_embedded_once(meanings: Meanings) -> None:
    await meanings.add(ANA, range(120), drawn(1, 120))
    await meanings.add(BEN, range(120), drawn(2, 120))
    words, picture = await meanings.known(), await meanings.known(kind=Kind.PICTURE)
    assert words.cutoff != picture.cutoff
    await meanings.known(BEN)
    assert meanings.embedder.asked == 2
    meanings.cutoffs = meanings.again()
    assert await meanings.known() == words
    assert meanings.embedder.asked == 2


async def test_nobody_elses_images_have_a_part_in_it(meanings: Meanings) -> None:
    ana = await meanings.add(ANA, range(60), drawn(1, 60))
    alone = await meanings.known()
    # What scores highest for captions, and would lift anybody's cut-off.
    await meanings.add(BEN, range(200), drawn(7, 200))
    meanings.cutoffs = meanings.again()
    meanings.index.read.clear()
    assert await meanings.known() == alone
    assert set(meanings.index.read) == set(ana)
    assert (await meanings.known(BEN)).cutoff.score > alone.cutoff.score


async def test_it_is_learnt_anew_as_the_collection_grows_and_kept_meanwhile(
    meanings: Meanings,
) -> None:
    await meanings.add(ANA, range(40), drawn(1, 40))
    first = await meanings.known()
    await meanings.add(ANA, range(40, 140), drawn(2, 100))
    assert await meanings.of() == first
    meanings.clock.now += LOOK_EVERY_S
    assert await meanings.of() == first

    async def renewed() -> bool:
        found = await meanings.of()
        return isinstance(found, Calibration) and found.cutoff.sample_size == 140

    await eventually(renewed, "the cut-off is that of all images")


async def test_few_more_images_leave_it_until_it_is_old(meanings: Meanings) -> None:
    await meanings.add(ANA, range(100), drawn(1, 100))
    await meanings.known()
    await meanings.add(ANA, range(100, 105), drawn(2, 5))
    meanings.index.read.clear()
    meanings.clock.now += LOOK_EVERY_S
    await meanings.of()
    await meanings.of(kind=Kind.PICTURE)  # learnt after whatever was begun before it
    assert len(meanings.index.read) == 105
    meanings.clock.now += MOST_AGE_S
    await meanings.of()

    async def renewed() -> bool:
        found = await meanings.of()
        return isinstance(found, Calibration) and found.cutoff.sample_size == 105

    await eventually(renewed, "the cut-off is that of all images")


async def test_an_embedder_that_is_down_leaves_it_open_and_is_asked_again_later(
    meanings: Meanings,
) -> None:
    await meanings.add(ANA, range(50), drawn(1, 50))
    meanings.embedder.down = True
    assert await meanings.of() is NoCutoff.NOT_READY
    assert await meanings.of() is NoCutoff.NOT_READY
    assert meanings.embedder.asked == 1
    meanings.embedder.down = False
    meanings.clock.now += REST_S
    assert (await meanings.known()).cutoff.sample_size == 50


async def test_who_deleted_the_images_has_none_any_more(meanings: Meanings) -> None:
    ids = await meanings.add(ANA, range(50), drawn(1, 50))
    await meanings.known()
    await meanings.index.delete(ids)
    meanings.clock.now += LOOK_EVERY_S

    async def gone() -> bool:
        return await meanings.of() is NoCutoff.TOO_FEW_IMAGES

    await eventually(gone, "there is no cut-off any more")


async def test_a_damaged_file_of_references_is_made_anew(meanings: Meanings) -> None:
    await meanings.add(ANA, range(50), drawn(1, 50))
    first = await meanings.known()
    for path in (meanings.folder / "references").iterdir():
        path.write_bytes(b"\x93NUMPY nothing")
    meanings.cutoffs = meanings.again()
    assert await meanings.known() == first
    assert meanings.embedder.asked == 2
