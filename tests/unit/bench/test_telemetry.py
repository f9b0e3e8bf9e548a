"""Ratios of meshes that tell of themselves to one that does not."""

import pytest

from bench.telemetry.results import FULL, OFF, Results, Stretch, ratio


def test_a_ratio_is_of_pairs() -> None:
    """Rounds differ by ten times, their ratios do not."""
    found = ratio([97, 970, 9.7] * 2, [100, 1000, 10] * 2)
    assert found.value == pytest.approx(0.97)
    assert found.low == pytest.approx(found.high)


def test_one_bad_round_moves_no_median() -> None:
    found = ratio([100.0] * 23 + [1.0], [100.0] * 24)
    assert (found.low, found.value, found.high) == (1.0, 1.0, 1.0)


def test_an_interval_of_six_is_from_the_least_to_the_most_and_narrower_with_more() -> None:
    few = ratio([90, 95, 98, 99, 101, 104], [100] * 6)
    many = ratio([90, 95, 98, 99, 101, 104] * 6, [100] * 36)
    assert (few.low, few.high) == (0.9, 1.04)
    assert many.high - many.low < few.high - few.low


def test_a_goal_within_the_interval_is_left_open() -> None:
    found = ratio([95, 96, 97, 98, 99, 100], [100] * 6)
    assert found.at_least(0.9) is True
    assert found.at_least(0.98) is None
    assert found.at_least(1.01) is False


def test_five_pairs_have_no_interval() -> None:
    with pytest.raises(ValueError, match="pairs"):
        ratio([1] * 5, [1] * 5)


def test_results_compare_with_the_mesh_that_tells_nothing() -> None:
    results = Results()
    for _ in range(6):
        results.add("GetImage", OFF, Stretch(per_s=200, cpu_ms=2.0))
        results.add("GetImage", FULL, Stretch(per_s=190, cpu_ms=2.1))
    assert results.rate("GetImage", FULL).value == pytest.approx(0.95)
    assert results.cpu("GetImage", FULL).value == pytest.approx(1.05)
