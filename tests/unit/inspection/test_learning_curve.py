from typing import Any

import numpy as np

from services.inspection.job import Advice, Wanted
from services.inspection.learning.head import Judged, References, train_head

DIMENSION = 24


def wanted(counts: dict[str, int], *, visible: float, seed: int = 0) -> dict[str, Wanted]:
    """What is wanted after training on so many of each kind, in the order that it is told."""
    random = np.random.default_rng(seed)
    kinds = [kind for kind, count in counts.items() for _ in range(count)]
    truth = np.array([kind != "normal" for kind in kinds])
    towards = {kind: random.normal(size=DIMENSION) / np.sqrt(DIMENSION) for kind in counts}

    def unit(rows: np.ndarray) -> Any:
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    usual = random.normal(size=DIMENSION)
    noise = random.normal(0, 0.3, (len(kinds), DIMENSION))
    looks = usual + noise + visible * np.array([towards[kind] for kind in kinds])
    report = train_head(
        Judged(
            scores=np.exp(random.normal(0, 0.3, len(kinds))),
            descriptors=unit(looks),
            defective=truth,
            kinds=[kind if bad else "" for kind, bad in zip(kinds, truth, strict=True)],
        ),
        References(
            np.exp(random.normal(0, 0.3, 20)),
            unit(usual + random.normal(0, 0.3, (20, DIMENSION)) + visible * towards["normal"]),
        ),
    )
    return {one.kind: one for one in report.wanted}


def test_a_kind_that_is_still_learnt_is_asked_for() -> None:
    found = wanted({"normal": 80, "crack": 20, "spot": 20}, visible=1.2, seed=1)
    assert set(found) == {"normal", "crack", "spot"}
    for one in found.values():
        assert 0 <= one.expected_error <= one.error <= 1
        assert (one.more == 0) == (one.advice is Advice.ENOUGH)
        if one.advice is Advice.MORE_HELPS:
            assert one.more == one.count
    assert found["spot"].advice is Advice.MORE_HELPS
    assert found["spot"].expected_error < found["spot"].error
    order = [list(Advice).index(one.advice) for one in found.values()]
    assert order == sorted(order), "what helps most comes first"


def test_of_few_nothing_is_said_but_how_many_are_missing() -> None:
    found = wanted({"normal": 30, "crack": 20, "scratch": 3}, visible=0.9)
    scratch = found["scratch"]
    assert (scratch.advice, scratch.count, scratch.more) == (Advice.TOO_EARLY, 3, 5)
    assert scratch.expected_error == scratch.error


def test_what_is_ranked_without_a_mistake_is_enough() -> None:
    found = wanted({"normal": 40, "crack": 40}, visible=12.0)
    assert {one.advice for one in found.values()} == {Advice.ENOUGH}
    assert {one.more for one in found.values()} == {0}
