"""Whether stated intervals hold the true rate, where the true rate is known.

Calibrations are simulated: each draws held-out scores of both banks from one
population, smooth so that no two are equal, fuses them, sets a threshold and
states an interval. The true rate is that of a large draw from the population.
"""

from dataclasses import dataclass

import numpy as np

from bench.inspection.false_alarms import TARGETS
from services.inspection.learning.banks import OFFSET, Fusion, TwoBanks
from services.inspection.verdict.thresholds import estimate

SIMULATED = 200
TRUTH = 20_000
SMOOTH = 0.3
"""Deviation of what is added to logarithms of drawn scores, in their own deviations."""


@dataclass(frozen=True)
class Coverage:
    """At one target and number of references."""

    target: float
    references: int
    inside: int
    """Calibrations whose stated interval holds the true rate."""
    simulated: int
    mean_rate: float
    """True rates, mean."""


def measure_coverage(banks: TwoBanks) -> list[Coverage]:
    """Simulates calibrations of 50 and of 200 references."""
    logs = np.stack(
        [np.log(bank.held_out_scores + OFFSET) for bank in (banks.first, banks.second)], axis=1
    )
    spread = SMOOTH * np.cov(logs.T)
    rng = np.random.default_rng(0)

    def drawn(count: int) -> tuple[np.ndarray, np.ndarray]:
        picked = logs[rng.integers(0, len(logs), count)]
        smooth = picked + rng.multivariate_normal((0, 0), spread * SMOOTH, count)
        scores = np.maximum(np.exp(smooth) - OFFSET, 0)
        return scores[:, 0], scores[:, 1]

    truth = drawn(TRUTH)
    found = []
    for references in (50, len(logs)):
        rates: dict[float, list[float]] = {target: [] for target in TARGETS}
        inside = dict.fromkeys(TARGETS, 0)
        for _ in range(SIMULATED):
            held_out = drawn(references)
            fusion = Fusion.of(*held_out)
            scores, true = fusion(*held_out), fusion(*truth)
            for target in TARGETS:
                threshold = estimate(scores, target)
                rate = float((true > threshold.value).mean())
                rates[target].append(rate)
                inside[target] += threshold.low <= rate <= threshold.high
        found += [
            Coverage(target, references, inside[target], SIMULATED, float(np.mean(rates[target])))
            for target in TARGETS
        ]
    return found
