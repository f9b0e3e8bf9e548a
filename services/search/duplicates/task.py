"""What the process that compares images is given, and gives back: files in a folder of its own."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from services.search.duplicates.grouping import SHA256_TYPE, Embedded, Fingerprints, group
from services.search.duplicates.model import Clusters, Kind
from services.search.mapping.layout import ID_TYPE, are_in

HALF = np.dtype("<f2")
"""How vectors are kept here; cosines of such are exact to 0.001."""


@dataclass(frozen=True, slots=True)
class DuplicatesTask:
    """A folder with what tells images apart.

    Attributes:
        folder: Where everything is. What is written there is written by image, one after the other.
    """

    folder: Path

    @property
    def ids(self) -> Path:
        """16 bytes of each image, oldest first."""
        return self.folder / "ids"

    @property
    def sha256s(self) -> Path:
        """32 bytes of each."""
        return self.folder / "sha256s"

    @property
    def phashes(self) -> Path:
        """8 bytes of each, big-endian."""
        return self.folder / "phashes"

    @property
    def pixel_counts(self) -> Path:
        """Native 64-bit integers."""
        return self.folder / "pixels"

    @property
    def sizes_bytes(self) -> Path:
        """Native 64-bit integers."""
        return self.folder / "sizes"

    @property
    def chosen(self) -> Path:
        """Ids, ascending, of the only images to compare; all are if the file is not there."""
        return self.folder / "chosen"

    @property
    def embedded_ids(self) -> Path:
        """Ids, ascending, of the images whose vectors there are."""
        return self.folder / "embedded"

    @property
    def vectors(self) -> Path:
        """Their vectors, as `HALF`."""
        return self.folder / "vectors"

    def describe(
        self, kinds: frozenset[Kind], *, max_distance: int, min_cosine: float, min_size: int
    ) -> None:
        """Writes down what is asked."""
        asked = {
            "kinds": sorted(kinds),
            "max_distance": max_distance,
            "min_cosine": min_cosine,
            "min_size": min_size,
        }
        (self.folder / "asked.json").write_text(json.dumps(asked))

    def result(self) -> Clusters:
        """What was found.

        Raises:
            OSError, ValueError: there is nothing.
        """
        return Clusters.load(self.folder / "result.npz")

    def run(self) -> None:
        """Compares the images."""
        asked = json.loads((self.folder / "asked.json").read_text())
        images = Fingerprints(
            np.frombuffer(self.ids.read_bytes(), ID_TYPE),
            np.frombuffer(self.sha256s.read_bytes(), SHA256_TYPE),
            np.frombuffer(self.phashes.read_bytes(), ">u8").astype(np.uint64),
            np.frombuffer(self.pixel_counts.read_bytes(), np.int64),
            np.frombuffer(self.sizes_bytes.read_bytes(), np.int64),
        )
        if self.chosen.exists():
            chosen = np.frombuffer(self.chosen.read_bytes(), ID_TYPE)
            images = images.only(are_in(images.ids, chosen))
        found = group(
            images,
            frozenset(Kind(kind) for kind in asked["kinds"]),
            max_distance=asked["max_distance"],
            min_size=asked["min_size"],
            embedded=self._embedded(),
            min_cosine=asked["min_cosine"],
        )
        found.save(self.folder / "result.npz")

    def _embedded(self) -> Embedded | None:
        if not self.embedded_ids.exists():
            return None
        ids = np.frombuffer(self.embedded_ids.read_bytes(), ID_TYPE)
        if not len(ids):
            return Embedded(ids, np.empty((0, 1), np.float16))
        vectors = np.memmap(self.vectors, HALF, "r").reshape(len(ids), -1)
        return Embedded(ids, vectors)
