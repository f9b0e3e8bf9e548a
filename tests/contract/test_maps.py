"""What a user's map promises, on a real Qdrant Edge and with the real process that makes maps."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest

from services.clients.model import Embedded, Space, Vector
from services.search.errors import IndexUnavailable
from services.search.index.qdrant_edge import EdgeIndex
from services.search.mapping.atlas import REST_S, Atlas, MapState, MapView
from services.search.mapping.layout import unpacked
from services.search.mapping.layout_files import LayoutFiles
from services.search.mapping.map_maker import MapMaker
from services.search.model import ImagePoint, StoredVector
from tests.support.eventually import eventually

DIMENSION = 8
ANA, BEN = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
SPACE, NEWER = Space("test/model", "v1", DIMENSION), Space("test/model", "v2", DIMENSION)


class Watched(EdgeIndex):
    """Qdrant Edge that counts who reads vectors, and fails on demand."""

    down = False
    reads = 0

    async def stored(
        self, space: Space, image_ids: Sequence[str], *, crops: bool = False
    ) -> Mapping[str, StoredVector]:
        self.reads += 1
        if self.down:
            raise IndexUnavailable("down")
        return await super().stored(space, image_ids, crops=crops)


class Model:
    """The space in use."""

    current = SPACE

    async def space(self) -> Space:
        return self.current

    async def embed_text(self, text: str) -> Embedded:
        raise NotImplementedError

    async def embed_image(self, image: bytes) -> Embedded:
        raise NotImplementedError


class Maps:
    """An atlas and what it stands on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.index = Watched(folder / "vectors")
        self.model = Model()
        self.now = 0.0
        self.atlas = self.started()

    def started(self) -> Atlas:
        files = LayoutFiles(self.folder / "maps", most_bytes=2**24)
        maker = MapMaker(self.index, files.folder)
        return Atlas(self.index, self.model, files, maker, clock=lambda: self.now)

    async def add(self, *numbers: int, user_id: str = ANA, **labels: str) -> None:
        await self.index.open(self.model.current)
        await self.index.upsert(
            self.model.current,
            [
                ImagePoint(image_id(n), user_id, vector(n), f"{n}.jpg", "image/jpeg", labels)
                for n in numbers
            ],
        )

    async def ready(self, user_id: str = ANA, filter_text: str = "") -> MapView:
        view = MapView(MapState.BUILDING)

        async def is_ready() -> bool:
            nonlocal view
            view = await self.atlas.show(user_id, filter_text)
            return view.state is MapState.READY

        await eventually(is_ready, "the map is ready")
        return view


@pytest.fixture
async def maps(tmp_path: Path) -> AsyncIterator[Maps]:
    made = Maps(tmp_path)
    yield made
    await made.atlas.aclose()
    await made.index.close()


def image_id(number: int) -> str:
    return str(UUID(int=number + (4 << 76) + (8 << 60)))


def vector(number: int) -> Vector:
    found = np.random.default_rng(number).standard_normal(DIMENSION)
    return [float(part) for part in found / np.linalg.norm(found)]


def places(view: MapView) -> dict[str, tuple[float, float]]:
    points = np.frombuffer(view.points, "<f4").reshape(-1, 2)
    return {
        one: (float(x), float(y)) for one, (x, y) in zip(unpacked(view.ids), points, strict=True)
    }


async def test_a_map_is_made_beside_the_calls_and_shows_all_images(maps: Maps) -> None:
    await maps.add(*range(40))
    first = await maps.atlas.show(ANA)
    assert (first.state, first.version, len(first.ids), first.points) == (
        MapState.BUILDING, "", 0, b"",
    )  # fmt: skip
    view = await maps.ready()
    assert unpacked(view.ids) == [image_id(number) for number in range(40)]
    assert all(0 <= part <= 1 for point in places(view).values() for part in point)
    assert (view.model, view.built_at > 0) == ("test/model", True)
    assert (await maps.atlas.show(ANA)).version == view.version


@pytest.mark.parametrize("count", [1, 2])
async def test_one_and_two_images_have_a_map(maps: Maps, count: int) -> None:
    await maps.add(*range(count))
    assert len(set(places(await maps.ready()).values())) == count


async def test_without_images_the_map_is_ready_and_empty(maps: Maps) -> None:
    view = await maps.atlas.show(ANA)
    assert (view.state, len(view.ids), view.points) == (MapState.READY, 0, b"")
    assert view.version
    assert maps.index.reads == 0


