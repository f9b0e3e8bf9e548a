"""What another threshold would change of verdicts that were given."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.inspection.model import Counts, RecentScore, Threshold
from services.inspection.verdict.agreement import counts_of


@dataclass(frozen=True, slots=True)
class Flips:
    """What a threshold would make of inspections."""

    threshold: Threshold
    anomalous: int
    """Those that it would call anomalous."""
    become_anomalous: int
    """Those of them that were called normal."""
    become_normal: int
    """Those that were called anomalous and that it would call normal."""
    counts: Counts
    """How it would agree with what people said."""


def flips_of(recent: Sequence[RecentScore], threshold: Threshold) -> Flips:
    """What a threshold would make of inspections; what is off distribution stays anomalous."""
    now = [one.off_distribution or one.score > threshold.value for one in recent]
    pairs = list(zip(recent, now, strict=True))
    return Flips(
        threshold=threshold,
        anomalous=sum(now),
        become_anomalous=sum(called and not one.anomalous for one, called in pairs),
        become_normal=sum(one.anomalous and not called for one, called in pairs),
        counts=counts_of(
            (called, one.defective) for one, called in pairs if one.defective is not None
        ),
    )


def as_called(recent: Sequence[RecentScore]) -> Counts:
    """How the verdicts that were given agree with what people said."""
    return counts_of((one.anomalous, one.defective) for one in recent if one.defective is not None)
