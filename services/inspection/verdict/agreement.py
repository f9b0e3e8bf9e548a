"""How verdicts agree with what people said."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from services.inspection.model import Counts
from services.inspection.verdict.intervals import Proportion, wilson


@dataclass(frozen=True, slots=True)
class Agreement:
    """Counts, and the shares that they give; a share of nothing is None."""

    counts: Counts
    precision: Proportion | None
    """Of defects among what was called anomalous."""
    recall: Proportion | None
    """Of what was called anomalous among defects."""
    false_alarm_rate: Proportion | None
    """Of what was called anomalous among normal images."""


def agreement_of(counts: Counts) -> Agreement:
    """Precision, recall and false-alarm rate with their 95 % intervals (Wilson 1927)."""
    right, alarms = counts.true_positives, counts.false_positives
    return Agreement(
        counts=counts,
        precision=wilson(right, right + alarms),
        recall=wilson(right, right + counts.false_negatives),
        false_alarm_rate=wilson(alarms, alarms + counts.true_negatives),
    )


def total(counts: Sequence[Counts]) -> Counts:
    """The sum of counts."""
    return Counts(
        true_positives=sum(one.true_positives for one in counts),
        false_positives=sum(one.false_positives for one in counts),
        true_negatives=sum(one.true_negatives for one in counts),
        false_negatives=sum(one.false_negatives for one in counts),
    )


def counts_of(judged: Iterable[tuple[bool, bool]]) -> Counts:
    """Counts of pairs: whether an image was called anomalous, and whether it is defective."""
    pairs = Counter(judged)
    return Counts(
        true_positives=pairs[True, True],
        false_positives=pairs[True, False],
        true_negatives=pairs[False, False],
        false_negatives=pairs[False, True],
    )


def auroc(normals: ArrayLike, defects: ArrayLike) -> float:
    """Probability that a defect scores above a normal image; ties count half.

    The area under the ROC curve, as the statistic of Mann and Whitney (1947).

    Args:
        normals: Scores of normal images, at least one, [n].
        defects: Scores of defects, at least one, [m].
    """
    from scipy import stats  # noqa: PLC0415 - 60 MiB that only comparisons need

    low, high = np.asarray(normals), np.asarray(defects)
    ranks = stats.rankdata(np.concatenate([low, high]))
    above = ranks[len(low) :].sum() - len(high) * (len(high) + 1) / 2
    return float(above / (len(low) * len(high)))


def mcnemar(only_a_right: int, only_b_right: int) -> float:
    """Probability of a difference as large if both were equally good.

    The exact two-sided test of McNemar (1947) on the images that only one of
    the two judged right; 1 if there is none.
    """
    from scipy import stats  # noqa: PLC0415 - 60 MiB that only comparisons need

    differing = only_a_right + only_b_right
    if not differing:
        return 1.0
    return float(stats.binomtest(only_a_right, differing, 0.5).pvalue)
