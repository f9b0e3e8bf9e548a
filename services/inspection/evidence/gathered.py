"""What is known of a version when a report of it is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from services.inspection.model import Drift, LabelledImage, MarkScore, Threshold, Version
from services.inspection.reference_set import ReferenceSet
from services.inspection.verdict.agreement import counts_of
from services.inspection.verdict.curves import Separation, separation_of

Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Judged:
    """Images that people judged and that the version scored and did not learn from.

    Verdicts are those of the version's threshold as it is now, also of images that were
    inspected with another one: the scores are the same.

    Args:
        threshold: The version's.
        images: Each once, with its last inspection.
    """

    threshold: Threshold
    images: Sequence[LabelledImage] = field(repr=False)

    def anomalous(self, one: LabelledImage) -> bool:
        """What an image comes to."""
        return one.inspection.off_distribution or one.inspection.score > self.threshold.value

    @property
    def defects(self) -> list[LabelledImage]:
        """Those that people called defective."""
        return [one for one in self.images if one.defective]

    @property
    def normals(self) -> list[LabelledImage]:
        """Those that people called normal."""
        return [one for one in self.images if not one.defective]

    @property
    def separation(self) -> Separation | None:
        """How scores tell them apart; what is off distribution is above every threshold."""
        return separation_of(_ranked(self.normals), _ranked(self.defects))

    @property
    def misses(self) -> list[LabelledImage]:
        """Defects that are called normal, the lowest scores first."""
        missed = [one for one in self.defects if not self.anomalous(one)]
        return sorted(missed, key=lambda one: (one.inspection.score, one.image_id))

    @property
    def false_alarms(self) -> list[LabelledImage]:
        """Normal images that are called anomalous, the highest scores first."""
        alarms = [one for one in self.normals if self.anomalous(one)]
        return sorted(alarms, key=lambda one: (-one.inspection.score, one.image_id))

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """Defects found and missed, false alarms, normal images passed."""
        found = counts_of((self.anomalous(one), one.defective) for one in self.images)
        return (
            found.true_positives,
            found.false_negatives,
            found.false_positives,
            found.true_negatives,
        )


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a report is written of."""

    reference_set: ReferenceSet
    made_at: datetime
    asked_by: str
    """Id of the user whose view it is."""
    judged_at_all: int
    """Images of the set that people judged, whatever scored them."""
    version: Version | None = None
    """None if the set was never calibrated; then nothing more is known."""
    judged: Judged | None = None
    learnt_from: int = 0
    """Judged images that are left out because the version learnt from them."""
    inspected: int = 0
    anomalous: int = 0
    marks: Sequence[MarkScore] = field(default=(), repr=False)
    drift: Drift | None = None
    """None unless the owner asks."""
    pictures: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    """JPEGs by image id, of the caller's own images."""

    @property
    def owned(self) -> bool:
        """Whether all inspections are counted, in place of the caller's own."""
        return self.reference_set.user_id == self.asked_by


def _ranked(images: Sequence[LabelledImage]) -> Scores:
    return np.array(
        [np.inf if one.inspection.off_distribution else one.inspection.score for one in images],
        np.float64,
    )
