import numpy as np
import pytest

from bench.inspection.bootstrap import area
from bench.inspection.false_alarms import TARGETS, FalseAlarms, false_alarms


def test_alarms_and_misses_are_counted_at_the_threshold() -> None:
    held_out = np.arange(1.0, 201.0)
    found = false_alarms(held_out, np.array([1.0, 150, 199, 250]), np.array([10.0, 300]), 0.05)
    assert (found.alarms, found.normals, found.held_out) == (2, 4, 200)
    assert found.miss_rate == 0.5


def test_an_exact_interval_holds_as_many_as_expected() -> None:
    rng = np.random.default_rng(0)
    rounds = [
        [false_alarms(rng.random(200), rng.random(120), np.ones(1), target) for target in TARGETS]
        for _ in range(300)
    ]
    for of_target in zip(*rounds, strict=True):
        inside = np.mean([one.inside for one in of_target])
        assert inside == pytest.approx(of_target[0].inside_expected, abs=0.08)
        assert np.mean([one.compatible for one in of_target]) >= 0.93


def test_far_too_many_alarms_are_not_compatible() -> None:
    found = FalseAlarms(0.05, 200, low=0.024, high=0.084, alarms=30, normals=120, miss_rate=0)
    assert not found.inside
    assert not found.compatible
    assert found.measured.low > found.high


def test_the_bootstrap_interval_holds_the_area() -> None:
    rng = np.random.default_rng(0)
    found = area(rng.normal(0, 1, 120), rng.normal(1.5, 1, 60))
    assert found.low < found.value < found.high
    assert found.high - found.low < 0.2
