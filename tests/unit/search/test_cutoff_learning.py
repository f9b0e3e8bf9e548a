"""What cut-offs are learnt from: vectors in which meaning is known."""

import numpy as np
import pytest
from numpy.typing import NDArray

from services.search.meaning.learning import LEAST_OWN, learn
from services.search.meaning.model import LEAST_IMAGES, Calibration, Kind
from services.search.meaning.reference_vectors import unit
from services.search.meaning.references import captions, pictures
from services.search.meaning.sample import MOST_IMAGES, collection_size

DIMENSION = 64


def directions(rng: np.random.Generator, count: int) -> NDArray[np.float32]:
    return unit(rng.normal(size=(count, DIMENSION)).astype(np.float32))


def near(
    rng: np.random.Generator, vectors: NDArray[np.float32], closeness: float
) -> NDArray[np.float32]:
    """Others whose cosine with these is about so much."""
    aside = directions(rng, len(vectors)) * np.sqrt(1 - closeness**2)
    return unit((closeness * vectors + aside).astype(np.float32))


def calibrated(
    kind: Kind, references: NDArray[np.float32], images: NDArray[np.float32]
) -> Calibration:
    found = learn(kind, references, images, len(images))
    assert found is not None
    return found


def test_unrelated_words_stay_below_at_the_stated_rate_and_related_ones_do_not() -> None:
    rng = np.random.default_rng(1)
    images = directions(rng, 500)
    found = calibrated(Kind.WORDS, directions(rng, 200), images)
    unrelated = (directions(rng, 2000) @ images.T).max(axis=1)
    assert 0.02 < float((unrelated >= found.cutoff.score).mean()) < 0.1
    related = (near(rng, images, 0.8) * images).sum(axis=1)
    assert float((related >= found.cutoff.score).mean()) > 0.99
    assert found.confidence(found.cutoff.score) == pytest.approx(0.95, abs=1e-3)
    assert found.cutoff.sample_size == 500


def test_captions_of_what_is_there_do_not_lift_the_cutoff_out_of_reach() -> None:
    rng = np.random.default_rng(2)
    images = directions(rng, 500)
    plain = calibrated(Kind.WORDS, directions(rng, 200), images)
    captioned = np.concatenate([directions(rng, 140), near(rng, images[:60], 0.8)])
    assert calibrated(Kind.WORDS, captioned, images).cutoff.score < plain.cutoff.score + 0.1


def test_more_images_have_a_higher_cutoff() -> None:
    rng = np.random.default_rng(3)
    images, references = directions(rng, 2000), directions(rng, 200)
    scores = [
        calibrated(Kind.WORDS, references, images[:count]).cutoff.score for count in (30, 250, 2000)
    ]
    assert scores == sorted(scores)
    sampled = [learn(Kind.WORDS, references, images, size) for size in (2000, 20_000, 200_000)]
    grown = [one.cutoff.score for one in sampled if one is not None]
    assert grown == sorted(grown)
    assert len(set(grown)) == 3


def test_a_collection_of_series_does_not_take_its_own_for_unrelated() -> None:
    """Each image has a sibling, so that the images themselves would put the cut-off above 0.8."""
    rng = np.random.default_rng(4)
    subjects = directions(rng, 150)
    images = np.concatenate([subjects, near(rng, subjects, 0.85)])
    found = calibrated(Kind.PICTURE, directions(rng, 40), images)
    assert found.cutoff.score < 0.7


def test_a_collection_that_has_the_pictures_that_come_with_search_is_judged_by_its_own() -> None:
    rng = np.random.default_rng(5)
    references, others = directions(rng, 40), directions(rng, 2 * LEAST_OWN)
    images = np.concatenate([near(rng, references, 0.9), others])
    assert calibrated(Kind.PICTURE, references, images).cutoff.score < 0.7


def test_copies_say_nothing_of_chance() -> None:
    rng = np.random.default_rng(6)
    once, references = directions(rng, 2 * LEAST_OWN), directions(rng, 40)
    twice = calibrated(Kind.PICTURE, references, np.concatenate([once, once]))
    assert twice.cutoff.score == pytest.approx(
        calibrated(Kind.PICTURE, references, once).cutoff.score, abs=0.06
    )


def test_of_few_images_nothing_is_said() -> None:
    rng = np.random.default_rng(7)
    few, references = directions(rng, LEAST_IMAGES - 1), directions(rng, 200)
    assert learn(Kind.WORDS, references, few, len(few)) is None


def test_a_collection_is_as_large_as_its_smallest_ids_are_dense() -> None:
    def spread(count: int) -> tuple[str, ...]:
        step = 2**128 // count
        found = [f"{number * step:032x}" for number in range(1, min(count, MOST_IMAGES) + 1)]
        return tuple(found)

    assert collection_size(()) == 0
    assert collection_size(spread(MOST_IMAGES - 1)) == MOST_IMAGES - 1
    for count in (MOST_IMAGES + 1, 50_000, 1_000_000):
        assert collection_size(spread(count)) == pytest.approx(count, rel=0.001)


def test_references_are_many_and_different() -> None:
    assert len(captions()) >= 150
    assert len(set(captions())) == len(captions())
    assert not any(caption.startswith("#") for caption in captions())
    assert len(pictures()) >= 30
    assert len(set(pictures())) == len(pictures())
