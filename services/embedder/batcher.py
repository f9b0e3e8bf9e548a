"""Many callers, one model: items of all callers are batched, and none waits for company.

Items are prepared by a few threads and embedded by one. Whenever the model is
free it takes what is ready, texts first, so that a person's words do not queue
behind an import. An item that cannot be prepared or embedded fails alone.
"""

import asyncio
import logging
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self, TypeVar

import numpy as np

from services.embedder import telemetry
from services.embedder.errors import ModelFailed
from services.embedder.lane import Lane, Ready
from services.embedder.model import ModelInfo, Pixels, TextVector, Tokens, Vectors
from services.embedder.ports import EmbeddingModel
from services.runtime.errors import ArgusError

MAX_TEXTS = 4096
MAX_TEXT_CHARACTERS = 64 * 2**20
UNIT_TOLERANCE = 1e-3

S = TypeVar("S", bytes, str)
P = TypeVar("P")

_log = logging.getLogger(__name__)


class Batcher:
    """Embeds single items by running the model on batches. An async context manager.

    Args:
        model: What embeds.
        prepare_threads: How many images are decoded at once.
        max_images: Most images taken in and not yet answered, of all callers.
        max_image_bytes: Most bytes of those images together.
    """

    def __init__(
        self,
        model: EmbeddingModel,
        *,
        prepare_threads: int,
        max_images: int,
        max_image_bytes: int,
    ) -> None:
        self._info = model.info
        self._max_batch = model.max_batch
        self._images: Lane[bytes, Pixels] = Lane(
            "image",
            model.prepare_image,
            model.embed_images,
            max_items=max_images,
            max_size=max_image_bytes,
        )
        self._texts: Lane[str, Tokens] = Lane(
            "text",
            model.prepare_text,
            model.embed_texts,
            max_items=MAX_TEXTS,
            max_size=MAX_TEXT_CHARACTERS,
        )
        self._decoders = ThreadPoolExecutor(prepare_threads, "prepare-image")
        # Its own thread, so that texts are not tokenized behind a queue of images.
        self._tokenizers = ThreadPoolExecutor(1, "prepare-text")
        self._model = ThreadPoolExecutor(1, "model")
        self._something_ready = asyncio.Event()
        self._last_success = float("-inf")

    @property
    def info(self) -> ModelInfo:
        """The model that embeds."""
        return self._info

    def idle_s(self) -> float:
        """Seconds since the model last gave good vectors."""
        return time.monotonic() - self._last_success

    async def embed_image(self, image: bytes) -> Vectors:
        """The vector of an encoded image, [dimension], of unit length.

        Raises:
            services.imaging.errors: what is wrong with the image.
            Overloaded: if too many images wait.
            ModelFailed: if the model gives no vector for it.
        """
        return (await self._embed(self._images, self._decoders, image))[1]

    async def embed_text(self, text: str) -> TextVector:
        """The vector of a text, and whether the text was cut.

        Raises:
            Overloaded: if too many texts wait.
            ModelFailed: if the model gives no vector for it.
        """
        tokens, vector = await self._embed(self._texts, self._tokenizers, text)
        return TextVector(vector, tokens.truncated)

    async def __aenter__(self) -> Self:
        self._worker = asyncio.create_task(self._work(), name="model")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._worker.cancel()
        await asyncio.gather(self._worker, return_exceptions=True)
        for pool in (self._decoders, self._tokenizers, self._model):
            pool.shutdown(cancel_futures=True)

    async def _embed(
        self, lane: Lane[S, P], threads: ThreadPoolExecutor, item: S
    ) -> tuple[P, Vectors]:
        loop = asyncio.get_running_loop()
        outcome = "cancelled"
        lane.admit(item)
        try:
            # Cancelling the caller before a thread is free drops the item unprepared.
            prepared = await loop.run_in_executor(threads, _timed, lane, item)
            answer: asyncio.Future[Vectors] = loop.create_future()
            lane.put(Ready(prepared, answer))
            self._something_ready.set()
            vector = await answer
            outcome = "embedded"
        except ArgusError as error:
            outcome = error.reason
            raise
        finally:
            lane.release(item)
            telemetry.items.add(1, {"kind": lane.kind, "outcome": outcome})
        return prepared, vector

    async def _work(self) -> None:
        while True:
            await self._something_ready.wait()
            self._something_ready.clear()
            while await self._run_next(self._texts) or await self._run_next(self._images):
                pass

    async def _run_next(self, lane: Lane[S, P]) -> bool:
        batch = lane.take(self._max_batch)
        if not batch:
            return False
        failure = await self._run(lane, batch)
        if failure and len(batch) > 1:
            # One item may have spoilt the batch: alone, each gets its own answer.
            for ready in batch:
                alone = await self._run(lane, [ready])
                if alone:
                    _fail(ready, alone)
        elif failure:
            _fail(batch[0], failure)
        return True

    async def _run(self, lane: Lane[S, P], batch: Sequence[Ready[P]]) -> ModelFailed | None:
        """Answers a batch; what went wrong, if something did and nothing was answered."""
        loop = asyncio.get_running_loop()
        started = time.monotonic()
        try:
            vectors = await loop.run_in_executor(
                self._model, lane.embed, [ready.prepared for ready in batch]
            )
            _check_unit(vectors, (len(batch), self._info.dimension))
        except Exception as error:  # noqa: BLE001 - whatever a model raises, its callers are answered
            _log.warning("the model failed on %d %s(s): %r", len(batch), lane.kind, error)
            return ModelFailed(f"the model could not embed this {lane.kind}", retry_after_s=1)
        telemetry.batch_size.record(len(batch), {"kind": lane.kind})
        telemetry.running.record(time.monotonic() - started, {"kind": lane.kind})
        self._last_success = time.monotonic()
        for ready, vector in zip(batch, vectors, strict=True):
            if not ready.answer.done():
                ready.answer.set_result(vector)
        return None


def _check_unit(vectors: Vectors, shape: tuple[int, int]) -> None:
    lengths = np.linalg.norm(vectors, axis=1)
    if vectors.shape != shape or not np.allclose(lengths, 1, atol=UNIT_TOLERANCE):
        raise ArithmeticError(f"no {shape} unit vectors: {vectors.shape}, lengths {lengths}")


def _timed(lane: Lane[S, P], item: S) -> P:
    started = time.monotonic()
    try:
        return lane.prepare(item)
    finally:
        telemetry.preparing.record(time.monotonic() - started, {"kind": lane.kind})


def _fail(ready: Ready[P], error: ModelFailed) -> None:
    if not ready.answer.done():
        ready.answer.set_exception(error)
