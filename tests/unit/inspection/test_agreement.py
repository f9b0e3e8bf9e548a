import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from services.inspection.model import Counts
from services.inspection.verdict.agreement import agreement_of, auroc, mcnemar, total

SCORES = st.lists(st.integers(0, 12).map(float), min_size=1, max_size=40)


@given(SCORES, SCORES)
def test_auroc_counts_pairs_and_ties_half(normals: list[float], defects: list[float]) -> None:
    truth = [0] * len(normals) + [1] * len(defects)
    expected = roc_auc_score(truth, normals + defects)
    assert auroc(normals, defects) == pytest.approx(expected)
    assert auroc(normals, defects) + auroc(defects, normals) == pytest.approx(1)


def test_auroc_of_the_clear_cases() -> None:
    assert auroc([1.0, 2.0], [3.0]) == 1
    assert auroc([3.0], [1.0, 2.0]) == 0
    assert auroc(np.ones(7), np.ones(3)) == 0.5


def test_shares_are_of_what_they_say() -> None:
    agreement = agreement_of(Counts(8, 2, 85, 5))
    assert agreement.precision is not None
    assert agreement.recall is not None
    assert agreement.false_alarm_rate is not None
    assert agreement.precision.value == 8 / 10
    assert agreement.recall.value == 8 / 13
    assert agreement.false_alarm_rate.value == 2 / 87
    assert agreement.precision.low == pytest.approx(0.490, abs=0.001)
    assert agreement.precision.high == pytest.approx(0.943, abs=0.001)


def test_shares_of_nothing_are_absent() -> None:
    nothing = agreement_of(Counts())
    assert (nothing.precision, nothing.recall, nothing.false_alarm_rate) == (None, None, None)
    only_normals = agreement_of(Counts(true_negatives=5))
    assert only_normals.precision is None
    assert only_normals.recall is None
    assert only_normals.false_alarm_rate is not None


def test_counts_add_up() -> None:
    assert total([Counts(1, 2, 3, 4), Counts(10, 20, 30, 40)]) == Counts(11, 22, 33, 44)
    assert total([]) == Counts()


@pytest.mark.parametrize(
    ("only_a", "only_b", "p_value"),
    [(0, 0, 1.0), (1, 0, 1.0), (5, 5, 1.0), (6, 0, 2 / 64), (0, 6, 2 / 64), (8, 1, 20 / 512)],
)
def test_mcnemar_is_exact(only_a: int, only_b: int, p_value: float) -> None:
    assert mcnemar(only_a, only_b) == pytest.approx(p_value)
