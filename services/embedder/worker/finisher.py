"""The last stage: checks what the model gave, and sends answers together.

A message to the service wakes it with cold caches, which costs it more than
the answers in it. So while the model has enough to do, answers to images that
no person waits for wait for company.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any

import numpy as np

from services.embedder.errors import ModelFailed
from services.embedder.item import Kind, Priority
from services.embedder.model import PatchGrid, Vectors
from services.embedder.worker.frames import ANSWER, Answer, AnswerKind, pack_boxes, pack_frame
from services.embedder.worker.job import Job, Part
from services.runtime.errors import ArgusError
from services.runtime.status import to_status

UNIT_TOLERANCE = 1e-3
"""How far a vector's length may be from 1."""

MOST_TOGETHER = 64
"""Most outcomes whose answers are sent by one system call."""

ENOUGH = 8
"""So many answers wait for no more."""

HOLD_S = 0.05
"""How long an answer may wait for others."""

Buffer = bytes | memoryview
Send = Callable[[list[Buffer]], None]
"""Sends buffers one after the other, whole."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Outcome:
    """What became of parts. Without result and failure they were dropped."""

    parts: Sequence[Part[Any]]
    result: Vectors | PatchGrid | None = None
    """A row for each part; for PATCHES the one part's grid."""
    model_s: float = 0.0
    failure: ArgusError | None = None


_NOTHING = Outcome(())
"""Wakes the thread, so that it sees to what is held."""


class Finisher:
    """Turns outcomes into answers; `run` is its thread.

    A thread that has an outcome while nothing else is being answered answers
    it itself: waking another one would take a lone item a fifth of a
    millisecond.

    Args:
        send: Sends the answers; called from one thread at a time.
        forget: Called with each job that is answered, before it is.
        busy: Whether the model has enough to do without what the answers would bring.
    """

    def __init__(self, send: Send, forget: Callable[[Job], None], busy: Callable[[], bool]) -> None:
        self._send = send
        self._forget = forget
        self._busy = busy
        self._outcomes: SimpleQueue[Outcome | None] = SimpleQueue()
        self._answering = threading.Lock()
        self._held: list[Buffer] = []
        self._answers = 0
        self._due = 0.0
        self._watched = False

    def put(self, outcome: Outcome) -> None:
        """Hands over what became of parts, from any thread."""
        if not self._outcomes.empty() or not self._answering.acquire(blocking=False):
            self._outcomes.put(outcome)
            return
        try:
            self._answer_all([outcome])
            unwatched = bool(self._held) and not self._watched
            self._watched |= unwatched
        finally:
            self._answering.release()
        if unwatched:
            self._outcomes.put(_NOTHING)

    def close(self) -> None:
        """Ends `run` after what was put."""
        self._outcomes.put(None)

    def run(self) -> None:
        """Sends answers until it is closed."""
        open_ = True
        while open_:
            outcomes = self._take()
            open_ = None not in outcomes
            with self._answering:
                self._answer_all([outcome for outcome in outcomes if outcome])
                if self._held and (not open_ or time.monotonic() >= self._due):
                    self._send_held()
                self._watched = bool(self._held)

    def _take(self) -> list[Outcome | None]:
        """Waits for outcomes; none when answers that are held are due."""
        wait_s = max(0.0, self._due - time.monotonic()) if self._watched else None
        try:
            outcomes = [self._outcomes.get(timeout=wait_s)]
        except Empty:
            return []
        # Nobody else takes, so what is there stays there.
        while len(outcomes) < MOST_TOGETHER and not self._outcomes.empty():
            outcomes.append(self._outcomes.get())
        return outcomes

    def _answer_all(self, outcomes: Sequence[Outcome]) -> None:
        if not self._held:
            self._due = time.monotonic() + HOLD_S
        for outcome in outcomes:
            self._settle(outcome)
        patient = all(_can_wait(part.job) for outcome in outcomes for part in outcome.parts)
        if self._held and not (patient and self._answers < ENOUGH and self._busy()):
            self._send_held()

    def _send_held(self) -> None:
        self._send(self._held)
        self._held = []
        self._answers = 0

    def _settle(self, outcome: Outcome) -> None:
        rows = outcome.result
        fit: Sequence[bool] = ()
        batch = len(outcome.parts) if rows is not None else 0
        if rows is not None and outcome.parts[0].job.kind != Kind.PATCHES:
            rows = np.ascontiguousarray(rows, "<f4")
            fit = (abs(np.sqrt(np.einsum("nd,nd->n", rows, rows)) - 1) <= UNIT_TOLERANCE).tolist()
        for row, part in enumerate(outcome.parts):
            job = part.job
            job.settled += 1
            if rows is None:
                job.failure = job.failure or outcome.failure
            elif fit and not fit[row]:
                _log.warning("the model gave a vector that is not of unit length")
                job.failure = not_embedded(job.kind)
            elif job.kind in (Kind.CROPS, Kind.TILES):
                if job.vectors is None:
                    job.vectors = np.empty((job.parts, rows.shape[1]), "<f4")
                job.vectors[part.index] = rows[row]
            if job.settled == job.parts:
                self._forget(job)
                self._answer(job, rows, row, (batch, outcome.model_s))
                batch = 0

    def _answer(
        self,
        job: Job,
        rows: Vectors | PatchGrid | None,
        row: int,
        run: tuple[int, float],
    ) -> None:
        self._answers += 1
        if job.cancelled or (rows is None and not job.failure):
            self._held.append(ANSWER.pack(*Answer(job.id, 0, AnswerKind.DROPPED)))
            return
        if job.failure or rows is None:
            status = to_status(job.failure or not_embedded(job.kind)).SerializeToString()
            head = Answer(job.id, len(status), AnswerKind.FAILED, prepare_s=job.prepare_s)
            self._held += (ANSWER.pack(*head), status)
            return
        grid = (0, 0)
        if job.kind == Kind.PATCHES:
            rows = np.ascontiguousarray(rows, "<f2")
            grid = rows.shape[:2]
            values = rows.reshape(-1).data.cast("B")
        elif job.vectors is not None:
            values = job.vectors.reshape(-1).data.cast("B")
        else:
            values = rows[row].data.cast("B")
        rest = pack_boxes(job.boxes) + pack_frame(job.frame)
        self._held.append(
            ANSWER.pack(
                job.id,
                len(values) + len(rest),
                AnswerKind.EMBEDDED,
                job.truncated,
                *grid,
                len(job.boxes),
                run[0],
                job.frame is not None,
                job.prepare_s,
                run[1],
            )
        )
        self._held.append(values)
        if rest:
            self._held.append(rest)


def _can_wait(job: Job) -> bool:
    return job.priority is Priority.BULK and job.kind != Kind.TEXT


def not_embedded(kind: Kind) -> ModelFailed:
    """What a caller is told when a model gives nothing good for an item."""
    what = "text" if kind == Kind.TEXT else "image"
    return ModelFailed(f"the model could not embed this {what}", retry_after_s=1)
