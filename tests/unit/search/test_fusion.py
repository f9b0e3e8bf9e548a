"""Two rankings in one order."""

from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.runtime.pages import PageTokenError
from services.search.model import Cursor, Hit, Matching
from services.search.query.fusion import Joined, Wording
from services.search.query.wording import read_wording, unpinned, write_wording


def hit(number: int, score: float) -> Hit:
    return Hit(str(UUID(int=number)), score)


def numbers(hits: list[Hit]) -> list[int]:
    return [UUID(one.image_id).int for one in hits]


def place_of(one: Hit) -> Cursor:
    return Cursor(one.score, one.image_id, 0, one.words, one.order)


NEAR = [hit(1, 0.9), hit(2, 0.8), hit(3, 0.7), hit(4, 0.6)]
SAID = [hit(4, 0.5), hit(9, 0.4)]
OTHERS = [hit(9, 0.1)]


def test_an_image_that_both_find_is_before_those_that_one_finds() -> None:
    joined = Joined(NEAR, SAID, OTHERS, share=1, window=4)
    order = joined.behind(None)
    # 4 is fourth and first; 9 is second by words alone, 2 by meaning alone.
    assert numbers(order) == [4, 1, 2, 9, 3]
    assert [one.score for one in order] == [0.6, 0.9, 0.8, 0.1, 0.7]
    assert numbers(Joined(NEAR, SAID, OTHERS, share=10, window=4).behind(None))[:2] == [4, 9]
    assert numbers(Joined(NEAR, SAID, OTHERS, share=1e-6, window=4).behind(None)) == [1, 2, 3, 4, 9]


def test_words_that_all_have_alike_move_nothing() -> None:
    said = [hit(number, 0.5) for number in (4, 3, 2, 1)]
    assert numbers(Joined(NEAR, said, [], share=5, window=400).behind(None)) == [1, 2, 3, 4]


def test_what_was_deleted_meanwhile_is_not_shown() -> None:
    assert numbers(Joined(NEAR, SAID, [], share=1, window=400).behind(None)) == [4, 1, 2, 3]


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(
    near=st.lists(st.integers(0, 20), max_size=12, unique=True),
    said=st.lists(st.integers(10, 30), max_size=12, unique=True),
    share=st.sampled_from([0.1, 1.0, 10.0]),
)
def test_pages_are_cut_anywhere(near: list[int], said: list[int], share: float) -> None:
    # Scores in steps, so that some are equal.
    by_meaning = [hit(one, 1 - at // 2 / 10) for at, one in enumerate(near)]
    by_words = [hit(one, 1 - at // 3 / 10) for at, one in enumerate(said)]
    others = [hit(one, -0.5) for one in said if one not in near]
    joined = Joined(by_meaning, by_words, others, share=share, window=400)
    whole = joined.behind(None)
    assert {one.image_id for one in whole} == joined.ids
    for at, one in enumerate(whole):
        if not joined.is_past(place_of(one)):
            assert joined.behind(place_of(one)) == whole[at + 1 :]
    assert joined.behind(Cursor(0.5, str(UUID(int=5)), 0, 0.0, 0.5)) == []


def test_what_was_seen_last_may_be_gone() -> None:
    first, *_ = Joined(NEAR, SAID, OTHERS, share=1, window=4).behind(None)
    without = Joined([*NEAR[:3], hit(5, 0.55)], SAID[1:], OTHERS, share=1, window=4)
    assert numbers(without.behind(place_of(first))) == [1, 9, 2, 3, 5]
    # All but the one that was seen last are gone.
    assert numbers(Joined(NEAR[1:2], [], [], share=1, window=400).behind(place_of(first))) == [2]
    assert numbers(Joined(NEAR[:1], [], [], share=1, window=400).behind(place_of(NEAR[1]))) == []


def test_a_page_token_keeps_how_words_count() -> None:
    terms = ["red", "door", "nothing"]
    chosen = Wording(Matching.BOTH, {"red": 255 / 300, "door": 45 / 300}, 2.0)
    text = write_wording(chosen, terms)
    read = read_wording(text, terms, share=2.0)
    assert (read.by, read.share) == (Matching.BOTH, 2.0)
    assert read.weights == pytest.approx(chosen.weights)
    assert write_wording(read, terms) == text
    assert unpinned(f"{text}.token") == (text, "token")
    assert unpinned("token") == ("", "token")
    assert write_wording(Wording(Matching.MEANING, {}), terms) == ""
    assert read_wording("w", terms, share=1.0) == Wording(Matching.WORDS, {}, 1.0)
    for wrong in ("", "b", "b_w", "bAAAA", "x_wEC", "b!!!!", "b_wECAwQ", "bé"):
        with pytest.raises(PageTokenError):
            read_wording(wrong, terms, share=1.0)
