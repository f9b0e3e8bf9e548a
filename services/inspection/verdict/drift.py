"""Whether scores are still those of the calibration.

Statistics look at them often, and at overlapping windows of recent
inspections, some of which are of defects that nobody judged yet. A warning
that cries wolf is switched off, so three things must come together:

- It is not chance: a probability below 1 in 10,000. At the usual 1 in 20 a line
  whose window of 200 is renewed several times a day would be warned every week.
- Defects do not explain it. They only raise scores: up to a fifth of the recent
  ones are forgiven by leaving out the highest fifth before it is asked whether
  scores rose. When it is asked whether they fell, all are counted.
- It matters: the distributions differ by 0.3 at some score, and their medians
  by 5 % upwards or 25 % downwards. Downwards more is normal: held-out images
  were scored by a part of the references, later ones by all.

Scores of frames that could not be inspected say little, and are left out. That
one in ten of the recent ones is such a frame is a warning of its own: of normal
ones it is one in 1,000.
"""

from collections.abc import Sequence
from math import exp, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import kolmogorov

from services.inspection.model import Drift

LEAST_RECENT = 20
CHANCE = 1e-4
FORGIVEN = 0.2
LEAST_DISTANCE = 0.3
RISE = 1.05
FALL = 0.75
UNINSPECTABLE_SHARE = 0.1
LEAST_UNINSPECTABLE = 3

NOTHING = 1e-9

Scores = NDArray[np.float64]
"""Ascending."""


def drift_of(
    set_id: str,
    version: int,
    recent: Sequence[float],
    held_out: Sequence[float],
    *,
    uninspectable: int = 0,
) -> Drift:
    """How recent scores compare with those of held-out normal images.

    Args:
        set_id: Of the set.
        version: Of the version that gave the scores.
        recent: Scores of the newest inspections, in any order.
        held_out: Scores of normal images that the version did not learn from.
        uninspectable: Newest inspections besides whose frame could not be inspected.

    Returns:
        Median ratio, distance and probability (two-sample test of Kolmogorov
        and Smirnov) of all that was given; the warning as this module says.
    """
    count = len(recent) + uninspectable
    blind = count >= LEAST_RECENT and uninspectable >= max(
        LEAST_UNINSPECTABLE, UNINSPECTABLE_SHARE * count
    )
    if not recent or not held_out:
        return Drift(set_id, version, count, 1.0, 0.0, 1.0, warning=blind)
    new, old = np.sort(recent), np.sort(held_out)
    distance = float(np.abs(_differences(new, old)).max())
    return Drift(
        set_id=set_id,
        version=version,
        recent_count=count,
        median_ratio=_median_ratio(new, old),
        distance=distance,
        p_value=float(kolmogorov(_scaled(distance, new, old))),
        warning=blind or (len(new) >= LEAST_RECENT and (_rose(new, old) or _fell(new, old))),
    )


def _rose(new: Scores, old: Scores) -> bool:
    lower = new[: len(new) - int(FORGIVEN * len(new))]
    distance = float(_differences(lower, old).max())
    return _certain(distance, lower, old) and _median_ratio(lower, old) >= RISE


def _fell(new: Scores, old: Scores) -> bool:
    distance = float(-_differences(new, old).min())
    return _certain(distance, new, old) and _median_ratio(new, old) <= FALL


def _certain(distance: float, new: Scores, old: Scores) -> bool:
    """Whether a distance in one direction matters and is not chance."""
    chance = exp(-2 * _scaled(distance, new, old) ** 2)
    return distance >= LEAST_DISTANCE and chance < CHANCE / 2


def _differences(new: Scores, old: Scores) -> Scores:
    """At each score that occurs, the share of old ones up to it less that of new ones."""
    at = np.concatenate([new, old])
    old_shares = np.searchsorted(old, at, side="right") / len(old)
    new_shares = np.searchsorted(new, at, side="right") / len(new)
    return np.asarray(old_shares - new_shares)


def _scaled(distance: float, new: Scores, old: Scores) -> float:
    """A distance in the unit of its limit distribution, corrected for few (Stephens 1970)."""
    root = sqrt(len(new) * len(old) / (len(new) + len(old)))
    return (root + 0.12 + 0.11 / root) * distance


def _median_ratio(new: Scores, old: Scores) -> float:
    above, below = float(np.median(new)), float(np.median(old))
    if above == below:
        return 1.0
    return above / max(below, NOTHING)
