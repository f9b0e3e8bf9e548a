import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.inspection.verdict.thresholds import PValues, estimate

SCORES = st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=60)
TARGETS = st.sampled_from([0.01, 0.05, 0.1, 0.3, 0.5])


@given(held_out=SCORES, target=TARGETS, score=st.floats(0, 2e3))
def test_a_score_is_above_the_threshold_exactly_if_its_p_value_is_at_most_the_target(
    held_out: list[float], target: float, score: float
) -> None:
    held_out = sorted(held_out)
    threshold = estimate(held_out, target)
    p_value = PValues(held_out, threshold).of(score)
    assert 0 < p_value <= 1
    assert (score > threshold.value) == (p_value <= target)


@given(held_out=SCORES, target=TARGETS, one=st.floats(0, 2e3), other=st.floats(0, 2e3))
def test_a_higher_score_is_never_more_usual(
    held_out: list[float], target: float, one: float, other: float
) -> None:
    held_out = sorted(held_out)
    p_values = PValues(held_out, estimate(held_out, target))
    low, high = sorted((one, other))
    assert p_values.of(high) <= p_values.of(low)


@given(held_out=SCORES, target=TARGETS)
def test_the_interval_is_one_and_extrapolation_goes_above_all_that_was_seen(
    held_out: list[float], target: float
) -> None:
    threshold = estimate(held_out, target)
    assert 0 <= threshold.low < threshold.high <= 1
    assert threshold.held_out_count == len(held_out)
    assert threshold.extrapolated == (math.floor((len(held_out) + 1) * target + 1e-9) < 1)
    if threshold.extrapolated:
        assert threshold.value >= max(held_out)
    else:
        assert threshold.value in held_out
    reordered = estimate(held_out[::-1], target)
    assert reordered.value == pytest.approx(threshold.value, rel=1e-9), "their order is nothing"


@pytest.mark.parametrize("target", [0.01, 0.05, 0.1])
@pytest.mark.parametrize("count", [100, 300])
def test_the_rate_of_false_alarms_lies_in_the_interval_as_often_as_it_says(
    count: int, target: float
) -> None:
    # The rate of a threshold is known exactly where the distribution is: scores are
    # exponential, and exp(-t) of them lie above t.
    random = np.random.default_rng(7)
    inside = []
    rates = []
    for _ in range(1500):
        threshold = estimate(random.exponential(size=count), target)
        rate = math.exp(-threshold.value)
        rates.append(rate)
        inside.append(threshold.low <= rate <= threshold.high)
    # 95 %, give or take what 1500 trials leave open.
    assert np.mean(inside) == pytest.approx(0.95, abs=0.02)
    assert np.mean(rates) <= target * 1.1


def test_few_scores_give_a_threshold_that_holds_back() -> None:
    random = np.random.default_rng(8)
    rates, bounded = [], []
    for _ in range(1500):
        threshold = estimate(random.lognormal(0, 0.2, 12), 0.01)
        assert threshold.extrapolated
        rate = 0.5 * math.erfc(math.log(threshold.value) / 0.2 / math.sqrt(2))
        rates.append(rate)
        bounded.append(rate <= threshold.high)
    assert np.mean(rates) == pytest.approx(0.01, abs=0.006)
    assert np.mean(bounded) >= 0.95
