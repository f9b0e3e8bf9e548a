"""What another threshold would change."""

from dataclasses import replace

import pytest

from services.inspection.model import Counts, RecentScore
from services.inspection.verdict.flips import as_called, flips_of
from services.inspection.verdict.thresholds import set_at


def called(score: float, *, defective: bool | None = None, strange: bool = False) -> RecentScore:
    """An inspection against a threshold of 2."""
    return RecentScore(score, score > 2 or strange, strange, defective)


RECENT = [
    called(1.0, defective=False),
    called(1.5, defective=True),
    called(1.8),
    called(2.5, defective=False),
    called(3.0, defective=True),
    called(0.1, strange=True),
]


@pytest.mark.parametrize(
    ("value", "anomalous", "more", "fewer", "counts"),
    [
        (2.0, 3, 0, 0, Counts(1, 1, 1, 1)),
        (1.2, 5, 2, 0, Counts(2, 1, 1, 0)),
        (2.7, 2, 0, 1, Counts(1, 0, 2, 1)),
        (9.0, 1, 0, 2, Counts(0, 0, 2, 2)),
        (0.0, 6, 3, 0, Counts(2, 2, 0, 0)),
    ],
)
def test_verdicts_flip(value: float, anomalous: int, more: int, fewer: int, counts: Counts) -> None:
    flips = flips_of(RECENT, set_at([1.0, 2.0], value))
    assert (flips.anomalous, flips.become_anomalous, flips.become_normal) == (
        anomalous,
        more,
        fewer,
    )
    assert flips.counts == counts
    assert as_called(RECENT) == Counts(1, 1, 1, 1)


def test_of_nothing_nothing_flips() -> None:
    threshold = replace(set_at([1.0], 1.0), target=0.5)
    flips = flips_of([], threshold)
    assert (flips.anomalous, flips.counts, flips.threshold) == (0, Counts(), threshold)
