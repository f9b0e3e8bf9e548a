"""Rankings by whole images and by their parts, joined."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from services.clients.model import Crop
from services.search.index.crops import boxes_of, crops_of, joined
from services.search.index.ranking import rank
from services.search.model import Hit

SCORES = st.lists(st.tuples(st.integers(-5, 5), st.integers(-5, 5) | st.none()), max_size=12)


@given(SCORES, st.integers(1, 15))
def test_the_best_of_both_are_the_best_by_the_higher_score(
    scores: list[tuple[int, int | None]], count: int
) -> None:
    ids = [f"{number:02}" for number in range(len(scores))]
    whole = [Hit(one, float(score)) for one, (score, _) in zip(ids, scores, strict=True)]
    parts = [
        Hit(one, float(part))
        for one, (_, part) in zip(ids, scores, strict=True)
        if part is not None
    ]

    async def of(hits: list[Hit], count: int) -> list[Hit]:
        return sorted(hits, key=rank)[:count]

    best = joined(lambda count: of(whole, count), lambda count: of(parts, count))

    async def found_of() -> list[Hit]:
        return await best(count)

    found = asyncio.run(found_of())
    higher = [
        Hit(one, float(score if part is None else max(score, part)))
        for one, (score, part) in zip(ids, scores, strict=True)
    ]
    wanted = sorted(higher, key=rank)[:count]
    # Of equals at the edge any may be there.
    assert [hit.score for hit in found] == [hit.score for hit in wanted]
    assert set(found) <= set(higher)


def test_what_a_point_says_of_its_parts_is_read_as_it_was_written() -> None:
    crops = (Crop(0.0, 0.25, 0.5, 1.0, [1.0, 0.0]), Crop(0.5, 0.0, 1.0, 0.5, [0.0, 1.0]))
    vectors = [crop.vector for crop in crops]
    assert crops_of(vectors, boxes_of(crops)) == crops
    assert crops_of(None, []) == ()
    # Nobody has looked, or one of both was lost.
    assert crops_of(None, None) is None
    assert crops_of(vectors, None) is None
    assert crops_of(vectors[:1], boxes_of(crops)) is None
