"""Every vector index keeps the same promises: one closure, run on each, results compared."""

import math
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
from qdrant_client import AsyncQdrantClient

from services.clients.model import Space, Vector
from services.runtime.filters import parse_filter
from services.search.errors import PointRefused, VectorWrong
from services.search.index.conditions import FILTER_FIELDS
from services.search.index.qdrant_edge import EdgeIndex
from services.search.index.qdrant_server import ServerIndex, connect
from services.search.model import Cursor, Hit, ImagePoint, Scope
from services.search.ports import VectorIndex
from services.search.query.neighbours import Neighbours
from tests.support.graphs import BuiltIndex
from tests.support.qdrant import stand_in

DIMENSION = 16
MARCH_US = 1_772_323_200_000_000
"""The first of March 2026 in UTC."""
ANA, BEN = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"

EDGES: Mapping[str, Callable[[Path], EdgeIndex]] = {"edge": EdgeIndex, "edge-built": BuiltIndex}
"""Edge's index: scanned, and with a graph, written to while another is built."""

ADAPTERS = [*EDGES, "stand-in", *(["server"] if os.environ.get("ARGUS_TEST_QDRANT_URL") else [])]


@pytest.fixture(params=ADAPTERS)
async def index(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[VectorIndex]:
    """Qdrant Edge, or the adapter of a server: of the stand-in, and of a real one if there is."""
    async with AsyncExitStack() as stack:
        if request.param in EDGES:
            edge = EDGES[request.param](tmp_path)
            stack.push_async_callback(edge.close)
            yield edge
            return
        is_real = request.param == "server"
        url = (
            os.environ["ARGUS_TEST_QDRANT_URL"]
            if is_real
            else await stack.enter_async_context(stand_in())
        )
        client = connect(url, "")
        server = ServerIndex(client)
        stack.push_async_callback(server.close)
        if is_real:
            stack.push_async_callback(_empty, client)
        yield server


async def _empty(client: AsyncQdrantClient) -> None:
    for collection in (await client.get_collections()).collections:
        await client.delete_collection(collection.name)


@pytest.fixture
def space() -> Space:
    return Space("test/model", "v1", DIMENSION)


def unit(values: Sequence[float]) -> Vector:
    length = math.sqrt(sum(value * value for value in values))
    return [value / length for value in values]


def vector(seed: int) -> Vector:
    return unit(np.random.default_rng(seed).standard_normal(DIMENSION).tolist())


def image_id(number: int) -> str:
    return str(UUID(int=number + (4 << 76) + (8 << 60)))


def point(number: int, user_id: str = ANA, **labels: str) -> ImagePoint:
    """An image made half a day after the one before, of its own size."""
    return ImagePoint(
        image_id(number),
        user_id,
        vector(number),
        f"{number}.jpg",
        "image/jpeg",
        labels,
        create_time_us=MARCH_US + number * 43_200_000_000,
        size_bytes=1000 + number,
        width=100 + number,
        height=50 + number,
    )


def cosine(one: Vector, other: Vector) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


async def find(
    index: VectorIndex,
    space: Space,
    query: Vector,
    scope: Scope | None = None,
    *,
    after: Cursor | None = None,
    limit: int = 100,
) -> list[Hit]:
    return await index.search(space, query, scope or Scope(ANA), after=after, limit=limit)


def behind(hits: list[Hit], depth: int) -> Cursor | None:
    return Cursor(hits[-1].score, hits[-1].image_id, depth) if hits else None


async def test_finds_the_nearest_first_with_their_cosines(index: VectorIndex, space: Space) -> None:
    points = [point(number) for number in range(40)]
    await index.open(space)
    await index.upsert(space, points)
    query = vector(999)
    expected = sorted(points, key=lambda one: -cosine(query, one.vector))
    hits = await find(index, space, query, limit=10)
    assert [hit.image_id for hit in hits] == [one.image_id for one in expected[:10]]
    assert [hit.score for hit in hits] == pytest.approx(
        [cosine(query, one.vector) for one in expected[:10]], abs=1e-5
    )


async def test_an_image_finds_itself_first(index: VectorIndex, space: Space) -> None:
    points = [point(number) for number in range(40)]
    await index.open(space)
    await index.upsert(space, points)
    for one in points:
        first = (await find(index, space, one.vector, limit=1))[0]
        assert first.image_id == one.image_id
        assert first.score == pytest.approx(1.0, abs=1e-5)


async def test_a_user_finds_only_their_own(index: VectorIndex, space: Space) -> None:
    await index.open(space)
    await index.upsert(space, [point(number, ANA if number % 2 else BEN) for number in range(20)])
    for user_id, remainder in ((ANA, 1), (BEN, 0)):
        hits = await find(index, space, vector(1), Scope(user_id))
        assert {hit.image_id for hit in hits} == {image_id(n) for n in range(remainder, 20, 2)}
    stranger = Scope("33333333-3333-4333-8333-333333333333")
    assert await find(index, space, vector(1), stranger) == []
    assert await find(index, space, vector(1), Scope(BEN, only=image_id(1))) == []


async def test_a_scope_can_be_one_image_or_all_but_one(index: VectorIndex, space: Space) -> None:
    await index.open(space)
    await index.upsert(space, [point(number) for number in range(5)])
    only = await find(index, space, vector(3), Scope(ANA, only=image_id(3)))
    assert [hit.image_id for hit in only] == [image_id(3)]
    others = await find(index, space, vector(3), Scope(ANA, without=image_id(3)))
    assert {hit.image_id for hit in others} == {image_id(n) for n in (0, 1, 2, 4)}


async def test_a_scope_can_leave_images_out(index: VectorIndex, space: Space) -> None:
    await index.open(space)
    await index.upsert(space, [point(number) for number in range(6)] + [point(6, BEN)])
    excluded = [image_id(number) for number in (1, 4, 6, 99)]
    for scope, expected in (
        (Scope(ANA, excluded=excluded), {0, 2, 3, 5}),
        (Scope(ANA, excluded=excluded, without=image_id(2)), {0, 3, 5}),
        (Scope(ANA, excluded=excluded, within=[image_id(1), image_id(2)]), {2}),
        (Scope(ANA, excluded=excluded, only=image_id(1)), set()),
        (Scope(BEN, excluded=excluded), set()),
    ):
        hits = await find(index, space, vector(3), scope)
        assert {hit.image_id for hit in hits} == {image_id(number) for number in expected}
    assert await index.image_ids(space, Scope(ANA, excluded=excluded), limit=9) == sorted(
        image_id(number) for number in (0, 2, 3, 5)
    )


async def test_an_exact_search_finds_the_same_with_the_same_scores(
    index: VectorIndex, space: Space
) -> None:
    await index.open(space)
    await index.upsert(space, [point(number) for number in range(40)])
    hits = await find(index, space, vector(999), limit=10)
    exact = await index.search(space, vector(999), Scope(ANA), limit=10, exact=True)
    assert [hit.image_id for hit in exact] == [hit.image_id for hit in hits]
    assert [hit.score for hit in exact] == pytest.approx([hit.score for hit in hits], abs=2e-6)


async def test_a_scope_can_be_some_images_of_the_user(index: VectorIndex, space: Space) -> None:
    await index.open(space)
    await index.upsert(space, [point(0), point(1), point(2), point(3, BEN), point(4, line="3")])
    some = [image_id(number) for number in (1, 2, 3, 4, 9)]
    hits = await find(index, space, vector(2), Scope(ANA, within=some))
    assert hits[0].image_id == image_id(2)
    assert {hit.image_id for hit in hits} == {image_id(n) for n in (1, 2, 4)}
    nearest = await find(index, space, vector(2), Scope(ANA, within=some), limit=1)
    assert [hit.image_id for hit in nearest] == [image_id(2)]
    for scope, numbers in (
        (Scope(ANA, within=some, without=image_id(2)), {1, 4}),
        (Scope(ANA, within=some, only=image_id(0)), set()),
        (Scope(ANA, parse_filter("labels:line", FILTER_FIELDS), within=some), {4}),
        (Scope(BEN, within=some), {3}),
        (Scope(ANA, within=[image_id(9)]), set()),
        (Scope(ANA, within=()), {0, 1, 2, 4}),
    ):
        hits = await find(index, space, vector(2), scope)
        assert {hit.image_id for hit in hits} == {image_id(number) for number in numbers}


async def test_a_scope_can_be_as_many_images_as_a_reference_set_has(
    index: VectorIndex, space: Space
) -> None:
    await index.open(space)
    await index.upsert(space, [point(number) for number in range(100)])
    many = [image_id(number) for number in range(50, 5050)]
    hits = await find(index, space, vector(60), Scope(ANA, within=many))
    assert hits[0].image_id == image_id(60)
    assert {hit.image_id for hit in hits} == {image_id(number) for number in range(50, 100)}


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("labels.line = 3", {0, 1}),
        ("labels.line != 3", {2}),
        ("NOT labels.line = 3", {2, 3, 4}),
        ("labels:line", {0, 1, 2}),
        ("labels:line AND labels:ok", {1}),
        ("labels:line OR labels:ok", {0, 1, 2, 3}),
        ("labels.line = 3 AND NOT labels:ok", {0}),
        ("NOT (labels.line = 3 OR labels:ok)", {2, 4}),
        ("labels.line = 4 OR labels.ok = 'a=b'", {2, 3}),
        ("filename = 4.jpg", {4}),
        ("filename != 4.jpg", {0, 1, 2, 3}),
        ("content_type = image/jpeg", {0, 1, 2, 3, 4}),
        ("content_type = image/png", set()),
        ("labels.ok = ''", {1}),
        ("labels.a = 'b' OR labels:lin", set()),
        ("size_bytes > 1002", {3, 4}),
        ("size_bytes >= 1002 AND size_bytes < 1004", {2, 3}),
        ("width = 101 OR height != 52", {0, 1, 3, 4}),
        ("NOT width <= 103", {4}),
        ("height > -1", {0, 1, 2, 3, 4}),
        ('create_time < "2026-03-02T00:00:00Z"', {0, 1}),
        ('create_time >= "2026-03-02T01:00:00+01:00"', {2, 3, 4}),
        ('create_time = "2026-03-02T00:00:00Z"', {2}),
        ('create_time > "2026-03-01T11:59:59.999999Z"', {1, 2, 3, 4}),
        ("filename:jpg", {0, 1, 2, 3, 4}),
        ("filename:'3.JPG' OR filename:4", {3, 4}),
        ("NOT filename:3", {0, 1, 2, 4}),
        ("filename:line", set()),
    ],
)
async def test_filters(index: VectorIndex, space: Space, text: str, numbers: set[int]) -> None:
    await index.open(space)
    await index.upsert(
        space,
        [
            point(0, line="3"),
            point(1, line="3", ok=""),
            point(2, line="4"),
            point(3, ok="a=b"),
            point(4),
            point(5, BEN, line="3", ok="a=b"),
        ],
    )
    scope = Scope(ANA, parse_filter(text, FILTER_FIELDS))
    hits = await find(index, space, vector(0), scope)
    assert {hit.image_id for hit in hits} == {image_id(number) for number in numbers}


