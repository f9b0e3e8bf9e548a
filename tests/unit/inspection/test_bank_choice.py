"""When a second bank is learnt, and when it stays."""

import numpy as np
import pytest

from services.inspection.learning.bank_choice import (
    LEAST_REFERENCES,
    Glance,
    Trial,
    glances_wanted,
    plan_of,
)
from services.inspection.model import Banks


def glances(*, sizes: float = 0.0, light: float = 0.0, count: int = 30) -> list[Glance]:
    """References whose logarithms of sizes and light deviate by so much."""
    steps = np.where(np.arange(count) % 2, 1.0, -1.0)
    return [
        Glance(
            round(1000 * np.exp(sizes * step)),
            np.array([4 + light * step, 3 + light * step], np.float32),
        )
        for step in steps
    ]


def test_one_scale_brings_the_median_reference_to_the_same_size() -> None:
    plan = plan_of(Banks.TWO, 3, [Glance(260, np.zeros(2, np.float32)) for _ in range(3)])
    assert plan.view is not None
    assert (plan.view.scale, plan.view.standard_levels) == (0.5, True)
    assert not plan.on_trial


@pytest.mark.parametrize(
    ("sizes", "light", "tried"),
    [(0.0, 0.0, False), (0.05, 0.1, False), (0.3, 0.0, True), (0.0, 0.3, True)],
)
def test_a_second_bank_is_tried_where_references_differ(
    sizes: float, light: float, tried: bool
) -> None:
    plan = plan_of(Banks.AUTO, 30, glances(sizes=sizes, light=light))
    assert (plan.view is not None) is plan.on_trial is tried
    assert "size" in plan.explanation


def test_few_references_and_whoever_wants_one_are_not_looked_at() -> None:
    few = LEAST_REFERENCES - 1
    assert not glances_wanted(Banks.AUTO, few)
    assert plan_of(Banks.AUTO, few, []).view is None
    assert not glances_wanted(Banks.ONE, 500)
    assert plan_of(Banks.ONE, 500, []).view is None
    assert glances_wanted(Banks.AUTO, LEAST_REFERENCES)
    assert glances_wanted(Banks.TWO, 1)
    assert plan_of(Banks.TWO, 2, []).view is None, "none of them could be read"


def test_a_second_bank_is_left_out_if_it_tells_painted_defects_less_well() -> None:
    rng = np.random.default_rng(1)
    references, marks = rng.normal(size=200), rng.normal(1, 1, 192)
    same = Trial.of(marks, marks, references, references)
    assert (same.one, same.error, same.loses) == (same.two, 0, False)
    noise = rng.normal(0, 0.1, 192)
    assert not Trial.of(marks, marks + noise, references, references).loses, "by chance"
    worse = Trial.of(marks, marks - 0.5, references, references)
    assert worse.two < worse.one
    assert worse.loses
    assert not Trial.of(marks - 0.5, marks, references, references).loses
