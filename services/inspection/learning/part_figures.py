"""The threshold of a calibration, and what it promises of new parts and of known ones."""

from collections.abc import Sequence
from dataclasses import replace
from statistics import median

import numpy as np

from services.inspection.finding import Learnt
from services.inspection.model import MarkScore, PartFigure, PartFigures, Threshold
from services.inspection.verdict.thresholds import estimate, weights_of


def threshold_of(learnt: Learnt, target: float) -> Threshold:
    """The threshold for a target rate: for parts never seen, as far as there are any.

    If all images show one part, nothing tells of others: the threshold is then that of
    this part's pictures, and says so.
    """
    if len(set(learnt.parts)) == 1:
        return replace(estimate(learnt.held_out, target), part_count=1, parts_known=True)
    return estimate(learnt.held_out, target, learnt.parts)


def part_figures_of(learnt: Learnt, threshold: Threshold) -> PartFigures | None:
    """What to expect of new parts and of known ones; None if that is the same, or not known.

    Args:
        learnt: What was learnt.
        threshold: What `threshold_of` made of it.
    """
    known = learnt.known
    if known is None:
        return None
    theirs = replace(estimate(known.scores, threshold.target, known.parts), parts_known=True)
    return PartFigures(
        new=_figure(learnt.held_out, learnt.parts, learnt.marks, threshold, threshold),
        known=_figure(known.scores, known.parts, known.marks, theirs, threshold),
    )


def _figure(
    scores: Sequence[float],
    parts: Sequence[int],
    marks: Sequence[MarkScore],
    own: Threshold,
    new: Threshold,
) -> PartFigure:
    above = np.asarray(scores, np.float64) > new.value
    return PartFigure(
        threshold=own,
        median=float(median(scores)),
        false_alarm_rate=float(np.average(above, weights=weights_of(len(scores), parts))),
        painted=len(marks),
        found=sum(one.score > own.value for one in marks),
    )