async def test_an_image_put_in_twice_is_there_once_as_it_was_last(
    index: VectorIndex, space: Space
) -> None:
    await index.open(space)
    await index.upsert(space, [point(1, line="old"), point(2)])
    await index.upsert(space, [replace(point(1, line="new"), vector=vector(77))])
    assert await index.count(space) == 2
    assert (await find(index, space, vector(77), limit=1))[0].image_id == image_id(1)
    for value, found in (("old", 0), ("new", 1)):
        scope = Scope(ANA, parse_filter(f"labels.line = {value}", FILTER_FIELDS))
        assert len(await find(index, space, vector(1), scope)) == found


async def test_deleted_images_leave_every_space(index: VectorIndex, space: Space) -> None:
    other = replace(space, version="v2")
    for one in (space, other):
        await index.open(one)
        await index.upsert(one, [point(1), point(2)])
    await index.delete([image_id(1), image_id(9)])
    for one in (space, other):
        assert [hit.image_id for hit in await find(index, one, vector(1))] == [image_id(2)]
        assert await index.count(one) == 1


async def test_all_that_is_a_users_leaves_every_space(index: VectorIndex, space: Space) -> None:
    other = replace(space, version="v2")
    for one in (space, other):
        await index.open(one)
        await index.upsert(one, [point(n, ANA if n % 3 else BEN) for n in range(1200)])
    assert await index.count_of_user(ANA) == 1600
    await index.delete_of_user(ANA)
    await index.delete_of_user(ANA)
    assert await index.count_of_user(ANA) == 0
    for one in (space, other):
        assert await find(index, one, vector(1)) == []
        assert await index.count(one) == await index.count_of_user(BEN) / 2 == 400


