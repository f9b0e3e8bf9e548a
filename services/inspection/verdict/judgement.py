"""What a score and a look at the whole come to."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.inspection.model import FrameProblem, FrameReason, Threshold
from services.inspection.verdict.strangeness import CHANCE, is_strange
from services.inspection.verdict.thresholds import PValues


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict."""

    score: float
    """As measured; what is uninspectable may score low."""
    p_value: float
    """Share of normal images that score as high, or that are as strange or as far beyond a limit
    of frames if those are fewer and the image is uninspectable."""
    anomalous: bool
    """An alarm: exactly if the p-value is at most the target."""
    off_distribution: bool
    """Uninspectable, and so an alarm: its frame is beyond a limit, or it shows another thing."""
    problems: Sequence[FrameProblem] = ()
    """Why it is uninspectable, the main reason first."""


def judged(
    score: float,
    strangeness: float,
    p_values: PValues,
    threshold: Threshold,
    *,
    frame: tuple[Sequence[FrameProblem], float] = ((), 1.0),
) -> Judgement:
    """The verdict on an image.

    Args:
        score: How far its worst places are from normal.
        strangeness: Share of normal images that are as unlike the references on the whole.
        p_values: Of scores.
        threshold: That scores are held against.
        frame: What is wrong with the frame, and the share of normal ones like it (`problems_of`).
    """
    p_value = p_values.of(score)
    problems, share = frame
    if is_strange(strangeness, threshold.target):
        share = min(share, strangeness)
        # A dark frame is also another thing to look at; that it is dark says more.
        problems = problems or [
            FrameProblem(FrameReason.FOREIGN, strangeness, min(CHANCE, threshold.target))
        ]
    return Judgement(
        score=score,
        p_value=min(p_value, share) if problems else p_value,
        anomalous=bool(problems) or score > threshold.value,
        off_distribution=bool(problems),
        problems=problems,
    )
