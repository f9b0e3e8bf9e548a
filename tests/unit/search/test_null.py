"""Whether the distribution of unrelated queries' best scores is found, on simulated collections."""

import numpy as np
import pytest
from numpy.typing import NDArray

from services.search.meaning.null import LEAST_SCORES, Null, fit, growth

RATE = 0.05
QUERIES = 200
TRUE = Null(0.3, 0.06)


def drawn(rng: np.random.Generator, null: Null, count: int) -> NDArray[np.float64]:
    return rng.gumbel(null.location, null.scale, count)


def true_rates(related: float, *, seed: int) -> NDArray[np.float64]:
    """Of 60 collections in which a share of the queries is related: how often chance passes."""
    rng = np.random.default_rng(seed)
    rates = []
    for _ in range(60):
        matching = round(related * QUERIES)
        best = np.concatenate(
            [drawn(rng, TRUE, QUERIES - matching), rng.normal(0.65, 0.08, matching)]
        )
        null = fit(best)
        assert null is not None
        rates.append(TRUE.exceeded(null.score_at(RATE)))
    return np.array(rates)


def test_the_stated_rate_is_kept_on_average_and_nearly_in_each_collection() -> None:
    rates = true_rates(0.0, seed=1)
    assert 0.04 < rates.mean() < 0.07
    assert np.quantile(rates, 0.95) < 0.12


@pytest.mark.parametrize("related", [0.1, 0.2, 0.3])
def test_captions_that_match_do_not_raise_it_much(related: float) -> None:
    rates = true_rates(related, seed=2)
    assert 0.01 < rates.mean() < 0.07


def test_with_half_of_the_captions_matching_less_passes_and_never_more() -> None:
    rates = true_rates(0.5, seed=3)
    assert rates.max() < 0.06


def test_how_high_matches_score_is_nothing_to_it() -> None:
    rng = np.random.default_rng(4)
    best = drawn(rng, TRUE, QUERIES)
    highest = np.argsort(best)[-QUERIES // 4 :]
    cutoffs = []
    for score in (0.7, 0.99):
        best[highest] = score
        null = fit(best)
        assert null is not None
        cutoffs.append(null.score_at(RATE))
    assert cutoffs[0] == pytest.approx(cutoffs[1], abs=1e-9)


def test_a_collection_whose_scores_are_higher_has_a_cutoff_as_much_higher() -> None:
    best = drawn(np.random.default_rng(5), TRUE, QUERIES)
    one, other = fit(best), fit(2 * best + 0.1)
    assert one is not None
    assert other is not None
    assert other.score_at(RATE) == pytest.approx(2 * one.score_at(RATE) + 0.1, abs=1e-6)


def test_chance_falls_with_the_score_and_ends_at_0_and_1() -> None:
    chances = [TRUE.exceeded(score) for score in np.linspace(-1, 1, 201)]
    assert chances == sorted(chances, reverse=True)
    assert chances[0] == pytest.approx(1)
    assert 0 <= chances[-1] < 1e-4
    assert all(0 <= chance <= 1 for chance in chances)
    for chance in (0.5, RATE, 0.001):
        assert TRUE.exceeded(TRUE.score_at(chance)) == pytest.approx(chance)


def test_a_larger_collection_of_the_same_kind_has_the_cutoff_that_growth_tells() -> None:
    """Scores of 2,000 images tell what 20,000 will score."""
    rng = np.random.default_rng(6)
    # The best of n scores with an exponential tail is of Gumbel's distribution.
    scores = rng.exponential(0.03, (QUERIES, 20_000)).astype(np.float32)
    sample = scores[:, :2000]
    null = fit(sample.max(axis=1))
    assert null is not None
    parts = np.mean([sample[:, part::4].max(axis=1) for part in range(4)], axis=0)
    grown = null.of_more(10, growth(parts, sample.max(axis=1), 4))
    rate = float((scores.max(axis=1) >= grown.score_at(RATE)).mean())
    assert 0.0 < rate < 0.12
    assert float((scores.max(axis=1) >= null.score_at(RATE)).mean()) > 0.2


def test_copies_of_one_image_have_a_distribution_too() -> None:
    null = fit(np.full(QUERIES, 0.4))
    assert null is not None
    assert 0.4 <= null.score_at(RATE) < 0.41
    assert null.exceeded(0.5) == pytest.approx(0, abs=1e-9)


def test_of_few_scores_nothing_is_said() -> None:
    assert fit(np.linspace(0, 1, LEAST_SCORES - 1)) is None
    assert fit(np.linspace(0, 1, LEAST_SCORES)) is not None
