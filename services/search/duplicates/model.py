"""The words that duplicates are thought in."""

from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Self
from zipfile import BadZipFile

import numpy as np
from argus.storage.v1.image_pb2 import Image
from numpy.typing import NDArray

from services.search.mapping.layout import ID_TYPE, Ids

_FORMAT = 1


class Kind(IntEnum):
    """What counts as the same, from the strictest to the loosest."""

    EXACT = 1
    NEAR = 2
    ALIKE = 3


@dataclass(frozen=True, slots=True)
class DuplicatesRequest:
    """What a user wants to know."""

    user_id: str
    kinds: frozenset[Kind]
    max_distance: int
    """In how many of 64 bits hashes may differ, for NEAR."""
    min_cosine: float
    """Least cosine of vectors, for ALIKE."""
    filter: str = ""
    """AIP-160 text."""
    min_size: int = 2
    """Fewest images of a cluster."""
    after_cursor: str = ""
    limit: int = 0
    """Most clusters to tell; all if 0."""


@dataclass(frozen=True, slots=True)
class Clusters:
    """What was found, in the order in which it is told; m images in c clusters.

    Attributes:
        kinds: [c] the `Kind` of each cluster.
        starts: [c + 1] where each begins in what follows.
        ids: [m] images, the best of each cluster first.
        distances: [m] in how many bits each one's hash differs from its best's.
        cosines: [m] of each one's vector and its best's; not a number where none were compared.
        image_count: How many images were compared.
        without_vector_count: How many of them have no vector, if vectors were asked for.
        duplicate_bytes: What all but the best take together.
    """

    kinds: NDArray[np.uint8]
    starts: NDArray[np.int64]
    ids: Ids
    distances: NDArray[np.uint8]
    cosines: NDArray[np.float32]
    image_count: int
    without_vector_count: int
    duplicate_bytes: int

    def __len__(self) -> int:
        """How many clusters there are."""
        return len(self.kinds)

    @property
    def nbytes(self) -> int:
        """What it takes in memory."""
        return (
            self.kinds.nbytes
            + self.starts.nbytes
            + self.ids.nbytes
            + self.distances.nbytes
            + self.cosines.nbytes
        )

    def size(self, cluster: int) -> int:
        """How many images a cluster has."""
        return int(self.starts[cluster + 1] - self.starts[cluster])

    def key(self, cluster: int) -> tuple[int, int, str]:
        """What clusters are told in the order of: kind, then the largest, then the best's id."""
        start = int(self.starts[cluster])
        best = self.ids[start : start + 1].tobytes().hex()
        return (int(self.kinds[cluster]), -self.size(cluster), best)

    def save(self, path: Path) -> None:
        """Writes it to a file.

        Raises:
            OSError: it cannot be written.
        """
        with path.open("wb") as file:
            np.savez(
                file,
                format=np.array(_FORMAT),
                kinds=self.kinds,
                starts=self.starts,
                ids=self.ids,
                distances=self.distances,
                cosines=self.cosines,
                counts=np.array(
                    [self.image_count, self.without_vector_count, self.duplicate_bytes], np.int64
                ),
            )

    @classmethod
    def load(cls, path: Path) -> Self:
        """Reads one from a file.

        Raises:
            OSError: there is none, or it cannot be read.
            ValueError: it is not whole, or of another form.
        """
        try:
            with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
                if int(file["format"]) != _FORMAT:
                    raise ValueError("clusters of another form")
                image_count, without_vector_count, duplicate_bytes = file["counts"].tolist()
                return cls(
                    kinds=file["kinds"].astype(np.uint8),
                    starts=file["starts"].astype(np.int64),
                    ids=file["ids"].astype(ID_TYPE),
                    distances=file["distances"].astype(np.uint8),
                    cosines=file["cosines"].astype(np.float32),
                    image_count=image_count,
                    without_vector_count=without_vector_count,
                    duplicate_bytes=duplicate_bytes,
                )
        except (BadZipFile, EOFError, KeyError, TypeError) as error:
            raise ValueError(f"no clusters: {error!r}") from error


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is."""

    stage: str
    """`waiting`, `reading` or `comparing`."""
    done_count: int = 0
    """Images that have been read."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What was found."""

    clusters: Clusters
    max_distance: int
    min_cosine: float
    model: str
    """Id of the model whose vectors were compared; empty if none were."""


@dataclass(frozen=True, slots=True)
class Member:
    """An image of a cluster: storage's record as it is, and how close it is to the best."""

    image: Image
    distance: int
    cosine: float | None


@dataclass(frozen=True, slots=True)
class Piece:
    """Some images of a cluster.

    Attributes:
        kind: What they have in common.
        members: Best first.
        image_count: How many images the whole cluster has.
        first: How many of them come before these.
        cursor: Goes on behind these.
    """

    kind: Kind
    members: list[Member]
    image_count: int
    first: int
    cursor: str


Told = Progress | Summary | Piece
"""What whoever asked is told."""
