"""Words, times and sizes in every vector index, and indexes of before there were any."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.clients.model import Space
from services.runtime.filters import (
    And,
    Comparison,
    Contains,
    Filter,
    Has,
    Not,
    Or,
    parse_filter,
)
from services.runtime.words import query_terms, words_of
from services.search.index.conditions import FILTER_FIELDS, MONTH, WORDS
from services.search.index.qdrant_edge import EdgeIndex
from services.search.index.qdrant_server import ServerIndex, connect
from services.search.model import Cursor, Hit, ImagePoint, Scope
from services.search.ports import VectorIndex
from tests.contract.test_vector_index import (
    ANA,
    BEN,
    DIMENSION,
    MARCH_US,
    image_id,
    point,
    vector,
)
from tests.support.former_index import former_collection, former_shard
from tests.support.qdrant import stand_in
from tests.support.shared_index import ADAPTERS, emptied, opened


@pytest.fixture(scope="module", params=ADAPTERS)
async def shared(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[VectorIndex]:
    async with opened(request.param, tmp_path_factory.mktemp("vectors")) as made:
        yield made


@pytest.fixture
async def index(shared: VectorIndex) -> AsyncIterator[VectorIndex]:
    """An empty index of each kind."""
    async with emptied(shared, ANA, BEN) as empty:
        yield empty


@pytest.fixture
def space() -> Space:
    return Space("test/model", "v1", DIMENSION)


def named(number: int, filename: str, user_id: str = ANA, **labels: str) -> ImagePoint:
    return replace(point(number, user_id, **labels), filename=filename)


async def by_words(
    index: VectorIndex, space: Space, text: str, scope: Scope | None = None, **page: Any
) -> list[Hit]:
    weights = dict.fromkeys(query_terms(text), 1.0)
    return await index.search_words(space, weights, scope or Scope(ANA), **{"limit": 50, **page})


def numbers(hits: list[Hit]) -> list[int]:
    return [int(hit.image_id[-8:], 16) for hit in hits]


async def test_words_of_names_and_labels_find_images_in_any_script(
    index: VectorIndex, space: Space
) -> None:
    await index.open(space)
    await index.upsert(
        space,
        [
            named(0, "IMG_0001_BeachHouse.jpg"),
            named(1, "0002.jpg", place="Große Straße, café"),
            named(2, "海滩照片.png"),
            named(3, "снимок.jpg", mood="🎉"),
            named(4, "समुद्र.jpg"),
            named(5, "beach house.jpg", BEN),
        ],
    )
    for text, found in (
        ("house", [0]),
        ("beachhouse", [0]),
        ("IMG0001", [0]),
        ("CAFÉ", [1]),
        ("cafe", [1]),
        ("GROSSE", [1]),
        ("place", [1]),
        ("海滩", [2]),
        ("片", [2]),
        ("滩海", []),
        ("Снимок", [3]),
        ("🎉", [3]),
        ("समुद्र", [4]),
        ("समु", []),
        ("hous", []),
        ("nothing", []),
    ):
        assert numbers(await by_words(index, space, text)) == found, text
    assert numbers(await by_words(index, space, "house", Scope(BEN))) == [5]


async def test_words_of_notes_and_cameras_find_images(index: VectorIndex, space: Space) -> None:
    await index.open(space)
    await index.upsert(
        space,
        [
            replace(named(0, "a.jpg"), note="By the river, at noon"),
            replace(named(1, "b.jpg"), camera="Canon EOS R5", lens="RF50mm F1.2 L USM"),
            replace(named(2, "c.jpg", BEN), note="river"),
        ],
    )
    assert numbers(await by_words(index, space, "river")) == [0]
    assert numbers(await by_words(index, space, "canon")) == [1]
    assert numbers(await by_words(index, space, "rf50mm")) == [1]
    row = Scope(ANA, having=("the river",))
    assert numbers(await by_words(index, space, "noon", row)) == [0]
    far = replace(named(3, "d.jpg"), note="word " * 700 + "needle in the end")
    await index.upsert(space, [far])
    assert numbers(await by_words(index, space, "needle")) == [3]


async def test_more_words_and_shorter_names_come_first_and_equals_by_id(
    index: VectorIndex, space: Space
) -> None:
    await index.open(space)
    await index.upsert(
        space,
        [
            named(0, "a long name of an image with a red door.jpg"),
            named(1, "door.jpg"),
            named(2, "red door.jpg"),
            named(4, "Door.JPG"),
            named(3, "DOOR.jpg"),
        ],
    )
    hits = await by_words(index, space, "red door")
    assert numbers(hits) == [2, 0, 1, 3, 4]
    assert all(0 < hit.score < 2 for hit in hits)
    assert hits[2].score == hits[3].score == hits[4].score
    seen: list[Hit] = []
    while page := await by_words(
        index,
        space,
        "red door",
        limit=2,
        after=Cursor(seen[-1].score, seen[-1].image_id, len(seen)) if seen else None,
    ):
        seen += page
    assert seen == hits


async def test_a_word_that_counts_more_weighs_more(index: VectorIndex, space: Space) -> None:
    await index.open(space)
    await index.upsert(space, [named(0, "red.jpg"), named(1, "door.jpg")])
    for weights, first in (({"red": 2.0, "door": 1.0}, 0), ({"red": 1.0, "door": 2.0}, 1)):
        hits = await index.search_words(space, weights, Scope(ANA), limit=5)
        assert numbers(hits)[0] == first


@pytest.mark.parametrize(
    ("having", "lacking", "found"),
    [
        (["red car"], [], {0, 3}),
        (["RED-Car"], [], {0, 3}),
        (["car red"], [], {1}),
        (["car", "red"], [], {0, 1, 2, 3}),
        (["car.jpg"], [], {0, 2}),
        (["red"], ["car.jpg"], {1, 3}),
        ([], ["red car", "blue"], {1, 5}),
        ([], ["nothing"], {0, 1, 2, 3, 4, 5}),
        (["kind red"], [], {3}),
        (["red", "blue"], [], {2}),
        (["..."], [], {0, 1, 2, 3, 4, 5}),
    ],
)
async def test_a_scope_can_ask_for_words_in_a_row_and_against_them(
    index: VectorIndex, space: Space, having: list[str], lacking: list[str], found: set[int]
) -> None:
    await index.open(space)
    await index.upsert(
        space,
        [
            named(0, "red car.jpg"),
            named(1, "car red.png"),
            named(2, "my car.jpg", place="red blue"),
            named(3, "x.png", kind="red car"),
            named(4, "blue.jpg"),
            named(5, "other.jpg"),
            named(6, "red car.jpg", BEN),
        ],
    )
    scope = Scope(ANA, having=having, lacking=lacking)
    hits = await index.search(space, vector(1), scope, limit=50)
    assert set(numbers(hits)) == found
    assert await index.count_in(space, scope) == len(found)
    assert await index.count_in(space, Scope(ANA), exact=False) == 6


async def test_counts_values_of_a_field_for_one_user(index: VectorIndex, space: Space) -> None:
    await index.open(space)
    await index.upsert(space, [point(n, ANA if n % 3 else BEN, line=str(n % 2)) for n in range(70)])
    hers = [n for n in range(70) if n % 3]
    counted = {f"line={odd}": sum(n % 2 == odd for n in hers) for odd in (0, 1)}
    assert await index.values(space, "labels", Scope(ANA), limit=10) == counted
    [(_, most)] = (await index.values(space, "labels", Scope(ANA), limit=1)).items()
    assert most == max(counted.values())
    scope = Scope(ANA, parse_filter("labels.line = 1", FILTER_FIELDS))
    months = await index.values(space, MONTH, scope, limit=10)
    assert months == {
        "2026-03": sum(n % 2 for n in hers if n < 62),
        "2026-04": sum(n % 2 for n in hers if n >= 62),
    }
    assert await index.values(space, WORDS, Scope("nobody"), limit=10) == {}


async def test_an_image_without_a_word_is_found_by_its_vector(
    index: VectorIndex, space: Space
) -> None:
    await index.open(space)
    await index.upsert(space, [named(0, "…"), named(1, "")])
    assert len(await index.search(space, vector(0), Scope(ANA), limit=5)) == 2
    assert await by_words(index, space, "a") == []


@pytest.fixture(params=["edge", "stand-in"])
async def former(
    request: pytest.FixtureRequest, tmp_path: Path, space: Space
) -> AsyncIterator[tuple[VectorIndex, Callable[[], VectorIndex]]]:
    """An index that former code filled, and another look at it."""
    points = [point(0, line="3"), point(1, BEN)]
    async with AsyncExitStack() as stack:
        if request.param == "edge":
            former_shard(tmp_path, space, points)
            edge = EdgeIndex(tmp_path)
            stack.push_async_callback(edge.close)
            yield edge, lambda: edge
            return
        client = connect(await stack.enter_async_context(stand_in()), "")
        stack.push_async_callback(client.close)
        await former_collection(client, space, points)
        yield ServerIndex(client), lambda: ServerIndex(client)


async def test_an_index_of_former_code_is_searched_and_gets_what_it_lacks(
    former: tuple[VectorIndex, Callable[[], VectorIndex]], space: Space
) -> None:
    index, again = former
    await index.open(space)
    assert await index.outdated(space)
    # What it has is found as before, what it lacks is not.
    hits = await index.search(space, vector(0), Scope(ANA), limit=5)
    assert numbers(hits) == [0]
    assert (await index.stored(space, [image_id(1)]))[image_id(1)].user_id == BEN
    assert await by_words(index, space, "jpg") == []
    bigger = Scope(ANA, parse_filter("size_bytes > 0", FILTER_FIELDS))
    assert await index.count_in(space, bigger) == 0
    # Written again with the vector it had, a point lacks nothing.
    kept = (await index.stored(space, [image_id(0)]))[image_id(0)]
    await index.upsert(space, [replace(point(0, line="3"), vector=kept.vector)])
    assert await index.outdated(space)
    assert numbers(await by_words(index, space, "jpg")) == [0]
    assert await index.count_in(space, bigger) == 1
    await index.upsert(space, [point(1, BEN)])
    assert not await index.outdated(space)
    other = again()
    await other.open(space)
    assert not await other.outdated(space)
    assert await other.count(space) == 2


async def test_a_former_shard_that_was_closed_amid_the_change_is_made_whole(
    tmp_path: Path, space: Space
) -> None:
    former_shard(tmp_path, space, [point(0)])
    first = EdgeIndex(tmp_path)
    await first.open(space)
    await first.upsert(space, [point(1)])
    await first.close()
    again = EdgeIndex(tmp_path)
    await again.open(space)
    assert numbers(await by_words(again, space, "jpg")) == [1]
    assert await again.outdated(space)
    await again.close()


# Filters of every form, against a plain reading of them.

NOTES, CAMERAS = ("red light", "", "the car, red"), ("Canon EOS R5", "", "Apple iPhone 15 Pro")
PLACES, NAMES = ("beach", "Old Town", ""), ("IMG_1.jpg", "red-car.png", "red.jpg", "海滩.png")
POINTS = [
    replace(
        point(number, **({"place": PLACES[number % 3]} if number % 4 else {})),
        filename=NAMES[number % len(NAMES)],
        content_type=("image/jpeg", "image/png")[number % 2],
        note=NOTES[number % len(NOTES)],
        camera=CAMERAS[number % len(CAMERAS)],
        capture_time_us=MARCH_US + number * 86_400_000_000 if number % 3 else None,
        iso=100 * number if number % 2 else None,
    )
    for number in range(12)
]
LEAVES = st.one_of(
    st.builds(
        Comparison,
        st.sampled_from(["size_bytes", "width", "height"]),
        st.just(""),
        st.sampled_from(["=", "!=", "<", "<=", ">", ">="]),
        st.sampled_from(["-1", "52", "103", "1004", "1005", "999999999999999"]),
    ),
    st.builds(
        Comparison,
        st.just("create_time"),
        st.just(""),
        st.sampled_from(["=", "!=", "<", "<=", ">", ">="]),
        st.sampled_from(["2026-03-02T00:00:00Z", "2026-03-03T12:00:00.000001Z"]),
    ),
    st.builds(
        Comparison,
        st.just("labels"),
        st.just("place"),
        st.sampled_from(["=", "!="]),
        st.sampled_from(PLACES),
    ),
    st.builds(
        Comparison,
        st.just("filename"),
        st.just(""),
        st.sampled_from(["=", "!="]),
        st.sampled_from(NAMES),
    ),
    st.builds(
        Comparison,
        st.just("capture_time"),
        st.just(""),
        st.sampled_from(["=", "!=", "<", "<=", ">", ">="]),
        st.sampled_from(["2026-03-02T00:00:00Z", "2026-03-05T00:00:00Z"]),
    ),
    st.builds(
        Comparison,
        st.just("iso"),
        st.just(""),
        st.sampled_from(["=", "!=", "<", "<=", ">", ">="]),
        st.sampled_from(["-1", "300", "500"]),
    ),
    st.builds(
        Comparison,
        st.just("camera"),
        st.just(""),
        st.sampled_from(["=", "!="]),
        st.sampled_from(CAMERAS),
    ),
    st.builds(
        Contains,
        st.sampled_from(["note", "camera"]),
        st.sampled_from(["red", "red car", "car red", "canon eos", "canon r5"]),
    ),
    st.builds(Has, st.sampled_from(["place", "line"])),
    st.builds(
        Contains, st.just("filename"), st.sampled_from(["red", "red car", "car red", "img", "海"])
    ),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(And, st.tuples(inner, inner)),
        st.builds(Or, st.tuples(inner, inner)),
    ),
    max_leaves=6,
)


def holds(tree: Filter, one: ImagePoint) -> bool:  # noqa: PLR0911 - one for each node
    """What a filter says of an image, read plainly."""
    match tree:
        case And(terms):
            return all(holds(term, one) for term in terms)
        case Or(terms):
            return any(holds(term, one) for term in terms)
        case Not(term):
            return not holds(term, one)
        case Has(key):
            return key in one.labels
        case Contains(field, value):
            words = [word.text for word in words_of(getattr(one, field))]
            wanted = [word.text for word in words_of(value)]
            return any(words[at : at + len(wanted)] == wanted for at in range(len(words)))
        case Comparison("labels", key, op, value):
            return key in one.labels and (one.labels[key] == value) is (op == "=")
        case Comparison("filename" | "camera" as field, _, op, value):
            return (getattr(one, field) == value) is (op == "=")
        case Comparison("capture_time" | "iso" as field, _, op, _) if _unsaid(one, field):
            return op == "!="
        case Comparison("capture_time", _, op, value):
            assert one.capture_time_us is not None
            taken = datetime.fromtimestamp(one.capture_time_us / 1e6, UTC)
            return _compared(op, taken, datetime.fromisoformat(value.replace("Z", "+00:00")))
        case Comparison("create_time", _, op, value):
            when = datetime.fromisoformat(value.replace("Z", "+00:00"))
            made = datetime.fromtimestamp(one.create_time_us / 1e6, UTC)
            return _compared(op, made, when)
        case Comparison(field, _, op, value):
            return _compared(op, getattr(one, field), int(value))


def _unsaid(one: ImagePoint, field: str) -> bool:
    return (one.iso if field == "iso" else one.capture_time_us) is None


def _compared(op: str, one: Any, other: Any) -> bool:
    held: bool = {
        "=": one == other,
        "!=": one != other,
        "<": one < other,
        "<=": one <= other,
        ">": one > other,
        ">=": one >= other,
    }[op]
    return held


@pytest.fixture(scope="module")
async def filled(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[list[VectorIndex]]:
    """Both adapters, with the same images."""
    async with AsyncExitStack() as stack:
        folder = tmp_path_factory.mktemp("filled")
        indexes = [await stack.enter_async_context(opened(one, folder)) for one in ADAPTERS]
        for one in indexes:
            await one.open(FILLED)
            bens = replace(POINTS[1], image_id=image_id(99), user_id=BEN)
            await one.upsert(FILLED, [*POINTS, bens])
        yield indexes


FILLED = Space("test/model", "filled", DIMENSION)


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(tree=TREES)
async def test_filters_keep_what_they_say(filled: list[VectorIndex], tree: Filter) -> None:
    expected = [one.image_id for one in POINTS if holds(tree, one)]
    for adapter in filled:
        assert await adapter.image_ids(FILLED, Scope(ANA, tree), limit=50) == expected


def test_times_are_of_march() -> None:
    assert datetime.fromtimestamp(MARCH_US / 1e6, UTC) == datetime(2026, 3, 1, tzinfo=UTC)
