"""Curves, their areas and the intervals of these, against brute force."""

from itertools import product
from math import sqrt

import numpy as np
import pytest
from numpy.typing import NDArray

from services.inspection.verdict.agreement import auroc
from services.inspection.verdict.curves import auroc_interval, separation_of, thinned

Scores = NDArray[np.float64]


def drawn(seed: int, count: int, shift: float = 0.0, *, steps: int = 0) -> Scores:
    scores = np.random.default_rng(seed).normal(shift, 1, count)
    return np.round(scores * steps) / steps if steps else scores


@pytest.mark.parametrize("steps", [0, 2])
def test_every_threshold_is_on_the_curve(steps: int) -> None:
    normals, defects = drawn(1, 40, steps=steps), drawn(2, 25, 1.0, steps=steps)
    found = separation_of(normals, defects)
    assert found is not None
    for at, rate, recall, precision in zip(
        found.thresholds, found.false_alarm_rate, found.recall, found.precision, strict=True
    ):
        alarms, hits = np.sum(normals >= at), np.sum(defects >= at)
        assert rate == alarms / 40
        assert recall == hits / 25
        assert precision == (hits / (hits + alarms) if hits + alarms else 1)
    assert (found.recall[0], found.false_alarm_rate[0]) == (0, 0)
    assert (found.recall[-1], found.false_alarm_rate[-1]) == (1, 1)
    assert len(found.thresholds) == 1 + len({*normals.tolist(), *defects.tolist()})


@pytest.mark.parametrize("steps", [0, 1, 3])
def test_areas_are_those_of_all_pairs(steps: int) -> None:
    normals, defects = drawn(3, 30, steps=steps), drawn(4, 20, 0.7, steps=steps)
    found = separation_of(normals, defects)
    assert found is not None
    pairs = [1.0 if d > n else 0.5 if d == n else 0.0 for n, d in product(normals, defects)]
    assert found.auroc.value == pytest.approx(np.mean(pairs))
    assert found.auroc.value == pytest.approx(auroc(normals, defects))
    # Average precision: each defect counts with the precision at its own score.
    at_each = [
        np.sum(defects >= one) / (np.sum(defects >= one) + np.sum(normals >= one))
        for one in defects
    ]
    assert found.average_precision.value == pytest.approx(np.mean(at_each))
    assert found.average_precision.low < found.average_precision.value
    assert found.average_precision.value < found.average_precision.high


def test_infinite_scores_are_above_every_threshold() -> None:
    found = separation_of([1.0, 2.0, np.inf], [3.0, np.inf])
    assert found is not None
    assert found.auroc.value == pytest.approx((2 + 0 + 2 + 0.5) / 6)


def test_there_is_no_curve_of_one_kind_alone() -> None:
    assert separation_of([], [1.0]) is None
    assert separation_of([1.0], []) is None


@pytest.mark.parametrize(("normals", "defects"), [(5, 5), (50, 8), (200, 100)])
@pytest.mark.parametrize("area", [0.5, 0.8, 0.97])
def test_the_ends_of_the_interval_solve_its_equation(
    area: float, normals: int, defects: int
) -> None:
    found = auroc_interval(area, normals, defects)
    assert 0 <= found.low < area < found.high <= 1
    for true in (found.low, found.high):
        # Hanley and McNeil's variance, both counts taken as their mean.
        first, second = true / (2 - true), 2 * true**2 / (1 + true)
        mean = (normals + defects) / 2
        variance = (
            true * (1 - true) + (mean - 1) * (first - true**2) + (mean - 1) * (second - true**2)
        ) / (normals * defects)
        assert abs(area - true) == pytest.approx(1.959964 * sqrt(variance), rel=1e-5)


def test_an_area_at_the_end_has_an_interval_still() -> None:
    whole = auroc_interval(1.0, 20, 10)
    assert (whole.value, whole.high) == (1, 1)
    assert 0.7 < whole.low < 0.95
    none = auroc_interval(0.0, 20, 10)
    assert none.low == 0
    assert none.high == pytest.approx(1 - whole.low)
    wide, narrow = auroc_interval(0.9, 10, 10), auroc_interval(0.9, 1000, 1000)
    assert wide.high - wide.low > 5 * (narrow.high - narrow.low)


def test_the_interval_holds_the_true_area_as_often_as_it_says() -> None:
    """Normal scores one deviation apart have an area of 0.7602; 400 draws of a fixed seed."""
    rng = np.random.default_rng(7)
    held = 0
    for _ in range(400):
        found = separation_of(rng.normal(0, 1, 30), rng.normal(1, 1, 20))
        assert found is not None
        held += found.auroc.low <= 0.76025 <= found.auroc.high
    assert held >= 400 * 0.93


def test_a_thinned_curve_keeps_its_ends() -> None:
    x, y = np.arange(1000.0), np.arange(1000.0) ** 2
    few, squares = thinned(x, y, 300)
    assert len(few) <= 300
    assert (few[0], few[-1]) == (0, 999)
    assert (squares == few**2).all()
    assert thinned(x[:5], y[:5], 300)[0].tolist() == [0, 1, 2, 3, 4]
