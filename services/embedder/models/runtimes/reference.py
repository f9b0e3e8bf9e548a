"""Drawn inputs of a tower and what torch answered to them in 32-bit floats."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np

from services.embedder.models.runtimes.network import Arrays, Rows

PROBE_BATCH = 4
"""Probes are answered in batches of this many."""


@dataclass(frozen=True)
class Reference:
    """What a tower must answer."""

    inputs: Arrays
    """Probes, [n, …] each."""
    answers: Rows
    """[n, …]; vectors along the last axis."""
    batch: int
    """The batch in which the tower's speed counts."""

    @classmethod
    def read(cls, folder: Path, tower: str) -> Self:
        """Reads it from a model's folder.

        Raises:
            Exception: what NumPy raises on a file that is missing or damaged.
        """
        with (folder / f"{tower}.npz").open("rb") as opened, np.load(opened) as file:
            inputs = tuple(file[f"input_{index}"] for index in range(len(file.files) - 2))
            return cls(inputs, file["answers"], int(file["batch"]))

    def write(self, folder: Path, tower: str) -> None:
        """Writes it into a model's folder."""
        named = {f"input_{index}": array for index, array in enumerate(self.inputs)}
        np.savez_compressed(
            folder / f"{tower}.npz",
            allow_pickle=False,
            answers=self.answers,
            batch=np.int64(self.batch),
            **named,
        )

    def first(self, count: int) -> Self:
        """Of the first probes only."""
        inputs = tuple(array[:count] for array in self.inputs)
        return replace(self, inputs=inputs, answers=self.answers[:count])

    def usual_batch(self, size: int = 0) -> Arrays:
        """Probes repeated to a batch; of the tower's usual size if none is given."""
        size = size or self.batch
        return tuple(np.resize(array, (size, *array.shape[1:])) for array in self.inputs)

    def cosine(self, network: Callable[..., Rows]) -> float:
        """Least cosine of a network's answers to the reference; NaN if one is no number."""
        rows = [
            network(*(array[start : start + PROBE_BATCH] for array in self.inputs))
            for start in range(0, len(self.answers), PROBE_BATCH)
        ]
        return least_cosine(np.concatenate(rows), self.answers)


def least_cosine(rows: Rows, others: Rows) -> float:
    """Least cosine between vectors along the last axes; NaN if one is no number or is zero."""
    if rows.shape != others.shape:
        raise ValueError(f"answers of shape {rows.shape}, not {others.shape}")
    wide, other = rows.astype(np.float64), others.astype(np.float64)
    lengths = np.linalg.norm(wide, axis=-1) * np.linalg.norm(other, axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return float(((wide * other).sum(axis=-1) / lengths).min())
