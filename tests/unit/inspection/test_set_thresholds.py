"""Thresholds that people set at a score."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.inspection.verdict.intervals import clopper_pearson
from services.inspection.verdict.thresholds import PValues, estimate, set_at

HELD_OUT = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]


@pytest.mark.parametrize(("value", "above"), [(8.5, 1), (8.0, 1), (6.999, 3), (9.0, 0), (0.0, 9)])
def test_the_rate_is_that_of_the_held_out_scores_above(value: float, above: int) -> None:
    threshold = set_at(HELD_OUT, value)
    interval = clopper_pearson(above, len(HELD_OUT))
    assert interval is not None
    assert threshold.value == value
    assert threshold.false_alarm_rate == pytest.approx((above + 1) / 10)
    assert threshold.target == threshold.false_alarm_rate
    assert (threshold.low, threshold.high) == (interval.low, interval.high)
    assert (threshold.held_out_count, threshold.extrapolated) == (9, False)
    assert threshold.set_by_person
    assert threshold.low <= threshold.false_alarm_rate <= threshold.high


def test_above_all_held_out_scores_the_rate_falls_and_only_its_bound_is_sure() -> None:
    near, far = set_at(HELD_OUT, 9.5), set_at(HELD_OUT, 50.0)
    assert near.extrapolated
    assert far.extrapolated
    assert 0 < far.target < near.target <= 0.1
    assert (far.low, far.high) == (near.low, near.high)
    assert far.low == 0
    assert far.high == pytest.approx(0.3363, abs=1e-4)


def test_the_interval_holds_the_true_rate_as_often_as_it_says() -> None:
    """Scores of normal images are uniform, so that the true rate of a threshold is known."""
    random, value, true_rate, rounds = np.random.default_rng(7), 0.9, 0.1, 2000
    held = 0
    for _ in range(rounds):
        threshold = set_at(random.uniform(0, 1, 60), value)
        held += threshold.low <= true_rate <= threshold.high
    assert held / rounds >= 0.95


SCORES = st.floats(0.01, 100)


@given(st.lists(SCORES, min_size=1, max_size=30), SCORES, SCORES)
def test_a_score_is_above_exactly_if_its_p_value_is_at_most_the_target(
    held_out: list[float], value: float, score: float
) -> None:
    ordered = sorted(held_out)
    threshold = set_at(ordered, value)
    if threshold.target > 0.5:
        return  # Refused.
    p_value = PValues(ordered, threshold).of(score)
    assert 0 < p_value <= 1
    assert (p_value <= threshold.target) == (score > value)


@given(st.lists(SCORES, min_size=1, max_size=30), st.floats(0.001, 0.5), SCORES, SCORES)
def test_higher_scores_have_no_higher_p_values(
    held_out: list[float], value: float, low: float, high: float
) -> None:
    p_values = PValues(sorted(held_out), set_at(held_out, value))
    low, high = sorted((low, high))
    assert p_values.of(low) >= p_values.of(high)


def test_what_is_estimated_is_expected_to_be_at_most_the_target() -> None:
    threshold = estimate(range(1, 100), 0.055)
    assert threshold.false_alarm_rate == pytest.approx(0.05)
    assert not threshold.set_by_person
    assert estimate(range(1, 10), 0.01).false_alarm_rate == 0.01
