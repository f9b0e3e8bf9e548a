"""Searches by meaning, words and both, on each index, with an embedder that is told what to say."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from argus.storage.v1 import image_pb2

from services.clients.model import Embedded, ImageContent, Space, Vector
from services.imaging.decode import ImageLimits
from services.runtime.pages import PageTokenError
from services.search.errors import QueryEmpty
from services.search.model import (
    Example,
    ImageQuery,
    Matching,
    SearchAnswer,
    SearchRequest,
    StoredQuery,
    TextQuery,
)
from services.search.ports import VectorIndex
from services.search.query.planner import Planner
from services.search.query.searcher import Searcher
from tests.contract.test_vector_index import (
    ANA,
    BEN,
    DIMENSION,
    cosine,
    image_id,
    point,
    vector,
)
from tests.support.no_cutoffs import no_cutoffs
from tests.support.shared_index import ADAPTERS, emptied, opened

SPACE = Space("compact", "v1", DIMENSION)


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


class Told:
    """An embedder and a catalog: what texts mean, and whose images there are."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.meaning = vector(999)
        self.gone: set[str] = set()

    async def space(self) -> Space:
        return SPACE

    async def embed_text(self, text: str) -> Embedded:
        self.texts.append(text)
        return Embedded(SPACE, self.meaning)

    async def embed_image(self, image: bytes) -> Embedded:
        return Embedded(SPACE, vector(len(image)))

    async def resolve(
        self, image_ids: Sequence[str], *, inline_bytes: int = 0
    ) -> Mapping[str, ImageContent]:
        raise NotImplementedError

    async def fetch(self, content: ImageContent) -> bytes:
        raise NotImplementedError

    async def replay(self) -> int:
        raise NotImplementedError

    async def images(self, image_ids: Sequence[str]) -> Mapping[str, image_pb2.Image]:
        return {one: image_pb2.Image(image_id=one) for one in image_ids if one not in self.gone}


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
async def searcher(index: VectorIndex, told: Told) -> Searcher:
    await index.open(SPACE)
    return Searcher(index, Planner(index, told, told, told, ImageLimits()), told, no_cutoffs(index))


async def fill(index: VectorIndex, names: Mapping[int, str], user_id: str = ANA) -> None:
    points = [replace(point(number, user_id), filename=name) for number, name in names.items()]
    await index.upsert(SPACE, points)


def ask(text: str, **fields: object) -> SearchRequest:
    made = SearchRequest(ANA, [Example(TextQuery(text), field="text")])
    return replace(made, **fields)  # type: ignore[arg-type] # named by the tests


def numbers(answer: SearchAnswer) -> list[int]:
    return [UUID(match.image.image_id).int & 0xFFFF for match in answer.matches]


def by_meaning(meaning: Vector, among: Sequence[int]) -> list[int]:
    return sorted(among, key=lambda number: -cosine(meaning, vector(number)))


async def pages(searcher: Searcher, request: SearchRequest) -> list[int]:
    found: list[int] = []
    while True:
        answer = await searcher.search(request)
        found += numbers(answer)
        if not answer.next_page_token:
            return found
        request = replace(request, page_token=answer.next_page_token)


NAMES = {number: f"{number}.jpg" for number in range(30)}


async def test_words_count_where_they_are_found_and_meaning_alone_where_not(
    index: VectorIndex, searcher: Searcher, told: Told
) -> None:
    order = by_meaning(told.meaning, range(30))
    last = order[-1]
    await fill(index, {**NAMES, last: "Golden Gate.jpg"})
    plain = await searcher.search(ask("a bridge", limit=30))
    assert (plain.matched_by, numbers(plain)) == (Matching.MEANING, order)
    both = await searcher.search(ask("the golden bridge", limit=30))
    assert (both.matched_by, numbers(both)) == (Matching.BOTH, [last, *order[:-1]])
    # Scores stay those of meaning, on both.
    scores = {match.image.image_id: match.score for match in plain.matches}
    assert all(match.score == scores[match.image.image_id] for match in both.matches)
    meaning = await searcher.search(ask("golden", limit=30, matching=Matching.MEANING))
    assert (meaning.matched_by, numbers(meaning)) == (Matching.MEANING, order)
    words = await searcher.search(ask("golden bridge", matching=Matching.WORDS))
    assert (words.matched_by, numbers(words)) == (Matching.WORDS, [last])
    assert 0 < words.matches[0].score <= 1
    none = await searcher.search(ask("nothing", matching=Matching.WORDS))
    assert (none.matched_by, none.matches) == (Matching.WORDS, [])


