import numpy as np

from services.inspection.job import Advice, Wanted
from services.inspection.model import JudgedLook
from services.inspection.review.asking import Asked
from services.inspection.review.queue import Reason, review_order
from tests.support.inspection.findings import record

CRACK, SPOT = (1.0, 0.0), (0.0, 1.0)
JUDGED = [
    JudgedLook(kind, np.array([*at, 0.1 * step], np.float32))
    for kind, at in (("crack", CRACK), ("spot", SPOT))
    for step in range(4)
]


def helps(kind: str, gain: float, count: int = 4) -> Wanted:
    return Wanted(kind, count, Advice.MORE_HELPS, count, 0.3, 0.3 - gain)


def test_an_image_that_resembles_a_wanted_kind_is_asked_for_first_and_told_why() -> None:
    asked = Asked.of([helps("crack", 0.1)], JUDGED)
    assert asked is not None
    records = [
        record(0, [0.0, 0.95, 0.3], p_value=0.3),
        record(1, [0.95, 0.0, 0.3], p_value=0.3),
    ]
    first, second = review_order(records, 2, {("set", 1): asked})
    assert (first.record, first.reason, first.wanted_kind) == (
        records[1],
        Reason.KIND_WANTED,
        "crack",
    )
    assert 0 < first.wanted <= 1
    assert (second.wanted, second.wanted_kind) == (0, "")
    assert second.reason is not Reason.KIND_WANTED
    other_version = review_order(records, 2, {("set", 2): asked})
    assert [item.wanted for item in other_version] == [0, 0]


def test_without_wishes_the_reason_is_what_is_told_of_the_verdict() -> None:
    near, usual = review_order([record(0, [1, 0], p_value=0.05), record(1, [1, 1], p_value=0.9)], 2)
    assert near.reason is Reason.NEAR_THRESHOLD
    assert usual.reason is Reason.UNUSUAL
    many = review_order(
        [record(n, [np.cos(n / 9), np.sin(n / 9)], p_value=0.05) for n in range(3)], 3
    )
    assert {one.reason for one in many} == {Reason.NEAR_THRESHOLD}


def test_what_was_judged_since_is_not_asked_for_any_more() -> None:
    assert Asked.of([helps("crack", 0.1, count=2)], JUDGED) is None, "there were 2, now 4"
    assert Asked.of([helps("crack", 0.1, count=3)], JUDGED) is not None


def test_nothing_is_asked_where_enough_is_known_or_nothing_looks_like_it() -> None:
    enough = Wanted("crack", 4, Advice.ENOUGH, 0, 0.1, 0.1)
    known = Wanted("spot", 4, Advice.TOO_EARLY, 4, 0.0, 0.0)
    assert Asked.of([enough, known], JUDGED) is None
    assert Asked.of([helps("dent", 0.1, count=20)], JUDGED) is None
    assert Asked.of([], []) is None


def test_what_helps_most_weighs_most() -> None:
    early = Wanted("dent", 4, Advice.TOO_EARLY, 4, 0.2, 0.2)
    dent = JudgedLook("dent", np.array([0, 0, 1], np.float32))
    asked = Asked.of([helps("crack", 0.1), helps("spot", 0.05), early], [*JUDGED, dent])
    assert asked is not None
    weights = dict(zip(asked.kinds, asked.weights.tolist(), strict=True))
    assert weights == {"crack": 1.0, "spot": 0.5, "dent": 0.5}
