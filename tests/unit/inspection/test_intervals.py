from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from services.inspection.verdict.intervals import Proportion, clopper_pearson, wilson

Interval = Callable[[int, int], Proportion | None]
COUNTED = st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def coverage(interval: Interval, share: float, total: int) -> float:
    """How often the interval holds the share, over all that can be counted."""
    covered = 0.0
    for hits in range(total + 1):
        found = interval(hits, total)
        assert found is not None
        if found.low <= share <= found.high:
            covered += float(stats.binom.pmf(hits, total, share))
    return covered


@given(COUNTED)
def test_an_interval_holds_its_share(counted: tuple[int, int]) -> None:
    hits, total = counted
    for interval in (wilson, clopper_pearson):
        found = interval(hits, total)
        assert found is not None
        assert 0 <= found.low <= found.value == hits / total <= found.high <= 1
        assert found.low < found.high


@given(COUNTED)
def test_intervals_are_those_of_scipy(counted: tuple[int, int]) -> None:
    hits, total = counted
    result = stats.binomtest(hits, total)
    for interval, method in ((wilson, "wilson"), (clopper_pearson, "exact")):
        found = interval(hits, total)
        expected = result.proportion_ci(method=method)
        assert found is not None
        assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-9)


@pytest.mark.parametrize("total", [5, 20, 100])
def test_intervals_cover_as_often_as_they_say(total: int) -> None:
    shares = [step / 40 for step in range(1, 40)]
    assert min(coverage(clopper_pearson, share, total) for share in shares) >= 0.95
    scores = [coverage(wilson, share, total) for share in shares]
    assert 0.94 <= sum(scores) / len(scores) <= 0.965


def test_of_nothing_there_is_no_share() -> None:
    assert wilson(0, 0) is None
    assert clopper_pearson(0, 0) is None