async def test_by_words_alone_nothing_is_embedded(
    index: VectorIndex, searcher: Searcher, told: Told
) -> None:
    await fill(index, NAMES)
    await searcher.search(ask("jpg", matching=Matching.WORDS))
    assert told.texts == []


async def test_a_word_of_more_than_half_of_the_images_counts_only_if_asked_for(
    index: VectorIndex, searcher: Searcher, told: Told
) -> None:
    await fill(index, {**NAMES, **{number: f"beach {number}.jpg" for number in range(16)}})
    assert (await searcher.search(ask("beach"))).matched_by is Matching.MEANING
    assert (await searcher.search(ask("beach 3"))).matched_by is Matching.BOTH
    asked = await searcher.search(ask("beach", matching=Matching.BOTH, limit=30))
    first = by_meaning(told.meaning, range(16)) + by_meaning(told.meaning, range(16, 30))
    # All that have the word share its first place.
    assert asked.matched_by is Matching.BOTH
    assert set(numbers(asked)[:10]) <= set(first[:16])


async def test_how_rare_a_word_is_tells_nothing_of_others(
    index: VectorIndex, searcher: Searcher
) -> None:
    await fill(index, {0: "red house.jpg", 1: "red car.jpg", 2: "old car.jpg", 3: "x.jpg"})
    request = ask("red car", matching=Matching.WORDS)
    before = await searcher.search(request)
    await fill(index, dict.fromkeys(range(100, 160), "red red.jpg"), BEN)
    assert await searcher.search(request) == before
    assert (await searcher.search(ask("beach"))).matched_by is Matching.MEANING
    hidden = await searcher.search(ask("house -red", matching=Matching.WORDS))
    assert hidden.matches == []


@pytest.mark.parametrize("limit", [1, 7, 13])
@pytest.mark.parametrize("matching", list(Matching))
async def test_pages_neither_repeat_nor_skip(
    index: VectorIndex, searcher: Searcher, limit: int, matching: Matching
) -> None:
    named = {number: "red car.jpg" if number % 3 else f"red {number}.jpg" for number in range(9)}
    await fill(index, {**NAMES, **named})
    request = ask("red car", matching=matching, limit=limit)
    found = await pages(searcher, request)
    assert found == numbers(await searcher.search(replace(request, limit=200)))
    assert sorted(found) == list(range(9) if matching is Matching.WORDS else range(30))


