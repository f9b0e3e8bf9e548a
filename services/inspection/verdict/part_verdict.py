"""What the views of a part come to for the part, and how often that is a false alarm."""

from collections.abc import Iterable

from services.inspection.model import Verdict


def verdict_of_part(views: Iterable[Verdict | None]) -> Verdict:
    """The worst of the views' verdicts; None is of a view that was not inspected.

    A defect in one view is one of the part, whatever of it was not seen. A part that was not seen
    from all sides is not normal.
    """
    seen = set(views)
    if Verdict.ANOMALOUS in seen:
        return Verdict.ANOMALOUS
    if None in seen or Verdict.UNINSPECTABLE in seen or not seen:
        return Verdict.UNINSPECTABLE
    return Verdict.NORMAL


def false_alarm_rate_of_part(targets: Iterable[float]) -> float:
    """Share of normal parts that may be called anomalous, by the shares of normal views.

    A normal part is called anomalous if one of its views is. However these depend on each other,
    that is at most the sum of theirs (Boole's inequality).
    """
    return min(1.0, sum(targets))