async def test_spaces_are_apart(index: VectorIndex, space: Space) -> None:
    wide = Space("test/model", "v1", DIMENSION * 2)
    await index.open(space)
    await index.open(wide)
    await index.upsert(space, [point(1)])
    assert await index.count(wide) == 0
    assert await find(index, wide, vector(1) * 2) == []


async def test_opening_again_keeps_what_is_there(index: VectorIndex, space: Space) -> None:
    await index.open(space)
    await index.upsert(space, [point(1)])
    await index.open(space)
    assert await index.count(space) == 1


async def test_gives_stored_vectors_with_their_owners(index: VectorIndex, space: Space) -> None:
    await index.open(space)
    await index.upsert(space, [point(1), point(2, BEN)])
    stored = await index.stored(space, [image_id(1), image_id(2), image_id(3)])
    assert {key: value.user_id for key, value in stored.items()} == {
        image_id(1): ANA,
        image_id(2): BEN,
    }
    assert stored[image_id(1)].vector == pytest.approx(vector(1), abs=1e-6)
    assert await index.stored(space, []) == {}


async def ids_in(index: VectorIndex, space: Space, scope: Scope, limit: int) -> list[str]:
    """All ids in scope, page by page."""
    found: list[str] = []
    while page := await index.image_ids(
        space, scope, limit=limit, after=found[-1] if found else ""
    ):
        assert len(page) <= limit
        found += page
    return found


