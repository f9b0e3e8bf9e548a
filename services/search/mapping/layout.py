"""A map as it is kept: where each image is, and what later ones are placed by."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self
from uuid import UUID
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.bytes_]
"""[n] of 16 bytes each, big-endian UUIDs, ascending and different."""

ID_TYPE = np.dtype("S16")

_FORMAT = 1


def packed(image_ids: Iterable[str]) -> Ids:
    """UUIDs as an array, in the order given."""
    return np.frombuffer(b"".join(UUID(image_id).bytes for image_id in image_ids), ID_TYPE)


def unpacked(ids: Ids) -> list[str]:
    """An array of UUIDs as text."""
    content = ids.tobytes()
    return [str(UUID(bytes=content[start : start + 16])) for start in range(0, len(content), 16)]


def are_in(ids: Ids, others: Ids) -> NDArray[np.bool_]:
    """[len(ids)]: which of them are among the others."""
    if not len(others):
        return np.zeros(len(ids), bool)
    places = np.minimum(np.searchsorted(others, ids), len(others) - 1)
    return np.asarray(others[places] == ids, bool)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where images are.

    Attributes:
        ids: [n] images, ascending.
        points: [n, 2] x and y of each, 0 to 1.
        landmark_ids: [m] those images by whose places others are placed, ascending.
        landmarks: [m, dimension] their vectors.
        built_at: When it was computed, in seconds since 1970; images may have been placed since.
        built_count: How many images it was computed from.
    """

    ids: Ids
    points: NDArray[np.float32]
    landmark_ids: Ids
    landmarks: NDArray[np.float16]
    built_at: float
    built_count: int

    def only(self, ids: Ids) -> Self:
        """The same without images that are not among these."""
        stay = are_in(self.ids, ids)
        if stay.all():
            return self
        known = are_in(self.landmark_ids, ids)
        return replace(
            self,
            ids=self.ids[stay],
            points=self.points[stay],
            landmark_ids=self.landmark_ids[known],
            landmarks=self.landmarks[known],
        )

    def with_more(self, ids: Ids, points: NDArray[np.float32]) -> Self:
        """The same with further images, which are not in it yet."""
        together = np.concatenate([self.ids, ids])
        order = np.argsort(together)
        return replace(
            self, ids=together[order], points=np.concatenate([self.points, points])[order]
        )

    def points_of(self, ids: Ids) -> NDArray[np.float32]:
        """[len(ids), 2] places of images that are in it."""
        return self.points[np.searchsorted(self.ids, ids)]

    def save(self, path: Path) -> None:
        """Writes it to a file, whole or not at all.

        Raises:
            OSError: it cannot be written.
        """
        unfinished = path.with_suffix(".new")
        with unfinished.open("wb") as file:
            np.savez(
                file,
                format=np.array(_FORMAT),
                ids=self.ids,
                points=self.points,
                landmark_ids=self.landmark_ids,
                landmarks=self.landmarks,
                built_at=np.array(self.built_at),
                built_count=np.array(self.built_count),
            )
        unfinished.replace(path)

    @classmethod
    def load(cls, path: Path, *, with_landmarks: bool = True) -> Self:
        """Reads one from a file.

        Args:
            path: Where it was saved.
            with_landmarks: Also what images are placed by, which nobody needs who only shows it.

        Raises:
            OSError: there is none, or it cannot be read.
            ValueError: it is not whole, or of another form.
        """
        try:
            with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
                return cls._of(file, with_landmarks=with_landmarks)
        except (BadZipFile, EOFError, KeyError, TypeError) as error:
            raise ValueError(f"{path} is no layout: {error!r}") from error

    @classmethod
    def _of(cls, file: Any, *, with_landmarks: bool) -> Self:  # noqa: ANN401 - numpy's untyped file
        if int(file["format"]) != _FORMAT:
            raise ValueError("a layout of another form")
        return cls(
            ids=file["ids"].astype(ID_TYPE),
            points=file["points"].astype(np.float32),
            landmark_ids=file["landmark_ids"].astype(ID_TYPE)
            if with_landmarks
            else np.empty(0, ID_TYPE),
            landmarks=file["landmarks"].astype(np.float16)
            if with_landmarks
            else np.empty((0, 0), np.float16),
            built_at=float(file["built_at"]),
            built_count=int(file["built_count"]),
        )
