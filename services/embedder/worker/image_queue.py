"""Images on their way through the worker, and what a thread that is free does next.

The threads that work on images are as many as cores may be used, and each does
whatever is next, preparing or embedding: none stands between two others, and
no more of them run than there are cores.
"""

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.embedder.item import Priority
from services.embedder.queueing.turns import Turns
from services.embedder.worker.job import Job, Part


@dataclass(eq=False)
class Lanes:
    """A network of the model, and the prepared parts that wait for it."""

    run: Callable[[Sequence[Part[Any]]], Any]
    """Embeds a batch."""
    most: int
    """Most parts of a batch."""
    free: int
    """How many more batches may run at once."""
    ready: dict[Priority, deque[Part[Any]]] = field(
        default_factory=lambda: {priority: deque() for priority in Priority}
    )


@dataclass(frozen=True)
class Batch:
    """Parts to embed together; one of its lanes is taken until `ImageQueue.done`."""

    lanes: Lanes
    parts: Sequence[Part[Any]]


class ImageQueue:
    """What waits to be prepared and to be embedded, by priority; first in, first out.

    It is bounded by its users: the service sends no more than the worker's window.

    Args:
        lanes: The networks, by name.
    """

    def __init__(self, lanes: Mapping[str, Lanes]) -> None:
        self._lanes = lanes
        self._chunk = max(one.most for one in lanes.values())
        self._many = self._chunk * max(one.free for one in lanes.values())
        self._unprepared: dict[Priority, deque[Job]] = {priority: deque() for priority in Priority}
        self._turns = Turns()
        lock = threading.Lock()
        self._work = threading.Condition(lock)
        self._persons_work = threading.Condition(lock)
        self._closed = False

    def submit(self, jobs: Sequence[Job]) -> None:
        """Adds items to prepare."""
        with self._work:
            for job in jobs:
                self._unprepared[job.priority].append(job)
                self._tell(job.priority)

    def put(self, priority: Priority, parts: Mapping[str, Sequence[Part[Any]]]) -> None:
        """Adds parts to embed, by the name of their network.

        Wakes nobody: whoever prepared them calls `take` next, and that wakes
        another thread if there is more to do. A lone image stays with one.
        """
        with self._work:
            for lanes, prepared in parts.items():
                self._lanes[lanes].ready[priority].extend(prepared)

    def take(self, *, bulk: bool = True) -> Sequence[Job] | Batch | None:
        """Waits until there is something to do, and takes it; None once it is closed.

        Items to prepare are taken one by one while few wait, else as many as
        a batch has: then the thread that prepared them finds a batch to embed.

        A batch is embedded as soon as it is full, or nothing is left to prepare
        for it, so that batches grow with the load and a lone item goes alone.
        It is of one priority, so that nobody's short batch grows by items that
        are in no hurry, and of a power of two of parts, because a compiled
        model prepares anew for each batch size.

        Args:
            bulk: Whether to take BULK as well as INTERACTIVE.
        """
        with self._work:
            while True:
                priority = self._turns.next(
                    interactive=self._has(Priority.INTERACTIVE),
                    bulk=bulk and self._has(Priority.BULK),
                )
                if priority is not None:
                    task = self._next(priority)
                    for other in Priority:
                        if self._has(other):
                            self._tell(other)
                            break
                    return task
                if self._closed:
                    return None
                (self._work if bulk else self._persons_work).wait()

    def done(self, batch: Batch) -> None:
        """Gives a batch's lane back."""
        with self._work:
            batch.lanes.free += 1
            for priority, ready in batch.lanes.ready.items():
                if ready:
                    self._tell(priority)

    def widen(self, name: str, lanes: int) -> None:
        """Lets so many more batches of a network run at once."""
        with self._work:
            self._lanes[name].free += lanes

    def remove(self, job: Job) -> list[Part[Any]]:
        """Takes an item out wherever it waits; the parts that it was, or one if unprepared."""
        removed: list[Part[Any]] = []
        with self._work:
            if job in self._unprepared[job.priority]:
                self._unprepared[job.priority].remove(job)
                return [Part(job, 0, None)]
            for lanes in self._lanes.values():
                ready = lanes.ready[job.priority]
                found = [part for part in ready if part.job is job]
                if found:
                    removed += found
                    lanes.ready[job.priority] = deque(part for part in ready if part.job is not job)
        return removed

    def close(self) -> None:
        """Lets threads that wait in `take` go once there is nothing for them to do."""
        with self._work:
            self._closed = True
            self._work.notify_all()
            self._persons_work.notify_all()

    def _has(self, priority: Priority) -> bool:
        return bool(self._unprepared[priority]) or any(
            lanes.free and lanes.ready[priority] for lanes in self._lanes.values()
        )

    def _next(self, priority: Priority) -> Sequence[Job] | Batch:
        unprepared = self._unprepared[priority]
        for lanes in self._lanes.values():
            ready = lanes.ready[priority]
            if ready and lanes.free and (len(ready) >= lanes.most or not unprepared):
                lanes.free -= 1
                count = 1 << (min(len(ready), lanes.most).bit_length() - 1)
                return Batch(lanes, [ready.popleft() for _ in range(count)])
        many = len(unprepared) >= self._many
        return [unprepared.popleft() for _ in range(self._chunk if many else 1)]

    def _tell(self, priority: Priority) -> None:
        self._work.notify()
        if priority is Priority.INTERACTIVE:
            self._persons_work.notify()
