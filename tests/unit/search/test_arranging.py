"""Near-duplicates, diversity, and the tokens of pages that are arranged so."""

from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.runtime.pages import MAX_PAGE_TOKEN_LENGTH, PageTokenError, encode_page_token
from services.search.model import Cursor, Matching
from services.search.query.block import MOST_SHOWN, Block, marks_of, read_block, write_block
from services.search.query.diversity import next_diverse
from services.search.query.folding import SAME_COSINE, folded
from services.search.query.fusion import Wording
from services.search.query.place import Place
from services.search.query.pool import Matrix
from services.search.query.wording import write_wording
from services.search.query.words import MOST_TERMS

IDENTITY = ("user", "space", "text", "red", "")
SEEDS = st.integers(0, 10_000)


def rows(seed: int, count: int, spread: float = 1.0) -> Matrix:
    vectors = np.random.default_rng(seed).normal(0, spread, (count, 6)) + np.eye(6)[0]
    unit: Matrix = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return unit


def image_id(number: int) -> str:
    return str(UUID(bytes=np.random.default_rng(number).bytes(16), version=4))


@given(seed=SEEDS, count=st.integers(0, 40))
def test_no_two_heads_are_near_duplicates_and_each_image_is_near_its_head(
    seed: int, count: int
) -> None:
    vectors = rows(seed, count, 0.2)
    groups = folded(vectors)
    assert sorted(row for group in groups for row in group) == list(range(count))
    heads = [group[0] for group in groups]
    assert heads == sorted(heads)
    cosines = vectors @ vectors.T
    for place, (head, *others) in enumerate(groups):
        assert others == sorted(others)
        assert all(cosines[head, other] >= SAME_COSINE - 1e-5 for other in others)
        assert all(cosines[head, other] < SAME_COSINE for other in heads[:place])


@given(seed=SEEDS, cut=st.integers(0, 20), diversity=st.floats(0, 1))
def test_going_on_later_is_the_same_as_not_having_stopped(
    seed: int, cut: int, diversity: float
) -> None:
    vectors = rows(seed, 20)
    scores = np.sort(np.random.default_rng(seed).normal(size=20))[::-1]
    shown = np.zeros(20, bool)
    whole = next_diverse(scores, vectors, shown, diversity, 30)
    assert sorted(whole) == list(range(20))
    assert whole[0] == 0 or diversity == 1
    first = next_diverse(scores, vectors, shown, diversity, cut)
    shown[first] = True
    assert first + next_diverse(scores, vectors, shown, diversity, 30) == whole


def test_without_diversity_scores_decide_and_with_all_of_it_likeness_does() -> None:
    vectors = np.array([[1, 0], [1, 0], [0, 1]], np.float32)
    scores, shown = np.array([0.9, 0.8, 0.1]), np.zeros(3, bool)
    assert next_diverse(scores, vectors, shown, 0.0, 3) == [0, 1, 2]
    assert next_diverse(scores, vectors, shown, 1.0, 3) == [0, 2, 1]
    alike = np.ones((3, 2), np.float32)
    assert next_diverse(np.ones(3), alike, shown, 0.5, 3) == [0, 1, 2]


@pytest.mark.parametrize("count", [0, 1, 100, 104, 105, 138, 139, MOST_SHOWN])
def test_a_block_is_read_as_it_was_written_and_fits_into_a_token(count: int) -> None:
    terms = [f"word{number}" for number in range(MOST_TERMS)]
    wording = Wording(Matching.BOTH, dict.fromkeys(terms, 1 / len(terms)))
    pin = write_wording(wording, terms) + "."
    ids = [image_id(number) for number in range(count)]
    # As exact as scores are, where words and meaning are joined.
    start, end = (
        Place(Cursor(score, image_id(number), 1000, 0.123456, order), 1000)
        for score, number, order in ((-0.900001, 999, -0.032786885), (-0.300001, 998, 1.300001))
    )
    block = Block(start, end, 1000, marks_of(ids))
    token = write_block(block, IDENTITY)
    assert len(pin + token) <= MAX_PAGE_TOKEN_LENGTH
    assert read_block(token, IDENTITY) == block
    assert all(block.was_shown(one) for one in ids)
    assert read_block("", IDENTITY) is None
    assert not Block(None, end, 1).was_shown(image_id(0))


def test_a_block_may_begin_before_all_or_behind_the_image_that_is_searched_with() -> None:
    after = Place(Cursor(0.5, image_id(1), 3), 3)
    for start, end in ((None, after), (None, Place(None, 3)), (Place(None, 3), after)):
        block = Block(start, end, 3)
        assert read_block(write_block(block, IDENTITY), IDENTITY) == block


@pytest.mark.parametrize(
    "position",
    [
        (0, "", f"0.5 {image_id(1)}", "", 0),
        (1, f"0.5 {image_id(1)}", "", "", 0),
        (1, "", "much", "", 0),
        (1, "", "nan ", "", 0),
        (1, "", f"nan {image_id(1)}", "", 0),
        (1, "", f"0.5 0.5 {image_id(1)}", "", 0),
        (1, "", "0.5 no uuid", "", 0),
        (1, "", f"0.5 {image_id(1)}", "AAAAAAA", 5),
        (1, "", f"0.5 {image_id(1)}", "AAAA", 0),
        (1, "", f"0.5 {image_id(1)}", "AAAA", 4),
        (1, "", f"0.5 {image_id(1)}", "é", 4),
        (1, "x"),
    ],
)
def test_a_made_up_block_is_refused(position: tuple[str | int, ...]) -> None:
    with pytest.raises(PageTokenError, match="damaged"):
        read_block(encode_page_token(position, *IDENTITY), IDENTITY)
