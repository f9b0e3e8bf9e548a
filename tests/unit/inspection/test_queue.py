from collections.abc import Sequence
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.inspection.model import InspectionRecord
from services.inspection.review.queue import ALIKE, review_order
from tests.support.inspection.findings import record

VECTORS = st.lists(st.floats(-1, 1, width=32), min_size=4, max_size=4)


@st.composite
def many(draw: st.DrawFn) -> list[InspectionRecord]:
    return [
        record(
            number,
            draw(VECTORS),
            p_value=draw(st.floats(0.001, 1)),
            set_id=draw(st.sampled_from(["one", "other"])),
        )
        for number in range(draw(st.integers(0, 12)))
    ]


def cosine(one: InspectionRecord, other: InspectionRecord) -> float:
    lengths = np.linalg.norm(one.descriptor) * np.linalg.norm(other.descriptor)
    return float(one.descriptor @ other.descriptor / lengths) if lengths else 0.0


def names(records: Sequence[InspectionRecord], limit: int = 100) -> list[int]:
    return [int(item.record.inspection_id[-4:]) for item in review_order(records, limit)]


@settings(deadline=None)
@given(many(), st.integers(0, 15))
def test_a_queue_has_no_two_alike(records: list[InspectionRecord], limit: int) -> None:
    items = review_order(records, limit)
    assert len(items) <= limit
    assert {item.record.inspection_id for item in items} <= {one.inspection_id for one in records}
    for place, item in enumerate(items):
        assert 0 <= item.uncertainty <= 1
        assert 0 <= item.novelty <= 1
        for earlier in items[:place]:
            if earlier.record.set_id == item.record.set_id:
                assert cosine(earlier.record, item.record) <= ALIKE + 1e-5


@settings(deadline=None)
@given(many(), st.randoms())
def test_the_order_asked_in_does_not_matter(
    records: list[InspectionRecord], random: Random
) -> None:
    shuffled = list(records)
    random.shuffle(shuffled)
    assert names(shuffled) == names(records)


def test_of_those_that_are_alike_the_least_sure_stands_for_all() -> None:
    same = [record(number, (1, 0.01 * number, 0)) for number in range(10)]
    same[7] = record(7, (1, 0.07, 0), p_value=0.05)
    rest = [
        record(number, (1, 0.01 * number, 0), p_value=0.9) for number in range(10) if number != 7
    ]
    other = record(20, (0, 1, 0), p_value=0.9)
    assert names([*rest, same[7], other]) in ([7, 20], [20, 7])


def test_without_novelty_the_least_sure_comes_first() -> None:
    around = np.eye(6)
    records = [
        record(number, around[number], p_value=p_value)
        for number, p_value in enumerate([0.9, 0.06, 0.3, 0.001, 0.02, 0.12])
    ]
    assert names(records) == [1, 5, 4, 2, 0, 3]
    assert names(records, 2) == [1, 5]
    assert review_order(records, 1)[0].uncertainty == pytest.approx(0.05 / 0.06)


def test_of_equally_sure_ones_the_novel_comes_first() -> None:
    random = np.random.default_rng(0)
    usual = [record(number, (1, *random.normal(0, 0.25, 6)), p_value=0.5) for number in range(30)]
    novel = record(99, (-1, 0, 0, 0, 0, 0, 0), p_value=0.5)
    items = review_order([*usual, novel], 5)
    assert items[0].record is novel
    assert items[0].novelty > 0.7
    assert all(item.novelty < items[0].novelty for item in items[1:])


def test_the_next_one_is_unlike_those_before() -> None:
    first_kind = [record(number, (1, 0.25 * number, 0), p_value=0.052) for number in range(3)]
    second_kind = [record(10 + number, (0, 0.25 * number, 1), p_value=0.06) for number in range(3)]
    order = names([*first_kind, *second_kind])
    assert {number // 10 for number in order[:2]} == {0, 1}


def test_versions_are_not_compared() -> None:
    records = [record(number, version=number + 1) for number in range(3)]
    assert len(review_order(records, 10)) == 3


def test_a_descriptor_of_nothing_harms_nobody() -> None:
    items = review_order([record(0, (0, 0)), record(1, (0, 0)), record(2, (0, 1))], 10)
    assert len(items) == 3
