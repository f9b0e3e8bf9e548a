"""Hashes and vectors with duplicates planted among them, and comparing all with all."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.search.duplicates.alike_vectors import VectorRows, assign_alike
from services.search.duplicates.leaders import Assignment, Places
from services.search.duplicates.near_hashes import Hashes, assign_near

DUPLICATES = 0.05
"""Of all, that are copies of another."""
CENTRES = 2_000
"""About which vectors lie, as pictures of one kind do."""
ROWS = 20_000


@dataclass(frozen=True, slots=True)
class Planted:
    """Pairs of an original and a copy that comes after it."""

    originals: Places
    copies: Places

    @classmethod
    def among(cls, count: int, rng: np.random.Generator) -> "Planted":
        """Draws pairs; nobody is in two."""
        pairs = rng.permutation(count)[: 2 * int(count * DUPLICATES)].reshape(2, -1)
        return cls(pairs.min(axis=0), pairs.max(axis=0))

    def recall(self, found: Assignment) -> float:
        """The share of the pairs that have the same leader."""
        return float((found.leader[self.originals] == found.leader[self.copies]).mean())


@dataclass(frozen=True, slots=True)
class Measured:
    """What a comparison took and found."""

    count: int
    seconds: float
    memory_mib: float
    """The most that the process had, without what it had before."""
    recall: float
    led: int


def hashes(count: int, most_distance: int, seed: int) -> tuple[Hashes, Planted]:
    """Hashes as pictures without anything in common have, and copies within a distance."""
    rng = np.random.default_rng(seed)
    made = rng.integers(0, 2**64, count, np.uint64)
    planted = Planted.among(count, rng)
    for pair, (original, copy) in enumerate(
        zip(planted.originals.tolist(), planted.copies.tolist(), strict=True)
    ):
        flipped = rng.choice(64, pair % most_distance + 1, replace=False)
        bits = np.uint64(1) << flipped.astype(np.uint64)
        made[copy] = made[original] ^ np.bitwise_or.reduce(bits)
    return made, planted


def vectors(
    count: int, dimension: int, least_cosine: float, seed: int
) -> tuple[NDArray[np.float16], Planted]:
    """Vectors about centres, and copies of some whose cosine to theirs is from the limit to 1.

    Those about one centre have a cosine of about a half.
    """
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((CENTRES, dimension), np.float32)
    made = np.empty((count, dimension), np.float16)
    for start in range(0, count, ROWS):
        size = min(ROWS, count - start)
        around = rng.standard_normal((size, dimension), np.float32)
        made[start : start + size] = centres[rng.integers(0, CENTRES, size)] + around
    planted = Planted.among(count, rng)
    for start in range(0, len(planted.copies), ROWS):
        originals = made[planted.originals[start : start + ROWS]].astype(np.float32)
        units = originals / np.linalg.norm(originals, axis=1, keepdims=True)
        noise = rng.standard_normal(units.shape, np.float32)
        noise -= np.einsum("ij,ij->i", noise, units)[:, None] * units
        noise /= np.linalg.norm(noise, axis=1, keepdims=True)
        cosines = rng.uniform(least_cosine + 0.001, 1, len(units)).astype(np.float32)[:, None]
        made[planted.copies[start : start + ROWS]] = 10 * (
            cosines * units + np.sqrt(1 - cosines**2) * noise
        )
    return made, planted


def all_hashes(some: Hashes, most_distance: int) -> Assignment:
    """Compares all with all, hash by hash."""
    found = Assignment.of(len(some))
    for one in range(len(some)):
        if found.is_free[one]:
            distances = np.bitwise_count(some[one] ^ some[one + 1 :])
            others = one + 1 + np.flatnonzero(distances <= most_distance)
            found.give(np.full(len(others), one), others, distances[others - one - 1])
    return found


def all_vectors(some: NDArray[np.float16], least_cosine: float) -> Assignment:
    """Multiplies all with all, a thousand rows at once."""
    units = some.astype(np.float32)
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    found = Assignment.of(len(units))
    for start in range(0, len(units), 1000):
        cosines = units[start : start + 1000] @ units[start:].T
        rows, columns = np.nonzero(np.triu(cosines >= least_cosine, 1))
        found.give(start + rows, start + columns, cosines[rows, columns])
    return found


def near_case(count: int, most_distance: int, plain: bool) -> Measured:
    """Finds planted hashes."""
    made, planted = hashes(count, most_distance, seed=1)
    find = all_hashes if plain else assign_near
    return _measured(count, planted, lambda: find(made, most_distance))


def alike_case(count: int, dimension: int, least_cosine: float, plain: bool) -> Measured:
    """Finds planted vectors."""
    made, planted = vectors(count, dimension, least_cosine, seed=1)
    if plain:
        return _measured(count, planted, lambda: all_vectors(made, least_cosine))
    rows = VectorRows(made, np.arange(count))
    return _measured(count, planted, lambda: assign_alike(rows, least_cosine))


def _measured(count: int, planted: Planted, find: Callable[[], Assignment]) -> Measured:
    before = _memory_kib("VmRSS")
    # The most that it had is counted anew from here on (proc(5)).
    Path("/proc/self/clear_refs").write_text("5")
    started = time.perf_counter()
    found = find()
    seconds = time.perf_counter() - started
    memory_mib = (_memory_kib("VmHWM") - before) / 1024
    led = int((~found.is_free).sum())
    return Measured(count, seconds, memory_mib, planted.recall(found), led)


def _memory_kib(name: str) -> int:
    """What the kernel says of this process's memory."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def aside(case: Callable[..., Measured], *arguments: Any) -> Measured:  # noqa: ANN401 - the case's
    """A case in a process of its own, whose memory is nobody else's."""
    context = get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(there, case, arguments))
    process.start()
    there.close()
    try:
        measured: Measured = here.recv()
    finally:
        process.join()
    return measured


def _answer(to: Connection, case: Callable[..., Measured], arguments: tuple[Any, ...]) -> None:
    to.send(case(*arguments))
