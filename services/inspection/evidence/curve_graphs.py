"""ROC and precision-recall curves as graphs."""

from services.inspection.evidence.document import Cross, Curves, Graphs, Line, Tone
from services.inspection.verdict.curves import Numbers, Separation, thinned
from services.inspection.verdict.intervals import Proportion

MOST_POINTS = 300


def separation_graphs(
    separation: Separation,
    tone: Tone,
    of: str,
    *,
    recall: Proportion | None,
    false_alarms: Proportion | None,
    precision: Proportion | None,
) -> Graphs:
    """Both curves of some defects, with where the present threshold is.

    Args:
        separation: Of their scores from those of normal images.
        tone: What they are about.
        of: Which defects.
        recall: Of the present threshold.
        false_alarms: Its false-alarm rate.
        precision: Its precision; None if nothing is called anomalous.
    """
    rates = thinned(separation.false_alarm_rate, separation.recall, MOST_POINTS)
    # Where nothing is called anomalous there is no precision.
    ranked = thinned(separation.recall[1:], separation.precision[1:], MOST_POINTS)
    roc = Curves(
        title=f"ROC, {of} defects",
        x_name="False-alarm rate",
        y_name="Recall",
        lines=[_line(f"area {separation.auroc.value:.3f}", rates, tone)],
        crosses=[Cross(false_alarms, recall, tone)] if false_alarms and recall else [],
        diagonal=True,
    )
    share = separation.average_precision
    precision_recall = Curves(
        title=f"Precision-recall, {of} defects",
        x_name="Recall",
        y_name="Precision",
        lines=[_line(f"average precision {share.value:.3f}", ranked, tone)],
        crosses=[Cross(recall, precision, tone)] if precision and recall else [],
    )
    return Graphs([roc, precision_recall])


def _line(name: str, points: tuple[Numbers, Numbers], tone: Tone) -> Line:
    x, y = points
    return Line(name, list(zip(x.tolist(), y.tolist(), strict=True)), tone)
