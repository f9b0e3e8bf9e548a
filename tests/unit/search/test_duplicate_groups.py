"""Clusters of images: who is best, what is told first, and that each is told once."""

from uuid import UUID

import numpy as np

from services.search.duplicates.grouping import SHA256_TYPE, Embedded, Fingerprints, group
from services.search.duplicates.model import Clusters, Kind
from services.search.mapping.layout import packed, unpacked

ALL = frozenset(Kind)
HASH = 0x00FF00FF00FF00FF
"""As many bits as a picture with structure has."""
OTHER_HASH = 0xF0F0F0F0F0F0F0F0


def image_id(number: int) -> str:
    return str(UUID(int=number + 1))


def images(*told: tuple[int, int, int]) -> Fingerprints:
    """Images of (digest, hash, pixels), oldest first; each of 100 bytes."""
    return Fingerprints(
        packed(image_id(number) for number in range(len(told))),
        np.array([bytes([digest]) * 32 for digest, _, _ in told], SHA256_TYPE),
        np.array([phash for _, phash, _ in told], np.uint64),
        np.array([pixels for _, _, pixels in told], np.int64),
        np.full(len(told), 100, np.int64),
    )


def embedded(*vectors: list[float] | None) -> Embedded:
    have = [number for number, vector in enumerate(vectors) if vector is not None]
    return Embedded(
        packed(image_id(number) for number in have),
        np.array([vector for vector in vectors if vector is not None], np.float16),
    )


def found(
    some: Fingerprints,
    kinds: frozenset[Kind] = ALL,
    *,
    min_size: int = 2,
    vectors: Embedded | None = None,
) -> Clusters:
    return group(some, kinds, max_distance=6, min_size=min_size, embedded=vectors, min_cosine=0.95)


def told(clusters: Clusters) -> list[tuple[Kind, list[int]]]:
    ids = [UUID(one).int - 1 for one in unpacked(clusters.ids)]
    return [
        (Kind(int(kind)), ids[clusters.starts[at] : clusters.starts[at + 1]])
        for at, kind in enumerate(clusters.kinds)
    ]


def test_the_best_has_most_pixels_then_is_oldest() -> None:
    some = images((1, HASH, 10), (2, HASH, 30), (3, HASH, 30), (4, OTHER_HASH, 50))
    assert told(found(some)) == [(Kind.NEAR, [1, 2, 0])]


def test_only_the_best_of_a_kind_goes_on_to_the_next() -> None:
    some = images(
        (1, HASH, 10), (1, HASH, 10), (2, HASH ^ 0b111, 10), (3, OTHER_HASH, 20),
        (4, 0xAAAAAAAAAAAAAAAA, 5),
    )  # fmt: skip
    vectors = embedded([1, 0], [1, 0], [1, 0], [1, 0.01], [0, 1])
    clusters = found(some, vectors=vectors)
    assert told(clusters) == [(Kind.EXACT, [0, 1]), (Kind.NEAR, [0, 2]), (Kind.ALIKE, [3, 0])]
    assert clusters.distances.tolist()[:4] == [0, 0, 0, 3]
    assert np.isnan(clusters.cosines[:4]).all()
    assert (clusters.cosines[4], round(float(clusters.cosines[5]), 2)) == (1, 1)
    assert (clusters.image_count, clusters.duplicate_bytes) == (5, 300)


def test_kinds_that_were_not_asked_for_are_left_out() -> None:
    some = images((1, HASH, 10), (1, HASH, 10), (2, HASH ^ 0b111, 10))
    assert told(found(some, frozenset({Kind.EXACT}))) == [(Kind.EXACT, [0, 1])]
    assert told(found(some, frozenset({Kind.NEAR}))) == [(Kind.NEAR, [0, 1, 2])]


def test_no_chain_joins_what_is_not_the_same() -> None:
    # Each is near the next, and the last has nothing of the first.
    some = images(*((number, HASH ^ (2 ** (5 * number) - 1), 10) for number in range(4)))
    assert told(found(some)) == [(Kind.NEAR, [0, 1]), (Kind.NEAR, [2, 3])]


def test_pictures_of_almost_one_colour_are_not_near_each_other() -> None:
    assert told(found(images((1, 0, 10), (2, 1, 10), (3, 2**63, 10)))) == []


def test_the_strictest_kind_comes_first_then_the_largest_cluster() -> None:
    some = images(
        (1, HASH, 1), (2, HASH, 1), (3, HASH, 1), (4, OTHER_HASH, 1), (5, OTHER_HASH, 1),
        (6, 0, 1), (6, 0, 1),
    )  # fmt: skip
    assert told(found(some)) == [
        (Kind.EXACT, [5, 6]), (Kind.NEAR, [0, 1, 2]), (Kind.NEAR, [3, 4]),
    ]  # fmt: skip
    assert told(found(some, min_size=3)) == [(Kind.NEAR, [0, 1, 2])]
    keys = [found(some).key(at) for at in range(3)]
    assert keys == sorted(keys)


def test_images_without_a_vector_are_counted_and_left_out_of_alike() -> None:
    some = images((1, HASH, 1), (2, OTHER_HASH, 1), (3, 0, 1))
    clusters = found(some, frozenset({Kind.ALIKE}), vectors=embedded([1, 0], None, [1, 0]))
    assert (told(clusters), clusters.without_vector_count) == ([(Kind.ALIKE, [0, 2])], 1)
    clusters = found(some, frozenset({Kind.ALIKE}), vectors=embedded(None, None, None))
    assert (told(clusters), clusters.without_vector_count) == ([], 3)


def test_without_images_there_is_nothing() -> None:
    assert told(found(images())) == []