@pytest.mark.parametrize("limit", [1, 3, 7, 100])
async def test_lists_the_images_in_scope_by_pages(
    index: VectorIndex, space: Space, limit: int
) -> None:
    await index.open(space)
    await index.upsert(
        space, [point(n, BEN if n % 3 == 0 else ANA, line=str(n % 2)) for n in (*range(9, 20), 1)]
    )
    hers = [n for n in (1, *range(9, 20)) if n % 3]
    for scope, numbers in (
        (Scope(ANA), hers),
        (Scope(ANA, parse_filter("labels.line = 1", FILTER_FIELDS)), [n for n in hers if n % 2]),
        (Scope(ANA, only=image_id(10)), [10]),
        (Scope(BEN, only=image_id(10)), []),
        (Scope("33333333-3333-4333-8333-333333333333"), []),
    ):
        assert await ids_in(index, space, scope, limit) == [image_id(n) for n in numbers]


async def test_lists_on_behind_an_image_that_is_gone(index: VectorIndex, space: Space) -> None:
    await index.open(space)
    await index.upsert(space, [point(number) for number in range(6)])
    first = await index.image_ids(space, Scope(ANA), limit=3)
    await index.delete([first[-1], image_id(3)])
    assert await index.image_ids(space, Scope(ANA), limit=3, after=first[-1]) == [
        image_id(4),
        image_id(5),
    ]


async def test_pages_of_equals_neither_repeat_nor_skip(index: VectorIndex, space: Space) -> None:
    copies = [replace(point(number), vector=vector(0)) for number in range(50)]
    await index.open(space)
    await index.upsert(space, [*copies, *(point(number) for number in range(50, 60))])
    seen: list[Hit] = []
    while len(page := await find(index, space, vector(0), after=behind(seen, len(seen)), limit=7)):
        seen += page
    found = [hit.image_id for hit in seen]
    assert found[:50] == [image_id(number) for number in range(50)]
    assert sorted(found) == [image_id(number) for number in range(60)]


@pytest.mark.parametrize("copies", [False, True], ids=["different", "copies"])
async def test_what_comes_and_goes_between_pages_neither_repeats_nor_skips_what_stays(
    index: VectorIndex, space: Space, copies: bool
) -> None:
    def made(number: int) -> ImagePoint:
        return replace(point(number), vector=vector(0)) if copies else point(number)

    await index.open(space)
    await index.upsert(space, [made(number) for number in range(40)])
    first = await find(index, space, vector(0), limit=10)
    whole = await find(index, space, vector(0))
    assert first == whole[:10]
    # All that was seen is deleted, the page's last hit too, and something of what was not seen.
    gone = [hit.image_id for hit in [*first, *whole[20:23]]]
    await index.delete(gone)
    second = await find(index, space, vector(0), after=behind(first, 10), limit=10)
    assert second == whole[10:20]
    # Others come, some before and some behind what was seen.
    await index.upsert(space, [made(number) for number in range(40, 90)])
    rest, last = [], second
    while last := await find(index, space, vector(0), after=behind(last, 20), limit=10):
        rest += last
    kept = [hit.image_id for hit in rest if hit in whole]
    assert kept == [hit.image_id for hit in whole[23:]]
    assert not {hit.image_id for hit in rest} & {hit.image_id for hit in first + second}


