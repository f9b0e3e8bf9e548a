"""The last stage: checks what the model gave, and sends together what is ready together."""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

import numpy as np

from services.embedder.errors import ModelFailed
from services.embedder.item import Kind
from services.embedder.model import PatchGrid, Vectors
from services.embedder.worker.frames import ANSWER, Answer, AnswerKind, pack_boxes
from services.embedder.worker.job import Job, Part
from services.runtime.errors import ArgusError
from services.runtime.status import to_status

UNIT_TOLERANCE = 1e-3
"""How far a vector's length may be from 1."""

MOST_TOGETHER = 64
"""Most outcomes whose answers are sent by one system call."""

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


class Finisher:
    """Turns outcomes into answers; `run` is its thread.

    A thread that has an outcome while nothing else is being answered answers
    it itself: waking another one would take a lone item a fifth of a
    millisecond.

    Args:
        send: Sends the answers; called from one thread at a time.
        forget: Called with each job that is answered, before it is.
    """

    def __init__(self, send: Send, forget: Callable[[Job], None]) -> None:
        self._send = send
        self._forget = forget
        self._outcomes: SimpleQueue[Outcome | None] = SimpleQueue()
        self._answering = threading.Lock()

    def put(self, outcome: Outcome) -> None:
        """Hands over what became of parts, from any thread."""
        if self._outcomes.empty() and self._answering.acquire(blocking=False):
            try:
                self._answer_all([outcome])
            finally:
                self._answering.release()
        else:
            self._outcomes.put(outcome)

    def close(self) -> None:
        """Ends `run` after what was put."""
        self._outcomes.put(None)

    def run(self) -> None:
        """Sends answers until it is closed."""
        open_ = True
        while open_:
            outcomes = [self._outcomes.get()]
            # Nobody else takes, so what is there stays there.
            while len(outcomes) < MOST_TOGETHER and not self._outcomes.empty():
                outcomes.append(self._outcomes.get())
            open_ = None not in outcomes
            with self._answering:
                self._answer_all([outcome for outcome in outcomes if outcome])

    def _answer_all(self, outcomes: Sequence[Outcome]) -> None:
        buffers: list[Buffer] = []
        for outcome in outcomes:
            self._settle(outcome, buffers)
        if buffers:
            self._send(buffers)

    def _settle(self, outcome: Outcome, buffers: list[Buffer]) -> None:
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
            elif job.kind == Kind.CROPS:
                if job.vectors is None:
                    job.vectors = np.empty((job.parts, rows.shape[1]), "<f4")
                job.vectors[part.index] = rows[row]
            if job.settled == job.parts:
                self._forget(job)
                self._answer(job, rows, row, (batch, outcome.model_s), buffers)
                batch = 0

    def _answer(
        self,
        job: Job,
        rows: Vectors | PatchGrid | None,
        row: int,
        run: tuple[int, float],
        buffers: list[Buffer],
    ) -> None:
        if job.cancelled or (rows is None and not job.failure):
            buffers.append(ANSWER.pack(*Answer(job.id, 0, AnswerKind.DROPPED)))
            return
        if job.failure or rows is None:
            status = to_status(job.failure or not_embedded(job.kind)).SerializeToString()
            head = Answer(job.id, len(status), AnswerKind.FAILED, prepare_s=job.prepare_s)
            buffers += (ANSWER.pack(*head), status)
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
        boxes = pack_boxes(job.boxes)
        buffers.append(
            ANSWER.pack(
                job.id,
                len(values) + len(boxes),
                AnswerKind.EMBEDDED,
                job.truncated,
                *grid,
                len(job.boxes),
                run[0],
                job.prepare_s,
                run[1],
            )
        )
        buffers.append(values)
        if boxes:
            buffers.append(boxes)


def not_embedded(kind: Kind) -> ModelFailed:
    """What a caller is told when a model gives nothing good for an item."""
    what = "text" if kind == Kind.TEXT else "image"
    return ModelFailed(f"the model could not embed this {what}", retry_after_s=1)
