"""What more feedback of a kind would bring: two points of a head's learning curve.

Heads that learnt from half of a kind's images are held against heads that learnt
from all of them, on images that neither learnt from. Where the share of pairs
that are ranked wrongly falls as 1 / n, as many images again bring half of what
the second half brought.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from services.inspection.job import Advice, Wanted
from services.inspection.learning.head_fit import MIDDLING, Examples, fit_of
from services.inspection.verdict.gain import Gain, gain_of

NORMAL = "normal"

LEAST_OF_A_KIND = 8
"""Images of a kind below which nothing is said of its curve."""

MOST_KINDS = 6
"""Kinds whose curves are looked at, those with the most images."""

NEXT_TO_NOTHING = 0.005
"""Share of pairs; more feedback that promises less is not asked for."""

Scores = NDArray[np.float64]


@dataclass(slots=True)
class Curves:
    """Adds up, over folds, what heads say that learnt from half of a kind.

    Args:
        labelled: Judged images.
        kinds: Of each, `normal` or the kind of defect, [images].
    """

    labelled: Examples
    kinds: Sequence[str]
    halved: dict[str, Scores] = field(init=False)
    """Log scores with heads that learnt from half of a kind, by that."""
    whole: Scores = field(init=False)
    """Log scores with heads that learnt from all."""

    def __post_init__(self) -> None:
        counts = Counter(self.kinds)
        of_enough = [one for one, count in counts.most_common() if count >= LEAST_OF_A_KIND]
        self.whole = self.labelled.log_scores.copy()
        self.halved = {one: self.whole.copy() for one in of_enough[:MOST_KINDS]}

    def add(
        self,
        learnt: Examples,
        kinds: Sequence[str],
        held_out: NDArray[np.bool_],
        share: float,
        random: np.random.Generator,
    ) -> None:
        """Learns from some, and adds what the heads say of the judged images held out.

        Args:
            learnt: Judged images and references.
            kinds: Of each, `reference` for references, [learnt].
            held_out: Which of the judged images they say something of, [labelled].
            share: Of what it says that is added.
            random: Draws halves.
        """
        tested = self.labelled.at(held_out)
        if not len(tested.truth) or not self.halved:
            return
        self.whole[held_out] += share * fit_of(learnt, MIDDLING).corrections(tested)
        every = np.array(kinds)
        for kind, scores in self.halved.items():
            members = np.flatnonzero(every == kind)
            kept = np.ones(len(every), np.bool_)
            kept[random.permutation(members)[len(members) // 2 :]] = False
            scores[held_out] += share * fit_of(learnt.at(kept), MIDDLING).corrections(tested)

    def wanted(self, scores: Scores) -> list[Wanted]:
        """What more of each kind would bring, what would help most first.

        Args:
            scores: Of the judged images with the head, each by heads that did not learn from it.
        """
        found = [self._of(kind, count, scores) for kind, count in Counter(self.kinds).items()]
        order = list(Advice)
        return sorted(
            found,
            key=lambda one: (
                order.index(one.advice),
                one.expected_error - one.error,
                -one.error,
                one.kind,
            ),
        )

    def _of(self, kind: str, count: int, scores: Scores) -> Wanted:
        truth = self.labelled.truth
        concerned = np.ones(len(truth), np.bool_)
        if kind != NORMAL:
            concerned = ~truth | (np.array(self.kinds) == kind)

        def gain(before: Scores, after: Scores) -> Gain:
            return gain_of(
                before[concerned],
                after[concerned],
                truth[concerned],
                self.labelled.groups[concerned],
            )

        # Held against scores that rank nothing, a gain is the area less a half.
        error = 0.5 - gain(np.zeros_like(scores), scores).value
        if kind not in self.halved:
            more = max(1, LEAST_OF_A_KIND - count)
            return Wanted(kind, count, Advice.TOO_EARLY, more, error, error)
        curve = gain(self.halved[kind], self.whole)
        if curve.low > 0 and curve.value / 2 >= NEXT_TO_NOTHING:
            expected = max(0.0, error - curve.value / 2)
            return Wanted(kind, count, Advice.MORE_HELPS, count, error, expected)
        if min(curve.high / 2, error) < NEXT_TO_NOTHING:
            return Wanted(kind, count, Advice.ENOUGH, 0, error, error)
        return Wanted(kind, count, Advice.TOO_EARLY, count, error, error)