async def test_empty_writes_are_fine(index: VectorIndex, space: Space) -> None:
    await index.open(space)
    await index.upsert(space, [])
    await index.delete([])
    assert await find(index, space, vector(1)) == []


@pytest.mark.parametrize(
    "values",
    [
        [math.nan, *[0.0] * (DIMENSION - 1)],
        [math.inf, *[0.0] * (DIMENSION - 1)],
        [1e30] * DIMENSION,
        [1.0] * (DIMENSION - 1),
        [],
    ],
    ids=["not a number", "infinite", "too long to square", "too few", "none"],
)
async def test_a_vector_that_could_never_be_found_is_refused(
    index: VectorIndex, space: Space, values: list[float]
) -> None:
    await index.open(space)
    with pytest.raises(PointRefused):
        await index.upsert(space, [replace(point(1), vector=values)])
    assert await index.count(space) == 0
    await index.upsert(space, [point(2)])
    with pytest.raises(VectorWrong):
        await find(index, space, values)
    assert await index.count(space) == 1


async def test_what_an_engine_cannot_hold_is_refused_and_the_rest_taken(
    index: VectorIndex, space: Space
) -> None:
    await index.open(space)
    with pytest.raises(PointRefused):
        await index.upsert(space, [replace(point(1), image_id="no uuid")])
    await index.upsert(space, [point(2)])
    assert await index.count(space) == 1


async def test_says_whether_a_space_lacks_images(index: VectorIndex, space: Space) -> None:
    await index.open(space)
    await index.upsert(space, [point(1), point(2)])
    assert not await index.lacks(space.name, [image_id(1), image_id(2)])
    assert await index.lacks(space.name, [image_id(1), image_id(3)])
    assert not await index.lacks(space.name, [])
    assert await index.lacks("images-gone-00000000", [image_id(1)])


async def test_probe_answers(index: VectorIndex, space: Space) -> None:
    await index.open(space)
    await index.probe()


async def test_the_neighbours_of_a_vector_among_named_images_are_found(
    index: VectorIndex, space: Space
) -> None:
    neighbours = Neighbours(index)
    references = [image_id(number) for number in range(600)]
    assert await neighbours.stored(space, references) == {}
    await index.upsert(space, [point(number, BEN if number == 7 else ANA) for number in range(620)])

    near = vector(610)
    found = await neighbours.nearest(space, near, ANA, references, 3)
    expected = sorted(
        (one for one in references if one != image_id(7)),
        key=lambda one: -cosine(near, vector(references.index(one))),
    )
    assert [hit.image_id for hit in found] == expected[:3]
    assert found[0].score == pytest.approx(
        cosine(near, vector(references.index(expected[0]))), abs=1e-5
    )

    stored = await neighbours.stored(space, [*references, image_id(999)])
    assert set(stored) == set(references)
    with pytest.raises(VectorWrong):
        await neighbours.nearest(space, near[1:], ANA, references, 3)


async def test_everybodys_ids_are_given_page_by_page_and_of_a_space_that_is_gone_none(
    index: VectorIndex, space: Space
) -> None:
    await index.open(space)
    await index.upsert(space, [point(number, [ANA, BEN][number % 2]) for number in range(1, 8)])
    pages = [await index.all_ids(space.name, limit=3)]
    while pages[-1]:
        pages.append(await index.all_ids(space.name, limit=3, after=pages[-1][-1]))
    assert [len(page) for page in pages] == [3, 3, 1, 0]
    assert [one for page in pages for one in page] == [image_id(number) for number in range(1, 8)]
    assert await index.all_ids("images-other-00000000", limit=3) == []


async def test_the_space_in_use_is_the_one_that_was_named_last(index: VectorIndex) -> None:
    one, other = Space("one", "v1", DIMENSION), Space("other", "v1", DIMENSION)
    assert await index.in_use() == ""
    await index.open(one)
    assert await index.in_use() == ""
    await index.use(one)
    await index.open(other)
    assert await index.in_use() == one.name
    await index.use(other)
    await index.use(other)
    assert await index.in_use() == other.name
