"""Three stages that overlap: items are prepared, run through the model in batches, answered.

Threads for images do what is next (`image_queue`). Texts have threads of their
own from end to end and never wait behind images, whose threads give way to
theirs. A batch that fails is run again part by part, so that one item cannot
spoil another.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from services.embedder.errors import ModelFailed
from services.embedder.item import Kind
from services.embedder.model import Modality, PatchGrid, Vectors
from services.embedder.ports import EmbeddingModel
from services.embedder.worker.finisher import ENOUGH, Finisher, Outcome, Send, not_embedded
from services.embedder.worker.image_queue import Batch, ImageQueue, Lanes
from services.embedder.worker.job import Job, Part
from services.embedder.worker.niceness import share_niceness
from services.embedder.worker.stage_queue import StageQueue
from services.imaging.frame_stats import FrameStats
from services.runtime.errors import ArgusError
from services.runtime.niceness import give_way

IMAGE_NICENESS = 5
"""By how much threads that work on images give way to those that work on texts."""

_IMAGES, _PATCHES = "images", "patches"

OBSERVED_BATCHES = 16
"""Batches of each lane in which the threads that work for it are looked for."""

T = TypeVar("T")
Run = Callable[[Sequence[Part[Any]]], Vectors | PatchGrid]

_log = logging.getLogger(__name__)


class Pipeline:
    """Runs one model for many items.

    Args:
        model: What embeds.
        threads: How many cores may work on images.
        send: Sends answers (`frames.ANSWER`), each item's once; called from one thread at a time.
    """

    def __init__(self, model: EmbeddingModel, *, threads: int, send: Send) -> None:
        self._model = model
        self._threads = threads
        self._jobs: dict[int, Job] = {}
        self._image_ids: set[int] = set()
        self._under_work: dict[int, float] = {}
        self._images = ImageQueue(
            {
                _IMAGES: Lanes(self._run_images, model.max_batch, model.lanes),
                _PATCHES: Lanes(self._run_patches, 1, 1),
            }
        )
        self._texts = StageQueue[Job]()
        self._read = StageQueue[Part[Any]]()
        self._finisher = Finisher(send, self._forget, self._busy)
        # One lane works on its own thread, with helpers that texts have as well.
        self._to_observe = {_IMAGES: OBSERVED_BATCHES * model.lanes if model.lanes > 1 else 0}
        self._preparing: list[threading.Thread] = []
        self._embedding: list[threading.Thread] = []
        self._finishing: list[threading.Thread] = []

    @property
    def image_window(self) -> int:
        """Most images of one priority that keep it busy: a batch runs while the next is made.

        As many more as there are answers that may wait for others.
        """
        return self._enough + self._model.lanes * self._model.max_batch + ENOUGH

    @property
    def text_window(self) -> int:
        """Most texts of one priority that keep it busy."""
        return 2 * self._model.max_batch + 1

    def start(self) -> None:
        """Starts its threads."""
        self._preparing += (_niced(self._work_on_images) for _ in range(self._threads))
        # A person's image is worked on at once, whatever the others have in hand.
        self._preparing.append(_thread(partial(self._work_on_images, bulk=False)))
        if Modality.TEXT in self._model.info.modalities:
            self._preparing.append(_thread(self._prepare_texts))
            self._embedding.append(_thread(self._embed_texts))
        self._finishing.append(_thread(self._finisher.run))

    def submit(self, jobs: Sequence[Job]) -> None:
        """Takes items in."""
        images = []
        for job in jobs:
            self._jobs[job.id] = job
            if job.kind == Kind.TEXT:
                self._texts.put(job.priority, [job])
            else:
                images.append(job)
                self._image_ids.add(job.id)
        if images:
            self._images.submit(images)

    def cancel(self, id_: int) -> None:
        """Takes an item out wherever it waits; one that is under work is answered or dropped."""
        job = self._jobs.get(id_)
        if job is None:
            return
        job.cancelled = True
        parts: list[Part[Any]] = self._images.remove(job)
        parts += [Part(found, 0, None) for found in self._texts.remove(lambda it: it is job)]
        parts += self._read.remove(lambda part: part.job is job)
        if parts:
            self._finisher.put(Outcome(parts))

    def longest_call_s(self) -> float:
        """For how long the oldest call of the model that is under way has lasted; 0 if none is."""
        now = time.monotonic()
        return max((now - since for since in list(self._under_work.values())), default=0.0)

    def close(self) -> None:
        """Ends the threads after what was submitted; waits for them."""
        self._images.close()
        self._texts.close()
        _join(self._preparing)
        self._read.close()
        _join(self._embedding)
        self._finisher.close()
        _join(self._finishing)

    @property
    def _enough(self) -> int:
        """So many images under way keep it busy while answers wait for others."""
        return 2 * (self._model.lanes * self._model.max_batch + self._threads)

    def _busy(self) -> bool:
        return len(self._image_ids) >= self._enough

    def _forget(self, job: Job) -> None:
        del self._jobs[job.id]
        self._image_ids.discard(job.id)

    def _work_on_images(self, *, bulk: bool = True) -> None:
        while task := self._images.take(bulk=bulk):
            if isinstance(task, Batch):
                try:
                    self._embed(task.parts, task.lanes.run)
                finally:
                    self._images.done(task)
                continue
            prepared: dict[str, list[Part[Any]]] = {}
            for job in task:
                lanes = _PATCHES if job.kind == Kind.PATCHES else _IMAGES
                prepared.setdefault(lanes, []).extend(self._prepared(job))
            self._images.put(task[0].priority, prepared)

    def _prepare_texts(self) -> None:
        while taken := self._texts.take():
            if parts := self._prepared(taken[0]):
                self._read.put(taken[0].priority, parts)

    def _embed_texts(self) -> None:
        while batch := self._read.take(self._model.max_batch):
            self._embed(batch, self._run_texts)

    def _prepared(self, job: Job) -> list[Part[Any]]:
        """What the model is to see of an item; nothing if the item's outcome is known already."""
        thread = threading.get_ident()
        self._under_work[thread] = started = time.monotonic()
        failure: ArgusError | None = None
        parts: list[Part[Any]] = []
        try:
            # It may have waited for those before it, out of reach of `cancel`.
            parts = [] if job.cancelled else self._parts(job)
        except ArgusError as error:
            failure = error
        except Exception:  # noqa: BLE001 - whatever a model raises, its items are answered
            _log.exception("an item could not be prepared")
            failure = not_embedded(job.kind)
        del self._under_work[thread]
        job.data = b""
        job.prepare_s = time.monotonic() - started
        if failure or job.cancelled:
            job.parts = 1
            self._finisher.put(Outcome([Part(job, 0, None)], failure=failure))
            return []
        job.parts = len(parts)
        return parts

    def _parts(self, job: Job) -> list[Part[Any]]:
        model = self._model
        if job.kind == Kind.TEXT:
            tokens = model.prepare_text(job.data.decode())
            job.truncated = tokens.truncated
            return [Part(job, 0, tokens)]
        if job.kind == Kind.PATCHES:
            pixels = model.prepare_patches(
                job.data,
                job.patch_size,
                scale=job.patch_scale,
                standard_levels=job.standard_levels,
            )
            if not job.standard_levels:
                # Of levels that were made alike nothing could be told.
                job.frame = FrameStats.of(pixels)
            return [Part(job, 0, pixels)]
        whole = Part(job, 0, model.prepare_image(job.data))
        if job.kind == Kind.IMAGE:
            return [whole]
        crops = model.prepare_crops(job.data, tiles=job.kind == Kind.TILES)
        job.boxes = crops.boxes
        return [whole, *(Part(job, row, crop) for row, crop in enumerate(crops.pixels, 1))]

    def _embed(self, batch: Sequence[Part[Any]], run: Run) -> None:
        together = len(batch) > 1
        if not self._try(batch, run, last=not together) and together:
            for part in batch:
                self._try([part], run, last=True)

    def _try(self, batch: Sequence[Part[Any]], run: Run, *, last: bool) -> bool:
        """Runs a batch and hands its outcome on; if it fails, only on the last try."""
        thread = threading.get_ident()
        self._under_work[thread] = started = time.monotonic()
        try:
            result = run(batch)
        except Exception as error:  # noqa: BLE001 - whatever a model raises, its items are answered
            kind = batch[0].job.kind
            _log.warning("the model failed on %d %s(s): %r", len(batch), kind.name, error)
            if last:
                failure = error if isinstance(error, ArgusError) else not_embedded(kind)
                self._finisher.put(Outcome(batch, failure=failure))
            return False
        finally:
            del self._under_work[thread]
        self._finisher.put(Outcome(batch, result, time.monotonic() - started))
        return True

    def _run_images(self, batch: Sequence[Part[Any]]) -> Vectors:
        alone = self._alone(batch)
        images = [part.prepared for part in batch]
        run = partial(self._model.embed_images, images, alone=alone)
        return self._checked(batch, self._observed(_IMAGES, run, alone=alone))

    def _run_texts(self, batch: Sequence[Part[Any]]) -> Vectors:
        return self._checked(batch, self._model.embed_texts([part.prepared for part in batch]))

    def _run_patches(self, batch: Sequence[Part[Any]]) -> PatchGrid:
        alone = self._alone(batch)
        run = partial(self._model.extract_patches, batch[0].prepared, alone=alone)
        grid = self._observed(_PATCHES, run, alone=alone)
        if _PATCHES not in self._to_observe:
            # The network is opened with the first image, and only then knows.
            more = self._model.patch_lanes - 1
            self._to_observe[_PATCHES] = OBSERVED_BATCHES * (more + 1) if more else 0
            self._images.widen(_PATCHES, more)
        return grid

    def _alone(self, batch: Sequence[Part[Any]]) -> bool:
        return len(self._jobs) == 1 and batch[0].job.parts == 1

    def _observed(self, lanes: str, run: Callable[[], T], *, alone: bool) -> T:
        if alone or not self._to_observe.get(lanes):
            return run()
        self._to_observe[lanes] -= 1
        return share_niceness(run)

    def _checked(self, batch: Sequence[Part[Any]], vectors: Vectors) -> Vectors:
        shape = (len(batch), self._model.info.dimension)
        if vectors.shape != shape:
            raise ModelFailed(f"vectors of shape {vectors.shape}, not {shape}", retry_after_s=1)
        return vectors


def _thread(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def _niced(work: Callable[[], None]) -> threading.Thread:
    def work_nicely() -> None:
        give_way(IMAGE_NICENESS)
        work()

    return _thread(work_nicely)


def _join(threads: Sequence[threading.Thread]) -> None:
    for thread in threads:
        thread.join()
