"""Whether a frame can be inspected at all: limits that references set, and one that none could.

A score looks for the worst place of an image, and a frame that shows nothing
has none. So light, contrast, detail, noise, size and shape of a frame are held
against those of the references, towards either side where either would hide
defects. More contrast and more detail are no reason: a defect has them, and
the score sees it.

References set the limits: what is dark, even or blurred in a set is inspected
like anything else there. Only a frame whose pixels are all alike is blank
whatever the references are, unless most of them are blank as well.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from services.imaging.frame_stats import FrameStats
from services.inspection.model import (
    FrameChecks,
    FrameLimit,
    FrameProblem,
    FrameReason,
    WholeFrame,
)
from services.inspection.verdict.strangeness import CHANCE

BLANK_EXTENT = 2.0
"""Grey levels between the darkest and the brightest pixel of what is blank, at most."""

PRIOR_WEIGHT = 4
"""References that what is expected before any were seen weighs as much as."""

STRAY = 10.0
"""Deviations that a reference is away from the median if it is a stray, at least."""

STRAY_SHARE = 50
"""One stray in so many references is not heeded, but always one. More of a kind are normal."""

LEAST_TO_STRAY = 10
"""Of fewer references none is a stray."""

FOLDS = 20
"""Parts that references are held out in, to see how many cannot be inspected."""

LEAST_P = 1e-12


@dataclass(frozen=True, slots=True)
class _Scale:
    """A scale on which references differ evenly: logarithms above an offset, or as it is."""

    offset: float | None = None
    """Added before logarithms are taken: below is noise. None for shares."""

    def on(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        return values if self.offset is None else np.log(values + self.offset)

    def back(self, place: float) -> float:
        return place if self.offset is None else exp(place) - self.offset


@dataclass(frozen=True, slots=True)
class _Check:
    """One side of what is measured."""

    reason: FrameReason
    column: int
    """Of the measures of frames."""
    side: int
    """-1: too little is wrong; 1: too much is."""
    scale: _Scale
    tolerance: float
    """As far from the median is fine in any case: the score sees to it."""
    spread: float
    """How references are expected to differ before any were seen."""
    least: float
    most: float
    """What can be measured at all."""


_LEVELS, _DETAIL, _SHARES, _RATIO = _Scale(8.0), _Scale(3.0), _Scale(), _Scale(0.0)
_SHORT_SIDE, _ASPECT = 7, 8
_EVER = 1e9

_CHECKS = (
    _Check(FrameReason.TOO_DARK, 1, -1, _LEVELS, 0.8, 0.12, 0, 255),
    _Check(FrameReason.TOO_BRIGHT, 1, 1, _LEVELS, 0.8, 0.12, 0, 255),
    _Check(FrameReason.BLACKED_OUT, 5, 1, _SHARES, 0.5, 0.02, 0, 1),
    _Check(FrameReason.BURNT_OUT, 6, 1, _SHARES, 0.5, 0.02, 0, 1),
    _Check(FrameReason.LOW_CONTRAST, 2, -1, _Scale(4.0), 1.0, 0.15, 0, 128),
    _Check(FrameReason.OUT_OF_FOCUS, 3, -1, _DETAIL, 0.8, 0.15, 0, _EVER),
    _Check(FrameReason.NOISY, 4, 1, _DETAIL, 1.2, 0.2, 0, _EVER),
    _Check(FrameReason.TOO_SMALL, _SHORT_SIDE, -1, _RATIO, 0.69, 0.1, 1, _EVER),
    _Check(FrameReason.OTHER_SHAPE, _ASPECT, -1, _RATIO, 0.56, 0.1, 0, _EVER),
    _Check(FrameReason.OTHER_SHAPE, _ASPECT, 1, _RATIO, 0.56, 0.1, 0, _EVER),
)
"""The main reason first: too little light also leaves little contrast and detail."""

_SHARE = CHANCE / len(_CHECKS)
"""Of normal frames that may be beyond one limit."""


def measures(frames: Sequence[WholeFrame]) -> NDArray[np.float32]:
    """What checks look at of frames, [n, 9]; 0 for a size that is not known."""
    rows = [
        [*one.stats.to_array(), min(one.width, one.height), one.width / max(one.height, 1)]
        for one in frames
    ]
    return np.array(rows, np.float32).reshape(len(rows), _ASPECT + 1)


def learn_checks(known: NDArray[Any], *, size: int = 0) -> FrameChecks | None:
    """Limits from references; None without any.

    Each is where a Student's t with the references' spread, and with what was
    expected before any were seen, leaves 1 in 10,000 beyond; the fewer there
    are, the farther out. So together they call at most 1 in 1,000 normal frames
    uninspectable. None is nearer than some tolerance, or than a reference.

    Args:
        known: From `measures`, [n, 9].
        size: Pixels of the shorter side that the model sees: a frame that has them is never too
            small. 0 if that is not known.
    """
    if not len(known):
        return None
    known = known.astype(np.float64)
    limits, stray = _limits(known, size)
    return FrameChecks(
        limits=limits,
        blank_is_normal=_mostly_blank(known),
        reference_count=len(known),
        outside_count=_held_out(known, size),
        stray_count=int(stray.sum()),
    )


def problems_of(
    frame: WholeFrame | None, checks: FrameChecks | None, target: float
) -> tuple[list[FrameProblem], float]:
    """Why a frame cannot be inspected, the main reason first, and the share of normal ones like it.

    That share is 1 if nothing is wrong; never 0.

    Args:
        frame: What it looks like; nothing is known to be wrong with None.
        checks: What references set; None for what is blank alone.
        target: Share of normal frames that may be called anything but normal.
    """
    if frame is None:
        return [], 1.0
    blank_is_normal = checks is not None and checks.blank_is_normal
    if is_blank(frame.stats) and not blank_is_normal:
        return [FrameProblem(FrameReason.BLANK, frame.stats.extent, BLANK_EXTENT)], LEAST_P
    found = measures([frame])[0].astype(np.float64)
    known = [
        (FrameProblem(one.reason, float(found[check.column]), one.limit, one.typical), p_value)
        for one in (checks.limits if checks else ())
        for check in _CHECKS
        if _is_of(one, check) and _is_beyond(one, check, found)
        if (p_value := _p_value(one, check, found)) <= min(CHANCE, target)
    ]
    return [problem for problem, _ in known], min((p_value for _, p_value in known), default=1.0)


def is_blank(stats: FrameStats) -> bool:
    """Whether all pixels are alike."""
    return stats.extent <= BLANK_EXTENT


def _limits(known: NDArray[np.float64], size: int) -> tuple[list[FrameLimit], NDArray[np.bool_]]:
    """Limits that can be broken, and which references are strays in one respect at least, [n]."""
    limits: list[FrameLimit] = []
    stray = np.zeros(len(known), np.bool_)
    for check in _CHECKS:
        values = known[:, check.column]
        if check.column in (_SHORT_SIDE, _ASPECT):
            values = values[values > 0]
            if not len(values):
                continue
        places = check.scale.on(values)
        far = _strays(places, check.tolerance)
        if len(far) == len(stray):
            stray |= far
        limit = _limit(check, places[~far])
        if check.reason is FrameReason.TOO_SMALL and 0 < size < limit.limit:
            limit = FrameLimit(limit.reason, size, limit.typical, limit.deviation, limit.freedom)
        if check.least < limit.limit < check.most:
            limits.append(limit)
    return limits, stray


def _limit(check: _Check, places: NDArray[np.float64]) -> FrameLimit:
    count, centre = len(places), float(np.median(places))
    freedom = PRIOR_WEIGHT + count - 1
    squares = PRIOR_WEIGHT * check.spread**2 + count * _deviation(places) ** 2
    deviation = float(np.sqrt(squares / freedom * (1 + 1 / count)))
    reach = max(check.tolerance, deviation * -float(special.stdtrit(freedom, _SHARE)))
    # A frame is fine that is hardly farther out than a reference.
    farthest = check.side * float((check.side * places).max())
    outermost = max(check.side * centre + reach, check.side * farthest + deviation)
    return FrameLimit(
        check.reason,
        check.scale.back(check.side * outermost),
        check.scale.back(centre),
        deviation,
        freedom,
    )


def _deviation(places: NDArray[np.float64]) -> float:
    """What references deviate by: the larger of what most of them and what all of them say."""
    return max(float(places.std()), _robust(places))


def _robust(places: NDArray[np.float64]) -> float:
    return 1.4826 * float(np.median(np.abs(places - np.median(places))))


def _strays(places: NDArray[np.float64], tolerance: float) -> NDArray[np.bool_]:
    """References that are so far from the others that they are there by mistake, [n].

    A blank frame among references must not make blank frames normal.
    """
    away = np.abs(places - np.median(places))
    far = np.asarray(away > max(STRAY * _robust(places), 2 * tolerance))
    few = len(places) >= LEAST_TO_STRAY and far.sum() <= max(1, len(places) // STRAY_SHARE)
    return far if few else np.zeros_like(far)


def _held_out(known: NDArray[np.float64], size: int) -> int:
    """How many references could not be inspected with limits that the others make."""
    count = len(known)
    if count == 1:
        return 0
    outside = 0
    fold_of = np.arange(count) % min(FOLDS, count)
    for fold in range(min(FOLDS, count)):
        limits, _ = _limits(known[fold_of != fold], size)
        held_out = known[fold_of == fold]
        outside += sum(
            any(
                _is_beyond(one, check, row)
                for one in limits
                for check in _CHECKS
                if _is_of(one, check)
            )
            for row in held_out
        )
    return outside


def _mostly_blank(known: NDArray[np.float64]) -> bool:
    return bool(np.median(known[:, 0]) <= BLANK_EXTENT)


def _is_of(limit: FrameLimit, check: _Check) -> bool:
    """Whether a limit is that of a check: one reason may have a lower and an upper one."""
    return limit.reason is check.reason and check.side * (limit.limit - limit.typical) > 0


def _is_beyond(limit: FrameLimit, check: _Check, found: NDArray[np.float64]) -> bool:
    value = float(found[check.column])
    if check.column in (_SHORT_SIDE, _ASPECT) and value <= 0:
        return False
    return check.side * (value - limit.limit) > 0


def _p_value(limit: FrameLimit, check: _Check, found: NDArray[np.float64]) -> float:
    """Share of normal frames that are beyond any limit as far as a frame is beyond this one."""
    value, centre = check.scale.on(np.array([found[check.column], limit.typical]))
    away = abs(float(value - centre)) / limit.deviation
    tail = len(_CHECKS) * float(special.stdtr(limit.freedom, -away))
    return min(max(tail, LEAST_P), CHANCE)
