"""The limit: the service's own preparation and network in a loop, with nothing around them."""

import time
from contextlib import ExitStack
from functools import partial
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Barrier
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from bench.embedder.arrangements import Arrangement, arrangements, run_loops, run_pipeline
from bench.embedder.child import SPAWN, Child
from bench.embedder.items import Items
from services.embedder.model import Vectors
from services.embedder.models.load import load_model
from services.imaging.decode import ImageLimits

TRIALS = 2
"""How often each arrangement is tried before the best is chosen."""
KEPT = 1000
"""Images that each process keeps in memory."""


class LoopProcess:
    """A model and images in a process.

    Args:
        folder: The installed model's.
        threads: How many the model may use.
        items: What is embedded; `KEPT` of them, over and over.
        taken: How many items of a pass were taken, of all processes.
        together: Where the processes of a pass wait for each other.
    """

    def __init__(
        self,
        folder: Path,
        *,
        threads: int,
        items: Items,
        taken: "Synchronized[int]",
        together: Barrier,
    ) -> None:
        self._model = load_model(folder, limits=ImageLimits(), threads=threads)
        self._threads = threads
        self._images = items.of_pass("limit", KEPT)
        self._taken = taken
        self._together = together

    def max_batch(self) -> int:
        """Most items that go to the model at once."""
        return self._model.max_batch

    def describe(self) -> str:
        """What runs the model."""
        return f"{self._model.runtime.name}, {self._model.lanes} lanes"

    def run(self, arrangement: Arrangement, start: int, count: int) -> tuple[float, float, float]:
        """Embeds items of a pass until none is left.

        Returns:
            When it began and ended, and its CPU seconds meanwhile.
        """
        stop = start + count

        def take(most: int) -> range:
            with self._taken.get_lock():
                first = self._taken.value
                self._taken.value = min(first + most, stop)
            return range(first, min(first + most, stop))

        if not arrangement.shared:
            self._together.wait(60)
        burnt, began = time.process_time(), time.monotonic()
        if arrangement.pipelined:
            run_pipeline(
                self._model, self._images, take, arrangement.batch, preparers=self._threads
            )
        else:
            run_loops(self._model, self._images, take, arrangement.batch)
        return began, time.monotonic(), time.process_time() - burnt

    def one_by_one(self, start: int, count: int) -> list[float]:
        """Seconds that each of some images takes, decoded and embedded, on an idle machine."""
        seconds = []
        for index in range(start, start + count):
            image = self._images[index % KEPT]
            began = time.perf_counter()
            self._model.embed_images([self._model.prepare_image(image)], alone=True)
            seconds.append(time.perf_counter() - began)
        return seconds

    def vectors(self, count: int) -> Vectors:
        """Vectors of the first items, [count, dimension]."""
        rows = [
            self._model.embed_images([self._model.prepare_image(image)], alone=True)
            for image in self._images[:count]
        ]
        return np.concatenate(rows)


class Limit:
    """Processes that wait to run a pass; at most one runs at a time.

    Args:
        folder: The installed model's.
        items: What is embedded.
        cores: How many are to be kept busy.
    """

    def __init__(self, folder: Path, items: Items, cores: int) -> None:
        self._cores = cores
        self._taken: Synchronized[int] = SPAWN.Value("q", 0)
        together = SPAWN.Barrier(cores)
        make = partial(LoopProcess, folder, items=items, taken=self._taken, together=together)
        self._best: Arrangement | None = None
        with ExitStack() as stack:
            self.whole = stack.enter_context(Child(partial(make, threads=cores)))
            self._single = [
                stack.enter_context(Child(partial(make, threads=1))) for _ in range(cores)
            ]
            self._stack = stack.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    @property
    def best(self) -> Arrangement:
        """The fastest that was tried."""
        if self._best is None:
            raise RuntimeError("nothing was tried yet")
        return self._best

    def describe(self) -> str:
        """What runs the model where one process has all cores, and where each has one."""
        return f"{self.whole.call('describe')}; {self._single[0].call('describe')}"

    def choose(self, count: int) -> dict[str, float]:
        """Tries all arrangements; the fastest is used from now on.

        Args:
            count: How many images each embeds.

        Returns:
            Images per second of each arrangement, the best of its trials.
        """
        tried = arrangements(cores=self._cores, max_batch=self.whole.call("max_batch"))
        rates = dict.fromkeys(tried, 0.0)
        for arrangement in tried:  # nothing is measured cold
            self.run(arrangement, 0, min(count, 8 * self._cores))
        for _ in range(TRIALS):
            for arrangement in tried:
                seconds, _ = self.run(arrangement, 0, count)
                rates[arrangement] = max(rates[arrangement], count / seconds)
        self._best = max(rates, key=lambda arrangement: rates[arrangement])
        return {arrangement.name: rate for arrangement, rate in rates.items()}

    def run(self, arrangement: Arrangement, start: int, count: int) -> tuple[float, float]:
        """Embeds items `start` to `start + count`.

        Returns:
            Seconds from the first process's begin to the last one's end, and
            CPU seconds of all.
        """
        self._taken.value = start
        processes = [self.whole] if arrangement.shared else self._single
        for process in processes:
            process.start("run", arrangement, start, count)
        began, ended, burnt = zip(*(process.result() for process in processes), strict=True)
        return max(ended) - min(began), sum(burnt)
