"""Queries over a real index: what they come to, and pages and streams while images come and go."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import numpy as np
import pytest

from services.clients.errors import ImageNotFound
from services.runtime.pages import MAX_PAGE_TOKEN_LENGTH, PageTokenError
from services.search.errors import CursorInvalid, ExamplesCancelOut
from services.search.index.qdrant_edge import EdgeIndex
from services.search.model import Example, Match, SearchRequest, StoredQuery, TextQuery
from services.search.query import arranged_pages, export
from tests.support.shelf import ANA, BEN, DIMENSION, SPACE, Shelf, unit, words

Vector = Sequence[float]
AXES = np.eye(DIMENSION)
QUERY = AXES[0]


@pytest.fixture(scope="module")
async def index(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EdgeIndex]:
    opened = EdgeIndex(tmp_path_factory.mktemp("vectors"))
    await opened.open(SPACE)
    yield opened
    await opened.close()


@pytest.fixture
async def shelf(index: EdgeIndex) -> Shelf:
    for user_id in (ANA, BEN):
        await index.delete_of_user(user_id)
    return Shelf(index)


def text(vector: Vector, weight: float = 1.0) -> Example:
    return Example(TextQuery(words(vector)), weight=weight, field="text")


def stored(image_id: str, weight: float = 1.0) -> Example:
    return Example(StoredQuery(image_id), weight=weight, field="image_id")


def asking(*examples: Example, user_id: str = ANA, **fields: Any) -> SearchRequest:
    return SearchRequest(user_id, examples or (text(QUERY),), **fields)


async def found(shelf: Shelf, *examples: Example, **fields: Any) -> list[Match]:
    return (await shelf.searcher.search(asking(*examples, **fields))).matches


def ids(matches: Sequence[Match]) -> list[str]:
    return [match.image.image_id for match in matches]


def near(numbers: np.random.Generator) -> Vector:
    """Something like the query."""
    return [float(part) for part in QUERY + numbers.normal(0, 0.4, DIMENSION)]


async def test_a_mix_ranks_by_the_weighted_sum_of_its_cosines(shelf: Shelf) -> None:
    numbers = np.random.default_rng(1)
    there = {await shelf.add(vector): unit(vector) for vector in numbers.normal(size=(30, 8))}
    like, unlike = list(there)[:2]
    examples = [text(AXES[1], 2), stored(like), stored(unlike, -1), text(AXES[2], -0.5)]
    matches = await found(shelf, *examples, explain=True, limit=30)
    parts = np.array([unit(AXES[1]), there[like], there[unlike], unit(AXES[2])])
    # Unwanted ones count half.
    query = np.array([2, 1, -0.5, -0.25]) @ parts
    expected = sorted(there, key=lambda one: -float(query @ np.array(there[one])))
    assert ids(matches) == expected
    for rank, match in enumerate(matches, 1):
        whole, *each = match.contributions
        assert (whole.example, whole.rank, whole.score) == (None, rank, match.score)
        assert [one.example for one in each] == [0, 1, 2, 3]
        cosines = parts @ np.array(there[match.image.image_id])
        assert [one.score for one in each] == pytest.approx(cosines, abs=1e-5)
        total = sum(one.weight * one.score for one in each)
        assert total == pytest.approx(match.score, abs=1e-5)


async def test_what_is_not_wanted_never_outvotes_what_is(shelf: Shelf) -> None:
    wanted, unwanted = await shelf.add(AXES[0]), await shelf.add(AXES[1])
    neither = await shelf.add(AXES[2])
    against = [text(AXES[1], -10) for _ in range(15)]
    matches = await found(shelf, text(AXES[0], 0.1), *against)
    assert ids(matches) == [wanted, neither, unwanted]
    assert matches[0].score == pytest.approx(2**-0.5, abs=1e-5)
    with pytest.raises(ExamplesCancelOut):
        await found(shelf, text(AXES[1]), *against)


async def test_an_image_alone_finds_itself_first_whatever_is_asked_besides(shelf: Shelf) -> None:
    copies = [await shelf.add(AXES[0]) for _ in range(5)]
    for fields in ({}, {"diversity": 1.0}, {"fold_duplicates": True}, {"exact": True}):
        for image_id in copies:
            matches = await found(shelf, stored(image_id), **fields)
            assert ids(matches)[0] == image_id, fields
    folded = (await found(shelf, stored(copies[3]), fold_duplicates=True))[0]
    assert set(folded.folded_image_ids) == set(copies) - {copies[3]}
    mixed = await found(shelf, stored(copies[3]), stored(copies[1]))
    assert ids(mixed) == sorted(copies)


async def test_excluded_images_are_not_found_and_others_ids_do_no_harm(shelf: Shelf) -> None:
    mine = [await shelf.add(AXES[0]) for _ in range(3)]
    theirs = await shelf.add(AXES[0], BEN)
    assert ids(await found(shelf, exclude=[mine[0], theirs])) == sorted(mine[1:])
    assert ids(await found(shelf, stored(mine[0]), exclude=[mine[0]])) == sorted(mine[1:])


FORMS: dict[str, dict[str, Any]] = {
    "plain": {},
    "exact": {"exact": True},
    "diverse": {"diversity": 0.6},
    "folded": {"fold_duplicates": True},
    "both": {"diversity": 0.6, "fold_duplicates": True},
    "explained": {"explain": True},
}


@pytest.mark.parametrize("form", FORMS)
async def test_nobody_finds_what_is_anybody_elses(shelf: Shelf, form: str) -> None:
    mine = [await shelf.add(AXES[0] + 0.01 * AXES[number]) for number in (1, 2)]
    theirs = [await shelf.add(AXES[0], BEN) for _ in range(3)]
    for examples in (
        [text(AXES[0])],
        [stored(mine[0])],
        [text(AXES[0]), stored(mine[1], -0.5)],
    ):
        for match in await found(shelf, *examples, **FORMS[form]):
            assert {match.image.image_id, *match.folded_image_ids} <= set(mine)
            assert match.folded_count <= 1
    for weight in (1.0, -1.0):
        for unknown in (theirs[0], "00000000-0000-4000-8000-000000000000"):
            with pytest.raises(ImageNotFound) as refused:
                await found(shelf, text(AXES[0]), stored(unknown, weight), **FORMS[form])
            assert refused.value.message == "there is no such image"
    with shelf.calling(BEN):
        streamed = [one async for one, _ in shelf.export.stream(asking(user_id=BEN), "", 0)]
    assert set(ids(streamed)) == set(theirs)


@pytest.mark.parametrize("form", [{"diversity": 0.5}, {"fold_duplicates": True}])
async def test_what_was_deleted_and_is_still_indexed_is_not_shown(
    shelf: Shelf, form: dict[str, Any]
) -> None:
    kept = [await shelf.add(AXES[0]), await shelf.add(AXES[1])]
    gone = await shelf.add(AXES[0])
    await shelf.delete(gone, index=False)
    matches = await found(shelf, **form)
    assert sorted(ids(matches)) == sorted(kept)
    assert sum(match.folded_count for match in matches) == 0


async def test_near_duplicates_are_folded_into_the_best_and_never_come_again(shelf: Shelf) -> None:
    numbers = np.random.default_rng(3)
    groups = [[await shelf.add(axis + 0.02 * numbers.normal(size=8)) for _ in range(4)]
              for axis in (AXES[0] + number * AXES[number] for number in range(1, 7))]  # fmt: skip
    matches, token = [], ""
    while True:
        answer = await shelf.searcher.search(
            asking(fold_duplicates=True, limit=2, page_token=token)
        )
        matches += answer.matches
        token = answer.next_page_token
        if not token:
            break
    assert len(matches) == len(groups)
    plain = ids(await found(shelf, limit=100))
    for match in matches:
        (group,) = [one for one in groups if match.image.image_id in one]
        together = [match.image.image_id, *match.folded_image_ids]
        assert together == [one for one in plain if one in group]
        assert match.folded_count == 3


async def test_diverse_matches_come_from_everywhere_and_the_best_comes_first(shelf: Shelf) -> None:
    numbers = np.random.default_rng(4)
    clusters = {}
    for number in range(1, 6):
        for _ in range(8):
            away = AXES[0] + number / 5 * AXES[number] + 0.05 * numbers.normal(size=8)
            clusters[await shelf.add(away)] = number
    plain = await found(shelf, limit=5)
    diverse = await found(shelf, limit=5, diversity=0.7)
    assert ids(diverse)[0] == ids(plain)[0]
    assert len({clusters[one] for one in ids(plain)}) < 5
    assert len({clusters[one] for one in ids(diverse)}) == 5
    assert ids(await found(shelf, limit=5, diversity=1e-9)) == ids(plain)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("alone", [False, True])
async def test_pages_put_together_are_one_page(
    shelf: Shelf, form: str, alone: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arranged_pages, "BLOCK", 10)
    numbers = np.random.default_rng(5)
    there = [await shelf.add(near(numbers)) for _ in range(24)]
    there += [await shelf.add(AXES[0]) for _ in range(6)]
    examples = [stored(there[-2])] if alone else []
    whole = ids(await found(shelf, *examples, limit=100, **FORMS[form]))
    if not FORMS[form].get("fold_duplicates"):
        assert sorted(whole) == sorted(there)
    for limit in (1, 3, 7):
        seen, token = [], ""
        while True:
            answer = await shelf.searcher.search(
                asking(*examples, limit=limit, page_token=token, **FORMS[form])
            )
            seen += ids(answer.matches)
            token = answer.next_page_token
            if not token:
                break
            assert len(token) <= MAX_PAGE_TOKEN_LENGTH
        assert seen == whole


@pytest.mark.parametrize("form", ["plain", "diverse"])
@pytest.mark.parametrize("seed", range(6))
async def test_pages_neither_repeat_nor_miss_what_stays_while_others_come_and_go(
    shelf: Shelf, form: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arranged_pages, "BLOCK", 10)
    numbers = np.random.default_rng(seed)
    stays = [await shelf.add(near(numbers)) for _ in range(30)]
    goes = [await shelf.add(near(numbers)) for _ in range(15)]
    seen, token = [], ""
    while True:
        answer = await shelf.searcher.search(asking(limit=4, page_token=token, **FORMS[form]))
        seen += ids(answer.matches)
        token = answer.next_page_token
        if not token:
            break
        for _ in range(numbers.integers(3)):
            if goes:
                await shelf.delete(goes.pop(numbers.integers(len(goes))))
            await shelf.add(near(numbers))
        assert len(seen) < 200
    assert len(seen) == len(set(seen))
    assert set(stays) <= set(seen)


@pytest.mark.parametrize("form", FORMS)
async def test_a_token_belongs_to_all_that_shapes_the_ranking(shelf: Shelf, form: str) -> None:
    numbers = np.random.default_rng(6)
    there = [await shelf.add(near(numbers)) for _ in range(6)]
    fields = FORMS[form]
    token = (await shelf.searcher.search(asking(limit=2, **fields))).next_page_token
    assert token
    shown = {"explain": True, "read_mask": ["filename"], "limit": 3}
    assert await found(shelf, page_token=token, **(fields | shown))
    others: list[tuple[list[Example], dict[str, Any]]] = [
        ([text(QUERY, 2), text(AXES[1])], {}),
        ([text(QUERY), text(AXES[1], -1)], {}),
        ([stored(there[0])], {}),
        ([], {"exclude": [there[0]]}),
        ([], {"exact": not fields.get("exact")}),
        ([], {"diversity": 0.4}),
        ([], {"fold_duplicates": not fields.get("fold_duplicates")}),
        ([], {"min_score": 0.1}),
    ]
    for examples, changed in others:
        with pytest.raises(PageTokenError):
            await found(shelf, *examples, page_token=token, **(fields | changed))


async def test_only_the_fields_that_are_named_are_given(shelf: Shelf) -> None:
    image_id = await shelf.add(AXES[0])
    for mask, expected in {
        (): {"image_id", "filename", "content_type"},
        ("*",): {"image_id", "filename", "content_type"},
        ("filename",): {"image_id", "filename"},
        ("labels", "image_id"): {"image_id"},
    }.items():
        (match,) = await found(shelf, read_mask=mask)
        assert {field.name for field, _ in match.image.ListFields()} == expected
        assert match.image.image_id == image_id


async def test_a_stream_gives_all_best_first_as_far_as_it_is_taken(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "SCORED_AT_ONCE", 7)
    monkeypatch.setattr(export, "SHOWN_FIRST", 3)
    monkeypatch.setattr(export, "SHOWN_AT_ONCE", 5)
    numbers = np.random.default_rng(8)
    there = [await shelf.add(near(numbers)) for _ in range(20)]
    there += [await shelf.add(AXES[0]) for _ in range(5)]
    for examples in ([text(QUERY)], [stored(there[-3])], [text(QUERY), stored(there[0], -1)]):
        request = asking(*examples, limit=100)
        plain = await found(shelf, *examples, limit=100)
        streamed = [one async for one, _ in shelf.export.stream(request, "", 0)]
        assert ids(streamed) == ids(plain)
        assert [one.score for one in streamed] == [one.score for one in plain]
        least = asking(*examples, min_score=plain[11].score)
        some = [one async for one, _ in shelf.export.stream(least, "", 0)]
        assert ids(some) == ids([one for one in plain if one.score >= plain[11].score])
    assert len([one async for one in shelf.export.stream(asking(), "", 4)]) == 4
    shelf.records = 0
    stream = shelf.export.stream(asking(), "", 0)
    await anext(stream)
    assert shelf.records == 3
    await stream.aclose()


@pytest.mark.parametrize("seed", range(4))
async def test_a_stream_goes_on_without_repeats_or_gaps_while_others_come_and_go(
    shelf: Shelf, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "SCORED_AT_ONCE", 7)
    monkeypatch.setattr(export, "SHOWN_FIRST", 2)
    numbers = np.random.default_rng(seed)
    stays = [await shelf.add(near(numbers)) for _ in range(25)]
    stays += [await shelf.add(AXES[0]) for _ in range(5)]
    goes = [await shelf.add(near(numbers)) for _ in range(15)]
    request = asking(stored(stays[-1])) if seed % 2 else asking()
    seen, cursor = [], ""
    while True:
        taken = 0
        async for match, after in shelf.export.stream(request, cursor, int(numbers.integers(1, 7))):
            seen.append(match.image.image_id)
            cursor, taken = after, taken + 1
        if not taken:
            break
        for _ in range(numbers.integers(3)):
            if goes:
                await shelf.delete(goes.pop(numbers.integers(len(goes))))
            await shelf.add(near(numbers))
    assert len(seen) == len(set(seen))
    assert set(stays) <= set(seen)


async def test_a_cursor_belongs_to_its_query(shelf: Shelf) -> None:
    await shelf.add(AXES[0])
    [(_, cursor)] = [one async for one in shelf.export.stream(asking(), "", 0)]
    assert len(cursor) <= MAX_PAGE_TOKEN_LENGTH
    for request, sent in (
        (asking(text(AXES[1])), cursor),
        (asking(), "x"),
        (asking(user_id=BEN), cursor),
    ):
        with pytest.raises(CursorInvalid):
            async for _ in shelf.export.stream(request, sent, 0):
                pass
