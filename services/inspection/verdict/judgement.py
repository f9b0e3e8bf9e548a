"""What a score and a look at the whole come to."""

from dataclasses import dataclass

from services.inspection.model import Threshold
from services.inspection.verdict.strangeness import is_strange
from services.inspection.verdict.thresholds import PValues


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict."""

    score: float
    """As measured; what is off distribution may score low."""
    p_value: float
    """Share of normal images that score as high, or that are as strange if those are fewer and
    the image is off distribution."""
    anomalous: bool
    """Exactly if the p-value is at most the target."""
    off_distribution: bool
    """Another thing altogether, and so anomalous."""


def judged(score: float, strangeness: float, p_values: PValues, threshold: Threshold) -> Judgement:
    """The verdict on an image.

    Args:
        score: How far its worst places are from normal.
        strangeness: Share of normal images that are as unlike the references on the whole.
        p_values: Of scores.
        threshold: That scores are held against.
    """
    p_value = p_values.of(score)
    strange = is_strange(strangeness, threshold.target)
    return Judgement(
        score=score,
        p_value=min(p_value, strangeness) if strange else p_value,
        anomalous=strange or score > threshold.value,
        off_distribution=strange,
    )
