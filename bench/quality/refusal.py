"""How often what is not there is refused, and what is there kept, at the learnt cut-offs."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bench.quality.collection import Collection
from services.search.meaning.learning import learn
from services.search.meaning.model import Kind
from services.search.meaning.reference_vectors import Vectors


@dataclass(frozen=True)
class Asked:
    """Vectors of queries.

    Attributes:
        captions, pictures: References that cut-offs are learnt from.
        unrelated: Words for which no photograph is an answer.
        named: The name of each photograph's class.
        described: `a photo of` it.
        parts: A part of each photograph.
        kinds: Words for many photographs.
        kind_classes: The classes that each of those means.
    """

    captions: Vectors
    pictures: Vectors
    unrelated: Vectors
    named: Vectors
    described: Vectors
    parts: Vectors
    kinds: Vectors
    kind_classes: Sequence[frozenset[str]]


@dataclass
class Rates:
    """Of collections of one size: cut-offs, and shares of queries at or above them."""

    size: int
    words_cutoff: list[float] = field(default_factory=list)
    unrelated: list[float] = field(default_factory=list)
    absent: list[float] = field(default_factory=list)
    named: list[float] = field(default_factory=list)
    described: list[float] = field(default_factory=list)
    kinds: list[float] = field(default_factory=list)
    picture_cutoff: list[float] = field(default_factory=list)
    other_pictures: list[float] = field(default_factory=list)
    parts: list[float] = field(default_factory=list)


def rates(collection: Collection, asked: Asked, size: int, draws: int) -> Rates:
    """Draws collections of a size from the photographs, and asks each for what it has and has not.

    Args:
        collection: The photographs, each of a class of its own.
        asked: Queries.
        size: Photographs in a collection.
        draws: How many collections.
    """
    rng = np.random.default_rng(size)
    found = Rates(size)
    everything = collection.vectors
    for _ in range(draws):
        inside = rng.permutation(len(everything))[:size]
        outside = np.setdiff1d(np.arange(len(everything)), inside)
        images = everything[inside]
        words = _cutoff(Kind.WORDS, asked.captions, images)
        found.words_cutoff.append(words)
        found.unrelated.append(_share(_best(asked.unrelated, images), words))
        found.named.append(_share((asked.named[inside] * images).sum(axis=1), words))
        found.described.append(_share((asked.described[inside] * images).sum(axis=1), words))
        found.kinds.append(_kinds_kept(collection, asked, inside, words))
        pictures = _cutoff(Kind.PICTURE, asked.pictures, images)
        found.picture_cutoff.append(pictures)
        found.parts.append(_share((asked.parts[inside] * images).sum(axis=1), pictures))
        if len(outside):
            found.absent.append(_share(_best(asked.named[outside], images), words))
            found.other_pictures.append(_share(_best(everything[outside], images), pictures))
    return found


def _kinds_kept(
    collection: Collection, asked: Asked, inside: NDArray[np.intp], cutoff: float
) -> float:
    """Words for a kind of which some photograph reaches the cut-off, of those that are there."""
    kept = []
    for query, classes in zip(asked.kinds, asked.kind_classes, strict=True):
        members = [place for place in inside if collection.names[place] in classes]
        if members:
            kept.append(float((collection.vectors[members] @ query).max()) >= cutoff)
    return float(np.mean(kept)) if kept else 0.0


def _cutoff(kind: Kind, references: Vectors, images: Vectors) -> float:
    calibration = learn(kind, references, images, len(images))
    if calibration is None:
        raise ValueError(f"no cut-off from {len(images)} images")
    return calibration.cutoff.score


def _best(queries: Vectors, images: Vectors) -> Vectors:
    best: Vectors = (queries @ images.T).max(axis=1)
    return best


def _share(scores: Vectors, cutoff: float) -> float:
    return float((scores >= cutoff).mean())
