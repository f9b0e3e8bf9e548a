"""Gives one model's worker its items, and the items their answers.

Items that a worker took along when it died are suspects: the next worker gets
them one at a time and alone. The one with which a worker dies again is
answered `ItemCrashed`, and all others are embedded.
"""

import asyncio
import itertools
import time
from collections import deque
from collections.abc import Callable

from google.rpc import status_pb2

from services.embedder.errors import ItemCrashed, ModelFailed
from services.embedder.item import Embedded, Item, Kind, Priority
from services.embedder.model import ModelInfo
from services.embedder.queueing.scheduler import Entry, Scheduler
from services.embedder.supervision.worker_process import WorkerProcess
from services.embedder.telemetry import KINDS, EmbedderMetrics
from services.embedder.worker.frames import Answer, AnswerKind, Ready, split_boxes, split_frame
from services.runtime.errors import ArgusError
from services.runtime.status import from_status

_PLACES = {Kind.IMAGE: 1, Kind.TEXT: 1, Kind.PATCHES: 1, Kind.CROPS: 8, Kind.TILES: 4}
"""What an item takes of the worker's window; a photograph has some fifteen crops."""


class Dispatcher:
    """One model's queue, and what its worker has of it.

    Args:
        info: The model.
        changed: Called when items wait and there is no worker, and when none is left.
        metrics: Where the worker's answers are measured.
    """

    def __init__(
        self, info: ModelInfo, changed: Callable[[], None], metrics: EmbedderMetrics
    ) -> None:
        self._info = info
        self._changed = changed
        self._metrics = metrics
        self._ids = itertools.count(1)
        self._queue = Scheduler()
        self._suspects: deque[Entry] = deque()
        self._on_trial = False
        self._in_flight: dict[int, Entry] = {}
        self._room: dict[tuple[bool, Priority], int] = {}
        self._worker: WorkerProcess | None = None
        self._pumping = False
        self.answered = 0
        """Items that workers have answered."""
        self.busy_since = 0.0
        """When the worker last answered, or got the first item after it had none."""
        self.last_success = float("-inf")
        """When an item was last embedded, by `time.monotonic`."""
        self.paused = False
        """While set, items wait and the worker gets no more."""

    @property
    def waiting(self) -> int:
        """Items that no worker has."""
        return len(self._queue) + len(self._suspects)

    @property
    def under_work(self) -> int:
        """Items that the worker has."""
        return len(self._in_flight)

    @property
    def idle(self) -> bool:
        """Whether nobody waits for anything."""
        return not (self._in_flight or self.waiting)

    def depth(self, *, texts: bool, priority: Priority) -> int:
        """How many items of a priority wait: texts, or everything else."""
        return self._queue.depth(texts=texts, priority=priority)

    async def embed(self, item: Item) -> Embedded:
        """Embeds an item, as `ports.Embedder` does, as soon as a worker can take it."""
        entry = Entry(item, asyncio.get_running_loop().create_future())
        at_once = self.idle
        self._queue.put(entry)
        if not self._worker:
            self._changed()
        elif at_once:
            self.pump()
        elif not self._pumping:
            # Once for all that come in this turn of the loop.
            self._pumping = True
            asyncio.get_running_loop().call_soon(self.pump)
        try:
            return await entry.answer
        except asyncio.CancelledError:
            self._withdraw(entry)
            raise

    def open(self, worker: WorkerProcess, told: Ready) -> None:
        """Gives items to a worker from now on."""
        for priority in Priority:
            self._room[False, priority] = told.image_window
            self._room[True, priority] = told.text_window
        self._worker = worker
        self.pump()

    def close(self) -> None:
        """Gives the worker nothing more."""
        self._worker = None

    def recall(self) -> None:
        """Puts what a worker had, that was ended on purpose, back among what waits."""
        self._on_trial = False
        for entry in self._in_flight.values():
            if not entry.answer.done():
                self._queue.put(entry)
        self._in_flight.clear()
        if self.waiting:
            self._changed()

    def take_back(self) -> None:
        """Makes suspects of what the dead worker had; answers what it died of."""
        on_trial, self._on_trial = self._on_trial, False
        for entry in reversed(self._in_flight.values()):
            entry.crashes += 1
            if entry.answer.done():
                continue
            if on_trial and entry.crashes > 1:
                entry.answer.set_exception(
                    ItemCrashed("the model's process ended each time that it worked on this item")
                )
            else:
                self._suspects.appendleft(entry)
        self._in_flight.clear()

    def fail_all(self, error: ArgusError) -> None:
        """Answers all items with an error."""
        entries = [*self._in_flight.values(), *self._suspects, *self._queue.drain()]
        self._in_flight.clear()
        self._suspects.clear()
        for entry in entries:
            if not entry.answer.done():
                entry.answer.set_exception(error)

    def pump(self) -> None:
        """Gives the worker what it has room for."""
        self._pumping = False
        worker = self._worker
        if worker is not None:
            self._give(worker)
            worker.flush()

    def _give(self, worker: WorkerProcess) -> None:
        if self._suspects or self._on_trial:
            if self._in_flight:
                return
            self._on_trial = bool(self._suspects)
            if self._on_trial:
                self._send(worker, self._suspects.popleft())
                return
        if self._queue and not self.paused:
            for texts in (True, False):
                while entry := self._queue.take(
                    texts=texts,
                    interactive=self._room[texts, Priority.INTERACTIVE] > 0,
                    bulk=self._room[texts, Priority.BULK] > 0,
                ):
                    self._send(worker, entry)
        elif not self._in_flight:
            self._changed()

    def take(self, answer: Answer, payload: bytes) -> None:
        """Takes a worker's answer to an item; `pump` is due after it."""
        entry = self._in_flight.pop(answer.id, None)
        if entry is None:
            return
        item = entry.item
        self._room[item.kind is Kind.TEXT, item.priority] += _PLACES[item.kind]
        self.busy_since = time.monotonic()
        self.answered += 1
        if answer.kind == AnswerKind.EMBEDDED:
            self.last_success = self.busy_since
            self._record(answer, item.kind)
        if not entry.answer.done():
            self._settle(entry, answer, payload)

    def _settle(self, entry: Entry, answer: Answer, payload: bytes) -> None:
        if answer.kind == AnswerKind.EMBEDDED:
            payload, frame = split_frame(payload) if answer.frame else (payload, None)
            values, boxes = split_boxes(payload, answer.boxes) if answer.boxes else (payload, ())
            entry.answer.set_result(
                Embedded(
                    values,
                    self._info,
                    bool(answer.truncated),
                    boxes,
                    answer.rows,
                    answer.columns,
                    frame,
                )
            )
        elif answer.kind == AnswerKind.FAILED:
            entry.answer.set_exception(from_status(status_pb2.Status.FromString(payload)))
        else:
            entry.answer.set_exception(ModelFailed("the item was dropped", retry_after_s=1))

    def _send(self, worker: WorkerProcess, entry: Entry) -> None:
        if not self._in_flight:
            self.busy_since = time.monotonic()
        item = entry.item
        id_ = next(self._ids)
        self._in_flight[id_] = entry
        self._room[item.kind is Kind.TEXT, item.priority] -= _PLACES[item.kind]
        worker.send(id_, item)

    def _withdraw(self, entry: Entry) -> None:
        if entry in self._suspects:
            self._suspects.remove(entry)
        elif not self._queue.remove(entry) and self._worker:
            # Rare, and few are under way.
            for id_, sent in self._in_flight.items():
                if sent is entry:
                    self._worker.cancel(id_)
        if self.idle:
            self._changed()

    def _record(self, answer: Answer, kind: Kind) -> None:
        attributes = KINDS[kind]
        self._metrics.preparing.record(answer.prepare_s, attributes)
        if answer.batch:
            self._metrics.batch_size.record(answer.batch, attributes)
            self._metrics.running.record(answer.model_s, attributes)
