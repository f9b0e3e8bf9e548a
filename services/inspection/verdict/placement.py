"""Whether a frame shows the part where it can be aligned, by how well it fits."""

from collections.abc import Sequence
from math import atanh, sqrt, tanh

import numpy as np
from scipy import special

from services.inspection.model import Alignment, FrameLimit, FrameProblem, FrameReason
from services.inspection.verdict.strangeness import CHANCE

LEAST = 0.15
"""Confidence below which nothing is aligned: pictures of other things reach it."""

PRIOR_WEIGHT = 4
"""References that what is expected before any were seen weighs as much as."""

TYPICAL = 0.8
"""Confidence of references before any were seen."""

SPREAD = 0.25
"""How inverse hyperbolic tangents of confidences (Fisher's z) are expected to differ."""

TOLERANCE = 0.6
"""Share of the median that is enough in any case: defects fit less well, other things far less."""

_MOST = 0.999
_LEAST_P = 1e-12


def placement_limit(confidences: Sequence[float]) -> FrameLimit:
    """The least confidence of a frame that can be inspected.

    It is where a Student's t with the references' spread, and with what was
    expected before any were seen, leaves 1 in 1,000 below; not above 0.6 of the
    median, nor below 0.15.

    Args:
        confidences: Of references that were aligned to another one; the reference that all are
            aligned to fits itself and says nothing.
    """
    known = np.arctanh(np.clip(np.asarray(confidences, np.float64), -_MOST, _MOST))
    count = len(known)
    centre = float(np.median(known)) if count else atanh(TYPICAL)
    # A stray fits nothing, and must not let others in.
    spread = 1.4826 * float(np.median(np.abs(known - centre))) if count else 0.0
    freedom = PRIOR_WEIGHT + max(count - 1, 0)
    squares = PRIOR_WEIGHT * SPREAD**2 + count * spread**2
    deviation = sqrt(squares / freedom * (1 + 1 / max(count, 1)))
    reach = deviation * -float(special.stdtrit(freedom, CHANCE))
    limit = max(min(tanh(centre - reach), TOLERANCE * tanh(centre)), LEAST)
    return FrameLimit(FrameReason.MISPLACED, limit, tanh(centre), deviation, freedom)


def misplacement(
    alignment: Alignment | None, limit: FrameLimit | None
) -> tuple[FrameProblem, float] | None:
    """What is wrong with where a frame shows the part, and the share of normal ones like it.

    None if nothing is.
    """
    if alignment is None or limit is None or alignment.confidence >= limit.limit:
        return None
    found, centre = (atanh(min(max(one, -_MOST), _MOST))
                     for one in (alignment.confidence, limit.typical))  # fmt: skip
    tail = float(special.stdtr(limit.freedom, (found - centre) / limit.deviation))
    problem = FrameProblem(FrameReason.MISPLACED, alignment.confidence, limit.limit, limit.typical)
    return problem, min(max(tail, _LEAST_P), CHANCE)
