import numpy as np
import pytest

from services.inspection.verdict.agreement import auroc
from services.inspection.verdict.gain import gain_of


def scores(seed: int, shift: float) -> tuple[np.ndarray, np.ndarray]:
    """Scores of 30 normal images and 30 defects, and whether they are defects."""
    truth = np.arange(60) % 2 == 1
    return np.random.default_rng(seed).normal(size=60) + shift * truth, truth


def test_a_gain_is_the_difference_of_areas_within_its_interval() -> None:
    before, truth = scores(0, 0.5)
    after, _ = scores(1, 2.5)
    gain = gain_of(before, after, truth, np.arange(60))
    expected = auroc(after[~truth], after[truth]) - auroc(before[~truth], before[truth])
    assert gain.value == pytest.approx(expected)
    assert 0 < gain.low < gain.value < gain.high
    assert gain.p_value < 0.025


def test_an_interval_lies_above_nothing_exactly_if_chance_is_improbable() -> None:
    for seed in range(20):
        before, truth = scores(seed, 0.5)
        after, _ = scores(seed + 100, 1.0)
        gain = gain_of(before, after, truth, np.arange(60))
        assert (gain.low > 0) == (gain.p_value < 0.025)


def test_pictures_of_one_part_count_for_less_than_as_many_parts() -> None:
    before, truth = scores(0, 0.5)
    after, _ = scores(1, 1.5)
    three = (np.tile(before, 3), np.tile(after, 3))
    truths = np.tile(truth, 3)
    parts = np.tile(np.arange(60), 3)
    as_parts = gain_of(before, after, truth, np.arange(60))
    as_pictures = gain_of(*three, truths, np.arange(180))
    grouped = gain_of(*three, truths, parts)
    assert grouped.value == pytest.approx(as_parts.value)
    assert grouped.low == pytest.approx(as_parts.low)
    assert as_pictures.low > grouped.low


def test_one_part_shows_nothing() -> None:
    before, truth = scores(0, 0.0)
    after, _ = scores(1, 3.0)
    gain = gain_of(before, after, truth, np.where(truth, 0, np.arange(60)))
    assert (gain.low, gain.high, gain.p_value) == (-1, 1, 1)


def test_equal_scores_gain_nothing_for_sure() -> None:
    before, truth = scores(0, 1.0)
    gain = gain_of(before, before, truth, np.arange(60))
    assert (gain.value, gain.low, gain.high, gain.p_value) == (0, 0, 0, 1)
