"""Whether a second bank pays, by what the references alone tell.

It sees references at one scale and with standard grey levels, which helps
where these differ in size or light, and costs a second pass of the network. It
sees small defects less well, so that it is also asked whether painted ones are
told from references as well as without it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from services.imaging.decode import ImageLimits, decode
from services.imaging.resize import enough_for
from services.inspection.learning.banks import TwoBanks
from services.inspection.learning.light import SIDE, light_of
from services.inspection.model import BankChoice, Banks, FloatArray, View

SHORT_SIDE = 130
"""Pixels that the second bank sees of the median reference's shorter side."""

LEAST_REFERENCES = 20
"""Fewer do not tell how they spread, by either bank."""

SIZE_VARIES = 0.1
"""Deviation of the logarithms of shorter sides from which sizes differ."""

LIGHT_VARIES = 0.2
"""Deviation of the logarithms of both mean and contrast from which light differs."""

CHANCE = 0.025
"""Probability by chance of as large a loss, below which a second bank is left out."""

Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Glance:
    """What one reference looks like, before its features are taken."""

    short_side: int
    """In pixels."""
    light: FloatArray
    """From `light_of`; its first two are the logarithms of mean and contrast."""

    @classmethod
    def at(cls, image: bytes, limits: ImageLimits) -> Self:
        """At an encoded image.

        Raises:
            InvalidInput: it breaks a limit or cannot be read.
        """
        decoded = decode(image, limits, short_side=enough_for(SIDE), grey_stays=True)
        return cls(min(decoded.width, decoded.height), light_of(decoded.image))


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be learnt."""

    view: View | None
    """How the second bank sees images; None without one."""
    explanation: str
    """Why, for a person to read."""
    on_trial: bool = False
    """Whether the second bank is left out if painted defects are told less well with it."""


def glances_wanted(banks: Banks, references: int) -> bool:
    """Whether references have to be looked at for a plan."""
    return banks is Banks.TWO or (banks is Banks.AUTO and references >= LEAST_REFERENCES)


def plan_of(banks: Banks, references: int, glances: Sequence[Glance]) -> Plan:
    """What is learnt of references of which some were looked at.

    Args:
        banks: What was asked for.
        references: How many there are.
        glances: Of some of them, evenly chosen; of none if `glances_wanted` says so.
    """
    if banks is Banks.ONE:
        return Plan(None, "One bank was asked for.")
    if banks is Banks.AUTO and references < LEAST_REFERENCES:
        return Plan(
            None,
            f"Fewer than {LEAST_REFERENCES} references do not tell whether a second bank pays.",
        )
    if not glances:
        return Plan(None, "No reference could be looked at.")
    view = View(scale=SHORT_SIDE / median(one.short_side for one in glances))
    if banks is Banks.TWO:
        return Plan(view, "Two banks were asked for.")
    size = float(np.std(np.log([one.short_side for one in glances])))
    light = float(np.std([one.light[:2] for one in glances], axis=0).min())
    spread = f"size ({size:.0%}) and light ({light:.0%})"
    if size < SIZE_VARIES and light < LIGHT_VARIES:
        return Plan(None, f"The references differ too little in {spread} for a second bank to pay.")
    return Plan(view, f"The references differ in {spread}", on_trial=True)


def tried(plan: Plan, two: TwoBanks) -> BankChoice:
    """Whether the second bank stays, once both have learnt.

    Args:
        plan: One with a view.
        two: What was learnt.
    """
    marks, scale = two.first.marks, two.view.scale
    if not marks:
        untold = " (no defects could be painted)." if plan.on_trial else ""
        return BankChoice(2, plan.explanation + untold, scale)
    trial = Trial.of(
        np.array([mark.score for mark in marks]),
        np.array([mark.score for mark in two.marks]),
        two.first.held_out_scores,
        two.held_out_scores,
    )
    if not plan.on_trial:
        return BankChoice(2, plan.explanation, scale, trial.one, trial.two)
    areas = f"AUROC {trial.two:.3f}, {trial.one:.3f} with one bank"
    if trial.loses:
        ending = f", but with two banks painted defects are told less well ({areas})."
        return BankChoice(1, plan.explanation + ending, 0.0, trial.one, trial.two)
    ending = f", and with two banks painted defects are told as well ({areas})."
    return BankChoice(2, plan.explanation + ending, scale, trial.one, trial.two)


@dataclass(frozen=True, slots=True)
class Trial:
    """How painted defects are told from references, with and without a second bank."""

    one: float
    """Area under the ROC curve with the first bank."""
    two: float
    """With both."""
    error: float
    """Standard error of the difference (DeLong et al. 1988)."""

    @property
    def loses(self) -> bool:
        """Whether the second bank makes it worse by more than chance."""
        return self.two - self.one < float(ndtri(CHANCE)) * self.error

    @classmethod
    def of(cls, one: Scores, two: Scores, held_out_one: Scores, held_out_two: Scores) -> "Trial":
        """Of painted defects' scores, [m] each, and references', [n] each."""
        of_marks, of_references = zip(
            _placements(one, held_out_one), _placements(two, held_out_two), strict=True
        )
        error = sum(
            float(np.var(after - before)) / len(before)
            for before, after in (of_marks, of_references)
        )
        return cls(float(of_marks[0].mean()), float(of_marks[1].mean()), float(np.sqrt(error)))


def _placements(marks: Scores, references: Scores) -> tuple[Scores, Scores]:
    """Share of references below each mark, and of marks above each reference; ties are halves."""
    above = (marks[:, None] > references) + (marks[:, None] == references) / 2
    return above.mean(1), above.mean(0)