async def test_pages_behind_what_is_joined_go_on_by_meaning(
    index: VectorIndex, searcher: Searcher, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.search.query.fusion.WINDOW", 6)
    order = by_meaning(told.meaning, range(30))
    await fill(index, {**NAMES, order[20]: "red.jpg", order[3]: "red car.jpg"})
    for limit in (1, 4, 50):
        found = await pages(searcher, ask("red", limit=limit))
        assert sorted(found) == list(range(30))
        assert set(found[:7]) == {*order[:6], order[20]}
        assert found[7:] == [one for one in order[6:] if one != order[20]]
    near = cosine(told.meaning, vector(order[9])) + 1e-4
    found = await pages(searcher, ask("red", limit=2, min_score=near))
    assert set(found) == set(order[:9])


@pytest.mark.parametrize("form", [{}, {"fold_duplicates": True}, {"diversity": 1e-9}])
async def test_images_that_come_and_go_between_pages_take_no_other_with_them(
    index: VectorIndex,
    searcher: Searcher,
    told: Told,
    form: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("services.search.query.arranged_pages.BLOCK", 8)
    order = by_meaning(told.meaning, range(30))
    await fill(index, {**NAMES, order[12]: "red door.jpg", order[25]: "red.jpg"})
    request = ask("red door", limit=8, **form)
    first = await searcher.search(request)
    assert first.matched_by is Matching.BOTH
    # All that was seen goes, with the last of what has the words; others come without them.
    seen = numbers(first)
    await index.delete([image_id(number) for number in seen])
    await fill(index, {number: f"{number}.jpg" for number in range(40, 60)})
    rest = await pages(searcher, replace(request, page_token=first.next_page_token))
    assert len(rest) == len(set(rest))
    assert not set(rest) & set(seen)
    assert [number for number in rest if number < 30] == [
        number for number in order if number not in seen
    ]


async def test_a_page_token_is_of_one_way_to_match(index: VectorIndex, searcher: Searcher) -> None:
    await fill(index, NAMES)
    token = (await searcher.search(ask("3 jpg", limit=1))).next_page_token
    for other in (
        ask("3 jpg", matching=Matching.BOTH),
        ask("3 jpg", words_weight=2.0),
        ask("4 jpg"),
        replace(ask("3 jpg"), user_id=BEN),
    ):
        with pytest.raises(PageTokenError):
            await searcher.search(replace(other, page_token=token))


async def test_the_weight_of_words_moves_them(
    index: VectorIndex, searcher: Searcher, told: Told
) -> None:
    order = by_meaning(told.meaning, range(30))
    await fill(index, {**NAMES, order[-1]: "red.jpg", order[-2]: "red and more of it.jpg"})
    heavy = numbers(await searcher.search(ask("red", words_weight=10.0)))
    assert heavy[:2] == [order[-1], order[-2]]
    light = numbers(await searcher.search(ask("red", words_weight=0.01, limit=30)))
    assert light[:10] == order[:10]


async def test_quotes_and_minus_narrow_whatever_orders(
    index: VectorIndex, searcher: Searcher
) -> None:
    await fill(index, {**NAMES, 1: "red car.jpg", 2: "car red.jpg", 3: "old red car.png"})
    for matching in Matching:
        for text, found in (
            ('"red car"', {1, 3}),
            ('"RED car" -old', {1}),
            ('red -"car.jpg" -"old"', {2}),
            ('"red" "png" car', {3}),
        ):
            answer = await searcher.search(ask(text, matching=matching, limit=200))
            shown = set(numbers(answer)) & {1, 2, 3}
            assert shown == found, (text, matching)
    assert numbers(await searcher.search(ask('"red car" -png'))) == [1]


@pytest.mark.parametrize("text", ["-red", '-"red car" -x', "  ", "\u200b"])
async def test_what_only_leaves_out_is_refused(searcher: Searcher, text: str) -> None:
    with pytest.raises(QueryEmpty):
        await searcher.search(ask(text))


async def test_pictures_have_no_words(index: VectorIndex, searcher: Searcher) -> None:
    await fill(index, NAMES)
    for query in (ImageQuery(b"x"), StoredQuery(image_id(1))):
        for matching in (Matching.WORDS, Matching.BOTH):
            with pytest.raises(QueryEmpty):
                await searcher.search(SearchRequest(ANA, [Example(query)], matching=matching))
        answer = await searcher.search(SearchRequest(ANA, [Example(query)]))
        assert answer.matched_by is Matching.MEANING


async def test_words_that_the_model_cannot_read_are_named_and_looked_for_in_names(
    index: VectorIndex, searcher: Searcher, told: Told
) -> None:
    await fill(index, {**NAMES, 1: "海滩照片.jpg", 2: "кот 🎉.jpg"})
    mixed = await searcher.search(ask("blue 海滩"))
    assert mixed.unread_words == ["海滩"]
    assert (told.texts, numbers(mixed)[0], mixed.matched_by) == (["blue"], 1, Matching.BOTH)
    alone = await searcher.search(ask("кот собака"))
    assert (alone.unread_words, alone.matched_by) == (["кот", "собака"], Matching.WORDS)
    assert numbers(alone) == [2]
    assert told.texts == ["blue"]
    nothing = await searcher.search(ask("собака"))
    assert (nothing.unread_words, nothing.matches) == (["собака"], [])
    asked = await searcher.search(ask("собака", matching=Matching.MEANING))
    assert (asked.unread_words, len(asked.matches)) == (["собака"], 20)
    assert (await searcher.search(ask("blue"))).unread_words == []


async def test_facets_count_what_is_in_scope_with_the_first_page(
    index: VectorIndex, searcher: Searcher
) -> None:
    points = [point(n, ANA, line=str(n % 3), **({"ok": "yes"} if n < 4 else {})) for n in range(70)]
    await index.upsert(SPACE, [*points, *(point(n, BEN, line="9", mine="x") for n in (90, 91))])
    request = ask("a bridge", facet_labels=["ok", "mine", "line"], facet_months=True, limit=3)
    answer = await searcher.search(request)
    assert [(facet.label_key, list(facet.values), facet.more) for facet in answer.facets] == [
        ("ok", [("yes", 4)], False),
        ("mine", [], False),
        ("line", [("0", 24), ("1", 23), ("2", 23)], False),
        ("", [("2026-04", 8), ("2026-03", 62)], False),
    ]
    second = replace(request, page_token=answer.next_page_token)
    assert (await searcher.search(second)).facets == []
    narrow = await searcher.search(
        ask('x "ok" -0', facet_labels=request.facet_labels, filter="size_bytes < 1003")
    )
    assert narrow.facets[2].values == [("1", 1), ("2", 1)]
    assert (await searcher.search(ask("a bridge"))).facets == []


async def test_a_facet_says_that_it_has_more(index: VectorIndex, searcher: Searcher) -> None:
    await index.upsert(SPACE, [point(n, ANA, serial=f"{n:03}") for n in range(60)])
    [facet] = (await searcher.search(ask("a", facet_labels=["serial"]))).facets
    assert [value for value, _ in facet.values] == [f"{n:03}" for n in range(50)]
    assert facet.more


async def test_other_examples_rank_and_the_text_narrows_and_joins(
    index: VectorIndex, searcher: Searcher, told: Told
) -> None:
    order = by_meaning(vector(7), range(30))
    await fill(index, {**NAMES, order[0]: "red.jpg", order[29]: "golden gate.jpg"})
    picture = Example(ImageQuery(b"x" * 7), field="image")

    async def found(text: str, **fields: object) -> SearchAnswer:
        examples = [Example(TextQuery(text), field="text"), picture]
        return await searcher.search(ask("", examples=examples, limit=30, **fields))

    # A text that only leaves out, and one that cannot be read, leave the picture to rank.
    only_without = await found("-red")
    assert numbers(only_without) == order[1:]
    unread = await found("海滩")
    assert (numbers(unread), unread.unread_words) == (order, ["海滩"])
    assert told.texts == []
    gate = await found("golden", explain=True)
    assert (gate.matched_by, numbers(gate)[0]) == (Matching.BOTH, order[29])
    meaning, text, image, words = gate.matches[0].contributions
    assert (meaning.rank, text.example, image.example) == (0, 0, 1)
    assert list(words.matched_words or ()) == []
    explained = (await found("海滩", explain=True)).matches[0].contributions
    assert [one.example for one in explained] == [None, 1]


async def test_words_take_part_in_what_is_arranged(
    index: VectorIndex, searcher: Searcher, told: Told
) -> None:
    order = by_meaning(told.meaning, range(30))
    await fill(index, {**NAMES, order[20]: "red.jpg", order[25]: "red door.jpg"})
    for fields in ({"fold_duplicates": True}, {"diversity": 0.3}, {"exact": True}):
        for matching, all_of_them in ((Matching.BOTH, 30), (Matching.WORDS, 2)):
            request = ask("red door", limit=4, matching=matching, **fields)
            found = await pages(searcher, request)
            assert len(found) == len(set(found)) == all_of_them
            assert found[0] in {order[20], order[25]}


@pytest.mark.parametrize("form", [{}, {"diversity": 0.5}, {"fold_duplicates": True}])
async def test_images_that_get_the_words_between_pages_change_no_order(
    index: VectorIndex, searcher: Searcher, form: dict[str, Any]
) -> None:
    await fill(index, NAMES)
    request = ask("beach", limit=4, **form)
    first = await searcher.search(request)
    assert first.matched_by is Matching.MEANING
    # From here on words would count, if this were the first page.
    await fill(index, dict.fromkeys((3, 4, 5), "beach.jpg"))
    assert (await searcher.search(request)).matched_by is Matching.BOTH
    rest = await pages(searcher, replace(request, page_token=first.next_page_token))
    found = numbers(first) + rest
    assert len(found) == len(set(found)) == 30
    second = await searcher.search(replace(request, page_token=first.next_page_token))
    assert second.matched_by is Matching.MEANING
