"""Pictures, what is on them, and the queries that should find them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.quality.labels import labels
from bench.quality.measures import Measured, measure
from bench.quality.seeing import Seeing, changed, mirrored, region
from services.search.meaning.reference_vectors import Vectors

_PACKAGES = ("skimage/data", "sklearn/datasets/images")


@dataclass(frozen=True)
class Collection:
    """Pictures and their vectors.

    Attributes:
        paths: Their files.
        names: The class of each, or its file's name.
        vectors: [n, dimension].
    """

    paths: Sequence[Path]
    names: Sequence[str]
    vectors: Vectors


def of_packages(seeing: Seeing) -> Collection:
    """Pictures that ship in packages, those of the list."""
    paths = [path for name in labels().packages for path in _found(name)]
    return _seen(seeing, paths, [path.name for path in paths])


def of_folder(seeing: Seeing, folder: Path) -> Collection:
    """Photographs named `<id>_<class>`."""
    paths = sorted(
        path for path in folder.iterdir() if path.suffix.lower() in {".jpeg", ".jpg", ".png"}
    )
    return _seen(seeing, paths, [path.stem.partition("_")[2].replace("_", " ") for path in paths])


def by_caption(seeing: Seeing, collection: Collection) -> Measured:
    """Words of the list, each for one picture of a package."""
    texts, owners = [], []
    for place, name in enumerate(collection.names):
        for text in labels().packages[name]:
            texts.append(text)
            owners.append(place)
    return _single(seeing.texts(texts), collection, owners)


def by_class(seeing: Seeing, collection: Collection, form: str) -> Measured:
    """The name of each photograph's class, in a form such as `a photo of a {}`."""
    texts = [form.format(name) for name in collection.names]
    return _single(seeing.texts(texts), collection, range(len(texts)))


def by_kind(seeing: Seeing, collection: Collection) -> Measured:
    """Words for many photographs."""
    texts: list[str] = []
    rows: list[NDArray[np.bool_]] = []
    for kind in labels().kinds:
        members = np.array([name in kind.classes for name in collection.names])
        if members.any():
            texts += kind.words
            rows += [members] * len(kind.words)
    return measure(
        seeing.texts(texts), collection.vectors, np.array(rows), np.full(len(texts), -1, np.intp)
    )


def by_example(collection: Collection) -> Measured:
    """Each photograph of a kind, which should find the others of that kind."""
    queries, rows = [], []
    for kind in labels().kinds:
        members = np.array([name in kind.classes for name in collection.names])
        for place in np.flatnonzero(members):
            others = members.copy()
            others[place] = False
            if others.any():
                queries.append(place)
                rows.append(others)
    places = np.array(queries, np.intp)
    return measure(collection.vectors[places], collection.vectors, np.array(rows), places)


def by_mirror(seeing: Seeing, collection: Collection) -> Measured:
    """Each picture mirrored, which should find itself."""
    return _single(
        seeing.images([changed(path, mirrored) for path in collection.paths]), collection
    )


def regions(seeing: Seeing, collection: Collection, share: float) -> Vectors:
    """[n, dimension] a part of each picture, of so much of its sides, always the same."""
    cut = region(np.random.default_rng(0), share)
    return seeing.images([changed(path, cut) for path in collection.paths])


def by_region(parts: Vectors, collection: Collection) -> Measured:
    """A part of each picture, which should find it."""
    return _single(parts, collection)


def _single(
    queries: Vectors, collection: Collection, owners: Sequence[int] | range | None = None
) -> Measured:
    """Queries that mean one picture each."""
    places = np.arange(len(queries)) if owners is None else np.array(owners)
    relevant: NDArray[np.bool_] = places[:, None] == np.arange(len(collection.names))
    return measure(queries, collection.vectors, relevant, np.full(len(queries), -1, np.intp))


def _seen(seeing: Seeing, paths: Sequence[Path], names: Sequence[str]) -> Collection:
    # As JPEG, as a camera would give them; some are grey or have a palette.
    return Collection(paths, names, seeing.images([changed(path, _same) for path in paths]))


def _same(picture: Image.Image) -> Image.Image:
    return picture


def _found(name: str) -> Iterator[Path]:
    for folder in _PACKAGES:
        package, _, inside = folder.partition("/")
        spec = find_spec(package)
        if spec is not None and spec.origin is not None:
            path = Path(spec.origin).parent / inside / name
            if path.exists():
                yield path