async def test_nobodys_map_shows_others_images(maps: Maps) -> None:
    await maps.add(*range(12))
    await maps.add(*range(100, 105), user_id=BEN)
    hers, his = await maps.ready(ANA), await maps.ready(BEN)
    assert set(places(hers)) == {image_id(number) for number in range(12)}
    assert set(places(his)) == {image_id(number) for number in range(100, 105)}


async def test_what_comes_later_is_placed_and_moves_nothing(maps: Maps) -> None:
    await maps.add(*range(20))
    first = await maps.ready()
    await maps.add(20, 21)
    stale = await maps.atlas.show(ANA)
    assert (stale.state, stale.version) == (MapState.STALE, first.version)
    second = await maps.ready()
    assert len(second.ids) == 22
    assert second.version != first.version
    assert second.built_at == first.built_at
    assert {one: places(second)[one] for one in places(first)} == places(first)


async def test_a_map_that_has_grown_by_more_than_a_quarter_is_computed_anew(maps: Maps) -> None:
    await maps.add(*range(20))
    first = await maps.ready()
    await maps.add(*range(20, 30))
    second = await maps.ready()
    assert len(second.ids) == 30
    assert second.built_at > first.built_at


async def test_what_is_deleted_is_shown_no_more_and_forgotten(maps: Maps) -> None:
    await maps.add(*range(20))
    first = await maps.ready()
    await maps.index.delete([image_id(3)])
    second = await maps.atlas.show(ANA)
    assert second.state is MapState.READY
    assert set(places(first)) - set(places(second)) == {image_id(3)}
    assert second.version != first.version
    (path,) = (maps.folder / "maps").glob("*.npz")
    gone = UUID(image_id(3)).bytes

    async def is_forgotten() -> bool:
        return gone not in await asyncio.to_thread(path.read_bytes)

    await eventually(is_forgotten, "the file holds nothing of it")


async def test_a_filter_leaves_images_out_and_the_others_where_they_are(maps: Maps) -> None:
    await maps.add(*range(10), line="1")
    await maps.add(*range(10, 20), line="2")
    everything, some = await maps.ready(), await maps.atlas.show(ANA, "labels.line = 2")
    assert set(places(some)) == {image_id(number) for number in range(10, 20)}
    assert {one: places(everything)[one] for one in places(some)} == places(some)
    assert some.version != everything.version
    nothing = await maps.atlas.show(ANA, "labels:other")
    assert (nothing.state, len(nothing.ids)) == (MapState.READY, 0)


async def test_a_restart_finds_the_map_again(maps: Maps) -> None:
    await maps.add(*range(12))
    first = await maps.ready()
    await maps.atlas.aclose()
    reads = maps.index.reads
    maps.atlas = maps.started()
    again = await maps.atlas.show(ANA)
    assert (again.state, again.version) == (MapState.READY, first.version)
    assert maps.index.reads == reads


async def test_another_model_has_another_map(maps: Maps) -> None:
    await maps.add(*range(12))
    await maps.ready()
    maps.model.current = NEWER
    await maps.add(*range(5))
    assert (await maps.atlas.show(ANA)).state is MapState.BUILDING
    assert len((await maps.ready()).ids) == 5


async def test_however_many_ask_a_map_is_made_once(maps: Maps) -> None:
    await maps.add(*range(12))
    await asyncio.gather(*(maps.atlas.show(ANA) for _ in range(20)))
    await maps.ready()
    assert maps.index.reads == 1


async def test_an_index_that_fails_meanwhile_is_asked_again_later(maps: Maps) -> None:
    await maps.add(*range(12))
    maps.index.down = True
    await maps.atlas.show(ANA)

    async def has_failed() -> bool:
        return maps.index.reads == 1

    await eventually(has_failed, "the index was asked for vectors")
    maps.index.down = False
    for _ in range(3):
        await asyncio.sleep(0)
        assert (await maps.atlas.show(ANA)).state is MapState.BUILDING
    maps.now += REST_S
    await maps.ready()


async def test_a_process_that_is_ended_leaves_nothing_behind(maps: Maps) -> None:
    await maps.add(*range(12))
    await maps.atlas.show(ANA)
    folder = maps.folder / "maps"

    async def has_begun() -> bool:
        return bool(list(folder.glob("making-*/ids")))

    await eventually(has_begun, "a map is being made")
    await maps.atlas.aclose()
    assert list(folder.iterdir()) == []
    maps.atlas = maps.started()
    assert len((await maps.ready()).ids) == 12
