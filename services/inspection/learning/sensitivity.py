"""Which share of painted defects a threshold finds."""

from collections import defaultdict
from collections.abc import Sequence
from statistics import median

from services.inspection.model import MarkScore, Sensitivity


def sensitivity_of(scores: Sequence[MarkScore], threshold: float) -> list[Sensitivity]:
    """A row for each kind, size and contrast, clear ones first and small ones first.

    Args:
        scores: Of defects painted into references, by what did not learn from these.
        threshold: Above which an image is anomalous.
    """
    if not scores:
        return []
    # References may be of several sizes; a size is told for the middle one.
    short_px = median(one.mark.size_px / one.mark.size for one in scores)
    alike: dict[tuple[float, str, float], list[MarkScore]] = defaultdict(list)
    for one in scores:
        alike[-one.mark.contrast, one.mark.kind, one.mark.size].append(one)
    return [
        Sensitivity(
            kind=kind,
            size_px=max(1, round(size * short_px)),
            contrast=-contrast,
            painted=len(some),
            found=sum(one.score > threshold for one in some),
        )
        for (contrast, kind, size), some in sorted(alike.items())
    ]
