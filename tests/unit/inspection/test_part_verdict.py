"""One verdict over the views of a part, and how often it is a false alarm."""

from itertools import permutations, product

import pytest

from services.inspection.model import Verdict
from services.inspection.verdict.part_verdict import false_alarm_rate_of_part, verdict_of_part

NORMAL, ANOMALOUS, UNINSPECTABLE = Verdict.NORMAL, Verdict.ANOMALOUS, Verdict.UNINSPECTABLE
OUTCOMES: tuple[Verdict | None, ...] = (NORMAL, ANOMALOUS, UNINSPECTABLE, None)


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_the_rule_holds_for_all_outcomes_of_views(count: int) -> None:
    for views in product(OUTCOMES, repeat=count):
        found = verdict_of_part(views)
        assert (found is ANOMALOUS) == (ANOMALOUS in views), views
        assert (found is NORMAL) == all(one is NORMAL for one in views), views


def test_the_order_of_views_does_not_matter() -> None:
    for views in product(OUTCOMES, repeat=3):
        assert len({verdict_of_part(one) for one in permutations(views)}) == 1, views


def test_another_view_never_makes_it_better() -> None:
    badness = {NORMAL: 0, UNINSPECTABLE: 1, ANOMALOUS: 2}
    for views in product(OUTCOMES, repeat=2):
        for one in OUTCOMES:
            assert badness[verdict_of_part([*views, one])] >= badness[verdict_of_part(views)]


def test_a_part_without_views_is_not_normal() -> None:
    assert verdict_of_part([]) is UNINSPECTABLE


def test_false_alarms_of_views_add_up_at_most() -> None:
    assert false_alarm_rate_of_part([0.01]) == 0.01
    assert false_alarm_rate_of_part([0.01, 0.02, 0.03]) == pytest.approx(0.06)
    assert false_alarm_rate_of_part([0.4] * 3) == 1.0
