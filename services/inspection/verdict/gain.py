"""What one score ranks better than another, and how sure that is."""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

Scores = NDArray[np.float64]

SURE = 0.95


@dataclass(frozen=True, slots=True)
class Gain:
    """How much more area under the ROC curve one score has than another on the same images."""

    value: float
    low: float
    """Lower end of the 95 % interval."""
    high: float
    """Upper end of the 95 % interval."""
    p_value: float
    """Probability of such a gain if there were none, one-sided; below 0.025 where `low` > 0."""


def gain_of(
    before: Scores, after: Scores, truth: NDArray[np.bool_], groups: NDArray[np.int64]
) -> Gain:
    """The gain of `after` on `before`.

    DeLong et al. (1988) for two areas on the same images, with Obuchowski's (1997) variance for
    images in groups that are alike, and Student's distribution because there may be few.

    Args:
        before: Scores, [images].
        after: Others of the same images, [images].
        truth: Whether they are defects, some and not all, [images].
        groups: Equal numbers are images of one part, [images].
    """
    gains = placements(after[~truth], after[truth]) - placements(before[~truth], before[truth])
    gain = float(gains.mean())
    normals, defects = gains.shape
    numbers, place = np.unique(groups, return_inverse=True)
    count = len(numbers)
    of_defects = np.bincount(place[truth], gains.mean(axis=0) - gain, count)
    of_normals = np.bincount(place[~truth], gains.mean(axis=1) - gain, count)
    parts = [len(np.unique(place[one])) for one in (truth, ~truth)]
    freedom = min(parts) - 1
    if freedom < 1:
        return Gain(gain, -1.0, 1.0, 1.0)
    variance = (
        parts[0] / (parts[0] - 1) * float(of_defects @ of_defects) / defects**2
        + parts[1] / (parts[1] - 1) * float(of_normals @ of_normals) / normals**2
        + 2 * count / (count - 1) * float(of_defects @ of_normals) / (defects * normals)
    )
    if variance <= 0:
        return Gain(gain, gain, gain, 0.0 if gain > 0 else 1.0)
    deviation = sqrt(variance)
    reach = float(stdtrit(freedom, (1 + SURE) / 2)) * deviation
    return Gain(gain, gain - reach, gain + reach, float(stdtr(freedom, -gain / deviation)))


def placements(normals: Scores, defects: Scores) -> Scores:
    """Whether a defect scores above a normal image, half if alike, [normals, defects]."""
    differences = defects[None, :] - normals[:, None]
    return (np.sign(differences) + 1) / 2
