"""What a threshold finds of painted defects, in short."""

import pytest

from services.inspection.model import Sensitivity
from services.inspection.verdict.detection import SensitivitySummary, summary_of
from services.inspection.verdict.intervals import wilson

SIZES = (3, 8, 20, 40)


def rows(contrast: float, *found: int, painted: int = 10) -> list[Sensitivity]:
    return [
        Sensitivity(kind, size, contrast, painted, count)
        for kind in ("scratch", "spot")
        for size, count in zip(SIZES, found, strict=True)
    ]


def summary(*some: list[Sensitivity]) -> SensitivitySummary:
    found = summary_of([row for part in some for row in part])
    assert found is not None
    return found


def test_kinds_are_taken_together_by_size_with_intervals() -> None:
    found = summary(rows(2, 0, 0, 1, 2), rows(5, 0, 3, 7, 10))
    assert [one.size_px for one in found.sizes] == list(SIZES)
    assert [(one.all.found, one.all.painted) for one in found.sizes] == [
        (0, 40), (6, 40), (16, 40), (24, 40),
    ]  # fmt: skip
    assert [(one.clear.found, one.clear.painted) for one in found.sizes] == [
        (0, 20), (6, 20), (14, 20), (20, 20),
    ]  # fmt: skip
    assert found.sizes[1].all.share == wilson(6, 40)
    assert (found.all.found, found.all.painted) == (46, 160)


@pytest.mark.parametrize(
    ("clear", "faint", "useless"),
    [
        ((0, 0, 0, 0), (0, 0, 0, 0), True),
        ((0, 0, 0, 4), (0, 0, 0, 0), True),
        ((0, 0, 0, 5), (0, 0, 0, 0), False),
        ((4, 4, 4, 4), (0, 0, 0, 0), False),
        ((0, 0, 2, 4), (0, 0, 0, 1), True),
        ((0, 0, 3, 4), (0, 0, 0, 1), False),
    ],
)
def test_a_threshold_is_useless_if_even_the_largest_and_clearest_are_missed(
    clear: tuple[int, ...], faint: tuple[int, ...], *, useless: bool
) -> None:
    assert summary(rows(5, *clear), rows(2, *faint)).finds_almost_nothing is useless


def test_nothing_is_said_where_nothing_was_painted() -> None:
    assert summary_of([]) is None
