"""Images that are found by their parts: one closure, run on each index, results compared."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from services.clients.model import Crop, Space, Vector
from services.runtime.filters import parse_filter
from services.search.errors import PointRefused
from services.search.index import qdrant_edge, qdrant_server
from services.search.index.conditions import FILTER_FIELDS
from services.search.index.qdrant_edge import EdgeIndex
from services.search.index.qdrant_server import ServerIndex, connect
from services.search.model import Cursor, Hit, ImagePoint, Scope
from services.search.ports import VectorIndex
from tests.contract.test_vector_index import (
    ANA,
    BEN,
    DIMENSION,
    cosine,
    image_id,
    point,
    vector,
)
from tests.support.graphs import BINARY, BuiltIndex
from tests.support.qdrant import stand_in

SPACE = Space("test/model", "v1", DIMENSION)

EDGES: dict[str, Callable[[Path], EdgeIndex]] = {
    "edge": lambda folder: EdgeIndex(folder, crops=True),
    "edge-built": lambda folder: BuiltIndex(folder, crops=True),
    "edge-binary": lambda folder: BuiltIndex(folder, BINARY, crops=True),
}
ADAPTERS = [*EDGES, "stand-in", *(["server"] if os.environ.get("ARGUS_TEST_QDRANT_URL") else [])]


@pytest.fixture(params=ADAPTERS)
async def index(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[VectorIndex]:
    """Each index, keeping parts."""
    async with AsyncExitStack() as stack:
        if request.param in EDGES:
            edge = EDGES[request.param](tmp_path)
            stack.push_async_callback(edge.close)
            await edge.open(SPACE)
            yield edge
            return
        url = (
            os.environ["ARGUS_TEST_QDRANT_URL"]
            if request.param == "server"
            else await stack.enter_async_context(stand_in())
        )
        client = connect(url, "")
        server = ServerIndex(client, crops=True)
        stack.push_async_callback(server.close)
        await server.open(SPACE)
        yield server
        if request.param == "server":
            await client.delete_collection(SPACE.name)


def crops(number: int, count: int = 3) -> tuple[Crop, ...]:
    """Stripes of an image, side by side."""
    return tuple(
        Crop(part / count, 0.0, (part + 1) / count, 1.0, vector(1000 * (part + 1) + number))
        for part in range(count)
    )


def parted(number: int, user_id: str = ANA, **labels: str) -> ImagePoint:
    return replace(point(number, user_id, **labels), crops=crops(number))


def best(query: Vector, one: ImagePoint) -> float:
    return max(cosine(query, each) for each in [one.vector, *(c.vector for c in one.crops or ())])


async def find(
    index: VectorIndex,
    query: Vector,
    scope: Scope | None = None,
    *,
    limit: int = 100,
    after: Cursor | None = None,
    parts: bool = True,
) -> list[Hit]:
    return await index.search(
        SPACE, query, scope or Scope(ANA), limit=limit, after=after, crops=parts
    )


async def test_an_image_counts_by_its_best_part_or_the_whole(index: VectorIndex) -> None:
    # Some were indexed before there were parts, some are too small to have any.
    points = [
        *(parted(number) for number in range(12)),
        *(point(number) for number in range(12, 16)),
        *(replace(point(number), crops=()) for number in range(16, 20)),
    ]
    await index.upsert(SPACE, points)
    for seed in (3005, 1007, 13, 18, 999):
        query = vector(seed)
        expected = sorted(points, key=lambda one: -best(query, one))
        hits = await find(index, query)
        assert [hit.image_id for hit in hits] == [one.image_id for one in expected]
        # Parts are kept in half precision.
        assert [hit.score for hit in hits] == pytest.approx(
            [best(query, one) for one in expected], abs=2e-3
        )
    # Its third stripe finds the image; as a whole it is not like that.
    assert (await find(index, vector(3005)))[0].image_id == image_id(5)
    whole = await find(index, vector(3005), parts=False)
    assert whole[0].score == pytest.approx(
        max(cosine(vector(3005), one.vector) for one in points), abs=1e-5
    )
    assert {hit.image_id for hit in whole} == {one.image_id for one in points}


async def test_nobody_finds_parts_of_other_peoples_images(index: VectorIndex) -> None:
    await index.upsert(SPACE, [parted(1), parted(2, BEN), parted(3, colour="red")])
    assert [hit.image_id for hit in await find(index, vector(1002), Scope(BEN))] == [image_id(2)]
    assert {hit.image_id for hit in await find(index, vector(1002))} == {image_id(1), image_id(3)}
    red = Scope(ANA, parse_filter('labels.colour = "red"', FILTER_FIELDS))
    assert [hit.image_id for hit in await find(index, vector(1001), red)] == [image_id(3)]
    without = Scope(ANA, without=image_id(1))
    assert [hit.image_id for hit in await find(index, vector(1001), without)] == [image_id(3)]
    await index.delete([image_id(1)])
    assert [hit.image_id for hit in await find(index, vector(1001))] == [image_id(3)]
    await index.delete_of_user(BEN)
    assert await find(index, vector(1002), Scope(BEN)) == []


async def test_pages_by_parts_neither_repeat_nor_miss(index: VectorIndex) -> None:
    await index.upsert(SPACE, [parted(number) for number in range(15)])
    query = vector(2003)
    wanted = [hit.image_id for hit in await find(index, query)]
    found: list[str] = []
    after = None
    while hits := await find(index, query, limit=4, after=after):
        found += [hit.image_id for hit in hits]
        after = Cursor(hits[-1].score, hits[-1].image_id, len(found))
    assert found == wanted
    assert len(found) == 15


async def test_of_many_images_the_parts_of_the_nearest_are_compared(
    index: VectorIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    points = [parted(number) for number in range(12)]
    await index.upsert(SPACE, points)
    for module in (qdrant_edge, qdrant_server):
        monkeypatch.setattr(module, "SCANNED", 5)
        monkeypatch.setattr(module, "NEAREST", 6)
    query = vector(3005)
    nearest = {hit.image_id for hit in await find(index, query, limit=6, parts=False)}
    hits = await find(index, query, limit=3)
    expected = max(
        best(query, one) if one.image_id in nearest else cosine(query, one.vector) for one in points
    )
    assert hits[0].score == pytest.approx(expected, abs=2e-3)
    exact = await index.search(SPACE, query, Scope(ANA), limit=3, exact=True, crops=True)
    assert exact[0].image_id == image_id(5)
    few = Scope(ANA, within=[image_id(number) for number in range(5)])
    assert len(await find(index, query, few)) == 5


async def test_parts_are_kept_with_what_they_show(index: VectorIndex) -> None:
    none = replace(point(3), crops=())
    await index.upsert(SPACE, [parted(1), point(2), none])
    ids = [image_id(number) for number in (1, 2, 3)]
    kept = await index.stored(SPACE, ids, crops=True)
    has = kept[image_id(1)].crops
    assert has is not None
    for one, wanted in zip(has, crops(1), strict=True):
        assert (one.left, one.right) == pytest.approx((wanted.left, wanted.right), abs=1e-4)
        assert one.vector == pytest.approx(wanted.vector, abs=2e-3)
    # Nobody has looked for parts of one, and another has none.
    assert kept[image_id(2)].crops is None
    assert kept[image_id(3)].crops == ()
    assert all(one.crops is None for one in (await index.stored(SPACE, ids)).values())
    # Written again, parts go with the image.
    await index.upsert(SPACE, [replace(parted(1), crops=())])
    assert (await find(index, vector(1001)))[0].score < 0.99


async def test_images_without_parts_are_out_of_date_where_parts_are_kept(
    index: VectorIndex,
) -> None:
    await index.upsert(SPACE, [parted(1), replace(point(2), crops=())])
    assert not await index.outdated(SPACE)
    await index.upsert(SPACE, [point(3)])
    assert await index.outdated(SPACE)
    await index.upsert(SPACE, [parted(3)])
    assert not await index.outdated(SPACE)


async def test_a_part_of_another_dimension_is_refused(index: VectorIndex) -> None:
    wrong = Crop(0.0, 0.0, 1.0, 1.0, [1.0, 0.0])
    with pytest.raises(PointRefused):
        await index.upsert(SPACE, [replace(point(1), crops=(wrong,))])
    assert await index.count(SPACE) == 0


async def test_a_folder_gets_parts_when_they_are_switched_on_and_goes_on_without(
    tmp_path: Path,
) -> None:
    plain = EdgeIndex(tmp_path)
    await plain.open(SPACE)
    # What is not kept is not refused.
    await plain.upsert(SPACE, [parted(1), point(2)])
    assert not await plain.outdated(SPACE)
    assert (await find(plain, vector(1001)))[0].score < 0.99
    await plain.close()
    with_parts = EdgeIndex(tmp_path, crops=True)
    await with_parts.open(SPACE)
    assert await with_parts.outdated(SPACE)
    assert {hit.image_id for hit in await find(with_parts, vector(1))} == {image_id(1), image_id(2)}
    await with_parts.upsert(SPACE, [parted(1), parted(2)])
    assert not await with_parts.outdated(SPACE)
    await with_parts.close()
    again = EdgeIndex(tmp_path, crops=True)
    await again.open(SPACE)
    assert (await find(again, vector(1001)))[0].image_id == image_id(1)
    await again.close()
    off = EdgeIndex(tmp_path)
    await off.open(SPACE)
    assert not await off.outdated(SPACE)
    assert (await find(off, vector(1001)))[0].score < 0.99
    await off.upsert(SPACE, [parted(3)])
    assert await off.count(SPACE) == 3
    await off.close()
