"""Thresholds where several held-out images show the same part."""

import numpy as np
import pytest

from services.inspection.verdict.thresholds import (
    PValues,
    Tail,
    estimate,
    in_order,
    set_at,
    weights_of,
)

PARTS = [0] * 5 + [1] * 2 + [2] + [3] * 3 + list(range(4, 40))


def scores(seed: int) -> list[float]:
    rng = np.random.default_rng(seed)
    of_part = rng.lognormal(1, 0.5, max(PARTS) + 1)
    return [float(of_part[part] * rng.lognormal(0, 0.1)) for part in PARTS]


def test_every_part_weighs_the_same() -> None:
    weights = weights_of(len(PARTS), PARTS)
    assert weights.sum() == pytest.approx(40)
    assert weights[:5].sum() == pytest.approx(1)
    assert weights_of(3, ()).tolist() == [1, 1, 1]


@pytest.mark.parametrize("target", [0.001, 0.03, 0.05, 0.11, 0.3, 0.5])
@pytest.mark.parametrize("seed", range(3))
def test_parts_of_one_image_each_are_as_without_parts(seed: int, target: float) -> None:
    held_out = scores(seed)[11:]
    own = estimate(held_out, target, range(7, 7 + len(held_out)))
    plain = estimate(held_out, target)
    assert (own.value, own.low, own.high) == (plain.value, plain.low, plain.high)
    assert (own.part_count, plain.part_count) == (len(held_out), 0)
    for value in (0.0, held_out[3], max(held_out) + 1):
        one, other = set_at(held_out, value, range(len(held_out))), set_at(held_out, value)
        assert (one.target, one.low, one.high) == (other.target, other.low, other.high)


def test_each_image_twice_tells_no_more_than_once() -> None:
    held_out = scores(0)[11:]
    parts = list(range(len(held_out)))
    for target in (0.01, 0.1, 0.3):
        once, twice = estimate(held_out, target), estimate(held_out * 2, target, parts * 2)
        assert twice.value == pytest.approx(once.value)
        assert (twice.low, twice.high) == pytest.approx((once.low, once.high))
        assert twice.extrapolated is once.extrapolated
    once_tail, twice_tail = Tail.of(held_out), Tail.of(held_out * 2, parts=parts * 2)
    assert twice_tail.above(9) == pytest.approx(once_tail.above(9))


@pytest.mark.parametrize("target", [0.001, 0.05, 0.11, 0.3])
@pytest.mark.parametrize("seed", range(3))
def test_a_score_is_above_the_threshold_exactly_if_its_p_value_is_at_most_the_target(
    seed: int, target: float
) -> None:
    held_out, parts = in_order(scores(seed), PARTS)
    threshold = estimate(held_out, target, parts)
    p_values = PValues(held_out, threshold, parts)
    tried = np.concatenate([held_out, np.linspace(0, 2 * held_out[-1], 500), [threshold.value]])
    for score in tried:
        assert (score > threshold.value) == (p_values.of(float(score)) <= target), score
    falling = [p_values.of(float(score)) for score in np.sort(tried)]
    assert falling == sorted(falling, reverse=True)


def test_the_parts_go_with_their_scores() -> None:
    assert in_order([3.0, 1.0, 2.0], [7, 8, 9]) == ((1.0, 2.0, 3.0), (8, 9, 7))
    assert in_order([2.0, 1.0]) == ((1.0, 2.0), ())


@pytest.mark.parametrize("alike", [0.0, 0.7, 1.0], ids=["not alike", "alike", "the same"])
def test_the_interval_holds_for_new_parts(alike: float) -> None:
    """Of 400 calibrations; scores of one part are as alike as that."""
    random = np.random.default_rng(0)
    sizes = random.integers(1, 8, (400, 60))

    def drawn(parts: np.ndarray) -> np.ndarray:
        count = int(parts.max()) + 1
        shared, own = random.normal(size=count)[parts], random.normal(size=len(parts))
        return np.asarray(np.exp(np.sqrt(alike) * shared + np.sqrt(1 - alike) * own))

    held = missed_by_images = 0
    rates = []
    for some in sizes:
        parts = np.repeat(np.arange(len(some)), some)
        held_out = drawn(parts)
        threshold = estimate(held_out, 0.1, parts.tolist())
        # Logarithms are standard normal whatever is shared.
        fresh = drawn(np.arange(4000))
        rate = float((fresh > threshold.value).mean())
        rates.append(rate)
        held += threshold.low <= rate <= threshold.high
        plain = estimate(held_out, 0.1)
        rate = float((fresh > plain.value).mean())
        missed_by_images += not plain.low <= rate <= plain.high
    assert held / len(sizes) > 0.93
    assert np.mean(rates) <= 0.105
    if alike == 1.0:
        assert missed_by_images / len(sizes) > 0.2
