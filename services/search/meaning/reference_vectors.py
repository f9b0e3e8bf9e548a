"""Vectors of the references, computed once for each model version."""

import asyncio
import logging
from collections import OrderedDict
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from services.clients.model import Space
from services.search.meaning.model import Kind
from services.search.meaning.references import digest

IN_MEMORY = 4
"""Kinds and spaces whose vectors stay in memory, half a megabyte each."""

Vectors = NDArray[np.float32]
"""[n, dimension]."""

_log = logging.getLogger(__name__)
_Key = tuple[str, Kind]


class EmbedsReferences(Protocol):
    """Makes the vectors."""

    async def embed(self, kind: Kind, space: Space) -> Vectors:
        """[n, dimension] vectors of a kind's references.

        Raises:
            ArgusError: They are not to be had now.
        """


class ReferenceVectors:
    """Keeps them in memory and in files, which replicas may share; nothing of a user is in them.

    Args:
        folder: Where the files are; made when something is to be kept.
        embedder: Makes them.
    """

    def __init__(self, folder: Path, embedder: EmbedsReferences) -> None:
        self._folder = folder
        self._embedder = embedder
        self._recent: OrderedDict[_Key, Vectors] = OrderedDict()
        self._turn = asyncio.Lock()

    async def of(self, kind: Kind, space: Space) -> Vectors:
        """[n, dimension] of unit length: of a kind's references in a space.

        Raises:
            ArgusError: They are not kept, and not to be had now.
        """
        async with self._turn:
            key = (space.name, kind)
            vectors = self._recent.get(key)
            if vectors is None:
                path = self._folder / f"{space.name}-{kind.value}-{digest(kind)}.npy"
                vectors = await asyncio.to_thread(_load, path, space.dimension)
                if vectors is None:
                    vectors = await self._embedder.embed(kind, space)
                    await asyncio.to_thread(_save, path, vectors)
                vectors = unit(vectors)
            self._recent[key] = vectors
            self._recent.move_to_end(key)
            while len(self._recent) > IN_MEMORY:
                self._recent.popitem(last=False)
            return vectors


def unit(vectors: Vectors) -> Vectors:
    """Vectors made one long each; those without a length stay as they are."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: Vectors = (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float32)
    return scaled


def _load(path: Path, dimension: int) -> Vectors | None:
    try:
        vectors: Vectors = np.load(path, allow_pickle=False)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, EOFError) as error:
        _log.warning("%s is made anew: %s", path.name, error)
        return None
    return vectors if vectors.ndim == 2 and vectors.shape[1] == dimension else None


def _save(path: Path, vectors: Vectors) -> None:
    unfinished = path.with_suffix(".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with unfinished.open("wb") as file:
            np.save(file, vectors)
        unfinished.replace(path)
    except OSError as error:
        # They are in memory; the next start makes them again.
        _log.warning("%s could not be kept: %s", path.name, error)
