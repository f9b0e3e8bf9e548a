import pytest

from bench.embedder.stats import percentile, ratios, spread


def test_a_spread_has_a_median_and_ends() -> None:
    measured = spread([3.0, 1.0, 2.0, 10.0])

    assert (measured.low, measured.median, measured.high) == (1.0, 2.5, 10.0)


def test_ratios_are_of_pairs_and_not_of_medians() -> None:
    # The machine became ten times as fast after the second pair.
    assert ratios([1.0, 1.0, 20.0], [2.0, 2.0, 20.0]).median == 0.5


def test_pairs_must_be_whole() -> None:
    with pytest.raises(ValueError, match="longer"):
        ratios([1.0], [1.0, 2.0])


@pytest.mark.parametrize(("percent", "expected"), [(50, 50), (99, 99), (99.5, 100), (0, 1)])
def test_percentiles_are_values_that_were_measured(percent: float, expected: int) -> None:
    assert percentile(range(1, 101), percent) == expected


def test_nothing_measured_is_an_error() -> None:
    with pytest.raises(ValueError, match="nothing"):
        spread([])
    with pytest.raises(ValueError, match="nothing"):
        percentile([], 50)
